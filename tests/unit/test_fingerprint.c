#include "build.h"
#include "tracking/fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { GREASE = 0x3a3a, TYPE_GREASE = 0x8a8a };

/* The fingerprints of `written`, taken into `arena`; the hello need not be well-formed. */
static struct offer offer_of(struct arena *arena, const struct build_client_hello *written)
{
    struct build build = {0};
    struct client_hello hello;
    struct offer offer = {0};
    build_client_hello(&build, written);
    (void)hello_client(&hello, build_wire(&build));
    fingerprint_offer(&offer, arena, &hello);
    build_free(&build);
    return offer;
}

/* Extensions with nothing in them. */
static void flags(struct build *build, const unsigned *types)
{
    for (size_t i = 0; types[i] != BUILD_END; i++) {
        build_flag_extension(build, types[i]);
    }
}

static void point_formats(struct build *build)
{
    build_open_extension(build, EXTENSION_EC_POINT_FORMATS);
    build_u16(build, 0x0100); /* one: uncompressed */
    build_close(build);
}

/* The two examples of JA3's authors; the second hello has no extensions at all. */
static void ja3_is_what_its_authors_computed(void **state)
{
    (void)state;
    static const unsigned suites[] = {47,    53, 5,  10, 49161, 49162,    49171,
                                      49172, 50, 56, 19, 4,     BUILD_END};
    static const unsigned groups[] = {23, 24, 25, BUILD_END};
    static const unsigned old[] = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99, BUILD_END};
    struct arena arena = {0};
    struct build more = {0};
    point_formats(&more);
    struct offer offer = offer_of(
        &arena,
        &(struct build_client_hello){
            .version = 769, .suites = suites, .server_name = "a", .groups = groups, .more = &more});
    assert_string_equal(offer.ja3, "ada70206e40642a3e4461f35503241d5");
    offer = offer_of(
        &arena, &(struct build_client_hello){.version = 769, .suites = old, .no_extensions = true});
    assert_string_equal(offer.ja3, "de350869b8c85de67a350c8d186f11e6");
    build_free(&more);
    arena_release(&arena);
}

static void grease_changes_no_fingerprint(void **state)
{
    (void)state;
    static const unsigned suites[] = {0x1301, 0xc02f, BUILD_END};
    static const unsigned greased_suites[] = {GREASE, 0x1301, GREASE, 0xc02f, BUILD_END};
    static const unsigned groups[] = {29, BUILD_END};
    static const unsigned greased_groups[] = {29, GREASE, BUILD_END};
    static const unsigned schemes[] = {0x0804, BUILD_END};
    static const unsigned greased_schemes[] = {GREASE, 0x0804, BUILD_END};
    static const unsigned versions[] = {0x0304, BUILD_END};
    static const unsigned greased_versions[] = {GREASE, 0x0304, BUILD_END};
    static const unsigned types[] = {TYPE_GREASE, BUILD_END};
    struct arena arena = {0};
    struct build more = {0};
    flags(&more, types);
    struct offer plain = offer_of(
        &arena, &(struct build_client_hello){
                    .suites = suites, .groups = groups, .schemes = schemes, .versions = versions});
    struct offer greased =
        offer_of(&arena, &(struct build_client_hello){.suites = greased_suites,
                                                      .groups = greased_groups,
                                                      .schemes = greased_schemes,
                                                      .versions = greased_versions,
                                                      .more = &more});
    assert_string_equal(plain.ja3, greased.ja3);
    assert_string_equal(plain.ja4, greased.ja4);
    assert_memory_equal(plain.ja4, "t13i020300_", 11);
    build_free(&more);
    arena_release(&arena);
}

/* The example of JA4's specification. */
static void ja4_is_what_its_authors_computed(void **state)
{
    (void)state;
    static const unsigned suites[] = {GREASE, 0x1301, 0x1302, 0x1303, 0xc02b,   0xc02f,
                                      0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013,   0xc014,
                                      0x009c, 0x009d, 0x002f, 0x0035, BUILD_END};
    static const unsigned groups[] = {GREASE, 29, 23, 24, BUILD_END};
    static const unsigned schemes[] = {0x0403, 0x0804, 0x0401, 0x0503,   0x0805,
                                       0x0501, 0x0806, 0x0601, BUILD_END};
    static const unsigned versions[] = {GREASE, 0x0304, 0x0303, BUILD_END};
    static const unsigned shares[] = {29, BUILD_END};
    static const unsigned others[] = {TYPE_GREASE, 0x0005, 0x000b, 0x0012,   0x0015,
                                      0x001b,      0x002d, 0x4469, BUILD_END};
    struct arena arena = {0};
    struct build more = {0};
    flags(&more, others);
    struct offer offer =
        offer_of(&arena, &(struct build_client_hello){.suites = suites,
                                                      .server_name = "a",
                                                      .groups = groups,
                                                      .schemes = schemes,
                                                      .alpn = "h2,http/1.1",
                                                      .versions = versions,
                                                      .key_shares = shares,
                                                      .extended_master_secret = true,
                                                      .renegotiation_info = true,
                                                      .session_ticket = true,
                                                      .more = &more});
    assert_string_equal(offer.ja4, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    build_free(&more);
    arena_release(&arena);
}

static void lists_that_are_empty_are_hashed_to_zeroes(void **state)
{
    (void)state;
    static const unsigned grease[] = {GREASE, BUILD_END};
    struct arena arena = {0};
    struct offer offer =
        offer_of(&arena, &(struct build_client_hello){.suites = grease, .no_extensions = true});
    assert_string_equal(offer.ja4, "t12i000000_000000000000_000000000000");
    offer = offer_of(
        &arena, &(struct build_client_hello){.suites = grease, .server_name = "a", .alpn = "h2"});
    assert_string_equal(offer.ja4, "t12d0002h2_000000000000_000000000000");
    arena_release(&arena);
}

static void alpn_that_is_no_text_is_shown_in_hex(void **state)
{
    (void)state;
    static const struct {
        const char *alpn, *shown;
    } rows[] = {{"h2", "h2"},       {"http/1.1", "h1"}, {"h", "hh"},
                {"\xab", "ab"},     {"\x20z", "2a"},    {"0\xcd", "3d"},
                {"\xba\x3a", "ba"}, {"z-", "7d"},       {"spdy/3.1", "s1"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        struct offer offer = offer_of(&arena, &(struct build_client_hello){.alpn = rows[i].alpn});
        assert_memory_equal(offer.ja4 + 8, rows[i].shown, 2);
        arena_release(&arena);
    }
}

static void counts_end_at_99(void **state)
{
    (void)state;
    unsigned many[121];
    struct arena arena = {0};
    struct build more = {0};
    for (unsigned i = 0; i < 120; i++) {
        many[i] = 0x9000 + i; /* among them none of GREASE's */
    }
    many[120] = BUILD_END;
    flags(&more, many);
    struct offer offer =
        offer_of(&arena, &(struct build_client_hello){.suites = many, .more = &more});
    assert_memory_equal(offer.ja4, "t12i999900_", 11);
    build_free(&more);
    arena_release(&arena);
}

static void the_highest_version_offered_is_shown_and_drafts_have_none(void **state)
{
    (void)state;
    static const struct {
        unsigned version;
        unsigned versions[3];
        const char *shown;
    } rows[] = {
        {0x0303, {0x0302, 0x0303, BUILD_END}, "12"},
        {0x0303, {0x7f1c, 0x0304, BUILD_END}, "00"},
        {0x0303, {GREASE, 0x0304, BUILD_END}, "13"},
        {0x0303, {0x0304, 0x0301, BUILD_END}, "13"},
        {0x0303, {BUILD_END}, "12"},
        {0x0302, {BUILD_END}, "11"},
        {0x0301, {BUILD_END}, "10"},
        {0x0300, {BUILD_END}, "s3"},
        {0x0002, {BUILD_END}, "s2"},
        {0x1234, {BUILD_END}, "00"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena arena = {0};
        const unsigned *versions = rows[i].versions[0] == BUILD_END ? NULL : rows[i].versions;
        struct offer offer = offer_of(
            &arena, &(struct build_client_hello){.version = rows[i].version, .versions = versions});
        assert_memory_equal(offer.ja4 + 1, rows[i].shown, 2);
        arena_release(&arena);
    }
}

static void a_hello_that_is_cut_has_no_fingerprint(void **state)
{
    (void)state;
    enum { SERVER_NAME = 4 + 2 + 1 + 2 + 11 }; /* bytes of the first extension */
    struct build build = {0};
    build_client_hello(&build,
                       &(struct build_client_hello){.server_name = "example.org", .alpn = "h2"});
    for (size_t length = 0; length < build.length; length++) {
        struct wire bytes = build_wire(&build);
        struct client_hello hello;
        struct offer offer = {0};
        struct arena arena = {0};
        (void)hello_client(&hello, wire_take(&bytes, length));
        fingerprint_offer(&offer, &arena, &hello);
        /* Only where the cut falls between two extensions, or leaves none, can it not be seen. */
        bool unseen = hello.extensions.left == 0 || hello.extensions.left == SERVER_NAME;
        assert_true(offer.ja3 == NULL || (hello.compressions.at != NULL && unseen));
        arena_release(&arena);
    }
    build_free(&build);
}

static void the_largest_hello_is_hashed_in_little_memory(void **state)
{
    (void)state;
    enum { MANY = 0x7fff };
    static unsigned suites[MANY + 1];
    struct arena arena = {0};
    for (unsigned i = 0; i < MANY; i++) {
        suites[i] = 0xfffe - i % 0x4000;
    }
    suites[MANY] = BUILD_END;
    struct offer offer = offer_of(&arena, &(struct build_client_hello){.suites = suites});
    assert_int_equal(strlen(offer.ja3), 32);
    assert_memory_equal(offer.ja4, "t12i990000_", 11);
    arena_release(&arena);
}

static void an_sslv2_hello_has_no_fingerprint(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct offer offer = {0};
    struct client_hello hello = {.sslv2 = true, .legacy_version = 0x0301};
    fingerprint_offer(&offer, &arena, &hello);
    assert_null(offer.ja3);
    assert_null(offer.ja4);
    assert_null(fingerprint_server(&arena, &(struct server_hello){.legacy_version = 0x0002}, NULL));
    arena_release(&arena);
}

/* MD5 of "769,47,65281-0-11-35-5-16". */
static void ja3s_is_version_suite_and_extensions(void **state)
{
    (void)state;
    static const unsigned types[] = {65281, 0, 11, 35, 5, 16, BUILD_END};
    struct arena arena = {0};
    struct build more = {0};
    struct build build = {0};
    struct server_hello hello;
    flags(&more, types);
    build_server_hello(&build,
                       &(struct build_server_hello){.version = 769, .suite = 47, .more = &more});
    (void)hello_server(&hello, build_wire(&build));
    assert_string_equal(fingerprint_server(&arena, &hello, NULL),
                        "836ce314215654b5b1f85f97c73e506f");
    build_free(&build);
    build_free(&more);
    arena_release(&arena);
}

/* The example of the specification, and it is the same from either end. */
static void the_community_id_is_the_specifications_from_either_end(void **state)
{
    (void)state;
    struct facts facts = {.port = {34855, 80}};
    char text[FINGERPRINT_COMMUNITY];
    facts.address[CLIENT] = (struct address){{128, 232, 110, 120}, 4};
    facts.address[SERVER] = (struct address){{66, 35, 250, 204}, 4};
    fingerprint_community(text, &facts, NULL);
    assert_string_equal(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    struct facts other = {.port = {80, 34855}};
    other.address[CLIENT] = facts.address[SERVER];
    other.address[SERVER] = facts.address[CLIENT];
    fingerprint_community(text, &other, NULL);
    assert_string_equal(text, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

static void the_community_id_of_equal_addresses_goes_by_port(void **state)
{
    (void)state;
    struct facts facts = {.port = {443, 50000}};
    struct facts other = {.port = {50000, 443}};
    char text[FINGERPRINT_COMMUNITY];
    char other_text[FINGERPRINT_COMMUNITY];
    for (int speaker = CLIENT; speaker <= SERVER; speaker++) {
        facts.address[speaker] = other.address[speaker] = (struct address){{[15] = 1}, 6};
    }
    fingerprint_community(text, &facts, NULL);
    fingerprint_community(other_text, &other, NULL);
    assert_string_equal(text, other_text);
    assert_string_equal(text, "1:vUrCBE8TPDWeAu49NtZc+anxylA=");
}

/* The contexts are used over and over, and those of one hash do not disturb another's. */
static void a_fingerprinter_says_the_same_every_time(void **state)
{
    (void)state;
    static const unsigned types[] = {65281, 0, 11, 35, 5, 16, BUILD_END};
    struct fingerprinter *fingerprinter = fingerprinter_new();
    struct arena arena = {0};
    struct build more = {0};
    flags(&more, types);
    for (unsigned i = 0; i < 6; i++) {
        struct build build = {0};
        struct server_hello hello;
        struct facts facts = {.port = {(uint16_t)(1000 + i / 2), 443}};
        char text[FINGERPRINT_COMMUNITY], other[FINGERPRINT_COMMUNITY];
        build_server_hello(&build, &(struct build_server_hello){
                                       .version = 769, .suite = 47 + i / 2, .more = &more});
        (void)hello_server(&hello, build_wire(&build));
        assert_string_equal(fingerprint_server(&arena, &hello, fingerprinter),
                            fingerprint_server(&arena, &hello, NULL));
        facts.address[CLIENT] = facts.address[SERVER] = (struct address){{10, 0, 0, 1}, 4};
        fingerprint_community(text, &facts, fingerprinter);
        fingerprint_community(other, &facts, NULL);
        assert_string_equal(text, other);
        build_free(&build);
    }
    build_free(&more);
    arena_release(&arena);
    fingerprinter_free(fingerprinter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ja3_is_what_its_authors_computed),
        cmocka_unit_test(grease_changes_no_fingerprint),
        cmocka_unit_test(ja4_is_what_its_authors_computed),
        cmocka_unit_test(lists_that_are_empty_are_hashed_to_zeroes),
        cmocka_unit_test(alpn_that_is_no_text_is_shown_in_hex),
        cmocka_unit_test(counts_end_at_99),
        cmocka_unit_test(the_highest_version_offered_is_shown_and_drafts_have_none),
        cmocka_unit_test(a_hello_that_is_cut_has_no_fingerprint),
        cmocka_unit_test(the_largest_hello_is_hashed_in_little_memory),
        cmocka_unit_test(an_sslv2_hello_has_no_fingerprint),
        cmocka_unit_test(ja3s_is_version_suite_and_extensions),
        cmocka_unit_test(the_community_id_is_the_specifications_from_either_end),
        cmocka_unit_test(a_fingerprinter_says_the_same_every_time),
        cmocka_unit_test(the_community_id_of_equal_addresses_goes_by_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
