#include "build.h"
#include "certificate.h"
#include "hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { TLS11 = 0x0302, TLS12 = 0x0303, TLS13 = 0x0304 };

static const size_t chain[] = {700, 900, 0};
static const size_t empty[] = {0};
static const unsigned schemes[] = {0x0403, 0x0401, BUILD_END};

static bool is_text(struct wire wire, const char *text)
{
    return wire.left == strlen(text) && memcmp(wire.at, text, wire.left) == 0;
}

static void the_certificates_of_a_chain_come_in_order(void **state)
{
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++) {
        struct build build = {0};
        struct certificate_message message;
        struct certificate_entry entry;
        bool well_formed = true;
        build_certificate(&build, version == TLS13, chain);
        assert_true(certificate_message(&message, build_wire(&build), version));
        assert_int_equal(message.tls13, version == TLS13);
        assert_true(certificate_next(&entry, &message, &well_formed));
        assert_int_equal(entry.der.left, 700);
        assert_null(entry.ocsp_response.at);
        assert_true(certificate_next(&entry, &message, &well_formed));
        assert_int_equal(entry.der.left, 900);
        assert_false(certificate_next(&entry, &message, &well_formed));
        assert_true(well_formed);
        build_free(&build);
    }
}

static void a_client_without_a_certificate_sends_an_empty_list(void **state)
{
    (void)state;
    for (uint16_t version = TLS12; version <= TLS13; version++) {
        struct build build = {0};
        struct certificate_message message;
        struct certificate_entry entry;
        bool well_formed = true;
        build_certificate(&build, version == TLS13, empty);
        assert_true(certificate_message(&message, build_wire(&build), version));
        assert_false(certificate_next(&entry, &message, &well_formed));
        assert_true(well_formed);
        build_free(&build);
    }
}

static void a_chain_that_is_cut_is_used_as_far_as_it_goes(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_message message;
    struct certificate_entry entry;
    bool well_formed = true;

    build_certificate(&build, false, chain);
    struct wire body = build_wire(&build);
    assert_false(certificate_message(&message, wire_take_most(&body, build.length - 1), TLS12));
    assert_true(certificate_next(&entry, &message, &well_formed));
    assert_true(well_formed);
    assert_int_equal(entry.der.left, 700);
    assert_false(certificate_next(&entry, &message, &well_formed));
    assert_false(well_formed);
    build_free(&build);
}

static void bytes_behind_the_list_are_not_well_formed(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_message message;

    build_certificate(&build, false, chain);
    build_u8(&build, 0);
    assert_false(certificate_message(&message, build_wire(&build), TLS12));
    build_free(&build);
}

static void an_empty_certificate_is_malformed_and_the_next_one_is_read(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_message message;
    struct certificate_entry entry;
    bool well_formed = true;

    build_open(&build, 3);
    build_u24(&build, 0);
    build_open(&build, 3);
    build_text(&build, "certificate");
    build_close(&build);
    build_close(&build);
    assert_true(certificate_message(&message, build_wire(&build), TLS12));
    assert_true(certificate_next(&entry, &message, &well_formed));
    assert_false(well_formed);
    assert_true(certificate_next(&entry, &message, &well_formed));
    assert_true(is_text(entry.der, "certificate"));
    build_free(&build);
}

static void a_response_is_stapled_to_a_tls13_certificate(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_message message;
    struct certificate_entry entry;
    bool well_formed = true;

    build_open(&build, 1);
    build_text(&build, "context");
    build_close(&build);
    build_open(&build, 3);
    build_open(&build, 3);
    build_text(&build, "certificate");
    build_close(&build);
    build_open(&build, 2);
    build_flag_extension(&build, EXTENSION_SIGNED_CERTIFICATE_TIMESTAMP);
    build_open_extension(&build, EXTENSION_STATUS_REQUEST);
    build_u8(&build, 1); /* ocsp */
    build_open(&build, 3);
    build_text(&build, "response");
    build_close(&build);
    build_close(&build);
    build_close(&build);
    build_close(&build);
    assert_true(certificate_message(&message, build_wire(&build), 0x7f1c));
    assert_true(is_text(message.context, "context"));
    assert_true(certificate_next(&entry, &message, &well_formed));
    assert_true(is_text(entry.der, "certificate"));
    assert_true(is_text(entry.ocsp_response, "response"));
    assert_true(well_formed);
    build_free(&build);
}

static void a_request_names_its_authorities(void **state)
{
    (void)state;
    for (uint16_t version = TLS11; version <= TLS12; version++) {
        struct build build = {0};
        struct certificate_request request;
        struct wire name;
        uint16_t code;
        build_certificate_request(&build, version == TLS12 ? schemes : NULL, "one,another");
        assert_true(certificate_request(&request, build_wire(&build), version));
        assert_int_equal(request.types.left, 2);
        assert_int_equal(request.schemes.at != NULL, version == TLS12);
        assert_int_equal(hello_next_code(&code, &request.schemes), version == TLS12);
        assert_true(certificate_next_authority(&name, &request.authorities));
        assert_true(is_text(name, "one"));
        assert_true(certificate_next_authority(&name, &request.authorities));
        assert_true(is_text(name, "another"));
        assert_false(certificate_next_authority(&name, &request.authorities));
        build_free(&build);
    }
}

static void a_request_may_name_no_authority(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_request request;

    build_certificate_request(&build, schemes, "");
    assert_true(certificate_request(&request, build_wire(&build), TLS12));
    assert_non_null(request.authorities.at);
    assert_int_equal(request.authorities.left, 0);
    build_free(&build);
}

static void a_request_cut_anywhere_is_not_well_formed(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_request request;

    build_certificate_request(&build, schemes, "one,another");
    for (size_t length = 0; length < build.length; length++) {
        struct wire body = build_wire(&build);
        assert_false(certificate_request(&request, wire_take_most(&body, length), TLS12));
    }
    build_u8(&build, 0);
    assert_false(certificate_request(&request, build_wire(&build), TLS12));
    build_free(&build);
}

static void a_tls13_request_says_it_in_extensions(void **state)
{
    (void)state;
    struct build build = {0};
    struct certificate_request request;
    struct wire name;
    uint16_t code;

    build_u8(&build, 0); /* certificate_request_context */
    build_open(&build, 2);
    build_codes_extension(&build, EXTENSION_SIGNATURE_ALGORITHMS, 2, schemes);
    build_open_extension(&build, EXTENSION_CERTIFICATE_AUTHORITIES);
    build_open(&build, 2);
    build_open(&build, 2);
    build_text(&build, "one");
    build_close(&build);
    build_close(&build);
    build_close(&build);
    build_close(&build);
    assert_true(certificate_request(&request, build_wire(&build), TLS13));
    assert_null(request.types.at);
    assert_true(hello_next_code(&code, &request.schemes));
    assert_int_equal(code, 0x0403);
    assert_true(certificate_next_authority(&name, &request.authorities));
    assert_true(is_text(name, "one"));
    build_free(&build);
}

static void a_status_holds_a_response(void **state)
{
    (void)state;
    struct build build = {0};
    struct wire response;

    build_u8(&build, 1); /* ocsp */
    build_open(&build, 3);
    build_text(&build, "response");
    build_close(&build);
    assert_true(certificate_status(&response, build_wire(&build)));
    assert_true(is_text(response, "response"));
    build_u8(&build, 0);
    assert_false(certificate_status(&response, build_wire(&build)));
    build_free(&build);
}

static void a_status_for_a_whole_chain_gives_the_first_response(void **state)
{
    (void)state;
    struct build build = {0};
    struct wire response;

    build_u8(&build, 2); /* ocsp_multi */
    build_open(&build, 3);
    build_open(&build, 3);
    build_text(&build, "first");
    build_close(&build);
    build_u24(&build, 0);
    build_close(&build);
    assert_true(certificate_status(&response, build_wire(&build)));
    assert_true(is_text(response, "first"));
    build_free(&build);
}

static void an_empty_status_holds_none(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 0, 0, 0};
    struct wire response;

    for (size_t length = 0; length <= sizeof bytes; length++) {
        assert_false(certificate_status(&response, wire_over(bytes, length)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_certificates_of_a_chain_come_in_order),
        cmocka_unit_test(a_client_without_a_certificate_sends_an_empty_list),
        cmocka_unit_test(a_chain_that_is_cut_is_used_as_far_as_it_goes),
        cmocka_unit_test(bytes_behind_the_list_are_not_well_formed),
        cmocka_unit_test(an_empty_certificate_is_malformed_and_the_next_one_is_read),
        cmocka_unit_test(a_response_is_stapled_to_a_tls13_certificate),
        cmocka_unit_test(a_request_names_its_authorities),
        cmocka_unit_test(a_request_may_name_no_authority),
        cmocka_unit_test(a_request_cut_anywhere_is_not_well_formed),
        cmocka_unit_test(a_tls13_request_says_it_in_extensions),
        cmocka_unit_test(a_status_holds_a_response),
        cmocka_unit_test(a_status_for_a_whole_chain_gives_the_first_response),
        cmocka_unit_test(an_empty_status_holds_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
