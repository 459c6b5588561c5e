#include "build.h"
#include "handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TLS10 = 0x0301, TLS12 = 0x0303 };

static void messages_in_one_record_are_taken_one_by_one(void **state)
{
    (void)state;
    struct build build = {0};
    struct message message;

    build_open_message(&build, HANDSHAKE_SERVER_HELLO);
    build_server_hello(&build, &(struct build_server_hello){0});
    build_close(&build);
    build_open_message(&build, HANDSHAKE_SERVER_HELLO_DONE);
    build_close(&build);
    struct wire bytes = build_wire(&build);
    size_t hello = bytes.left - 8;

    assert_int_equal(message_frame(&message, &bytes), FRAMING_WHOLE);
    assert_int_equal(message.type, HANDSHAKE_SERVER_HELLO);
    assert_int_equal(message.length, hello);
    assert_int_equal(message.body.left, hello);
    assert_int_equal(message_frame(&message, &bytes), FRAMING_WHOLE);
    assert_int_equal(message.type, HANDSHAKE_SERVER_HELLO_DONE);
    assert_int_equal(message.length, 0);
    assert_int_equal(bytes.left, 0);
    assert_int_equal(message_frame(&message, &bytes), FRAMING_PARTIAL);
    build_free(&build);
}

static void a_header_cut_in_half_is_not_whole_yet(void **state)
{
    (void)state;
    struct build build = {0};
    struct message message;

    build_open_message(&build, HANDSHAKE_FINISHED);
    build_filler(&build, 0, 12);
    build_close(&build);
    for (size_t length = 0; length < build.length; length++) {
        struct wire bytes = build_wire(&build);
        bytes = wire_take_most(&bytes, length);
        assert_int_equal(message_frame(&message, &bytes), FRAMING_PARTIAL);
        assert_int_equal(bytes.left, length);
        assert_int_equal(message.type, length > 0 ? HANDSHAKE_FINISHED : 0);
        assert_int_equal(message.length, length >= HANDSHAKE_HEADER ? 12 : 0);
        assert_int_equal(message.body.left,
                         length >= HANDSHAKE_HEADER ? length - HANDSHAKE_HEADER : 0);
    }
    build_free(&build);
}

static void a_type_that_does_not_exist_is_no_message(void **state)
{
    (void)state;
    static const uint8_t types[] = {3, 7, 9, 10, 17, 19, 26, 66, 68, 254, 255};
    struct message message;

    for (size_t i = 0; i < sizeof types; i++) {
        struct wire bytes = wire_over(&types[i], 1);
        assert_int_equal(message_frame(&message, &bytes), FRAMING_NONE);
        assert_int_equal(bytes.left, 1);
    }
}

static void a_hello_retry_request_of_an_old_draft_is_a_message(void **state)
{
    (void)state;
    struct build build = {0};
    struct message message;

    build_open_message(&build, HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT);
    build_filler(&build, 0, 10);
    build_close(&build);
    struct wire bytes = build_wire(&build);
    assert_int_equal(message_frame(&message, &bytes), FRAMING_WHOLE);
    build_free(&build);
}

static void ecdhe_parameters_name_their_group_and_from_tls12_a_scheme(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_key_exchange exchange;

    build_ecdhe_parameters(&build, 29, 0x0804);
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_ECDHE,
                                              false, false, TLS12));
    assert_int_equal(exchange.group, 29);
    assert_int_equal(exchange.scheme, 0x0804);
    assert_int_equal(exchange.prime_bits, 0);
    assert_false(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_ECDHE,
                                               false, false, TLS10));
    assert_int_equal(exchange.group, 29);
    build_clear(&build);
    build_ecdhe_parameters(&build, 23, 0);
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_ECDHE,
                                              false, true, TLS12));
    assert_int_equal(exchange.group, 23);
    build_free(&build);
}

static void an_explicit_curve_has_no_group(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_key_exchange exchange;

    build_u8(&build, 1);                   /* explicit_prime */
    for (unsigned i = 0; i < 6 + 1; i++) { /* prime, a, b, base, order, cofactor; the point */
        build_open(&build, 1);
        build_filler(&build, i, 20);
        build_close(&build);
    }
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_ECDHE,
                                              false, true, TLS12));
    assert_int_equal(exchange.group, 0);
    build.bytes[0] = 4; /* no such type */
    assert_false(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_ECDHE,
                                               false, true, TLS12));
    build_free(&build);
}

/* Parameters of DHE with this many zeroes before a prime whose first byte is `first`. */
static uint16_t prime_bits_of(size_t zeroes, unsigned first, size_t bytes)
{
    struct build build = {0};
    struct server_key_exchange exchange;

    build_open(&build, 2);
    for (size_t i = 0; i < zeroes; i++) {
        build_u8(&build, 0);
    }
    build_u8(&build, first);
    build_filler(&build, 0, bytes - 1);
    build_close(&build);
    build_open(&build, 2);
    build_u8(&build, 2);
    build_close(&build);
    build_open(&build, 2);
    build_filler(&build, 0, bytes);
    build_close(&build);
    build_open(&build, 2); /* the signature */
    build_filler(&build, 0, 256);
    build_close(&build);
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_DHE, false,
                                              false, TLS10));
    build_free(&build);
    return exchange.prime_bits;
}

static void a_prime_is_measured_in_bits_without_leading_zeroes(void **state)
{
    (void)state;
    assert_int_equal(prime_bits_of(0, 0xff, 128), 1024);
    assert_int_equal(prime_bits_of(0, 0x80, 128), 1024);
    assert_int_equal(prime_bits_of(0, 0x7f, 128), 1023);
    assert_int_equal(prime_bits_of(0, 0x01, 64), 505);
    assert_int_equal(prime_bits_of(1, 0xff, 64), 512);
    assert_int_equal(prime_bits_of(3, 0x01, 1), 1);
    assert_int_equal(prime_bits_of(0, 0xff, 20000), 65528); /* as much as is counted */
}

static void an_export_key_is_measured_by_its_modulus(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_key_exchange exchange;

    build_open(&build, 2);
    build_u8(&build, 0xc0);
    build_filler(&build, 0, 63);
    build_close(&build);
    build_open(&build, 2);
    build_u24(&build, 65537);
    build_close(&build);
    build_open(&build, 2);
    build_filler(&build, 0, 128);
    build_close(&build);
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_RSA_EXPORT,
                                              false, false, TLS10));
    assert_int_equal(exchange.prime_bits, 512);
    build_free(&build);
}

static void with_a_psk_a_hint_comes_first_and_nothing_is_signed(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_key_exchange exchange;

    build_open(&build, 2);
    build_text(&build, "hint");
    build_close(&build);
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_UNKNOWN,
                                              true, false, TLS12));
    build_ecdhe_parameters(&build, 24, 0);
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_ECDHE, true,
                                              false, TLS12));
    assert_int_equal(exchange.group, 24);
    assert_false(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_UNKNOWN,
                                               true, false, TLS12));
    assert_true(handshake_server_key_exchange(&exchange, build_wire(&build), PARAMETERS_UNKNOWN,
                                              false, false, TLS12));
    build_free(&build);
}

static void parameters_cut_anywhere_are_not_well_formed(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_key_exchange exchange;

    build_ecdhe_parameters(&build, 29, 0x0804);
    for (size_t length = 0; length < build.length; length++) {
        struct wire body = build_wire(&build);
        body = wire_take_most(&body, length);
        assert_false(
            handshake_server_key_exchange(&exchange, body, PARAMETERS_ECDHE, false, false, TLS12));
        assert_int_equal(exchange.group, length >= 3 ? 29 : 0);
    }
    build_free(&build);
}

static void a_certificate_verify_names_its_scheme(void **state)
{
    (void)state;
    struct build build = {0};
    uint16_t scheme;

    build_u16(&build, 0x0403);
    build_open(&build, 2);
    build_filler(&build, 0, 70);
    build_close(&build);
    assert_true(handshake_certificate_verify(&scheme, build_wire(&build)));
    assert_int_equal(scheme, 0x0403);
    build_u8(&build, 0);
    assert_false(handshake_certificate_verify(&scheme, build_wire(&build)));
    build_free(&build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_in_one_record_are_taken_one_by_one),
        cmocka_unit_test(a_header_cut_in_half_is_not_whole_yet),
        cmocka_unit_test(a_type_that_does_not_exist_is_no_message),
        cmocka_unit_test(a_hello_retry_request_of_an_old_draft_is_a_message),
        cmocka_unit_test(ecdhe_parameters_name_their_group_and_from_tls12_a_scheme),
        cmocka_unit_test(an_explicit_curve_has_no_group),
        cmocka_unit_test(a_prime_is_measured_in_bits_without_leading_zeroes),
        cmocka_unit_test(an_export_key_is_measured_by_its_modulus),
        cmocka_unit_test(with_a_psk_a_hint_comes_first_and_nothing_is_signed),
        cmocka_unit_test(parameters_cut_anywhere_are_not_well_formed),
        cmocka_unit_test(a_certificate_verify_names_its_scheme),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
