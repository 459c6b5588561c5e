#include "capture/secrets.h"

#include "build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SECTION = 0x0a0d0d0a, PACKET = 6, SECRETS = 10, TLS = 0x544c534b, WIREGUARD = 0x57474b4c };

static bool little;

static void put(struct build *file, uint32_t number)
{
    if (little) {
        number = number >> 24 | (number >> 8 & 0xff00) | (number << 8 & 0xff0000) | number << 24;
    }
    build_u32(file, number);
}

/* A block whose body is `length` bytes, padded to 4. */
static void put_block(struct build *file, uint32_t type, const void *body, size_t length)
{
    uint32_t padding = (uint32_t)(-length & 3);
    uint32_t whole = 12 + (uint32_t)length + padding;
    put(file, type);
    put(file, whole);
    build_bytes(file, body, length);
    build_bytes(file, "\0\0\0", padding);
    put(file, whole);
}

static void put_section(struct build *file)
{
    struct build body = {0};
    put(&body, 0x1a2b3c4d);
    build_u32(&body, 0x00010000);
    build_u32(&body, 0xffffffff);
    build_u32(&body, 0xffffffff);
    put_block(file, SECTION, body.bytes, body.length);
    build_free(&body);
}

static void put_secrets(struct build *file, uint32_t kind, const char *text)
{
    struct build body = {0};
    put(&body, kind);
    put(&body, (uint32_t)strlen(text));
    build_text(&body, text);
    put_block(file, SECRETS, body.bytes, body.length);
    build_free(&body);
}

static bool gives(struct secrets *secrets, const char *text)
{
    struct wire found;
    if (!secrets_take(secrets, &found)) {
        return text == NULL;
    }
    return text != NULL && found.left == strlen(text) && memcmp(found.at, text, found.left) == 0;
}

static void put_sample(struct build *file)
{
    put_section(file);
    put_block(file, PACKET, "some packet", 11);
    put_secrets(file, TLS, "CLIENT_RANDOM 00 11");
    put_block(file, PACKET, "", 0);
    put_secrets(file, WIREGUARD, "not ours");
    put_secrets(file, TLS, "second\n");
    put_block(file, PACKET, "another", 7);
}

static void secrets_between_packets_are_found_in_both_byte_orders(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct build file = {0};
        struct secrets secrets = {0};
        little = order == 1;
        put_sample(&file);
        secrets_watch(&secrets, build_wire(&file));
        assert_true(gives(&secrets, "CLIENT_RANDOM 00 11\nsecond\n\n"));
        assert_true(gives(&secrets, NULL));
        secrets_release(&secrets);
        build_free(&file);
    }
}

static void pieces_of_any_size_give_the_same_text(void **state)
{
    (void)state;
    static const char expected[] = "CLIENT_RANDOM 00 11\nsecond\n\n";
    struct build file = {0};
    put_sample(&file);
    for (size_t size = 1; size < 40; size++) {
        struct secrets secrets = {0};
        struct wire rest = build_wire(&file);
        struct build text = {0};
        while (rest.left > 0) {
            struct wire found;
            secrets_watch(&secrets, wire_take_most(&rest, size));
            if (secrets_take(&secrets, &found)) {
                build_wire_bytes(&text, found);
            }
        }
        assert_int_equal(text.length, sizeof expected - 1);
        assert_memory_equal(text.bytes, expected, text.length);
        build_free(&text);
        secrets_release(&secrets);
    }
    build_free(&file);
}

static void sections_may_change_the_byte_order(void **state)
{
    (void)state;
    struct build file = {0};
    struct secrets secrets = {0};
    little = true;
    put_section(&file);
    put_secrets(&file, TLS, "one");
    little = false;
    put_section(&file);
    put_secrets(&file, TLS, "two");
    secrets_watch(&secrets, build_wire(&file));
    assert_true(gives(&secrets, "one\ntwo\n"));
    secrets_release(&secrets);
    build_free(&file);
}

static void what_is_no_pcapng_holds_none(void **state)
{
    (void)state;
    struct build file = {0};
    struct secrets secrets = {0};
    put_secrets(&file, TLS, "without a section");
    secrets_watch(&secrets, build_wire(&file));
    assert_true(gives(&secrets, NULL));
    assert_true(secrets.deaf);
    secrets_release(&secrets);
    build_free(&file);
}

static void a_length_that_is_none_makes_it_deaf(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 4, 11, 13, 22};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct build file = {0};
        struct secrets secrets = {0};
        put_section(&file);
        put(&file, SECRETS);
        put(&file, lengths[i]);
        build_filler(&file, 1, 64);
        secrets_watch(&secrets, build_wire(&file));
        assert_true(secrets.deaf);
        assert_true(gives(&secrets, NULL));
        secrets_release(&secrets);
        build_free(&file);
    }
}

static void text_that_says_it_is_longer_than_its_block_ends_with_it(void **state)
{
    (void)state;
    struct build file = {0};
    struct secrets secrets = {0};
    struct build body = {0};
    put_section(&file);
    put(&body, TLS);
    put(&body, 0xffffffff);
    build_text(&body, "four");
    put_block(&file, SECRETS, body.bytes, body.length);
    put_secrets(&file, TLS, "next");
    secrets_watch(&secrets, build_wire(&file));
    assert_true(gives(&secrets, "four\nnext\n"));
    secrets_release(&secrets);
    build_free(&body);
    build_free(&file);
}

static void more_than_is_kept_is_lost_and_later_text_is_not(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 20 };
    static char text[LENGTH + 1];
    struct build file = {0};
    struct secrets secrets = {0};
    struct wire found;
    memset(text, 'x', LENGTH);
    put_section(&file);
    put_secrets(&file, TLS, text);
    secrets_watch(&secrets, build_wire(&file));
    build_clear(&file);
    put_secrets(&file, TLS, text);
    for (int i = 0; i < 20; i++) {
        secrets_watch(&secrets, build_wire(&file));
    }
    assert_true(secrets_take(&secrets, &found));
    assert_true(found.left <= SECRETS_KEPT);
    build_clear(&file);
    put_secrets(&file, TLS, "later");
    secrets_watch(&secrets, build_wire(&file));
    assert_true(gives(&secrets, "later\n"));
    secrets_release(&secrets);
    build_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_between_packets_are_found_in_both_byte_orders),
        cmocka_unit_test(pieces_of_any_size_give_the_same_text),
        cmocka_unit_test(sections_may_change_the_byte_order),
        cmocka_unit_test(what_is_no_pcapng_holds_none),
        cmocka_unit_test(a_length_that_is_none_makes_it_deaf),
        cmocka_unit_test(text_that_says_it_is_longer_than_its_block_ends_with_it),
        cmocka_unit_test(more_than_is_kept_is_lost_and_later_text_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
