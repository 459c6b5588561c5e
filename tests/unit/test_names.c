/*
 * names: the tables are in order, say what the registries say, and never say nothing in _text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "names.h"

static void suites_ascend_and_each_is_found(void **state)
{
    size_t count;
    const struct suite *rows = names_suites(&count);
    (void)state;
    assert_true(count > 350);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            assert_true(rows[i - 1].code < rows[i].code);
        assert_ptr_equal(names_suite_row(rows[i].code), &rows[i]);
        assert_non_null(rows[i].name);
        assert_true(strlen(rows[i].name) < NAMES_TEXT_MAX);
        assert_int_equal(rows[i].grease, names_is_grease(rows[i].code));
        assert_int_equal(rows[i].scsv, names_is_signal(rows[i].code));
    }
}

static void groups_ascend_and_each_is_found(void **state)
{
    size_t count;
    const struct group *rows = names_groups(&count);
    (void)state;
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            assert_true(rows[i - 1].code < rows[i].code);
        assert_ptr_equal(names_group_row(rows[i].code), &rows[i]);
        assert_true(strlen(rows[i].name) < NAMES_TEXT_MAX);
        assert_int_equal(rows[i].kind == GROUP_GREASE, names_is_grease(rows[i].code));
    }
}

static void schemes_ascend_and_each_is_found(void **state)
{
    size_t count;
    const struct scheme *rows = names_schemes(&count);
    (void)state;
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            assert_true(rows[i - 1].code < rows[i].code);
        assert_ptr_equal(names_scheme_row(rows[i].code), &rows[i]);
        assert_true(strlen(rows[i].name) < NAMES_TEXT_MAX);
        assert_int_equal(rows[i].key == SCHEME_KEY_GREASE, names_is_grease(rows[i].code));
        assert_true(rows[i].group == 0 || names_group(rows[i].group) != NULL);
    }
}

/* Between the rows, below the first and above the last, nothing is found. */
static void a_code_has_a_name_exactly_if_it_has_a_row(void **state)
{
    size_t suites = 0, groups = 0, schemes = 0, count;
    (void)state;
    for (uint32_t code = 0; code <= UINT16_MAX; code++) {
        suites += names_suite((uint16_t)code) != NULL;
        groups += names_group((uint16_t)code) != NULL;
        schemes += names_scheme((uint16_t)code) != NULL;
    }
    names_suites(&count);
    assert_int_equal(suites, count);
    names_groups(&count);
    assert_int_equal(groups, count);
    names_schemes(&count);
    assert_int_equal(schemes, count);
}

static void grease_is_sixteen_values_and_named_in_every_table(void **state)
{
    unsigned count = 0;
    (void)state;
    for (uint32_t value = 0; value <= UINT16_MAX; value++) {
        uint16_t code = (uint16_t)value;
        if (!names_is_grease(code))
            continue;
        count++;
        assert_string_equal(names_suite(code), "Reserved (GREASE)");
        assert_string_equal(names_group(code), "Reserved (GREASE)");
        assert_string_equal(names_scheme(code), "Reserved (GREASE)");
        assert_string_equal(names_extension(code), "Reserved (GREASE)");
        assert_string_equal(names_version(code), "GREASE");
    }
    assert_int_equal(count, 16);
    assert_true(names_is_grease(0x0A0A));
    assert_true(names_is_grease(0xFAFA));
    assert_false(names_is_grease(0x0A1A));
    assert_false(names_is_grease(0x0B0B));
    assert_false(names_is_grease(0x000A));
}

static void suites_are_spelled_as_iana_spells_them(void **state)
{
    (void)state;
    assert_string_equal(names_suite(0x0000), "TLS_NULL_WITH_NULL_NULL");
    assert_string_equal(names_suite(0x0005), "TLS_RSA_WITH_RC4_128_SHA");
    assert_string_equal(names_suite(0x001B), "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA");
    assert_string_equal(names_suite(0x00FF), "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
    assert_string_equal(names_suite(0x1301), "TLS_AES_128_GCM_SHA256");
    assert_string_equal(names_suite(0x1306), "TLS_AEGIS_256_SHA512");
    assert_string_equal(names_suite(0x5600), "TLS_FALLBACK_SCSV");
    assert_string_equal(names_suite(0xC02F), "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
    assert_string_equal(names_suite(0xC0AA), "TLS_PSK_DHE_WITH_AES_128_CCM_8");
    assert_string_equal(names_suite(0xCCA8), "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
    assert_string_equal(names_suite(0xFEFF), "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA");
    assert_null(names_suite(0x1234));
    assert_null(names_suite(0xFF85));
    assert_null(names_suite_row(0xFFFF));
}

static void a_suite_is_taken_apart(void **state)
{
    const struct suite *suite = names_suite_row(0xC02F);
    (void)state;
    assert_int_equal(suite->key_exchange, SUITE_KX_ECDHE);
    assert_int_equal(suite->authentication, SUITE_AUTH_RSA);
    assert_int_equal(suite->bulk, SUITE_BULK_AES_GCM);
    assert_int_equal(suite->key_bits, 128);
    assert_int_equal(suite->mac, SUITE_MAC_AEAD);
    assert_int_equal(suite->hash, SUITE_HASH_SHA256);
    assert_string_equal(suite->openssl, "ECDHE-RSA-AES128-GCM-SHA256");
    suite = names_suite_row(0xC024);
    assert_int_equal(suite->authentication, SUITE_AUTH_ECDSA);
    assert_int_equal(suite->bulk, SUITE_BULK_AES_CBC);
    assert_int_equal(suite->mac, SUITE_MAC_SHA384);
    assert_int_equal(names_hash_octets(suite->hash), 48);
    suite = names_suite_row(0x0035);
    assert_int_equal(suite->key_exchange, SUITE_KX_RSA);
    assert_int_equal(suite->mac, SUITE_MAC_SHA1);
    assert_int_equal(suite->hash, SUITE_HASH_SHA256);
    assert_string_equal(suite->openssl, "AES256-SHA");
    suite = names_suite_row(0x1305);
    assert_int_equal(suite->key_exchange, SUITE_KX_TLS13);
    assert_int_equal(suite->bulk, SUITE_BULK_AES_CCM_8);
    suite = names_suite_row(0x00AD);
    assert_int_equal(suite->key_exchange, SUITE_KX_RSA_PSK);
    assert_int_equal(suite->authentication, SUITE_AUTH_RSA);
    assert_true(names_suite_row(0x00FF)->scsv);
    assert_true(names_suite_row(0x5600)->scsv);
    assert_true(names_suite_row(0x2A2A)->grease);
    assert_int_equal(names_hash_octets(SUITE_HASH_UNKNOWN), 0);
    assert_int_equal(names_hash_octets(SUITE_HASH_SHA512), 64);
}

/* What a suite is made of is all there: only signals and GREASE have gaps. */
static void no_suite_has_an_unknown_part(void **state)
{
    size_t count;
    const struct suite *rows = names_suites(&count);
    (void)state;
    for (size_t i = 0; i < count; i++) {
        const struct suite *suite = &rows[i];
        bool selectable = !suite->scsv && !suite->grease;
        assert_int_equal(suite->key_exchange != SUITE_KX_UNKNOWN, selectable);
        assert_int_equal(suite->authentication != SUITE_AUTH_UNKNOWN, selectable);
        assert_int_equal(suite->bulk != SUITE_BULK_UNKNOWN, selectable);
        assert_int_equal(suite->mac != SUITE_MAC_UNKNOWN, selectable);
        assert_int_equal(suite->key_bits > 0, selectable && suite->bulk != SUITE_BULK_NULL);
        assert_int_equal(suite->export_grade, strstr(suite->name, "EXPORT") != NULL);
        assert_int_equal(suite->authentication == SUITE_AUTH_NONE,
                         strstr(suite->name, "anon") != NULL || suite->code == 0);
        assert_int_equal(suite->mac == SUITE_MAC_MD5, strstr(suite->name, "MD5") != NULL);
        assert_int_equal(suite->bulk == SUITE_BULK_RC4, strstr(suite->name, "RC4") != NULL);
        assert_int_equal(suite->bulk == SUITE_BULK_3DES, strstr(suite->name, "3DES") != NULL);
        assert_int_equal(suite->bulk == SUITE_BULK_AES_GCM,
                         strstr(suite->name, "AES_128_GCM") || strstr(suite->name, "AES_256_GCM"));
        if (strstr(suite->name, "_128_") && !strstr(suite->name, "EXPORT"))
            assert_int_equal(suite->key_bits, 128);
        if (strstr(suite->name, "_256_") && !strstr(suite->name, "GOST"))
            assert_int_equal(suite->key_bits, 256);
    }
}

static void a_suite_is_as_weak_as_its_parts(void **state)
{
    (void)state;
    assert_int_equal(names_suite_weakness(names_suite_row(0xC02F)), 0);
    assert_int_equal(names_suite_weakness(names_suite_row(0x1301)), 0);
    assert_int_equal(names_suite_weakness(names_suite_row(0xCCA9)), 0);
    assert_int_equal(names_suite_weakness(names_suite_row(0x009C)), SUITE_WEAK_NO_FORWARD_SECRECY);
    assert_int_equal(names_suite_weakness(names_suite_row(0xC013)), SUITE_WEAK_CBC);
    assert_int_equal(names_suite_weakness(names_suite_row(0x1305)), SUITE_WEAK_SHORT_TAG);
    assert_int_equal(names_suite_weakness(names_suite_row(0x000A)),
                     SUITE_WEAK_3DES | SUITE_WEAK_CBC | SUITE_WEAK_NO_FORWARD_SECRECY);
    assert_int_equal(names_suite_weakness(names_suite_row(0x0003)),
                     SUITE_WEAK_EXPORT | SUITE_WEAK_RC4 | SUITE_WEAK_MD5 |
                         SUITE_WEAK_NO_FORWARD_SECRECY);
    assert_int_equal(names_suite_weakness(names_suite_row(0x0034)),
                     SUITE_WEAK_ANONYMOUS | SUITE_WEAK_CBC);
    assert_int_equal(names_suite_weakness(names_suite_row(0xC010)), SUITE_WEAK_NULL);
    assert_int_equal(names_suite_weakness(names_suite_row(0xC0B4)), SUITE_WEAK_NULL);
    assert_int_equal(names_suite_weakness(names_suite_row(0x0017)) & SUITE_WEAK_BROKEN,
                     SUITE_WEAK_ANONYMOUS | SUITE_WEAK_EXPORT | SUITE_WEAK_RC4 | SUITE_WEAK_MD5);
    assert_int_equal(names_suite_weakness(names_suite_row(0x002F)) & SUITE_WEAK_BROKEN, 0);
}

static void what_is_no_suite_is_not_weak(void **state)
{
    (void)state;
    assert_int_equal(names_suite_weakness(names_suite_row(0x00FF)), 0);
    assert_int_equal(names_suite_weakness(names_suite_row(0x0A0A)), 0);
    assert_int_equal(names_suite_weakness(NULL), 0);
}

static void the_gravest_weakness_is_named(void **state)
{
    (void)state;
    assert_null(names_weakness(0));
    assert_null(names_weakness(1U << 31));
    assert_string_equal(names_weakness(SUITE_WEAK_RC4 | SUITE_WEAK_NO_FORWARD_SECRECY), "RC4");
    assert_string_equal(names_weakness(SUITE_WEAK_NULL | SUITE_WEAK_ANONYMOUS), "no encryption");
    for (unsigned bit = SUITE_WEAK_NULL; bit <= SUITE_WEAK_SHORT_TAG; bit <<= 1)
        assert_non_null(names_weakness(bit));
}

static void groups_have_a_kind_and_a_size(void **state)
{
    (void)state;
    assert_string_equal(names_group(23), "secp256r1");
    assert_string_equal(names_group(29), "x25519");
    assert_string_equal(names_group(0x0100), "ffdhe2048");
    assert_string_equal(names_group(0x11EB), "SecP256r1MLKEM768");
    assert_string_equal(names_group(0x11EC), "X25519MLKEM768");
    assert_string_equal(names_group(0x11ED), "SecP384r1MLKEM1024");
    assert_string_equal(names_group(0x6399), "X25519Kyber768Draft00");
    assert_string_equal(names_group(0x0201), "MLKEM768");
    assert_int_equal(names_group_row(25)->bits, 521);
    assert_int_equal(names_group_row(25)->kind, GROUP_ECDH);
    assert_int_equal(names_group_row(0x0104)->bits, 8192);
    assert_int_equal(names_group_row(0x0104)->kind, GROUP_FFDHE);
    assert_int_equal(names_group_row(0x11EC)->kind, GROUP_HYBRID);
    assert_int_equal(names_group_row(0x0202)->kind, GROUP_KEM);
    assert_null(names_group(0));
    assert_null(names_group_row(0x01FF));
}

static void schemes_tell_the_key_they_need(void **state)
{
    (void)state;
    assert_string_equal(names_scheme(0x0804), "rsa_pss_rsae_sha256");
    assert_string_equal(names_scheme(0x0403), "ecdsa_secp256r1_sha256");
    assert_string_equal(names_scheme(0x0202), "dsa_sha1");
    assert_string_equal(names_scheme(0x0101), "rsa_md5");
    assert_string_equal(names_scheme(0x0301), "rsa_sha224");
    assert_string_equal(names_scheme(0x0303), "ecdsa_sha224");
    assert_string_equal(names_scheme(0x0201), "rsa_pkcs1_sha1");
    assert_string_equal(names_scheme(0x0905), "mldsa65");
    assert_int_equal(names_scheme_row(0x0804)->key, SCHEME_KEY_RSA);
    assert_int_equal(names_scheme_row(0x0809)->key, SCHEME_KEY_RSA_PSS);
    assert_int_equal(names_scheme_row(0x0807)->key, SCHEME_KEY_ED25519);
    assert_int_equal(names_scheme_row(0x0603)->hash, SCHEME_HASH_SHA512);
    assert_int_equal(names_scheme_row(0x0503)->group, 24);
    assert_true(names_scheme_row(0x0804)->tls13);
    assert_false(names_scheme_row(0x0401)->tls13);
    assert_false(names_scheme_row(0x0203)->tls13);
    assert_null(names_scheme(0));
    assert_null(names_scheme(0x0400));
}

static void alerts_have_names_and_some_a_windows_status(void **state)
{
    (void)state;
    assert_string_equal(names_alert(0), "close_notify");
    assert_string_equal(names_alert(40), "handshake_failure");
    assert_string_equal(names_alert(41), "no_certificate");
    assert_string_equal(names_alert(60), "export_restriction");
    assert_string_equal(names_alert(116), "certificate_required");
    assert_string_equal(names_alert(121), "ech_required");
    assert_null(names_alert(2));
    assert_null(names_alert(118));
    assert_null(names_alert(255));
    assert_string_equal(names_alert_level(2), "fatal");
    assert_null(names_alert_level(0));
    assert_string_equal(names_alert_sec_e(40), "0x80090326");
    assert_string_equal(names_alert_sec_e(70), "0x80090302");
    assert_string_equal(names_alert_sec_e(49), "0x8009030C");
    assert_null(names_alert_sec_e(0));
    assert_null(names_alert_sec_e(112));
    assert_null(names_alert_sec_e(255));
    for (unsigned code = 0; code <= UINT8_MAX; code++)
        assert_true(!names_alert_sec_e((uint8_t)code) || names_alert((uint8_t)code));
}

static void versions_and_their_drafts_have_names(void **state)
{
    (void)state;
    assert_string_equal(names_version(0x0002), "SSL 2.0");
    assert_string_equal(names_version(0x0300), "SSL 3.0");
    assert_string_equal(names_version(0x0303), "TLS 1.2");
    assert_string_equal(names_version(0x0304), "TLS 1.3");
    assert_string_equal(names_version(0xFEFF), "DTLS 1.0");
    assert_string_equal(names_version(0xFEFD), "DTLS 1.2");
    assert_string_equal(names_version(0xFEFC), "DTLS 1.3");
    assert_string_equal(names_version(0x0100), "DTLS 0.9 (OpenSSL)");
    assert_string_equal(names_version(0x7F00), "TLS 1.3 (draft 0)");
    assert_string_equal(names_version(0x7F09), "TLS 1.3 (draft 9)");
    assert_string_equal(names_version(0x7F12), "TLS 1.3 (draft 18)");
    assert_string_equal(names_version(0x7FFF), "TLS 1.3 (draft 255)");
    assert_string_equal(names_version(0xFB1A), "TLS 1.3 (Facebook draft 26)");
    assert_string_equal(names_version(0xFBFF), "TLS 1.3 (Facebook draft 255)");
    assert_null(names_version(0x0305));
    assert_null(names_version(0x0000));
    assert_null(names_version(0xFEFE));
}

static void extensions_have_names(void **state)
{
    (void)state;
    assert_string_equal(names_extension(0), "server_name");
    assert_string_equal(names_extension(16), "application_layer_protocol_negotiation");
    assert_string_equal(names_extension(51), "key_share");
    assert_string_equal(names_extension(62), "tls_flags");
    assert_string_equal(names_extension(13172), "next_protocol_negotiation");
    assert_string_equal(names_extension(17613), "application_settings");
    assert_string_equal(names_extension(30032), "channel_id");
    assert_string_equal(names_extension(65037), "encrypted_client_hello");
    assert_string_equal(names_extension(65281), "renegotiation_info");
    assert_null(names_extension(63));
    assert_null(names_extension(35655));
    assert_null(names_extension(65535));
    for (uint16_t code = 0; code <= 62; code++)
        assert_non_null(names_extension(code));
}

static void messages_and_their_small_codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(names_handshake(1), "client_hello");
    assert_string_equal(names_handshake(254), "message_hash");
    assert_null(names_handshake(7));
    assert_null(names_handshake(255));
    assert_string_equal(names_content(22), "handshake");
    assert_null(names_content(0));
    assert_null(names_content(128));
    assert_string_equal(names_compression(0), "NULL");
    assert_string_equal(names_compression(64), "LZS");
    assert_string_equal(names_certificate_compression(2), "brotli");
    assert_null(names_certificate_compression(0));
    assert_string_equal(names_certificate_type(2), "Raw Public Key");
    assert_string_equal(names_certificate_status(1), "ocsp");
    assert_string_equal(names_client_certificate_type(64), "ecdsa_sign");
    assert_null(names_client_certificate_type(0));
    assert_string_equal(names_psk_mode(1), "psk_dhe_ke");
    assert_string_equal(names_curve_type(3), "named_curve");
    assert_string_equal(names_point_format(0), "uncompressed");
    assert_null(names_point_format(3));
    assert_string_equal(names_sslv2_message(8), "client_certificate");
    assert_null(names_sslv2_message(9));
    assert_string_equal(names_sslv2_error(1), "no_cipher");
    assert_null(names_sslv2_error(3));
}

static void sslv2_ciphers_have_two_spellings(void **state)
{
    char text[NAMES_TEXT_MAX];
    (void)state;
    assert_string_equal(names_sslv2_suite(0x010080), "SSL_CK_RC4_128_WITH_MD5");
    assert_string_equal(names_sslv2_suite(0x0700C0), "SSL_CK_DES_192_EDE3_CBC_WITH_MD5");
    assert_string_equal(names_sslv2_suite(0x000005), "TLS_RSA_WITH_RC4_128_SHA");
    assert_null(names_sslv2_suite(0x01010080));
    assert_int_equal(names_sslv2_suite_text(text, 0x010080), strlen("SSL2_RC4_128_WITH_MD5"));
    assert_string_equal(text, "SSL2_RC4_128_WITH_MD5");
    names_sslv2_suite_text(text, 0x00FEFF);
    assert_string_equal(text, "SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA");
    names_sslv2_suite_text(text, 0xABCDEF);
    assert_string_equal(text, "Unknown");
}

static void unknown_codes_are_printed_all_the_same(void **state)
{
    char text[NAMES_TEXT_MAX];
    (void)state;
    assert_int_equal(names_suite_text(text, 0x1234), strlen("Unknown"));
    assert_string_equal(text, "Unknown");
    names_group_text(text, 0x0A1B);
    assert_string_equal(text, "Unknown (0x0a1b)");
    names_scheme_text(text, 0xFFFF);
    assert_string_equal(text, "Unknown (0xffff)");
    names_version_text(text, 0x0000);
    assert_string_equal(text, "Unknown (0x0000)");
    names_extension_text(text, 35655);
    assert_string_equal(text, "Unknown (35655)");
    assert_int_equal(names_alert_text(text, 255), strlen("Unknown (255)"));
    assert_string_equal(text, "Unknown (255)");
    names_handshake_text(text, 7);
    assert_string_equal(text, "Unknown (7)");
    names_certificate_compression_text(text, 0);
    assert_string_equal(text, "Unknown (0x0000)");
}

/* Returns whether a text is the name, where there is one, and as long as was said. */
static bool is_whole(const char *text, size_t length, const char *name)
{
    return text[length] == '\0' && strlen(text) == length && length > 0 &&
           (!name || strcmp(text, name) == 0);
}

static void known_codes_are_printed_whole(void **state)
{
    char text[NAMES_TEXT_MAX];
    size_t length;
    (void)state;
    for (uint32_t value = 0; value <= UINT16_MAX; value++) {
        uint16_t code = (uint16_t)value;
        length = names_suite_text(text, code);
        assert_true(is_whole(text, length, names_suite(code)));
        length = names_group_text(text, code);
        assert_true(is_whole(text, length, names_group(code)));
        length = names_scheme_text(text, code);
        assert_true(is_whole(text, length, names_scheme(code)));
        length = names_extension_text(text, code);
        assert_true(is_whole(text, length, names_extension(code)));
        length = names_version_text(text, code);
        assert_true(is_whole(text, length, names_version(code)));
        length = names_certificate_compression_text(text, code);
        assert_true(is_whole(text, length, names_certificate_compression(code)));
        length = names_sslv2_error_text(text, code);
        assert_true(is_whole(text, length, names_sslv2_error(code)));
    }
}

static void every_small_table_prints_every_code(void **state)
{
    static const struct {
        const char *(*name)(uint8_t code);
        size_t (*text)(char *out, uint8_t code);
    } tables[] = {
        {names_content, names_content_text},
        {names_handshake, names_handshake_text},
        {names_alert_level, names_alert_level_text},
        {names_alert, names_alert_text},
        {names_compression, names_compression_text},
        {names_certificate_type, names_certificate_type_text},
        {names_certificate_status, names_certificate_status_text},
        {names_client_certificate_type, names_client_certificate_type_text},
        {names_psk_mode, names_psk_mode_text},
        {names_curve_type, names_curve_type_text},
        {names_point_format, names_point_format_text},
        {names_sslv2_message, names_sslv2_message_text},
    };
    char text[NAMES_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        for (unsigned code = 0; code <= UINT8_MAX; code++) {
            size_t length = tables[i].text(text, (uint8_t)code);
            assert_true(is_whole(text, length, tables[i].name((uint8_t)code)));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suites_ascend_and_each_is_found),
        cmocka_unit_test(groups_ascend_and_each_is_found),
        cmocka_unit_test(schemes_ascend_and_each_is_found),
        cmocka_unit_test(a_code_has_a_name_exactly_if_it_has_a_row),
        cmocka_unit_test(grease_is_sixteen_values_and_named_in_every_table),
        cmocka_unit_test(suites_are_spelled_as_iana_spells_them),
        cmocka_unit_test(a_suite_is_taken_apart),
        cmocka_unit_test(no_suite_has_an_unknown_part),
        cmocka_unit_test(a_suite_is_as_weak_as_its_parts),
        cmocka_unit_test(what_is_no_suite_is_not_weak),
        cmocka_unit_test(the_gravest_weakness_is_named),
        cmocka_unit_test(groups_have_a_kind_and_a_size),
        cmocka_unit_test(schemes_tell_the_key_they_need),
        cmocka_unit_test(alerts_have_names_and_some_a_windows_status),
        cmocka_unit_test(versions_and_their_drafts_have_names),
        cmocka_unit_test(extensions_have_names),
        cmocka_unit_test(messages_and_their_small_codes_have_names),
        cmocka_unit_test(sslv2_ciphers_have_two_spellings),
        cmocka_unit_test(unknown_codes_are_printed_all_the_same),
        cmocka_unit_test(known_codes_are_printed_whole),
        cmocka_unit_test(every_small_table_prints_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
