#include "tracking/kept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ETHERNET = 1, ROOM = 1 << 20 };

static const uint8_t LETTERS[KEPT_BYTES + 1] = "abcdefgh";

static void add(struct kept *kept, uint64_t frame, size_t size)
{
    kept_add(kept, (struct moment){frame, (int64_t)frame * 1000}, ETHERNET,
             wire_over(LETTERS, size), size + 2);
}

static size_t count(const struct kept *kept)
{
    size_t packets = 0;
    for (const struct kept_packet *packet = kept_first(kept); packet != NULL;
         packet = packet->next) {
        packets++;
    }
    return packets;
}

static uint64_t last_frame(const struct kept *kept)
{
    uint64_t frame = 0;
    for (const struct kept_packet *packet = kept_first(kept); packet != NULL;
         packet = packet->next) {
        assert_true(packet->at.frame > frame);
        frame = packet->at.frame;
    }
    return frame;
}

static void packets_are_copied_in_their_order(void **state)
{
    (void)state;
    struct kept_account account = {.limit = ROOM};
    struct kept *kept = kept_new(&account, 0);
    assert_null(kept_first(kept));
    uint8_t bytes[] = "xy";
    kept_add(kept, (struct moment){3, 33}, 101, wire_over(bytes, 2), 60);
    bytes[0] = '!';
    add(kept, 7, 8);

    const struct kept_packet *first = kept_first(kept);
    assert_int_equal(first->at.frame, 3);
    assert_int_equal(first->at.time, 33);
    assert_int_equal(first->link, 101);
    assert_int_equal(first->captured, 2);
    assert_int_equal(first->length, 60);
    assert_memory_equal(first->bytes, "xy", 2);
    assert_int_equal(first->next->at.frame, 7);
    assert_memory_equal(first->next->bytes, "abcdefgh", 8);
    assert_null(first->next->next);
    assert_int_equal(kept_lost(kept), 0);
    kept_free(kept);
    assert_int_equal(account.used, 0);
}

static void of_a_long_connection_the_middle_goes(void **state)
{
    (void)state;
    struct kept_account account = {.limit = ROOM};
    struct kept *kept = kept_new(&account, 0);
    for (uint64_t frame = 1; frame <= 1000; frame++) {
        add(kept, frame, 60);
    }
    assert_int_equal(count(kept), KEPT_PACKETS);
    assert_int_equal(kept_lost(kept), 1000 - KEPT_PACKETS);
    assert_int_equal(account.lost, 1000 - KEPT_PACKETS);
    assert_int_equal(last_frame(kept), 1000);
    uint64_t expected = 1;
    for (const struct kept_packet *packet = kept_first(kept); packet != NULL;
         packet = packet->next) {
        assert_int_equal(packet->at.frame, expected);
        expected = expected == KEPT_FIRST_PACKETS ? 1001 - KEPT_FIRST_PACKETS : expected + 1;
    }
    kept_free(kept);
}

static void long_packets_count_by_their_bytes(void **state)
{
    (void)state;
    struct kept_account account = {.limit = ROOM};
    struct kept *kept = kept_new(&account, 0);
    const size_t size = KEPT_BYTES / 8;
    for (uint64_t frame = 1; frame <= 20; frame++) {
        add(kept, frame, size);
    }
    assert_int_equal(count(kept), 8);
    assert_int_equal(kept_first(kept)->next->next->next->at.frame, 4);
    assert_int_equal(kept_first(kept)->next->next->next->next->at.frame, 17);
    assert_int_equal(last_frame(kept), 20);
    kept_free(kept);
}

static void a_packet_longer_than_everything_is_lost_alone(void **state)
{
    (void)state;
    struct kept_account account = {.limit = ROOM};
    struct kept *kept = kept_new(&account, 0);
    add(kept, 1, 60);
    add(kept, 2, KEPT_BYTES + 1);
    assert_int_equal(count(kept), 1);
    add(kept, 3, KEPT_BYTES); /* no room beside the first, which stays */
    assert_int_equal(count(kept), 1);
    add(kept, 4, 60);
    assert_int_equal(last_frame(kept), 4);
    assert_int_equal(kept_lost(kept), 2);
    kept_free(kept);
    assert_int_equal(account.used, 0);
}

static void a_first_packet_too_long_to_stay_can_still_go(void **state)
{
    (void)state;
    struct kept_account account = {.limit = ROOM};
    struct kept *kept = kept_new(&account, 0);
    add(kept, 1, KEPT_BYTES);
    add(kept, 2, 60);
    assert_int_equal(count(kept), 1);
    assert_int_equal(kept_first(kept)->at.frame, 2);
    add(kept, 3, 60);
    assert_int_equal(last_frame(kept), 3);
    kept_free(kept);
    assert_int_equal(account.used, 0);
}

static void the_account_bounds_all_connections_together(void **state)
{
    (void)state;
    struct kept_account account = {.limit = 4096};
    struct kept *one = kept_new(&account, 0);
    struct kept *other = kept_new(&account, 0);
    for (uint64_t frame = 1; frame <= 100; frame++) {
        add(frame % 2 == 0 ? one : other, frame, 100);
        assert_true(account.used <= account.limit);
    }
    assert_int_equal(count(one) + count(other) + account.lost, 100);
    assert_true(count(one) > 0 && count(other) > 0);
    assert_int_equal(account.lost, kept_lost(one) + kept_lost(other));
    kept_free(one);
    kept_free(other);
    assert_int_equal(account.used, 0);

    account.limit = 8;
    assert_null(kept_new(&account, 0));
    account.limit = 4096;
    one = kept_new(&account, 3);
    assert_int_equal(kept_lost(one), 3);
    kept_free(one);
    add(NULL, 1, 1);
    kept_set_spare(NULL, true);
    kept_stop(NULL);
    kept_free(NULL);
    assert_null(kept_first(NULL));
    assert_int_equal(kept_lost(NULL), 0);
}

static void who_completed_the_handshake_makes_room_first(void **state)
{
    (void)state;
    struct kept_account account = {.limit = 8192};
    struct kept *early = kept_new(&account, 0);
    struct kept *late = kept_new(&account, 0);
    struct kept *open = kept_new(&account, 0);
    add(early, 1, 2000);
    add(late, 2, 2000);
    add(open, 3, 2000);
    kept_set_spare(early, true);
    kept_set_spare(late, true);

    add(open, 4, 2000);
    assert_int_equal(count(early), 0);
    assert_int_equal(kept_lost(early), 1);
    assert_int_equal(count(late), 1);
    assert_int_equal(count(open), 2);
    assert_int_equal(account.lost, 1);

    /* It may begin anew, and counts as the others then. */
    kept_set_spare(late, false);
    add(open, 5, 2000);
    assert_int_equal(count(late), 1);
    assert_int_equal(count(open), 2);
    assert_int_equal(kept_lost(open), 1);
    kept_free(late);
    kept_free(open);
    kept_free(early);
    assert_int_equal(account.used, 0);
    assert_null(account.oldest);
    assert_null(account.newest);
}

static void nobody_makes_room_for_itself_by_losing_everything(void **state)
{
    (void)state;
    struct kept_account account = {.limit = 4096};
    struct kept *kept = kept_new(&account, 0);
    kept_set_spare(kept, true);
    add(kept, 1, 3000);
    add(kept, 2, 3000);
    assert_int_equal(kept_first(kept)->at.frame, 1);
    assert_int_equal(count(kept), 1);
    kept_free(kept);
    assert_null(account.oldest);
}

static void who_did_not_fail_gives_everything_back(void **state)
{
    (void)state;
    struct kept_account account = {.limit = ROOM};
    struct kept *kept = kept_new(&account, 0);
    size_t empty = account.used;
    add(kept, 1, 100);
    kept_set_spare(kept, true);
    kept_stop(kept);
    assert_int_equal(account.used, empty);
    add(kept, 2, 100);
    assert_null(kept_first(kept));
    assert_int_equal(kept_lost(kept), 2);
    assert_int_equal(account.lost, 0);
    kept_free(kept);
    assert_int_equal(account.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_copied_in_their_order),
        cmocka_unit_test(of_a_long_connection_the_middle_goes),
        cmocka_unit_test(long_packets_count_by_their_bytes),
        cmocka_unit_test(a_packet_longer_than_everything_is_lost_alone),
        cmocka_unit_test(a_first_packet_too_long_to_stay_can_still_go),
        cmocka_unit_test(the_account_bounds_all_connections_together),
        cmocka_unit_test(who_completed_the_handshake_makes_room_first),
        cmocka_unit_test(nobody_makes_room_for_itself_by_losing_everything),
        cmocka_unit_test(who_did_not_fail_gives_everything_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
