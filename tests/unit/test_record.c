#include "build.h"
#include "handshake.h"
#include "record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TO_SERVER = 0, TO_CLIENT = 1 };

static struct wire cut(const struct build *build, size_t length)
{
    struct wire bytes = build_wire(build);
    return wire_take_most(&bytes, length);
}

/* The record that a connection begins with, its hello cut into pieces of `length`. */
static void hello_records(struct build *build, unsigned type, unsigned version, size_t length)
{
    struct build message = {0};

    build_open_message(&message, type);
    if (type == HANDSHAKE_CLIENT_HELLO) {
        build_client_hello(&message, &(struct build_client_hello){.server_name = "example.org"});
    } else {
        build_server_hello(&message, &(struct build_server_hello){.renegotiation_info = true});
    }
    build_close(&message);
    build_records(build, RECORD_HANDSHAKE, version, &message, length);
    build_free(&message);
}

static void a_whole_record_is_taken_and_the_next_one_follows(void **state)
{
    (void)state;
    struct build build = {0};
    struct record record;
    struct alert alert;

    build_alert_record(&build, 0x0301, 2, 70);
    build_change_cipher_spec_record(&build, 0x0303);
    struct wire bytes = build_wire(&build);

    assert_int_equal(record_frame(&record, &bytes), FRAMING_WHOLE);
    assert_int_equal(record.type, RECORD_ALERT);
    assert_int_equal(record.version, 0x0301);
    assert_int_equal(record.length, 2);
    assert_true(record_alert(&alert, record.body));
    assert_int_equal(alert.level, 2);
    assert_int_equal(alert.description, 70);
    assert_int_equal(record_frame(&record, &bytes), FRAMING_WHOLE);
    assert_true(record_change_cipher_spec(record.body));
    assert_int_equal(bytes.left, 0);
    build_free(&build);
}

static void a_record_cut_anywhere_is_not_whole_yet(void **state)
{
    (void)state;
    struct build build = {0};
    struct record record;

    hello_records(&build, HANDSHAKE_CLIENT_HELLO, 0x0301, 16384);
    for (size_t length = 0; length < build.length; length++) {
        struct wire bytes = cut(&build, length);
        assert_int_equal(record_frame(&record, &bytes), FRAMING_PARTIAL);
        assert_int_equal(bytes.left, length);
        assert_int_equal(record.length, length < RECORD_HEADER ? 0 : build.length - RECORD_HEADER);
        assert_int_equal(record.body.left, length < RECORD_HEADER ? 0 : length - RECORD_HEADER);
    }
    build_free(&build);
}

static enum framing framing_of(unsigned type, unsigned version, unsigned length)
{
    struct build build = {0};
    struct record record;

    build_u8(&build, type);
    build_u16(&build, version);
    build_u16(&build, length);
    struct wire bytes = build_wire(&build);
    enum framing framing = record_frame(&record, &bytes);
    build_free(&build);
    return framing;
}

static void a_header_that_cannot_be_is_no_record(void **state)
{
    (void)state;
    assert_int_equal(framing_of(22, 0x0300, 1), FRAMING_PARTIAL);
    assert_int_equal(framing_of(22, 0x0304, 1), FRAMING_PARTIAL);
    assert_int_equal(framing_of(19, 0x0303, 1), FRAMING_NONE);
    assert_int_equal(framing_of(25, 0x0303, 1), FRAMING_NONE);
    assert_int_equal(framing_of(22, 0x0305, 1), FRAMING_NONE);
    assert_int_equal(framing_of(22, 0x0200, 1), FRAMING_NONE);
    assert_int_equal(framing_of(22, 0x0000, 1), FRAMING_NONE);
}

static void a_length_is_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(framing_of(23, 0x0303, RECORD_LENGTH_MAX), FRAMING_PARTIAL);
    assert_int_equal(framing_of(23, 0x0303, RECORD_LENGTH_MAX + 1), FRAMING_NONE);
    assert_int_equal(framing_of(23, 0x0303, 0), FRAMING_WHOLE);
    assert_int_equal(framing_of(22, 0x0303, 0), FRAMING_NONE);
    assert_int_equal(framing_of(21, 0x0303, 0), FRAMING_NONE);
}

static void an_alert_may_come_before_a_version_was_chosen(void **state)
{
    (void)state;
    assert_int_equal(framing_of(21, 0x0000, 2), FRAMING_PARTIAL);
    assert_int_equal(framing_of(21, 0x0304, 2), FRAMING_PARTIAL);
    assert_int_equal(framing_of(21, 0x0001, 2), FRAMING_NONE);
}

static void an_encrypted_alert_is_not_read_as_one_in_clear(void **state)
{
    (void)state;
    struct alert alert;
    static const uint8_t other_level[] = {3, 40};
    static const uint8_t sealed[] = {1, 0, 7};

    assert_false(record_alert(&alert, wire_over(other_level, sizeof other_level)));
    assert_false(record_alert(&alert, wire_over(sealed, sizeof sealed)));
    assert_false(record_alert(&alert, wire_over(sealed, 1)));
    assert_true(record_alert(&alert, wire_over(sealed, 2)));
}

static void a_change_cipher_spec_is_a_single_one(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 1, 2};

    assert_true(record_change_cipher_spec(wire_over(bytes, 1)));
    assert_false(record_change_cipher_spec(wire_over(bytes, 2)));
    assert_false(record_change_cipher_spec(wire_over(bytes + 2, 1)));
    assert_false(record_change_cipher_spec(wire_over(bytes, 0)));
}

static void a_connection_begins_with_a_hello_of_its_side(void **state)
{
    (void)state;
    for (unsigned version = 0x0300; version <= 0x0304; version++) {
        struct build client = {0};
        struct build server = {0};
        hello_records(&client, HANDSHAKE_CLIENT_HELLO, version, 16384);
        hello_records(&server, HANDSHAKE_SERVER_HELLO, version, 16384);
        assert_int_equal(record_begins_tls(build_wire(&client), TO_SERVER), FRAMING_WHOLE);
        assert_int_equal(record_begins_tls(build_wire(&server), TO_CLIENT), FRAMING_WHOLE);
        assert_int_equal(record_begins_tls(build_wire(&client), TO_CLIENT), FRAMING_NONE);
        assert_int_equal(record_begins_tls(build_wire(&server), TO_SERVER), FRAMING_NONE);
        build_free(&client);
        build_free(&server);
    }
}

static void eleven_bytes_tell_and_fewer_do_not(void **state)
{
    (void)state;
    struct build build = {0};

    hello_records(&build, HANDSHAKE_CLIENT_HELLO, 0x0301, 16384);
    for (size_t length = 0; length < 11; length++) {
        assert_int_equal(record_begins_tls(cut(&build, length), TO_SERVER), FRAMING_PARTIAL);
    }
    assert_int_equal(record_begins_tls(cut(&build, 11), TO_SERVER), FRAMING_WHOLE);
    build_free(&build);
}

static void a_hello_may_be_split_over_tiny_records(void **state)
{
    (void)state;
    for (size_t length = 1; length <= 6; length++) {
        struct build build = {0};
        hello_records(&build, HANDSHAKE_CLIENT_HELLO, 0x0301, length);
        assert_int_equal(record_begins_tls(cut(&build, 5 + length - 1), TO_SERVER),
                         FRAMING_PARTIAL);
        assert_int_equal(record_begins_tls(cut(&build, 5 + length), TO_SERVER), FRAMING_WHOLE);
        assert_int_equal(record_begins_tls(build_wire(&build), TO_SERVER), FRAMING_WHOLE);
        build_free(&build);
    }
}

static void a_server_may_begin_with_an_alert_and_a_client_may_not(void **state)
{
    (void)state;
    static const unsigned versions[] = {0x0000, 0x0300, 0x0301, 0x0303, 0x0304};

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct build build = {0};
        build_alert_record(&build, versions[i], 2, 40);
        assert_int_equal(record_begins_tls(build_wire(&build), TO_CLIENT), FRAMING_WHOLE);
        assert_int_equal(record_begins_tls(cut(&build, 6), TO_CLIENT), FRAMING_PARTIAL);
        assert_int_equal(record_begins_tls(cut(&build, 3), TO_CLIENT), FRAMING_PARTIAL);
        assert_int_equal(record_begins_tls(build_wire(&build), TO_SERVER), FRAMING_NONE);
        build_free(&build);
    }
}

static void a_hello_of_an_impossible_length_begins_nothing(void **state)
{
    (void)state;
    static const unsigned lengths[] = {0, 37, 38, 2 * 65535, 2 * 65535 + 1, 0xffffff};
    static const enum framing expected[] = {FRAMING_NONE,  FRAMING_NONE, FRAMING_WHOLE,
                                            FRAMING_WHOLE, FRAMING_NONE, FRAMING_NONE};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct build build = {0};
        build_open_record(&build, RECORD_HANDSHAKE, 0x0301);
        build_u8(&build, HANDSHAKE_CLIENT_HELLO);
        build_u24(&build, lengths[i]);
        build_u16(&build, 0x0303);
        build_close(&build);
        assert_int_equal(record_begins_tls(build_wire(&build), TO_SERVER), expected[i]);
        build_free(&build);
    }
}

static void random_bytes_begin_no_connection(void **state)
{
    (void)state;
    uint32_t random = 1;
    unsigned taken = 0;

    for (unsigned i = 0; i < 200000; i++) {
        uint8_t bytes[16];
        for (size_t j = 0; j < sizeof bytes; j++) {
            random = random * 1664525 + 1013904223;
            bytes[j] = (uint8_t)(random >> 24);
        }
        bytes[0] = i % 2 == 0 ? 22 : 128; /* be fair: something that looks like a record */
        struct wire wire = wire_over(bytes, sizeof bytes);
        struct wire message;
        taken += record_begins_tls(wire, TO_SERVER) != FRAMING_NONE ? 1 : 0;
        taken += record_begins_tls(wire, TO_CLIENT) != FRAMING_NONE ? 1 : 0;
        taken += record_frame_sslv2(&message, &wire, TO_SERVER) != FRAMING_NONE ? 1 : 0;
        taken += record_frame_sslv2(&message, &wire, TO_CLIENT) != FRAMING_NONE ? 1 : 0;
    }
    assert_int_equal(taken, 0);
}

static void other_protocols_begin_no_tls(void **state)
{
    (void)state;
    static const char *const greetings[] = {
        "GET / HTTP/1.1\r\n",
        "HTTP/1.1 400 Bad Request\r\n",
        "220 mail.example.org ESMTP\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "* OK IMAP4rev1 ready\r\n",
        "+OK POP3 ready\r\n",
        "\x05\x01\x00",
        "<?xml version='1.0'?>",
    };

    for (size_t i = 0; i < sizeof greetings / sizeof greetings[0]; i++) {
        struct build build = {0};
        struct wire message;
        build_text(&build, greetings[i]);
        for (int server = 0; server <= 1; server++) {
            struct wire bytes = build_wire(&build);
            assert_int_equal(record_begins_tls(bytes, server != 0), FRAMING_NONE);
            if (bytes.left > 3) {
                assert_int_equal(record_frame_sslv2(&message, &bytes, server != 0), FRAMING_NONE);
            }
        }
        build_free(&build);
    }
}

struct sslv2_hello {
    unsigned header; /* bytes: 2 or 3 */
    unsigned version, suites, session_id, challenge;
    int more; /* what the record's length says too much */
};

/* An SSLv2 CLIENT-HELLO (RFC 5246, appendix E.2). */
static void sslv2_client_hello(struct build *build, struct sslv2_hello hello)
{
    unsigned length = 9 + hello.suites + hello.session_id + hello.challenge;

    length = (unsigned)((int)length + hello.more);
    build_u16(build, hello.header == 2 ? 0x8000 | length : length);
    if (hello.header == 3) {
        build_u8(build, 0);
    }
    build_u8(build, 1);
    build_u16(build, hello.version);
    build_u16(build, hello.suites);
    build_u16(build, hello.session_id);
    build_u16(build, hello.challenge);
    build_filler(build, 0, hello.suites + hello.session_id + hello.challenge);
}

static enum framing sslv2_framing_of(struct sslv2_hello hello)
{
    struct build build = {0};
    struct wire message;

    sslv2_client_hello(&build, hello);
    struct wire bytes = build_wire(&build);
    enum framing framing = record_frame_sslv2(&message, &bytes, TO_SERVER);
    build_free(&build);
    return framing;
}

static void an_sslv2_client_hello_is_taken_whole(void **state)
{
    (void)state;
    struct build build = {0};
    struct wire message;
    sslv2_client_hello(&build, (struct sslv2_hello){2, 0x0301, 9, 0, 32, 0});
    struct wire bytes = build_wire(&build);
    assert_int_equal(record_frame_sslv2(&message, &bytes, TO_SERVER), FRAMING_WHOLE);
    assert_int_equal(message.left, 9 + 9 + 32);
    assert_int_equal(wire_peek(&message, 0), 1);
    assert_int_equal(bytes.left, 0);
    for (size_t length = 0; length < build.length; length++) {
        bytes = cut(&build, length);
        assert_int_equal(record_frame_sslv2(&message, &bytes, TO_SERVER), FRAMING_PARTIAL);
        assert_int_equal(bytes.left, length);
        assert_int_equal(message.left, length < 2 ? 0 : length - 2);
    }
    build_free(&build);
}

static void the_long_sslv2_header_of_padded_records_begins_no_client_hello(void **state)
{
    (void)state;
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){3, 0x0301, 9, 0, 32, 0}), FRAMING_NONE);
}

static void an_sslv2_client_hello_whose_lengths_do_not_add_up_is_none(void **state)
{
    (void)state;
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 0, 16, 0}), FRAMING_WHOLE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 16, 16, 0}),
                     FRAMING_WHOLE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 0, 16, 1}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 0, 16, -1}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 4, 0, 16, 0}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 0, 0, 16, 0}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 8, 16, 0}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 0, 15, 0}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0002, 3, 0, 33, 0}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0200, 3, 0, 16, 0}), FRAMING_NONE);
    assert_int_equal(sslv2_framing_of((struct sslv2_hello){2, 0x0003, 3, 0, 16, 0}), FRAMING_NONE);
}

static void an_sslv2_server_hello_is_taken(void **state)
{
    (void)state;
    struct build build = {0};
    struct wire message;

    build_u16(&build, 0x8000 | (11 + 100 + 6 + 16));
    build_u8(&build, 4);
    build_u8(&build, 0); /* session_id_hit */
    build_u8(&build, 1); /* certificate_type */
    build_u16(&build, 0x0002);
    build_u16(&build, 100);
    build_u16(&build, 6);
    build_u16(&build, 16);
    build_filler(&build, 0, 100 + 6 + 16);
    for (size_t length = 0; length < build.length; length++) {
        struct wire bytes = cut(&build, length);
        assert_int_equal(record_frame_sslv2(&message, &bytes, TO_CLIENT), FRAMING_PARTIAL);
    }
    struct wire bytes = build_wire(&build);
    assert_int_equal(record_frame_sslv2(&message, &bytes, TO_SERVER), FRAMING_NONE);
    assert_int_equal(record_frame_sslv2(&message, &bytes, TO_CLIENT), FRAMING_WHOLE);
    assert_int_equal(message.left, build.length - 2);
    build_free(&build);
}

static void a_tls_record_is_no_sslv2_record(void **state)
{
    (void)state;
    for (unsigned version = 0x0300; version <= 0x0304; version++) {
        struct build build = {0};
        struct wire message;
        hello_records(&build, HANDSHAKE_CLIENT_HELLO, version, 16384);
        struct wire bytes = build_wire(&build);
        assert_int_equal(record_frame_sslv2(&message, &bytes, TO_SERVER), FRAMING_NONE);
        build_free(&build);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_record_is_taken_and_the_next_one_follows),
        cmocka_unit_test(a_record_cut_anywhere_is_not_whole_yet),
        cmocka_unit_test(a_header_that_cannot_be_is_no_record),
        cmocka_unit_test(a_length_is_within_bounds),
        cmocka_unit_test(an_alert_may_come_before_a_version_was_chosen),
        cmocka_unit_test(an_encrypted_alert_is_not_read_as_one_in_clear),
        cmocka_unit_test(a_change_cipher_spec_is_a_single_one),
        cmocka_unit_test(a_connection_begins_with_a_hello_of_its_side),
        cmocka_unit_test(eleven_bytes_tell_and_fewer_do_not),
        cmocka_unit_test(a_hello_may_be_split_over_tiny_records),
        cmocka_unit_test(a_server_may_begin_with_an_alert_and_a_client_may_not),
        cmocka_unit_test(a_hello_of_an_impossible_length_begins_nothing),
        cmocka_unit_test(random_bytes_begin_no_connection),
        cmocka_unit_test(other_protocols_begin_no_tls),
        cmocka_unit_test(an_sslv2_client_hello_is_taken_whole),
        cmocka_unit_test(the_long_sslv2_header_of_padded_records_begins_no_client_hello),
        cmocka_unit_test(an_sslv2_client_hello_whose_lengths_do_not_add_up_is_none),
        cmocka_unit_test(an_sslv2_server_hello_is_taken),
        cmocka_unit_test(a_tls_record_is_no_sslv2_record),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
