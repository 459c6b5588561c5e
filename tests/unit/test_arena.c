#include "tracking/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void an_arena_that_was_not_used_owns_nothing(void **state)
{
    (void)state;
    struct arena arena = {0};

    assert_null(arena.newest);
    arena_release(&arena);
    assert_int_equal(arena.taken, 0);
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t *before = NULL;

    for (size_t size = 1; size < 300; size++) {
        uint8_t *piece = arena_take(&arena, size);
        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % alignof(uint64_t), 0);
        for (size_t i = 0; i < size; i++) {
            assert_int_equal(piece[i], 0);
        }
        memset(piece, 0xff, size);
        assert_ptr_not_equal(piece, before);
        before = piece;
    }
    arena_release(&arena);
}

static void a_copy_ends_with_nul_and_may_be_empty(void **state)
{
    (void)state;
    struct arena arena = {0};

    assert_string_equal(arena_copy(&arena, "wwwhat", 3), "www");
    assert_string_equal(arena_copy(&arena, NULL, 0), "");
    arena_release(&arena);
}

static void a_list_grows_where_it_lies_or_moves_and_keeps_what_it_holds(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint64_t *list = NULL;
    size_t moves = 0;

    for (size_t i = 0; i < 20; i++) {
        uint64_t *before = list;
        bool stays = arena_has_more(i, 2, 20);
        list = arena_more(&arena, list, i, sizeof *list, 2, 20);
        assert_non_null(list);
        moves += list != before;
        assert_true(!stays || list == before);
        assert_int_equal(list[i], 0);
        list[i] = i + 1;
        if (i == 4) { /* now the list is not the last piece any more */
            memset(arena_take(&arena, 8), 0xff, 8);
        }
    }
    assert_int_equal(moves, 2);
    for (size_t i = 0; i < 20; i++) {
        assert_int_equal(list[i], i + 1);
    }
    assert_false(arena_has_more(20, 2, 20));
    assert_null(arena_more(&arena, list, 20, sizeof *list, 2, 20));
    arena_release(&arena);
}

static void an_arena_is_bounded_and_says_no_behind_its_bound(void **state)
{
    (void)state;
    struct arena arena = {0};
    size_t pieces = 0;

    while (arena_take(&arena, 1000) != NULL) {
        pieces++;
        assert_true(pieces <= ARENA_MAX / 1000);
    }
    assert_true(pieces > ARENA_MAX / 1000 * 9 / 10);
    assert_true(arena.taken <= ARENA_MAX);
    arena_release(&arena);
    assert_non_null(arena_take(&arena, 1000));
    arena_release(&arena);
}

static void a_size_that_wraps_is_refused(void **state)
{
    (void)state;
    struct arena arena = {0};

    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, SIZE_MAX - 15));
    assert_null(arena_take(&arena, (size_t)ARENA_MAX + 1));
    assert_null(arena_copy(&arena, "x", ARENA_MAX));
    assert_int_equal(arena.taken, 0);
    arena_release(&arena);
}

static void lent_memory_is_used_first_and_not_given_back(void **state)
{
    (void)state;
    alignas(uint64_t) unsigned char memory[256];
    struct arena arena;

    arena_begin(&arena, memory, sizeof memory);
    unsigned char *piece = arena_take(&arena, 40);
    assert_true(piece > memory && piece + 40 <= memory + sizeof memory);
    assert_int_equal(arena.taken, 0);
    piece = arena_take(&arena, 400);
    assert_true(piece < memory || piece >= memory + sizeof memory);
    assert_true(arena.taken >= 400);
    arena_release(&arena);
    memset(memory, 0xff, sizeof memory); /* it is open again */
}

static void what_was_taken_can_be_moved_into_another_arena(void **state)
{
    (void)state;
    struct arena from = {0};
    struct arena to = {0};
    struct words_span spans[4];
    for (uint8_t i = 1; i <= 40; i++) {
        memset(arena_take(&from, i), i, i);
    }
    assert_int_equal(arena_open(&from, spans, 0), 1); /* more than none */
    size_t count = arena_open(&from, spans, 4);
    assert_in_range(count, 2, 4);
    size_t words = 0;
    for (size_t i = 0; i < count; i++) {
        words += spans[i].count;
    }
    unsigned char *room = arena_room(&to, words);
    assert_non_null(room);
    for (size_t i = 0; i < count; i++) {
        memcpy(room, spans[i].at, spans[i].count * sizeof(uint64_t));
        room += spans[i].count * sizeof(uint64_t);
    }
    arena_close(&from);
    arena_release(&from);
    arena_close(&to);
    unsigned char *piece = arena_take(&to, 8);
    assert_non_null(piece);
    arena_release(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_that_was_not_used_owns_nothing),
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_copy_ends_with_nul_and_may_be_empty),
        cmocka_unit_test(a_list_grows_where_it_lies_or_moves_and_keeps_what_it_holds),
        cmocka_unit_test(an_arena_is_bounded_and_says_no_behind_its_bound),
        cmocka_unit_test(a_size_that_wraps_is_refused),
        cmocka_unit_test(lent_memory_is_used_first_and_not_given_back),
        cmocka_unit_test(what_was_taken_can_be_moved_into_another_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
