#include "build.h"
#include "handshake.h"
#include "tracking/offer_store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t random[32] = {7};
static const uint8_t compressions[] = {0};

static struct client_hello hello_with(const uint8_t *suites, size_t length)
{
    return (struct client_hello){.legacy_version = 0x0303,
                                 .random = wire_over(random, sizeof random),
                                 .suites = wire_over(suites, length),
                                 .compressions = wire_over(compressions, sizeof compressions)};
}

static void hellos_that_offer_the_same_share_an_offer(void **state)
{
    (void)state;
    static const uint8_t suites[] = {0x13, 1, 0x13, 2};
    static const uint8_t others[] = {0x13, 2, 0x13, 1};
    struct arena arena = {0};
    struct offer_store *store = offer_store_new(true);
    struct client_hello hello = hello_with(suites, sizeof suites);
    struct client_hello other = hello_with(others, sizeof others);

    const struct offer *offer = offer_store_keep(store, &arena, &hello);
    hello.random = wire_over(random, 16);
    hello.session_id = wire_over(random, 8);
    assert_ptr_equal(offer_store_keep(store, &arena, &hello), offer);
    assert_ptr_not_equal(offer_store_keep(store, &arena, &other), offer);
    hello.legacy_version = 0x0302;
    assert_ptr_not_equal(offer_store_keep(store, &arena, &hello), offer);
    assert_int_equal(offer->suites.count, 2);
    assert_int_equal(offer->suites.at[1], 0x1302);
    assert_non_null(offer->ja3);
    assert_int_equal(arena.taken, 0);
    offer_store_free(store);
}

static void fingerprints_are_made_where_somebody_wants_them(void **state)
{
    (void)state;
    static const uint8_t suites[] = {0x13, 1};
    struct arena arena = {0};
    struct offer_store *store = offer_store_new(false);
    struct client_hello hello = hello_with(suites, sizeof suites);
    const struct offer *offer = offer_store_keep(store, &arena, &hello);
    assert_null(offer->ja3);
    assert_null(offer->ja4);
    offer_store_free(store);
}

static void an_uncommonly_long_offer_goes_to_its_connection(void **state)
{
    (void)state;
    static uint8_t suites[OFFER_STORE_LONGEST + 2];
    struct arena arena = {0};
    struct offer_store *store = offer_store_new(false);
    struct client_hello hello = hello_with(suites, sizeof suites);
    const struct offer *offer = offer_store_keep(store, &arena, &hello);
    assert_non_null(offer);
    assert_true(arena.taken > 0);
    arena_release(&arena);
    offer_store_free(store);
}

static void a_full_store_leaves_offers_to_their_connections(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct offer_store *store = offer_store_new(false);
    for (uint32_t i = 0; i < 2 * OFFER_STORE_MOST; i++) {
        uint8_t suites[] = {(uint8_t)(i >> 8), (uint8_t)i};
        struct client_hello hello = hello_with(suites, sizeof suites);
        const struct offer *offer = offer_store_keep(store, &arena, &hello);
        assert_non_null(offer);
        assert_int_equal(offer->suites.at[0], i);
    }
    assert_true(arena.taken > 0);
    arena_release(&arena);
    offer_store_free(store);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hellos_that_offer_the_same_share_an_offer),
        cmocka_unit_test(fingerprints_are_made_where_somebody_wants_them),
        cmocka_unit_test(an_uncommonly_long_offer_goes_to_its_connection),
        cmocka_unit_test(a_full_store_leaves_offers_to_their_connections),
    };
    return cmocka_run_group_tests_name("offer_store", tests, NULL, NULL);
}
