#include "report/json/json_write.h"

#include "names.h"
#include "report/phrase.h"
#include "report/report.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIRST_ROOM = 64 << 10, /* bytes: most lines have 3 to 6 KB, and some are written together */
    AROUND = 4,            /* bytes around a key: a comma, two quotes and a colon */
    DIGITS = 20,           /* of the largest number */
    LONGEST_ESCAPE = 3     /* bytes for one: U+FFFD in place of one that is no UTF-8 */
};

void json_write_release(struct json_writer *writer)
{
    free(writer->text);
    *writer = (struct json_writer){0};
}

void json_write_back(struct json_writer *writer, size_t length)
{
    writer->length = length;
    writer->lost = false;
}

/* ---- room ---- */

static bool grow(struct json_writer *writer, size_t size)
{
    size_t room = writer->room == 0 ? FIRST_ROOM : writer->room;
    while (room - writer->length < size && room <= SIZE_MAX / 2) {
        room *= 2;
    }
    char *text = room - writer->length < size ? NULL : realloc(writer->text, room);
    if (text == NULL) {
        writer->lost = true;
        return false;
    }
    writer->text = text;
    writer->room = room;
    return true;
}

/* Where `size` bytes have room; NULL: nowhere, or something before them is missing. */
static inline char *room_for(struct json_writer *writer, size_t size)
{
    bool good = !writer->lost && (writer->room - writer->length >= size || grow(writer, size));
    return good ? writer->text + writer->length : NULL;
}

static void end_at(struct json_writer *writer, const char *end)
{
    writer->length = (size_t)(end - writer->text);
}

static bool wants_comma(const struct json_writer *writer)
{
    char last = writer->length == 0 ? '\n' : writer->text[writer->length - 1];
    return last != '{' && last != '[' && last != '\n';
}

static inline char *add_word(char *at, const char *word)
{
    size_t length = strlen(word);
    length = length < JSON_KEY ? length : JSON_KEY;
    memcpy(at, word, length);
    return at + length;
}

/* The comma and the key; returns where the value goes, which has room for `size` bytes. */
static inline char *begin(struct json_writer *writer, const char *key, size_t size)
{
    char *at = room_for(writer, JSON_KEY + AROUND + size);
    if (at == NULL) {
        return NULL;
    }
    if (wants_comma(writer)) {
        *at++ = ',';
    }
    if (key != NULL) {
        *at++ = '"';
        at = add_word(at, key);
        *at++ = '"';
        *at++ = ':';
    }
    return at;
}

/* ---- objects and arrays ---- */

static size_t open_with(struct json_writer *writer, const char *key, char bracket)
{
    size_t before = writer->length;
    char *at = begin(writer, key, 1);
    if (at != NULL) {
        *at++ = bracket;
        end_at(writer, at);
    }
    return before;
}

/* An opening bracket at the end is this one's, and there is nothing in it: a text ends with its
 * quotes. */
static void close_with(struct json_writer *writer, size_t before, char bracket)
{
    char *at = room_for(writer, 1);
    if (at == NULL) {
        return;
    }
    if (at[-1] == '{' || at[-1] == '[') {
        writer->length = before;
    } else {
        *at++ = bracket;
        end_at(writer, at);
    }
}

size_t json_write_object(struct json_writer *writer, const char *key)
{
    return open_with(writer, key, '{');
}

size_t json_write_array(struct json_writer *writer, const char *key)
{
    return open_with(writer, key, '[');
}

void json_write_end_object(struct json_writer *writer, size_t before)
{
    close_with(writer, before, '}');
}

void json_write_end_array(struct json_writer *writer, size_t before)
{
    close_with(writer, before, ']');
}

/* ---- values ---- */

/* Visible ASCII that JSON takes as it is. */
static bool is_plain(char letter)
{
    return letter >= ' ' && letter < 0x7f && letter != '"' && letter != '\\';
}

/* Whether one of the eight bytes may be 0 or above 0x7f. */
static uint64_t has_zero(uint64_t bytes)
{
    return (bytes - UINT64_C(0x0101010101010101)) | bytes;
}

/* The same of eight letters at once: nearly all of a text are plain. Where it says no, they are
 * looked at one by one. */
static bool are_plain(uint64_t letters)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t odd = (letters - each * ' ') | (letters + each) | has_zero(letters ^ each * '"') |
                   has_zero(letters ^ each * '\\') | letters;
    return (odd & each * 0x80) == 0;
}

/* Copies plain letters, eight at a time; returns how many of the `left` there were. */
static size_t copy_plain(char *at, const char *text, size_t left)
{
    size_t done = 0;
    uint64_t letters;
    while (left - done >= sizeof(letters)) {
        memcpy(&letters, text + done, sizeof(letters));
        if (!are_plain(letters)) {
            return done;
        }
        memcpy(at + done, &letters, sizeof(letters));
        done += sizeof(letters);
    }
    if (done == 0) {
        return 0;
    }
    memcpy(&letters, text + left - sizeof(letters), sizeof(letters)); /* some of them again */
    if (!are_plain(letters)) {
        return done;
    }
    memcpy(at + left - sizeof(letters), &letters, sizeof(letters));
    return left;
}

/* What is no plain letter: control characters are among what is not printable, so that only quotes
 * and backslashes are escaped (RFC 8259, section 7). Returns how many bytes it took of the text. */
static size_t add_character(char **at, const char *text)
{
    static const char replacement[LONGEST_ESCAPE] = {'\xef', '\xbf', '\xbd'}; /* U+FFFD */
    size_t length = phrase_character(text);
    if (length == 0) {
        memcpy(*at, replacement, sizeof(replacement));
        *at += sizeof(replacement);
        return 1;
    }
    if (length == 1) {
        *(*at)++ = '\\';
    }
    memcpy(*at, text, length);
    *at += length;
    return length;
}

static char *add_escaped(char *at, const char *text, size_t length)
{
    size_t done = 0;
    while (done < length) {
        size_t plain = copy_plain(at, text + done, length - done);
        done += plain;
        at += plain;
        for (size_t i = 0; i < sizeof(uint64_t) && done < length; i++) {
            if (is_plain(text[done])) {
                *at++ = text[done++];
            } else {
                done += add_character(&at, text + done);
            }
        }
    }
    return at;
}

void json_write_text(struct json_writer *writer, const char *key, const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return;
    }
    size_t length = strlen(text);
    char *at = begin(writer, key, length * LONGEST_ESCAPE + 2);
    if (at != NULL) {
        *at++ = '"';
        at = add_escaped(at, text, length);
        *at++ = '"';
        end_at(writer, at);
    }
}

void json_write_word(struct json_writer *writer, const char *key, const char *word)
{
    char *at = begin(writer, key, JSON_KEY + 2);
    if (at != NULL) {
        *at++ = '"';
        at = add_word(at, word);
        *at++ = '"';
        end_at(writer, at);
    }
}

void json_write_flag(struct json_writer *writer, const char *key, bool flag)
{
    char *at = begin(writer, key, JSON_KEY);
    if (at != NULL) {
        end_at(writer, add_word(at, flag ? "true" : "false"));
    }
}

/* In at least `least` digits. */
static char *add_digits(char *at, uint64_t number, size_t least)
{
    char digits[DIGITS];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0 || sizeof(digits) - first < least);
    memcpy(at, digits + first, sizeof(digits) - first);
    return at + (sizeof(digits) - first);
}

void json_write_number(struct json_writer *writer, const char *key, uint64_t number)
{
    char *at = begin(writer, key, DIGITS);
    if (at != NULL) {
        end_at(writer, add_digits(at, number, 1));
    }
}

void json_write_millionths(struct json_writer *writer, const char *key, bool negative,
                           uint64_t millionths)
{
    char *at = begin(writer, key, DIGITS + 2);
    if (at == NULL) {
        return;
    }
    if (negative) {
        *at++ = '-';
    }
    at = add_digits(at, millionths / 1000000, 1);
    *at++ = '.';
    end_at(writer, add_digits(at, millionths % 1000000, 6));
}

void json_write_texts(struct json_writer *writer, const char *key, struct text_list list)
{
    size_t array = json_write_array(writer, key);
    for (size_t i = 0; i < list.count; i++) {
        json_write_text(writer, NULL, list.at[i]);
    }
    json_write_end_array(writer, array);
}

void json_write_codes(struct json_writer *writer, const char *key, struct code_list list,
                      size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code))
{
    size_t array = json_write_array(writer, key);
    for (size_t i = 0; i < list.count; i++) {
        char text[NAMES_TEXT_MAX] = "";
        name(text, list.at[i]);
        json_write_text(writer, NULL, text);
    }
    json_write_end_array(writer, array);
}

void json_write_seconds(struct json_writer *writer, const char *key, int64_t seconds)
{
    char text[REPORT_TIME];
    report_time(text, seconds, -1);
    json_write_text(writer, key, text);
}

void json_write_again(struct json_writer *writer, const char *text, size_t length)
{
    char *at = length == 0 ? NULL : begin(writer, NULL, length);
    if (at != NULL) {
        memcpy(at, text, length);
        end_at(writer, at + length);
    }
}

void json_write_end_line(struct json_writer *writer, char end)
{
    char *at = room_for(writer, 1);
    if (at != NULL) {
        *at++ = end;
        end_at(writer, at);
    }
}
