#include "build.h"
#include "hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_text(struct wire wire, const char *text)
{
    return wire.left == strlen(text) && memcmp(wire.at, text, wire.left) == 0;
}

/* True when the list is just the codes given. */
static bool are_codes(struct wire list, const unsigned *codes)
{
    uint16_t code;

    while (hello_next_code(&code, &list)) {
        if (*codes != code) {
            return false;
        }
        codes++;
    }
    return *codes == BUILD_END;
}

static const unsigned groups[] = {0x6a6a, 29, 23, BUILD_END};
static const unsigned schemes[] = {0x0403, 0x0804, BUILD_END};
static const unsigned versions[] = {0x0304, 0x0303, BUILD_END};
static const unsigned shares[] = {0x6a6a, 29, BUILD_END};
static const unsigned suites[] = {0x1302, 0x00ff, 0x5600, BUILD_END};

static const struct build_client_hello modern = {
    .session_id = 32,
    .suites = suites,
    .server_name = "www.example.org",
    .groups = groups,
    .schemes = schemes,
    .alpn = "h2,http/1.1",
    .versions = versions,
    .key_shares = shares,
    .extended_master_secret = true,
    .renegotiation_info = true,
    .session_ticket = true,
};

static void a_client_hello_says_what_was_written_into_it(void **state)
{
    (void)state;
    struct build build = {0};
    struct client_hello hello;
    struct wire name;
    uint16_t group;

    build_client_hello(&build, &modern);
    assert_true(hello_client(&hello, build_wire(&build)));
    assert_false(hello.malformed_extension);
    assert_int_equal(hello.legacy_version, 0x0303);
    assert_int_equal(hello.random.left, 32);
    assert_int_equal(hello.session_id.left, 32);
    assert_int_equal(hello.compressions.left, 1);
    assert_true(are_codes(hello.suites, suites));
    assert_true(is_text(hello.server_name, "www.example.org"));
    assert_true(are_codes(hello.groups, groups));
    assert_true(are_codes(hello.schemes, schemes));
    assert_true(are_codes(hello.versions, versions));
    assert_true(hello_next_name(&name, &hello.alpn) && is_text(name, "h2"));
    assert_true(hello_next_name(&name, &hello.alpn) && is_text(name, "http/1.1"));
    assert_false(hello_next_name(&name, &hello.alpn));
    assert_true(hello_next_key_share(&group, &hello.key_shares) && group == 0x6a6a);
    assert_true(hello_next_key_share(&group, &hello.key_shares) && group == 29);
    assert_false(hello_next_key_share(&group, &hello.key_shares));
    assert_true(hello.extended_master_secret);
    assert_non_null(hello.session_ticket.at);
    assert_int_equal(hello.session_ticket.left, 0);
    assert_non_null(hello.renegotiated_connection.at);
    assert_int_equal(hello.renegotiated_connection.left, 0);
    build_free(&build);
}

static void what_was_not_sent_is_not_there(void **state)
{
    (void)state;
    struct build build = {0};
    struct client_hello hello;

    build_client_hello(&build, &(struct build_client_hello){0});
    assert_true(hello_client(&hello, build_wire(&build)));
    assert_non_null(hello.extensions.at);
    assert_int_equal(hello.extensions.left, 0);
    assert_non_null(hello.session_id.at);
    assert_null(hello.server_name.at);
    assert_null(hello.versions.at);
    assert_null(hello.key_shares.at);
    assert_null(hello.alpn.at);
    assert_null(hello.session_ticket.at);
    assert_null(hello.renegotiated_connection.at);
    assert_false(hello.status_request || hello.early_data || hello.malformed_extension);
    build_free(&build);
}

static void a_hello_without_a_block_of_extensions_is_well_formed(void **state)
{
    (void)state;
    struct build client = {0};
    struct build server = {0};
    struct client_hello client_hello;
    struct server_hello server_hello;

    build_client_hello(&client, &(struct build_client_hello){.no_extensions = true});
    build_server_hello(&server, &(struct build_server_hello){.no_extensions = true});
    assert_true(hello_client(&client_hello, build_wire(&client)));
    assert_null(client_hello.extensions.at);
    assert_true(hello_server(&server_hello, build_wire(&server)));
    assert_null(server_hello.extensions.at);
    build_free(&client);
    build_free(&server);
}

/* Whatever the length, nothing is read that is not there, and what was read first stays. */
static void a_client_hello_cut_anywhere_keeps_what_there_is(void **state)
{
    (void)state;
    struct build build = {0};
    struct client_hello hello;

    build_client_hello(&build, &modern);
    size_t fixed = 2 + 32 + 1 + 32 + 2 + 6 + 2;
    for (size_t length = 0; length < build.length; length++) {
        struct wire body = build_wire(&build);
        bool well_formed = hello_client(&hello, wire_take_most(&body, length));
        assert_int_equal(well_formed, length == fixed); /* as if it had no block */
        assert_false(hello.malformed_extension);
        assert_int_equal(hello.suites.at != NULL, length >= fixed - 2);
    }
    struct wire body = build_wire(&build);
    assert_false(hello_client(&hello, wire_take_most(&body, build.length - 1)));
    assert_true(is_text(hello.server_name, "www.example.org"));
    assert_non_null(hello.key_shares.at);
    assert_null(hello.renegotiated_connection.at); /* the last one, which is cut */
    build_free(&build);
}

static void a_hello_with_bytes_behind_it_is_not_well_formed(void **state)
{
    (void)state;
    struct build client = {0};
    struct build server = {0};
    struct client_hello client_hello;
    struct server_hello server_hello;

    build_client_hello(&client, &modern);
    build_u8(&client, 0);
    assert_false(hello_client(&client_hello, build_wire(&client)));
    assert_true(is_text(client_hello.server_name, "www.example.org"));
    build_server_hello(&server, &(struct build_server_hello){.alpn = "h2"});
    build_u8(&server, 0);
    assert_false(hello_server(&server_hello, build_wire(&server)));
    assert_true(is_text(server_hello.alpn, "h2"));
    build_free(&client);
    build_free(&server);
}

static void a_session_id_has_32_bytes_at_most(void **state)
{
    (void)state;
    struct client_hello client_hello;
    struct server_hello server_hello;

    for (size_t length = 31; length <= 33; length++) {
        struct build client = {0};
        struct build server = {0};
        build_client_hello(&client, &(struct build_client_hello){.session_id = length});
        build_server_hello(&server, &(struct build_server_hello){.session_id = length});
        assert_int_equal(hello_client(&client_hello, build_wire(&client)), length <= 32);
        assert_int_equal(hello_server(&server_hello, build_wire(&server)), length <= 32);
        assert_int_equal(client_hello.session_id.left, length);
        build_free(&client);
        build_free(&server);
    }
}

static void a_hello_without_suites_is_not_well_formed(void **state)
{
    (void)state;
    static const unsigned none[] = {BUILD_END};
    struct build build = {0};
    struct client_hello hello;

    build_client_hello(&build, &(struct build_client_hello){.suites = none});
    assert_false(hello_client(&hello, build_wire(&build)));
    build_free(&build);
}

static void extensions_that_break_off_are_not_well_formed(void **state)
{
    (void)state;
    struct build build = {0};
    struct build more = {0};
    struct client_hello hello;

    build_flag_extension(&more, EXTENSION_ENCRYPT_THEN_MAC);
    build_u16(&more, EXTENSION_EXTENDED_MASTER_SECRET);
    build_u16(&more, 1); /* and no body */
    build_client_hello(&build, &(struct build_client_hello){.more = &more});
    assert_false(hello_client(&hello, build_wire(&build)));
    assert_true(hello.encrypt_then_mac);
    assert_false(hello.extended_master_secret);
    build_free(&build);
    build_free(&more);
}

static void an_sslv2_client_hello_is_a_client_hello(void **state)
{
    (void)state;
    struct build build = {0};
    struct client_hello hello;

    build_u8(&build, 1);
    build_u16(&build, 0x0301);
    build_u16(&build, 6);
    build_u16(&build, 0);
    build_u16(&build, 16);
    build_u24(&build, 0x010080);
    build_u24(&build, 0x00002f);
    build_filler(&build, 0, 16);
    assert_true(hello_client_sslv2(&hello, build_wire(&build)));
    assert_true(hello.sslv2);
    assert_int_equal(hello.legacy_version, 0x0301);
    assert_int_equal(wire_u24(&hello.suites), 0x010080);
    assert_int_equal(wire_u24(&hello.suites), 0x00002f);
    assert_int_equal(hello.suites.left, 0);
    assert_int_equal(hello.random.left, 16);
    assert_null(hello.extensions.at);
    build_u8(&build, 0);
    assert_false(hello_client_sslv2(&hello, build_wire(&build)));
    build_free(&build);
}

static void an_sslv2_server_hello_gives_its_suites_and_certificate(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_hello hello;
    struct wire listed;
    struct wire certificate;

    build_u8(&build, 4);
    build_u8(&build, 0); /* session_id_hit */
    build_u8(&build, 1); /* certificate_type */
    build_u16(&build, 0x0002);
    build_u16(&build, 11);
    build_u16(&build, 3);
    build_u16(&build, 16);
    build_text(&build, "certificate");
    build_u24(&build, 0x010080);
    build_filler(&build, 0, 16);
    assert_true(hello_server_sslv2(&hello, &listed, &certificate, build_wire(&build)));
    assert_int_equal(hello.version, 0x0002);
    assert_true(is_text(certificate, "certificate"));
    assert_int_equal(wire_u24(&listed), 0x010080);
    assert_int_equal(listed.left, 0);
    build_free(&build);
}

static void a_server_hello_says_what_was_written_into_it(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_hello hello;
    static const struct build_server_hello written = {
        .version = 0x0301,
        .session_id = 32,
        .suite = 0x002f,
        .alpn = "h2",
        .extended_master_secret = true,
        .renegotiation_info = true,
        .session_ticket = true,
    };

    build_server_hello(&build, &written);
    assert_true(hello_server(&hello, build_wire(&build)));
    assert_false(hello.malformed_extension || hello.hello_retry_request || hello.psk_selected);
    assert_int_equal(hello.legacy_version, 0x0301);
    assert_int_equal(hello.version, 0x0301);
    assert_int_equal(hello.suite, 0x002f);
    assert_int_equal(hello.session_id.left, 32);
    assert_int_equal(hello.downgrade, DOWNGRADE_NONE);
    assert_int_equal(hello.group, 0);
    assert_true(is_text(hello.alpn, "h2"));
    assert_true(hello.extended_master_secret && hello.session_ticket);
    assert_non_null(hello.renegotiated_connection.at);
    build_free(&build);
}

static void supported_versions_decides_over_the_legacy_version(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_hello hello;

    build_server_hello(&build, &(struct build_server_hello){
                                   .selected_version = 0x0304, .suite = 0x1301, .group = 29});
    assert_true(hello_server(&hello, build_wire(&build)));
    assert_int_equal(hello.legacy_version, 0x0303);
    assert_int_equal(hello.version, 0x0304);
    assert_int_equal(hello.group, 29);
    build_free(&build);
}

static void a_hello_retry_request_is_known_by_its_random(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_hello hello;

    build_server_hello(&build, &(struct build_server_hello){.hello_retry_request = true,
                                                            .selected_version = 0x0304,
                                                            .suite = 0x1301,
                                                            .group = 24});
    assert_true(hello_server(&hello, build_wire(&build)));
    assert_true(hello.hello_retry_request);
    assert_int_equal(hello.group, 24);
    assert_false(hello.malformed_extension);
    build_free(&build);
}

static enum downgrade downgrade_of(const char *random_end)
{
    struct build build = {0};
    struct server_hello hello;

    build_server_hello(&build, &(struct build_server_hello){.random_end = random_end});
    /* a text cannot hold the 0 that means TLS 1.1 */
    if (random_end[7] == '0') {
        build.bytes[2 + 31] = 0;
    }
    assert_true(hello_server(&hello, build_wire(&build)));
    build_free(&build);
    return hello.downgrade;
}

static void the_random_of_a_downgraded_server_says_so(void **state)
{
    (void)state;
    assert_int_equal(downgrade_of("DOWNGRD\1"), DOWNGRADE_TLS12);
    assert_int_equal(downgrade_of("DOWNGRD0"), DOWNGRADE_TLS11);
    assert_int_equal(downgrade_of("DOWNGRD\2"), DOWNGRADE_NONE);
    assert_int_equal(downgrade_of("downgrd\1"), DOWNGRADE_NONE);
}

static void a_server_hello_cut_anywhere_is_not_well_formed(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_hello hello;

    build_server_hello(&build, &(struct build_server_hello){.alpn = "h2", .session_ticket = true});
    size_t fixed = 2 + 32 + 1 + 2 + 1;
    for (size_t length = 0; length < build.length; length++) {
        struct wire body = build_wire(&build);
        assert_int_equal(hello_server(&hello, wire_take_most(&body, length)), length == fixed);
        assert_int_equal(hello.suite, length >= fixed - 1 ? 0xc02f : 0);
    }
    build_free(&build);
}

static void a_short_server_hello_is_read(unsigned version)
{
    struct build build = {0};
    struct server_hello hello;

    build_u16(&build, version);
    build_filler(&build, 0, 32);
    build_u16(&build, 0x1301);
    build_open(&build, 2);
    build_open_extension(&build, EXTENSION_KEY_SHARE_DRAFT);
    build_u16(&build, 29);
    build_open(&build, 2);
    build_filler(&build, 0, 32);
    build_close(&build);
    build_close(&build);
    build_close(&build);
    assert_true(hello_server(&hello, build_wire(&build)));
    assert_int_equal(hello.version, version);
    assert_true(hello_version_is_tls13(hello.version));
    assert_int_equal(hello.suite, 0x1301);
    assert_int_equal(hello.group, 29);
    assert_null(hello.session_id.at);
    build_free(&build);
}

static void a_server_hello_of_an_old_draft_is_shorter(void **state)
{
    (void)state;
    a_short_server_hello_is_read(0x0304); /* draft 14 */
    a_short_server_hello_is_read(0x7f12); /* draft 18 */
}

static void a_server_hello_of_3_4_that_is_no_draft_has_a_session_id(void **state)
{
    (void)state;
    struct build build = {0};
    struct server_hello hello;

    build_server_hello(&build, &(struct build_server_hello){.version = 0x0304,
                                                            .session_id = 32,
                                                            .renegotiation_info = true});
    assert_true(hello_server(&hello, build_wire(&build)));
    assert_int_equal(hello.session_id.left, 32);
    assert_int_equal(hello.suite, 0xc02f);
    build_free(&build);
}

static void a_hello_retry_request_of_an_old_draft_is_a_message_of_its_own(void **state)
{
    (void)state;
    for (unsigned draft = 18; draft <= 19; draft++) {
        struct build build = {0};
        struct server_hello hello;
        build_u16(&build, 0x7f00 | draft);
        if (draft == 19) {
            build_u16(&build, 0x1302);
        }
        build_open(&build, 2);
        build_open_extension(&build, EXTENSION_KEY_SHARE_DRAFT);
        build_u16(&build, 24);
        build_close(&build);
        build_close(&build);
        assert_true(hello_retry_request_draft(&hello, build_wire(&build)));
        assert_true(hello.hello_retry_request);
        assert_int_equal(hello.group, 24);
        assert_int_equal(hello.suite, draft == 19 ? 0x1302 : 0);
        build_free(&build);
    }
}

static void versions_are_told_apart_by_what_they_do(void **state)
{
    (void)state;
    assert_true(hello_version_is_tls13(0x0304));
    assert_true(hello_version_is_tls13(0x7f17));
    assert_true(hello_version_is_tls13(0xfb17));
    assert_true(hello_version_is_tls13(0xfefc));
    assert_false(hello_version_is_tls13(0x0303));
    assert_false(hello_version_is_tls13(0x7a7a));
    assert_false(hello_version_is_tls13(0xfafa));
    assert_false(hello_version_has_schemes(0x0302));
    assert_true(hello_version_has_schemes(0x0303));
    assert_true(hello_version_has_schemes(0x7f12));
    assert_false(hello_version_has_schemes(0xfeff));
    assert_true(hello_version_has_schemes(0xfefd));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_hello_says_what_was_written_into_it),
        cmocka_unit_test(what_was_not_sent_is_not_there),
        cmocka_unit_test(a_hello_without_a_block_of_extensions_is_well_formed),
        cmocka_unit_test(a_client_hello_cut_anywhere_keeps_what_there_is),
        cmocka_unit_test(a_hello_with_bytes_behind_it_is_not_well_formed),
        cmocka_unit_test(a_session_id_has_32_bytes_at_most),
        cmocka_unit_test(a_hello_without_suites_is_not_well_formed),
        cmocka_unit_test(extensions_that_break_off_are_not_well_formed),
        cmocka_unit_test(an_sslv2_client_hello_is_a_client_hello),
        cmocka_unit_test(an_sslv2_server_hello_gives_its_suites_and_certificate),
        cmocka_unit_test(a_server_hello_says_what_was_written_into_it),
        cmocka_unit_test(supported_versions_decides_over_the_legacy_version),
        cmocka_unit_test(a_hello_retry_request_is_known_by_its_random),
        cmocka_unit_test(the_random_of_a_downgraded_server_says_so),
        cmocka_unit_test(a_server_hello_cut_anywhere_is_not_well_formed),
        cmocka_unit_test(a_server_hello_of_an_old_draft_is_shorter),
        cmocka_unit_test(a_server_hello_of_3_4_that_is_no_draft_has_a_session_id),
        cmocka_unit_test(a_hello_retry_request_of_an_old_draft_is_a_message_of_its_own),
        cmocka_unit_test(versions_are_told_apart_by_what_they_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
