#include "tracking/fragments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t second = 1000000000;

/* Where a test's pieces come from: the datagram's text is cut anywhere. */
struct scene {
    struct fragments *fragments;
    struct datagram whole;
    struct segment head;
    struct moment at;
};

static struct scene scene_of(uint8_t version)
{
    struct scene scene = {.fragments = fragments_new(),
                          .head = {.fragment_id = 7,
                                   .fragment_protocol = 6,
                                   .from = {.version = version, .bytes = {192, 0, 2, 1}},
                                   .to = {.version = version, .bytes = {192, 0, 2, 2}},
                                   .ttl = 61},
                          .at = {1, 1000 * second}};
    assert_non_null(scene.fragments);
    return scene;
}

/* Takes `text` as the piece at `offset`, of which `captured` bytes were captured; in a copy that
 * goes away behind the call, as a packet does. */
static bool push_cut(struct scene *scene, uint32_t offset, const char *text, bool more,
                     size_t captured)
{
    struct segment piece = scene->head;
    char *copy = malloc(captured + 1);
    assert_non_null(copy);
    memcpy(copy, text, captured);
    piece.fragment_offset = offset;
    piece.fragment_more = more;
    piece.payload = wire_over(copy, captured);
    piece.payload_length = (uint32_t)strlen(text);
    bool whole = fragments_push(scene->fragments, &scene->whole, &piece, scene->at);
    free(copy);
    scene->at.frame++;
    return whole;
}

static bool push(struct scene *scene, uint32_t offset, const char *text, bool more)
{
    return push_cut(scene, offset, text, more, strlen(text));
}

static void says(const struct datagram *datagram, const char *text)
{
    assert_int_equal(datagram->bytes.left, strlen(text));
    assert_memory_equal(datagram->bytes.at, text, strlen(text));
}

static bool give_up(struct scene *scene)
{
    return fragments_pull(scene->fragments, &scene->whole, INT64_MAX);
}

static void pieces_in_order_make_a_datagram(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "The quic", true));
    assert_false(push(&scene, 8, "k brown fox jump", true));
    assert_true(push(&scene, 24, "s.", false));
    says(&scene.whole, "The quick brown fox jumps.");
    assert_int_equal(scene.whole.length, 26);
    assert_int_equal(scene.whole.at.frame, 3);
    assert_int_equal(scene.whole.head.fragment_protocol, 6);
    assert_int_equal(fragments_lost(scene.fragments), 0);
    fragments_free(scene.fragments);
}

static void pieces_in_any_order_make_the_same_datagram(void **state)
{
    (void)state;
    static const char *const text[] = {"The quic", "k brown ", "fox jump", "s."};
    for (int order = 0; order < 24; order++) {
        struct scene scene = scene_of(6);
        int left[] = {0, 1, 2, 3};
        int radix = order;
        bool whole = false;
        for (int count = 4; count > 0; count--) {
            int pick = radix % count;
            int i = left[pick];
            radix /= count;
            memmove(&left[pick], &left[pick + 1], (size_t)(count - 1 - pick) * sizeof *left);
            assert_false(whole);
            whole = push(&scene, (uint32_t)i * 8, text[i], i < 3);
        }
        assert_true(whole);
        says(&scene.whole, "The quick brown fox jumps.");
        fragments_free(scene.fragments);
    }
}

static void each_identification_is_another_datagram(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "one has ", true));
    scene.head.fragment_id = 8;
    assert_false(push(&scene, 0, "two has ", true));
    assert_true(push(&scene, 8, "an end", false));
    says(&scene.whole, "two has an end");
    scene.head.fragment_id = 7;
    scene.head.from.bytes[15] = 1;
    assert_false(push(&scene, 8, "no beginning", false));
    scene.head.from.bytes[15] = 0;
    assert_true(push(&scene, 8, "another", false));
    says(&scene.whole, "one has another");
    fragments_free(scene.fragments);
}

static void protocols_tell_datagrams_of_version_4_apart_and_not_of_version_6(void **state)
{
    (void)state;
    for (uint8_t version = 4; version <= 6; version += 2) {
        struct scene scene = scene_of(version);
        assert_false(push(&scene, 0, "a piece ", true));
        scene.head.fragment_protocol = 17;
        assert_true(push(&scene, 8, "and another", false) == (version == 6));
        if (version == 6) { /* the first piece's counts: RFC 8200, section 4.5 */
            assert_int_equal(scene.whole.head.fragment_protocol, 6);
        }
        fragments_free(scene.fragments);
    }
}

static void copies_of_pieces_change_nothing(void **state)
{
    (void)state;
    struct scene scene = scene_of(6);
    assert_false(push(&scene, 0, "twice is", true));
    assert_false(push(&scene, 0, "twice is", true));
    assert_true(push(&scene, 8, " enough", false));
    says(&scene.whole, "twice is enough");
    assert_false(push(&scene, 8, " enough", false));
    assert_false(push(&scene, 0, "twice is", true));
    assert_false(give_up(&scene));
    assert_int_equal(fragments_lost(scene.fragments), 0);
    fragments_free(scene.fragments);
}

static void a_piece_that_contradicts_condemns_the_datagram(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "I am the client.", true));
    assert_false(push(&scene, 0, "I am the server.", true));
    assert_false(push(&scene, 16, "So there", false));
    assert_false(give_up(&scene));
    assert_int_equal(fragments_lost(scene.fragments), 3);
    assert_int_equal(fragments_held(scene.fragments), 0);
    fragments_free(scene.fragments);
}

static void a_piece_that_overlaps_in_part_condemns_the_datagram(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "0123456789abcdef", true));
    assert_false(push(&scene, 8, "89abcdefghijklmn", true));
    assert_false(push(&scene, 24, "so", false));
    assert_false(give_up(&scene));
    assert_int_equal(fragments_lost(scene.fragments), 3);
    fragments_free(scene.fragments);
}

static void two_ends_condemn_the_datagram(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 8, "an end", false));
    assert_false(push(&scene, 8, "another end", false));
    assert_false(push(&scene, 0, "begins: ", true));
    assert_int_equal(fragments_lost(scene.fragments), 3);
    struct scene beyond = scene_of(4);
    assert_false(push(&beyond, 8, "an end", false));
    assert_false(push(&beyond, 16, "and more", true));
    assert_false(push(&beyond, 0, "begins: ", true));
    assert_int_equal(fragments_lost(beyond.fragments), 3);
    fragments_free(scene.fragments);
    fragments_free(beyond.fragments);
}

static void pieces_that_no_datagram_can_have_are_lost(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "odd", true));
    assert_false(push(&scene, 65528, "the ping of death", false));
    assert_false(push(&scene, 8, "", true));
    assert_int_equal(fragments_lost(scene.fragments), 3);
    fragments_free(scene.fragments);
}

static void what_the_snap_length_cut_is_missing_from_there_on(void **state)
{
    (void)state;
    struct scene cut = scene_of(4);
    assert_false(push(&cut, 0, "It went ", true));
    assert_false(push_cut(&cut, 8, "well, up", true, 4));
    assert_true(push(&cut, 16, " to here", false));
    says(&cut.whole, "It went well");
    assert_int_equal(cut.whole.length, 24);
    fragments_free(cut.fragments);
}

static void what_is_given_up_is_given_as_far_as_it_goes(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "It began ...... ", true));
    assert_false(push(&scene, 24, "no more.", true));
    int64_t now = scene.at.time + FRAGMENTS_PATIENCE * second;
    assert_false(fragments_pull(scene.fragments, &scene.whole, now - 1));
    assert_true(fragments_pull(scene.fragments, &scene.whole, now));
    says(&scene.whole, "It began ...... ");
    assert_int_equal(scene.whole.length, 17); /* at least a byte more was sent */
    assert_int_equal(scene.whole.at.frame, 2);
    assert_false(fragments_pull(scene.fragments, &scene.whole, now));
    assert_int_equal(fragments_lost(scene.fragments), 2);
    assert_int_equal(fragments_held(scene.fragments), 0);
    fragments_free(scene.fragments);
}

static void what_has_no_beginning_is_given_up_without_bytes(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 8, "the end", false));
    assert_true(give_up(&scene));
    assert_int_equal(scene.whole.bytes.left, 0);
    assert_int_equal(scene.whole.length, 0);
    assert_int_equal(fragments_lost(scene.fragments), 1);
    fragments_free(scene.fragments);
}

static void a_number_that_is_used_again_begins_another_datagram(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    struct datagram none;
    assert_false(push(&scene, 0, "the firs", true));
    assert_true(push(&scene, 8, "t one", false));
    assert_false(fragments_pull(scene.fragments, &none, scene.at.time));
    assert_false(push(&scene, 0, "the seco", true));
    assert_true(push(&scene, 8, "nd one", false));
    says(&scene.whole, "the second one");
    fragments_free(scene.fragments);
}

static void a_datagram_that_is_being_read_is_not_written_to(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    assert_false(push(&scene, 0, "the firs", true));
    assert_true(push(&scene, 8, "t one", false));
    struct datagram first = scene.whole;
    assert_false(push(&scene, 0, "a nested", true)); /* as if it had been found within */
    says(&first, "the first one");
    assert_int_equal(fragments_lost(scene.fragments), 1);
    fragments_free(scene.fragments);
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    for (uint32_t i = 0; i <= FRAGMENTS_DATAGRAMS; i++) {
        scene.head.fragment_id = i;
        scene.at.time++;
        assert_false(push(&scene, 0, "a piece ", true));
    }
    assert_int_equal(fragments_lost(scene.fragments), 1);
    scene.head.fragment_id = 1;
    assert_true(push(&scene, 8, "and the rest", false));
    scene.head.fragment_id = 0;
    assert_false(push(&scene, 8, "and the rest", false));
    fragments_free(scene.fragments);
}

static void bytes_are_bounded(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    for (uint32_t i = 0; i < 4 * FRAGMENTS_BYTES / FRAGMENTS_LENGTH; i++) {
        scene.head.fragment_id = i;
        scene.at.time++;
        assert_false(push(&scene, 65520, "far away", true));
        assert_true(fragments_held(scene.fragments) <= FRAGMENTS_BYTES);
    }
    assert_true(fragments_lost(scene.fragments) >= 2 * FRAGMENTS_BYTES / FRAGMENTS_LENGTH);
    fragments_free(scene.fragments);
}

static void islands_are_bounded(void **state)
{
    (void)state;
    struct scene scene = scene_of(4);
    for (uint32_t i = 0; i <= FRAGMENTS_RANGES; i++) {
        assert_false(push(&scene, i * 16, "islands.", true));
    }
    assert_false(give_up(&scene));
    assert_int_equal(fragments_lost(scene.fragments), FRAGMENTS_RANGES + 1);
    fragments_free(scene.fragments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_in_order_make_a_datagram),
        cmocka_unit_test(pieces_in_any_order_make_the_same_datagram),
        cmocka_unit_test(each_identification_is_another_datagram),
        cmocka_unit_test(protocols_tell_datagrams_of_version_4_apart_and_not_of_version_6),
        cmocka_unit_test(copies_of_pieces_change_nothing),
        cmocka_unit_test(a_piece_that_contradicts_condemns_the_datagram),
        cmocka_unit_test(a_piece_that_overlaps_in_part_condemns_the_datagram),
        cmocka_unit_test(two_ends_condemn_the_datagram),
        cmocka_unit_test(pieces_that_no_datagram_can_have_are_lost),
        cmocka_unit_test(what_the_snap_length_cut_is_missing_from_there_on),
        cmocka_unit_test(what_is_given_up_is_given_as_far_as_it_goes),
        cmocka_unit_test(what_has_no_beginning_is_given_up_without_bytes),
        cmocka_unit_test(a_number_that_is_used_again_begins_another_datagram),
        cmocka_unit_test(a_datagram_that_is_being_read_is_not_written_to),
        cmocka_unit_test(the_oldest_goes_when_there_are_too_many),
        cmocka_unit_test(bytes_are_bounded),
        cmocka_unit_test(islands_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
