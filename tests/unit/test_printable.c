#include "tracking/printable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What `bytes` are shown as. */
static void shows(const char *bytes, const char *text)
{
    struct arena arena = {0};
    const char *shown = printable_copy(&arena, wire_over(bytes, strlen(bytes)), PRINTABLE_MAX);
    assert_string_equal(shown, text);
    arena_release(&arena);
}

static void text_is_left_alone(void **state)
{
    (void)state;

    shows("", "");
    shows("www.example.org", "www.example.org");
    shows("b\xc3\xbc"
          "cher.example \xe2\x82\xac \xf0\x9f\x94\x92",
          "b\xc3\xbc"
          "cher.example \xe2\x82\xac \xf0\x9f\x94\x92");
}

static void no_escape_sequence_reaches_a_terminal(void **state)
{
    (void)state;

    shows("\x1b[31mred\r\n\a", "\\x1B[31mred\\x0D\\x0A\\x07");
    shows("\x7f", "\\x7F");
    shows("\xc2\x9b", "\\u{009B}");
}

static void what_hides_or_turns_text_is_shown(void **state)
{
    (void)state;

    shows("a\xe2\x80\xae"
          "b",
          "a\\u{202E}b");
    shows("a\xe2\x80\x8b"
          "b",
          "a\\u{200B}b");
    shows("\xef\xbb\xbf", "\\u{FEFF}");
    shows("\xf3\xa0\x80\x81", "\\u{E0001}");
}

static void what_is_no_utf_8_is_shown_byte_by_byte(void **state)
{
    (void)state;

    shows("\xff\xfe", "\\xFF\\xFE");
    shows("\xc0\xaf", "\\xC0\\xAF");          /* overlong */
    shows("\xe0\x80\xaf", "\\xE0\\x80\\xAF"); /* overlong */
    shows("\xed\xa0\x80", "\\xED\\xA0\\x80"); /* a surrogate */
    shows("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80");
    shows("\xe2\x82", "\\xE2\\x82"); /* cut off */
}

static void a_nul_does_not_end_the_text(void **state)
{
    (void)state;
    struct arena arena = {0};

    assert_string_equal(printable_copy(&arena, wire_over("good.example\0.evil", 18), 255),
                        "good.example\\x00.evil");
    arena_release(&arena);
}

static void what_is_too_long_is_cut_and_says_so(void **state)
{
    (void)state;
    struct arena arena = {0};
    uint8_t bytes[PRINTABLE_MAX + 1];

    assert_string_equal(printable_copy(&arena, wire_over("abcdef", 6), 3), "abc...");
    assert_string_equal(printable_copy(&arena, wire_over("abc", 3), 3), "abc");
    memset(bytes, 1, sizeof bytes);
    const char *shown = printable_copy(&arena, wire_over(bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(strlen(shown), PRINTABLE_MAX * 4 + 3);
    assert_string_equal(shown + PRINTABLE_MAX * 4, "...");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_left_alone),
        cmocka_unit_test(no_escape_sequence_reaches_a_terminal),
        cmocka_unit_test(what_hides_or_turns_text_is_shown),
        cmocka_unit_test(what_is_no_utf_8_is_shown_byte_by_byte),
        cmocka_unit_test(a_nul_does_not_end_the_text),
        cmocka_unit_test(what_is_too_long_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
