/* Expectations: a file of them, read as a capture's own and as a folder's. What is taken for sound
 * is held against two connections, and mended until it is met.
 */
#define _GNU_SOURCE

#include "report/expect/expect_compare.h"
#include "report/expect/expect_file.h"
#include "report/expect/expect_match.h"
#include "report/expect/expect_update.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* What the two show: one failed, one did not; every kind of field is among theirs. */
static const char shown[] =
    "[{\"client\":{\"ip\":\"192.0.2.1\",\"port\":51044},\"server\":{\"ip\":\"192.0.2.2\","
    "\"port\":443},\"tls\":{\"version\":\"1.0\",\"established\":false,\"client\":{"
    "\"server_name\":\"a.example\"}},\"handshake\":{\"status\":\"failed\",\"client\":{"
    "\"versions\":[\"TLS 1.2\",\"TLS 1.1\"],\"length\":180},\"steps\":[{\"frame\":4,"
    "\"from\":\"client\",\"what\":\"client_hello\"},{\"frame\":6,\"from\":\"server\","
    "\"what\":\"server_hello\"},{\"frame\":8,\"from\":\"client\",\"what\":\"alert\","
    "\"level\":\"fatal\",\"code\":70}]},\"diagnosis\":{\"cause\":\"version.server_too_old\","
    "\"confidence\":\"certain\",\"evidence\":[{\"frame\":6,\"text\":\"selects TLS 1.0\"}]},"
    "\"warnings\":[{\"code\":\"version.old\"},{\"code\":\"cipher.weak\"}]},"
    "{\"client\":{\"ip\":\"192.0.2.1\",\"port\":51045},\"server\":{\"ip\":\"192.0.2.2\","
    "\"port\":443},\"tls\":{\"version\":\"1.3\",\"established\":true},"
    "\"handshake\":{\"status\":\"established\"}}]";

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Every expectation has its line and, once mended, is met; who has a connection has it alone. */
static void hold(const struct expect_file *file, const char *capture, struct json_object *list,
                 struct json_object *connections)
{
    struct expect_match match;
    size_t count = json_object_array_length(list), most = json_object_array_length(connections);
    unsigned lines = 1;
    for (size_t i = 0; i < file->length; i++) {
        lines += file->text[i] == '\n';
    }
    require(expect_match(&match, list, connections));
    for (size_t i = 0; i < count; i++) {
        struct json_object *expectation = json_object_array_get_idx(list, i);
        unsigned line = expect_file_line(file, capture, i);
        require(line >= 1 && line <= lines);
        long taken = match.connection[i];
        require(taken == EXPECT_NOBODY || match.expectation[taken] == (long)i);
        for (size_t j = 0; j < most; j++) {
            struct json_object *connection = json_object_array_get_idx(connections, j);
            struct json_object *mended = expect_mended(expectation, connection);
            bool met = expect_compare(NULL, expectation, connection).differing == 0;
            require(expect_compare(NULL, mended, connection).differing == 0);
            require(taken != (long)j || match.met[i] == met);
            json_object_put(mended);
        }
    }
    expect_match_release(&match);
}

static void hold_folder(const struct expect_file *file, struct json_object *connections)
{
    struct json_object_iterator each = json_object_iter_begin(file->root);
    struct json_object_iterator end = json_object_iter_end(file->root);
    for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
        hold(file, json_object_iter_peek_name(&each), json_object_iter_peek_value(&each),
             connections);
    }
}

static void read_as(bool folder, int descriptor, struct json_object *connections)
{
    static struct expect_file file;
    char error[EXPECT_ERROR] = "";
    file.folder = folder;
    (void)snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", descriptor);
    enum expect_result result = expect_file_read(&file, error);
    require(result == EXPECT_READ || (result == EXPECT_BROKEN && error[0] != '\0'));
    if (result == EXPECT_READ && folder) {
        hold_folder(&file, connections);
    } else if (result == EXPECT_READ) {
        hold(&file, NULL, file.root, connections);
    }
    expect_file_release(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct json_object *connections = json_tokener_parse(shown);
    require(connections != NULL);
    int descriptor = memfd_create("expectations", 0);
    if (descriptor >= 0 && write(descriptor, bytes, size) == (ssize_t)size) {
        read_as(false, descriptor, connections);
        read_as(true, descriptor, connections);
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    json_object_put(connections);
    return 0;
}
