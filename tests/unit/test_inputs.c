#define _POSIX_C_SOURCE 200809L

#include "capture/inputs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <cmocka.h>

/* As much of a capture as it takes to be known as one. */
static const char magic[] = "\xd4\xc3\xb2\xa1";

struct fixture {
    char folder[64];
    char path[512];
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    if (fixture == NULL) {
        return -1;
    }
    strcpy(fixture->folder, "/tmp/tlswhy-test-XXXXXX");
    *state = fixture;
    return mkdtemp(fixture->folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    int result = system(command);
    free(fixture);
    return result;
}

/* Sets `path` to `name` in the test's folder. */
static const char *name(struct fixture *fixture, const char *name)
{
    snprintf(fixture->path, sizeof fixture->path, "%s/%s", fixture->folder, name);
    return fixture->path;
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

/* Expands `argument` and keeps what was said on stderr, at most `room` bytes of it. */
static void expand(struct fixture *fixture, struct inputs *inputs, const char *argument, char *said,
                   size_t room)
{
    char log[128];
    const char *arguments[1] = {argument};
    snprintf(log, sizeof log, "%s.log", fixture->folder);
    fflush(stderr);
    int before = dup(STDERR_FILENO);
    int file = open(log, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    dup2(file, STDERR_FILENO);
    inputs_expand(inputs, arguments, 1);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    ssize_t length = pread(file, said, room - 1, 0);
    said[length > 0 ? length : 0] = '\0';
    close(file);
    unlink(log);
}

static void a_folder_means_every_capture_in_it_by_name(void **state)
{
    struct fixture *fixture = *state;
    uint8_t packed[64];
    size_t size = ZSTD_compress(packed, sizeof packed, magic, 4, 3);
    assert_false(ZSTD_isError(size));
    assert_int_equal(mkdir(name(fixture, "sub"), 0700), 0);
    assert_int_equal(mkdir(name(fixture, "sub/deep"), 0700), 0);
    assert_int_equal(mkdir(name(fixture, ".hidden"), 0700), 0);
    write_bytes(name(fixture, "z"), magic, 4);
    write_bytes(name(fixture, "b.dump"), packed, size);
    write_bytes(name(fixture, "sub/deep/a.pcap"), magic, 4);
    write_bytes(name(fixture, ".hidden/a.pcap"), magic, 4);
    write_bytes(name(fixture, "._z.pcap"), "\0\5\x16", 3);
    write_bytes(name(fixture, "README"), "not a capture", 13);
    write_bytes(name(fixture, "empty"), "", 0);
    write_bytes(name(fixture, "broken.PCAP.gz"), "oops", 4);
    assert_int_equal(symlink(fixture->folder, name(fixture, "sub/loop")), 0);
    assert_int_equal(symlink("../z", name(fixture, "sub/link")), 0);
    assert_int_equal(symlink("nowhere", name(fixture, "sub/gone")), 0);

    static const char *const expected[] = {"b.dump", "broken.PCAP.gz", "sub/deep/a.pcap",
                                           "sub/link", "z"};
    struct inputs inputs;
    char said[1024];
    expand(fixture, &inputs, fixture->folder, said, sizeof said);
    assert_string_equal(said, "");
    assert_int_equal(inputs.refused, 0);
    assert_int_equal(inputs.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(inputs.paths[i], name(fixture, expected[i]));
    }
    inputs_free(&inputs);
}

static void a_file_and_standard_input_are_listed_unseen(void **state)
{
    struct fixture *fixture = *state;
    write_bytes(name(fixture, "README"), "not a capture", 13);
    const char *arguments[] = {"-", fixture->path};
    struct inputs inputs;
    inputs_expand(&inputs, arguments, 2);
    assert_int_equal(inputs.count, 2);
    assert_int_equal(inputs.refused, 0);
    assert_string_equal(inputs.paths[0], "-");
    assert_string_equal(inputs.paths[1], fixture->path);
    inputs_free(&inputs);
}

static void what_cannot_be_expanded_is_one_line_on_stderr(void **state)
{
    struct fixture *fixture = *state;
    struct inputs inputs;
    char said[1024];
    char expected[1024];
    write_bytes(name(fixture, "README"), "not a capture", 13);
    expand(fixture, &inputs, fixture->folder, said, sizeof said);
    snprintf(expected, sizeof expected, "tlswhy: %s: no captures in this folder\n",
             fixture->folder);
    assert_string_equal(said, expected);
    assert_int_equal(inputs.refused, 1);
    assert_int_equal(inputs.count, 0);
    inputs_free(&inputs);
    expand(fixture, &inputs, name(fixture, "missing"), said, sizeof said);
    snprintf(expected, sizeof expected, "tlswhy: %s: No such file or directory\n", fixture->path);
    assert_string_equal(said, expected);
    assert_int_equal(inputs.refused, 1);
    inputs_free(&inputs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_means_every_capture_in_it_by_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_file_and_standard_input_are_listed_unseen, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_cannot_be_expanded_is_one_line_on_stderr, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
