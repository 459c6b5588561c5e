#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/page.h"
#include "report/phrase.h"

static void a_phrase_is_cut_between_two_characters(void **state)
{
    (void)state;
    char text[6];
    struct phrase phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "abc");
    phrase_add(&phrase, "→→");
    assert_string_equal(text, "abc");
    assert_true(phrase.cut);
    phrase_add(&phrase, "d");
    assert_string_equal(text, "abc");
    phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "äöü");
    assert_string_equal(text, "äö");
}

static void what_is_put_stands_as_printf_would_have_it(void **state)
{
    (void)state;
    char put[12], added[12];
    static const char *const texts[] = {
        "", "a", "ä", "0123456789", "01234567890", "012345678ä", "0123456789ä", "→→→→", "a→→→→"};
    static const uint64_t numbers[] = {0, 9, 10, 4294967296, UINT64_MAX};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
            for (size_t size = 1; size <= sizeof(put); size++) {
                struct phrase one = phrase_in(put, size), other = phrase_in(added, size);
                phrase_put(&one, texts[i]);
                phrase_number(&one, numbers[j]);
                phrase_put(&one, texts[i]);
                phrase_add(&other, "%s", texts[i]);
                phrase_add(&other, "%" PRIu64, numbers[j]);
                phrase_add(&other, "%s", texts[i]);
                assert_string_equal(put, added);
                assert_int_equal(one.length, other.length);
                assert_int_equal(one.cut, other.cut);
            }
        }
    }
}

static void what_is_not_utf_8_is_replaced(void **state)
{
    (void)state;
    assert_true(phrase_is_printable("aä→\xf0\x9f\x94\x92"));
    static const char *const broken[] = {
        "\xff", "\xc0\x80", "\xed\xa0\x80", "\xc3",         "\xf4\x90\x80\x80",
        "\x1b", "\x7f",     "\xc2\x9b",     "\xe2\x80\xae", "\xe2\x80\xa8"};
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assert_false(phrase_is_printable(broken[i]));
        char text[32];
        struct phrase phrase = phrase_in(text, sizeof(text));
        phrase_add_printable(&phrase, broken[i]);
        assert_true(phrase_is_printable(text));
        assert_true(phrase.length > 0);
    }
}

static void a_version_stays_with_its_protocol(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct page page = page_on(out, 60, false);
    page_wrap(&page, "The client accepts versions that are newer than TLS 1.0 and SSL 3.0, TLS", 0,
              2);
    fclose(out);
    assert_string_equal(text, "The client accepts versions that are newer than TLS 1.0 and\n"
                              "  SSL 3.0, TLS\n");
    free(text);
}

static void lines_break_at_spaces_and_never_within_a_word(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct page page = page_on(out, 60, false);
    char word[71];
    memset(word, 'x', 70);
    word[70] = '\0';
    char line[256];
    snprintf(line, sizeof(line), "a  b %s c", word);
    page_wrap(&page, line, 4, 4);
    fclose(out);
    char expected[256];
    snprintf(expected, sizeof(expected), "a  b\n    %s\n    c\n", word);
    assert_string_equal(text, expected);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phrase_is_cut_between_two_characters),
        cmocka_unit_test(what_is_put_stands_as_printf_would_have_it),
        cmocka_unit_test(what_is_not_utf_8_is_replaced),
        cmocka_unit_test(a_version_stays_with_its_protocol),
        cmocka_unit_test(lines_break_at_spaces_and_never_within_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
