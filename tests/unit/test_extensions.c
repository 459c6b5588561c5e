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

/* The body of a ClientHello whose only extensions are those in `more`, which this frees. */
static bool client_with(struct client_hello *hello, struct build *build, struct build *more)
{
    build_client_hello(build, &(struct build_client_hello){.more = more});
    build_free(more);
    return hello_client(hello, build_wire(build));
}

static bool server_with(struct server_hello *hello, struct build *build, struct build *more)
{
    build_server_hello(build, &(struct build_server_hello){.more = more});
    build_free(more);
    return hello_server(hello, build_wire(build));
}

/* A ClientHello with one extension of these bytes. Yields whether it was found malformed. */
static bool client_finds_malformed(unsigned type, const void *bytes, size_t length)
{
    struct build build = {0};
    struct build more = {0};
    struct client_hello hello;

    build_open_extension(&more, type);
    build_bytes(&more, bytes, length);
    build_close(&more);
    build_flag_extension(&more, EXTENSION_EXTENDED_MASTER_SECRET);
    assert_true(client_with(&hello, &build, &more));
    assert_true(hello.extended_master_secret); /* reading went on */
    assert_int_equal(hello.malformed_type, hello.malformed_extension ? type : 0);
    build_free(&build);
    return hello.malformed_extension;
}

static bool server_finds_malformed(unsigned type, const void *bytes, size_t length)
{
    struct build build = {0};
    struct build more = {0};
    struct server_hello hello;

    build_open_extension(&more, type);
    build_bytes(&more, bytes, length);
    build_close(&more);
    build_flag_extension(&more, EXTENSION_EXTENDED_MASTER_SECRET);
    assert_true(server_with(&hello, &build, &more));
    assert_true(hello.extended_master_secret);
    assert_int_equal(hello.malformed_type, hello.malformed_extension ? type : 0);
    build_free(&build);
    return hello.malformed_extension;
}

static const unsigned schemes[] = {0x0403, 0x0804, BUILD_END};

static void an_extension_with_a_malformed_body_does_not_hide_the_others(void **state)
{
    (void)state;
    assert_true(client_finds_malformed(EXTENSION_SERVER_NAME, "", 0));
    assert_true(client_finds_malformed(EXTENSION_SERVER_NAME, "\0\4\0\0\2a", 6));
    assert_true(client_finds_malformed(EXTENSION_SERVER_NAME, "\0\3\0\0\0", 5));
    assert_false(client_finds_malformed(EXTENSION_SERVER_NAME, "\0\4\0\0\1a", 6));
    assert_true(client_finds_malformed(EXTENSION_MAX_FRAGMENT_LENGTH, "\1\1", 2));
    assert_true(client_finds_malformed(EXTENSION_STATUS_REQUEST, "\1\0\0\0", 4));
    assert_false(client_finds_malformed(EXTENSION_STATUS_REQUEST, "\1\0\0\0\0", 5));
    assert_true(client_finds_malformed(EXTENSION_SUPPORTED_GROUPS, "\0\3\0\35\0", 5));
    assert_true(client_finds_malformed(EXTENSION_SUPPORTED_GROUPS, "\0\0", 2));
    assert_true(client_finds_malformed(EXTENSION_EC_POINT_FORMATS, "\0", 1));
    assert_true(client_finds_malformed(EXTENSION_SIGNATURE_ALGORITHMS, "\0\2\4\3\0", 5));
    assert_true(client_finds_malformed(EXTENSION_ALPN, "\0\1\0", 3));
    assert_true(client_finds_malformed(EXTENSION_ALPN, "\0\2\2h", 4));
    assert_true(client_finds_malformed(EXTENSION_ENCRYPT_THEN_MAC, "\0", 1));
    assert_true(client_finds_malformed(EXTENSION_COMPRESS_CERTIFICATE, "\1\0", 2));
    assert_true(client_finds_malformed(EXTENSION_RECORD_SIZE_LIMIT, "\100", 1));
    assert_true(client_finds_malformed(EXTENSION_EARLY_DATA, "\0\0", 2));
    assert_true(client_finds_malformed(EXTENSION_SUPPORTED_VERSIONS, "\1\3", 2));
    assert_true(client_finds_malformed(EXTENSION_COOKIE, "\0\0", 2));
    assert_true(client_finds_malformed(EXTENSION_PSK_KEY_EXCHANGE_MODES, "\0", 1));
    assert_true(client_finds_malformed(EXTENSION_CERTIFICATE_AUTHORITIES, "\0\2\0\0", 4));
    assert_true(client_finds_malformed(EXTENSION_KEY_SHARE, "\0\4\0\35\0\0", 6));
    assert_true(client_finds_malformed(EXTENSION_KEY_SHARE, "\0\5\0\35\0\2a", 7));
    assert_false(client_finds_malformed(EXTENSION_KEY_SHARE, "\0\0", 2));
    assert_true(client_finds_malformed(EXTENSION_ENCRYPTED_CLIENT_HELLO, "\0\0\1", 3));
    assert_false(client_finds_malformed(EXTENSION_ENCRYPTED_CLIENT_HELLO, "\1", 1));
    assert_true(client_finds_malformed(EXTENSION_RENEGOTIATION_INFO, "\1", 1));
    assert_true(client_finds_malformed(EXTENSION_RENEGOTIATION_INFO, "", 0));
}

static void an_extension_that_comes_twice_is_malformed_and_the_first_counts(void **state)
{
    (void)state;
    static const unsigned first[] = {23, BUILD_END};
    static const unsigned second[] = {24, BUILD_END};
    struct build build = {0};
    struct build more = {0};
    struct client_hello hello;

    build_codes_extension(&more, EXTENSION_SUPPORTED_GROUPS, 2, first);
    build_codes_extension(&more, EXTENSION_SUPPORTED_GROUPS, 2, second);
    assert_true(client_with(&hello, &build, &more));
    assert_true(are_codes(hello.groups, first));
    assert_true(hello.malformed_extension);
    assert_int_equal(hello.malformed_type, EXTENSION_SUPPORTED_GROUPS);
    build_free(&build);
}

static void an_unknown_extension_is_passed_over(void **state)
{
    (void)state;
    assert_false(client_finds_malformed(0x4a4a, "\0", 1));
    assert_false(client_finds_malformed(EXTENSION_PADDING, "\0\0\0", 3));
    assert_false(server_finds_malformed(0x4a4a, "\0", 1));
}

static void a_key_share_inside_encrypted_sni_is_none(void **state)
{
    (void)state;
    struct build build = {0};
    struct build more = {0};
    struct client_hello hello;

    build_open_extension(&more, 0xffce);
    build_u16(&more, 0x1301);
    build_u16(&more, 29);
    build_open(&more, 2);
    build_filler(&more, 0, 32);
    build_close(&more);
    build_close(&more);
    assert_true(client_with(&hello, &build, &more));
    assert_null(hello.key_shares.at);
    assert_false(hello.malformed_extension);
    build_free(&build);
}

static void a_key_share_of_an_old_draft_is_one(void **state)
{
    (void)state;
    struct build build = {0};
    struct build more = {0};
    struct client_hello hello;
    uint16_t group;

    build_open_extension(&more, EXTENSION_KEY_SHARE_DRAFT);
    build_open(&more, 2);
    build_u16(&more, 29);
    build_open(&more, 2);
    build_filler(&more, 0, 32);
    build_close(&more);
    build_close(&more);
    build_close(&more);
    assert_true(client_with(&hello, &build, &more));
    assert_true(hello_next_key_share(&group, &hello.key_shares) && group == 29);
    build_free(&build);
    assert_false(client_finds_malformed(EXTENSION_KEY_SHARE_DRAFT, "whatever", 8));
}

static void a_pre_shared_key_has_as_many_binders_as_identities(void **state)
{
    (void)state;
    for (unsigned binders = 0; binders <= 3; binders++) {
        struct build build = {0};
        struct build more = {0};
        struct client_hello hello;
        build_open_extension(&more, EXTENSION_PRE_SHARED_KEY);
        build_open(&more, 2);
        for (unsigned i = 0; i < 2; i++) {
            build_open(&more, 2);
            build_text(&more, "identity");
            build_close(&more);
            build_u32(&more, 12345);
        }
        build_close(&more);
        build_open(&more, 2);
        for (unsigned i = 0; i < binders; i++) {
            build_open(&more, 1);
            build_filler(&more, i, 32);
            build_close(&more);
        }
        build_close(&more);
        build_close(&more);
        assert_true(client_with(&hello, &build, &more));
        assert_int_equal(hello.psk_identities.left, 2 * (2 + 8 + 4));
        assert_int_equal(hello.malformed_extension, binders != 2);
        build_free(&build);
    }
}

static void the_other_extensions_become_fields(void **state)
{
    (void)state;
    struct build build = {0};
    struct build more = {0};
    struct client_hello hello;
    static const unsigned brotli[] = {2, BUILD_END};

    build_open_extension(&more, EXTENSION_MAX_FRAGMENT_LENGTH);
    build_u8(&more, 4);
    build_close(&more);
    build_open_extension(&more, EXTENSION_RECORD_SIZE_LIMIT);
    build_u16(&more, 16385);
    build_close(&more);
    build_codes_extension(&more, EXTENSION_COMPRESS_CERTIFICATE, 1, brotli);
    build_codes_extension(&more, EXTENSION_SIGNATURE_ALGORITHMS_CERT, 2, schemes);
    build_flag_extension(&more, EXTENSION_EARLY_DATA);
    build_flag_extension(&more, EXTENSION_ENCRYPT_THEN_MAC);
    build_flag_extension(&more, EXTENSION_POST_HANDSHAKE_AUTH);
    build_flag_extension(&more, EXTENSION_QUIC_TRANSPORT_PARAMETERS);
    build_open_extension(&more, EXTENSION_COOKIE);
    build_open(&more, 2);
    build_text(&more, "cookie");
    build_close(&more);
    build_close(&more);
    build_open_extension(&more, EXTENSION_PSK_KEY_EXCHANGE_MODES);
    build_open(&more, 1);
    build_u8(&more, 1);
    build_close(&more);
    build_close(&more);
    assert_true(client_with(&hello, &build, &more));
    assert_false(hello.malformed_extension);
    assert_int_equal(hello.max_fragment_length, 4);
    assert_int_equal(hello.record_size_limit, 16385);
    assert_true(hello.compress_certificate && hello.early_data && hello.encrypt_then_mac);
    assert_true(hello.post_handshake_auth && hello.quic_transport_parameters);
    assert_true(are_codes(hello.certificate_schemes, schemes));
    assert_true(is_text(hello.cookie, "cookie"));
    assert_int_equal(hello.psk_modes.left, 1);
    build_free(&build);
}

static void a_server_names_no_host_and_one_protocol(void **state)
{
    (void)state;
    assert_false(server_finds_malformed(EXTENSION_SERVER_NAME, "", 0));
    assert_true(server_finds_malformed(EXTENSION_SERVER_NAME, "\0\4\0\0\1a", 6));
    assert_true(server_finds_malformed(EXTENSION_ALPN, "\0\4\1a\1b", 6));
    assert_true(server_finds_malformed(EXTENSION_ALPN, "\0\1\0", 3));
    assert_true(server_finds_malformed(EXTENSION_SUPPORTED_VERSIONS, "\2\3\4", 3));
    assert_true(server_finds_malformed(EXTENSION_KEY_SHARE, "\0\35", 2));
    assert_true(server_finds_malformed(EXTENSION_STATUS_REQUEST, "\1", 1));
    assert_true(server_finds_malformed(EXTENSION_PRE_SHARED_KEY, "\1", 1));
    assert_true(server_finds_malformed(EXTENSION_RENEGOTIATION_INFO, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_extension_with_a_malformed_body_does_not_hide_the_others),
        cmocka_unit_test(an_extension_that_comes_twice_is_malformed_and_the_first_counts),
        cmocka_unit_test(an_unknown_extension_is_passed_over),
        cmocka_unit_test(a_key_share_inside_encrypted_sni_is_none),
        cmocka_unit_test(a_key_share_of_an_old_draft_is_one),
        cmocka_unit_test(a_pre_shared_key_has_as_many_binders_as_identities),
        cmocka_unit_test(the_other_extensions_become_fields),
        cmocka_unit_test(a_server_names_no_host_and_one_protocol),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
