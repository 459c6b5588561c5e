#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <json-c/json.h>

#include "names.h"
#include "report/json/json_repeats.h"
#include "report/json/json_write.h"
#include "report/phrase.h"

static void expect(struct json_writer *writer, const char *text)
{
    json_write_end_line(writer, '\0');
    assert_false(writer->lost);
    assert_string_equal(writer->text, text);
    json_write_back(writer, 0);
}

static void members_and_values_stand_in_their_order(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "", "b"};
    static const uint16_t codes[] = {0x1301, 0x002f};
    struct json_writer writer = {0};
    size_t line = json_write_object(&writer, NULL);
    json_write_text(&writer, "text", "x{");
    json_write_flag(&writer, "yes", true);
    json_write_flag(&writer, "no", false);
    json_write_word(&writer, "word", "client");
    json_write_texts(&writer, "names", (struct text_list){names, 3});
    json_write_codes(&writer, "codes", (struct code_list){codes, 2}, names_suite_text);
    size_t list = json_write_array(&writer, "list");
    for (uint64_t i = 1; i < 3; i++) {
        size_t object = json_write_object(&writer, NULL);
        json_write_number(&writer, "frame", i);
        json_write_end_object(&writer, object);
    }
    json_write_end_array(&writer, list);
    json_write_seconds(&writer, "since", 0);
    json_write_end_object(&writer, line);
    expect(&writer, "{\"text\":\"x{\",\"yes\":true,\"no\":false,\"word\":\"client\",\"names\":["
                    "\"a\",\"b\"],\"codes\":["
                    "\"TLS_AES_128_GCM_SHA256\",\"TLS_RSA_WITH_AES_128_CBC_SHA\"],\"list\":[{"
                    "\"frame\":1},{\"frame\":2}],\"since\":\"1970-01-01T00:00:00Z\"}");
    json_write_release(&writer);
}

static void what_says_nothing_is_left_out_with_its_key(void **state)
{
    (void)state;
    struct json_writer writer = {0};
    size_t line = json_write_object(&writer, NULL);
    json_write_text(&writer, "null", NULL);
    json_write_text(&writer, "empty", "");
    json_write_texts(&writer, "texts", (struct text_list){NULL, 0});
    json_write_flag(&writer, "flag", true);
    size_t outer = json_write_object(&writer, "outer"), inner = json_write_array(&writer, "inner");
    json_write_text(&writer, NULL, "");
    json_write_end_array(&writer, inner);
    json_write_end_object(&writer, outer);
    json_write_text(&writer, "last", "{");
    size_t behind = json_write_object(&writer, "behind");
    json_write_end_object(&writer, behind);
    json_write_end_object(&writer, line);
    expect(&writer, "{\"flag\":true,\"last\":\"{\"}");
    json_write_release(&writer);
}

static void numbers_have_all_their_digits(void **state)
{
    (void)state;
    struct json_writer writer = {0};
    size_t list = json_write_array(&writer, NULL);
    json_write_number(&writer, NULL, 0);
    json_write_number(&writer, NULL, UINT64_MAX);
    json_write_millionths(&writer, NULL, false, 0);
    json_write_millionths(&writer, NULL, true, 1);
    json_write_millionths(&writer, NULL, false, 12345678);
    json_write_millionths(&writer, NULL, true, UINT64_MAX);
    json_write_end_array(&writer, list);
    expect(&writer, "[0,18446744073709551615,0.000000,-0.000001,12.345678,"
                    "-18446744073709.551615]");
    json_write_release(&writer);
}

/* The text as json-c escapes it, with what is not printable replaced. */
static const char *by_json_c(struct json_object **object, const char *text)
{
    char printable[1024];
    struct phrase phrase = phrase_in(printable, sizeof(printable));
    phrase_add_printable(&phrase, text);
    *object = json_object_new_string(printable);
    return json_object_to_json_string_ext(*object,
                                          JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static void expect_as_json_c(const char *text)
{
    struct json_writer writer = {0};
    struct json_object *object = NULL;
    json_write_text(&writer, NULL, text);
    expect(&writer, by_json_c(&object, text));
    json_object_put(object);
    json_write_release(&writer);
}

static void every_text_is_escaped_as_json_c_does(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "\"",           "\\",       "a/b</script>", "\x1b[31m",
        "\t\r\n\b\f",   "\xff\xfe", "\xc3",         "ä→\xf0\x9f\x94\x92",
        "\xe2\x80\xae", "\xc2\x9b", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\\\"\\\\"};
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        expect_as_json_c(hostile[i]);
    }
    for (unsigned first = 1; first < 256; first++) {
        expect_as_json_c((const char[]){'a', (char)first, 'b', '\0'});
        for (unsigned second = 1; second < 256; second++) {
            expect_as_json_c((const char[]){(char)first, (char)second, '\0'});
        }
    }
    /* One odd byte in a text that is plain: such are copied eight bytes at a time. */
    for (size_t length = 1; length < 40; length++) {
        for (size_t odd = 0; odd < length; odd++) {
            static const char bytes[] = {'a',  '~',    ' ',    '!',    '#',    '[',    ']',   '"',
                                         '\\', '\x01', '\x1f', '\x7f', '\x80', '\xff', '\xc3'};
            for (size_t i = 0; i < sizeof(bytes); i++) {
                char text[40] = "";
                memset(text, 'x', length);
                text[odd] = bytes[i];
                expect_as_json_c(text);
            }
        }
    }
    uint32_t random = 1;
    for (unsigned i = 0; i < 20000; i++) {
        char text[12];
        for (size_t at = 0; at + 1 < sizeof(text); at++) {
            random = random * 1664525U + 1013904223U;
            text[at] = (char)(random >> 24);
        }
        text[sizeof(text) - 1] = '\0';
        if (text[0] != '\0') {
            expect_as_json_c(text);
        }
    }
}

static void a_line_grows_as_long_as_it_must(void **state)
{
    (void)state;
    enum { TIMES = 100000, PIECE = 6 };
    struct json_writer writer = {0};
    size_t list = json_write_array(&writer, NULL);
    for (size_t i = 0; i < TIMES; i++) {
        json_write_text(&writer, NULL, "\"\\");
    }
    json_write_end_array(&writer, list);
    json_write_end_line(&writer, '\n');
    assert_int_equal(writer.length, TIMES * (PIECE + 1) + 2);
    assert_memory_equal(writer.text + writer.length - 9, ",\"\\\"\\\\\"]\n", 9);
    json_write_release(&writer);
}

static void what_is_taken_back_was_never_written(void **state)
{
    (void)state;
    struct json_writer writer = {0};
    size_t line = json_write_object(&writer, NULL);
    json_write_number(&writer, "a", 1);
    json_write_end_object(&writer, line);
    json_write_end_line(&writer, '\n');
    size_t before = writer.length;
    (void)json_write_object(&writer, NULL);
    json_write_number(&writer, "b", 2);
    writer.lost = true; /* as where there is no memory */
    json_write_number(&writer, "c", 3);
    json_write_back(&writer, before);
    line = json_write_object(&writer, NULL);
    json_write_number(&writer, "d", 4);
    json_write_end_object(&writer, line);
    expect(&writer, "{\"a\":1}\n{\"d\":4}");
    json_write_release(&writer);
}

/* An object with the member `number` between two others, which is kept under that number. */
static void repeat(struct json_repeats *repeats, struct json_writer *writer, enum json_repeat kind,
                   uint32_t number, const char *said)
{
    size_t line = json_write_object(writer, NULL);
    json_write_flag(writer, "first", true);
    if (!json_repeats_write(repeats, writer, kind, number)) {
        size_t begin = writer->length;
        json_write_text(writer, "said", said);
        json_write_number(writer, "number", number);
        json_repeats_keep(repeats, writer, begin, kind, number);
    }
    json_write_flag(writer, "last", true);
    json_write_end_object(writer, line);
}

static void what_repeats_is_written_as_the_first_time(void **state)
{
    (void)state;
    struct json_repeats *repeats = json_repeats_new();
    struct json_writer writer = {0};
    for (uint32_t number = 1; number < 2000; number += 333) {
        char whole[96];
        struct phrase phrase = phrase_in(whole, sizeof(whole));
        phrase_add(&phrase, "{\"first\":true,\"said\":\"x\",\"number\":%u,\"last\":true}",
                   (unsigned)number);
        repeat(repeats, &writer, REPEAT_OFFER, number, "x");
        expect(&writer, whole);
        repeat(repeats, &writer, REPEAT_OFFER, number, "another");
        expect(&writer, whole);
    }
    repeat(repeats, &writer, REPEAT_CERTIFICATE, 1, "of another kind");
    expect(&writer, "{\"first\":true,\"said\":\"of another kind\",\"number\":1,\"last\":true}");
    json_write_release(&writer);
    json_repeats_free(repeats);
}

static void what_has_no_number_or_table_is_never_kept(void **state)
{
    (void)state;
    struct json_repeats *repeats = json_repeats_new();
    struct json_writer writer = {0};
    static const uint32_t numbers[] = {0, JSON_REPEATS_NUMBERS + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        repeat(repeats, &writer, REPEAT_OFFER, numbers[i], "x");
        json_write_back(&writer, 0);
        assert_false(json_repeats_write(repeats, &writer, REPEAT_OFFER, numbers[i]));
    }
    repeat(NULL, &writer, REPEAT_OFFER, 1, "x");
    json_write_back(&writer, 0);
    assert_false(json_repeats_write(NULL, &writer, REPEAT_OFFER, 1));
    assert_int_equal(writer.length, 0);
    json_write_release(&writer);
    json_repeats_free(repeats);
}

static void texts_beyond_the_bound_are_not_kept(void **state)
{
    (void)state;
    struct json_repeats *repeats = json_repeats_new();
    struct json_writer writer = {0};
    size_t list = json_write_array(&writer, NULL);
    while (writer.length < JSON_REPEATS_BYTES / 2 + 1) {
        json_write_text(&writer, NULL, "a text of some forty bytes, again and again");
    }
    json_write_end_array(&writer, list);
    json_repeats_keep(repeats, &writer, 0, REPEAT_OFFER, 1);
    json_repeats_keep(repeats, &writer, 0, REPEAT_OFFER, 2);
    json_write_back(&writer, 0);
    assert_true(json_repeats_write(repeats, &writer, REPEAT_OFFER, 1));
    assert_false(json_repeats_write(repeats, &writer, REPEAT_OFFER, 2));
    json_write_release(&writer);
    json_repeats_free(repeats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_values_stand_in_their_order),
        cmocka_unit_test(what_says_nothing_is_left_out_with_its_key),
        cmocka_unit_test(numbers_have_all_their_digits),
        cmocka_unit_test(every_text_is_escaped_as_json_c_does),
        cmocka_unit_test(a_line_grows_as_long_as_it_must),
        cmocka_unit_test(what_is_taken_back_was_never_written),
        cmocka_unit_test(what_repeats_is_written_as_the_first_time),
        cmocka_unit_test(what_has_no_number_or_table_is_never_kept),
        cmocka_unit_test(texts_beyond_the_bound_are_not_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
