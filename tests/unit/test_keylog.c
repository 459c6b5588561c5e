/* The key log's files are written by the tests into temporary ones. */
#define _POSIX_C_SOURCE 200809L

#include "tracking/keylog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { ROOM = 512 };

/* A line of `label` for the connection `number`, with a secret of `length` bytes `fill`. */
static void write_line(char line[ROOM], const char *label, unsigned number, unsigned fill,
                       size_t length)
{
    int at = snprintf(line, ROOM, "%s %08x", label, number);
    for (size_t i = 4; i < KEYLOG_RANDOM; i++) {
        at += snprintf(line + at, ROOM - (size_t)at, "%02x", 0xabU);
    }
    at += snprintf(line + at, ROOM - (size_t)at, " ");
    for (size_t i = 0; i < length; i++) {
        at += snprintf(line + at, ROOM - (size_t)at, "%02x", fill);
    }
    (void)snprintf(line + at, ROOM - (size_t)at, "\n");
}

static void random_of(uint8_t random[KEYLOG_RANDOM], unsigned number)
{
    memset(random, 0xab, KEYLOG_RANDOM);
    for (size_t i = 0; i < 4; i++) {
        random[i] = (uint8_t)(number >> (24 - 8 * i));
    }
}

static void read_all(struct keylog *keylog, const char *text)
{
    keylog_read(keylog, wire_over(text, strlen(text)));
}

static bool knows(const struct keylog *keylog, unsigned number, enum keylog_label label,
                  unsigned fill, size_t length)
{
    uint8_t random[KEYLOG_RANDOM];
    struct keylog_secrets secrets;
    random_of(random, number);
    if (!keylog_find(keylog, &secrets, random)) {
        return false;
    }
    bool same = secrets.of[label].length == length;
    for (size_t i = 0; i < length && same; i++) {
        same = secrets.of[label].bytes[i] == fill;
    }
    keylog_wipe(&secrets);
    return same;
}

static int begin(void **state)
{
    *state = keylog_new();
    return *state == NULL ? -1 : 0;
}

static int end(void **state)
{
    keylog_free(*state);
    return 0;
}

static void each_label_has_its_secret(void **state)
{
    static const struct {
        const char *name;
        enum keylog_label label;
        size_t length;
    } rows[] = {
        {"CLIENT_RANDOM", KEYLOG_MASTER, 48},
        {"CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_CLIENT_EARLY, 32},
        {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_CLIENT_HANDSHAKE, 48},
        {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SERVER_HANDSHAKE, 48},
        {"CLIENT_TRAFFIC_SECRET_0", KEYLOG_CLIENT_APPLICATION, 32},
        {"SERVER_TRAFFIC_SECRET_0", KEYLOG_SERVER_APPLICATION, 48},
    };
    struct keylog *keylog = *state;
    char line[ROOM];
    for (unsigned i = 0; i < KEYLOG_LABELS; i++) {
        write_line(line, rows[i].name, 7, i + 1, rows[i].length);
        read_all(keylog, line);
    }
    for (unsigned i = 0; i < KEYLOG_LABELS; i++) {
        assert_true(knows(keylog, 7, rows[i].label, i + 1, rows[i].length));
    }
    assert_int_equal(keylog_count(keylog), 1);
    assert_int_equal(keylog_malformed(keylog), 0);
}

static void what_is_of_no_use_is_passed_over(void **state)
{
    struct keylog *keylog = *state;
    char line[ROOM];
    read_all(keylog, "# SSL/TLS secrets log file\n\n   \nRSA 0123456789abcdef 00\n"
                     "RSA Session-ID:00 Master-Key:00\nCLIENT_RANDOMS ab cd\n");
    write_line(line, "EXPORTER_SECRET", 1, 1, 32);
    read_all(keylog, line);
    write_line(line, "QUIC_CLIENT_TRAFFIC_SECRET_0", 1, 1, 32);
    read_all(keylog, line);
    assert_int_equal(keylog_count(keylog), 0);
    assert_int_equal(keylog_malformed(keylog), 0);
}

static void broken_lines_are_counted_and_the_next_one_is_read(void **state)
{
    struct keylog *keylog = *state;
    char line[ROOM];
    char longer[4 * ROOM];
    read_all(keylog, "CLIENT_RANDOM\nCLIENT_RANDOM \nCLIENT_RANDOM 00 11\n");
    write_line(line, "CLIENT_RANDOM", 1, 1, 47);
    read_all(keylog, line);
    write_line(line, "CLIENT_RANDOM", 1, 1, 32);
    read_all(keylog, line);
    write_line(line, "CLIENT_TRAFFIC_SECRET_0", 1, 1, 33);
    read_all(keylog, line);
    write_line(line, "CLIENT_RANDOM", 1, 1, 48);
    line[20] = 'g';
    read_all(keylog, line);
    memset(longer, 'a', sizeof longer);
    memcpy(longer, "CLIENT_RANDOM ", 14);
    keylog_read(keylog, wire_over(longer, sizeof longer));
    read_all(keylog, "\n");
    assert_int_equal(keylog_count(keylog), 0);
    assert_int_equal(keylog_malformed(keylog), 8);
    write_line(line, "CLIENT_RANDOM", 1, 1, 48);
    read_all(keylog, line);
    assert_true(knows(keylog, 1, KEYLOG_MASTER, 1, 48));
}

static void capitals_and_the_line_ends_of_windows_are_right(void **state)
{
    struct keylog *keylog = *state;
    char line[ROOM];
    write_line(line, "CLIENT_RANDOM", 1, 0xcd, 48);
    for (char *at = strchr(line, ' '); *at != '\0'; at++) {
        *at = *at >= 'a' && *at <= 'f' ? (char)(*at - 'a' + 'A') : *at;
    }
    line[strlen(line) - 1] = '\0';
    read_all(keylog, line);
    read_all(keylog, "\r\n");
    assert_true(knows(keylog, 1, KEYLOG_MASTER, 0xcd, 48));
}

static void a_line_may_come_byte_by_byte(void **state)
{
    struct keylog *keylog = *state;
    char line[ROOM];
    write_line(line, "CLIENT_RANDOM", 3, 9, 48);
    for (size_t i = 0; line[i] != '\n'; i++) {
        keylog_read(keylog, wire_over(&line[i], 1));
    }
    assert_false(knows(keylog, 3, KEYLOG_MASTER, 9, 48));
    keylog_end(keylog);
    assert_true(knows(keylog, 3, KEYLOG_MASTER, 9, 48));
}

static void many_connections_are_found_and_the_later_line_counts(void **state)
{
    enum { MANY = 5000 };
    struct keylog *keylog = *state;
    char line[ROOM];
    for (unsigned i = 0; i < MANY; i++) {
        write_line(line, "CLIENT_RANDOM", i, i % 251, 48);
        read_all(keylog, line);
    }
    write_line(line, "CLIENT_RANDOM", 17, 255, 48);
    read_all(keylog, line);
    assert_int_equal(keylog_count(keylog), MANY);
    for (unsigned i = 0; i < MANY; i++) {
        assert_true(knows(keylog, i, KEYLOG_MASTER, i == 17 ? 255 : i % 251, 48));
    }
    assert_false(knows(keylog, MANY, KEYLOG_MASTER, 0, 48));
}

static void the_oldest_make_room_for_the_newest(void **state)
{
    struct keylog *keylog = *state;
    char line[ROOM];
    for (unsigned i = 0; i < KEYLOG_CONNECTIONS + 100; i++) {
        write_line(line, "CLIENT_TRAFFIC_SECRET_0", i, 1, 32);
        read_all(keylog, line);
    }
    assert_int_equal(keylog_count(keylog), KEYLOG_CONNECTIONS);
    assert_false(knows(keylog, 99, KEYLOG_CLIENT_APPLICATION, 1, 32));
    assert_true(knows(keylog, 100, KEYLOG_CLIENT_APPLICATION, 1, 32));
    assert_true(knows(keylog, KEYLOG_CONNECTIONS + 99, KEYLOG_CLIENT_APPLICATION, 1, 32));
}

static void append(const char *path, const char *text, const char *mode)
{
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_file_that_grows_is_followed(void **state)
{
    struct keylog *keylog = *state;
    char path[] = "/tmp/tlswhy-keylog-XXXXXX";
    char error[ROOM];
    char line[ROOM];
    int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    assert_true(keylog_open(keylog, path, error, sizeof error));
    assert_false(keylog_refresh(keylog));

    write_line(line, "CLIENT_RANDOM", 1, 1, 48);
    append(path, line, "a");
    assert_true(keylog_refresh(keylog));
    assert_true(knows(keylog, 1, KEYLOG_MASTER, 1, 48));

    write_line(line, "CLIENT_RANDOM", 2, 2, 48);
    char rest = line[100];
    line[100] = '\0';
    append(path, line, "a");
    assert_true(keylog_refresh(keylog));
    assert_false(knows(keylog, 2, KEYLOG_MASTER, 2, 48));
    line[100] = rest;
    append(path, line + 100, "a");
    assert_true(keylog_refresh(keylog));
    assert_true(knows(keylog, 2, KEYLOG_MASTER, 2, 48));

    write_line(line, "CLIENT_RANDOM", 3, 3, 48);
    append(path, line, "w"); /* begun anew */
    assert_true(keylog_refresh(keylog));
    assert_true(knows(keylog, 3, KEYLOG_MASTER, 3, 48));
    assert_true(knows(keylog, 1, KEYLOG_MASTER, 1, 48));
    assert_false(keylog_refresh(keylog));
    assert_int_equal(keylog_malformed(keylog), 0);
    (void)unlink(path);
}

static void the_last_line_needs_no_end(void **state)
{
    struct keylog *keylog = *state;
    char path[] = "/tmp/tlswhy-keylog-XXXXXX";
    char error[ROOM];
    char line[ROOM];
    int file = mkstemp(path);
    assert_true(file >= 0 && close(file) == 0);
    write_line(line, "CLIENT_RANDOM", 1, 1, 48);
    line[strlen(line) - 1] = '\0';
    append(path, line, "w");
    assert_true(keylog_open(keylog, path, error, sizeof error));
    assert_true(knows(keylog, 1, KEYLOG_MASTER, 1, 48));
    (void)unlink(path);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct keylog *keylog = *state;
    char error[ROOM];
    assert_false(keylog_open(keylog, "/does/not/exist.keys", error, sizeof error));
    assert_string_equal(error, "/does/not/exist.keys: No such file or directory");
    assert_false(keylog_refresh(keylog));
}

static void a_folder_is_no_key_log(void **state)
{
    struct keylog *keylog = *state;
    char error[ROOM];
    assert_false(keylog_open(keylog, "/", error, sizeof error));
    assert_string_equal(error, "/: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_label_has_its_secret, begin, end),
        cmocka_unit_test_setup_teardown(what_is_of_no_use_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(broken_lines_are_counted_and_the_next_one_is_read, begin,
                                        end),
        cmocka_unit_test_setup_teardown(capitals_and_the_line_ends_of_windows_are_right, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_line_may_come_byte_by_byte, begin, end),
        cmocka_unit_test_setup_teardown(many_connections_are_found_and_the_later_line_counts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_oldest_make_room_for_the_newest, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_grows_is_followed, begin, end),
        cmocka_unit_test_setup_teardown(the_last_line_needs_no_end, begin, end),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_named, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_is_no_key_log, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
