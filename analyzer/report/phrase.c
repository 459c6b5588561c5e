#include "report/phrase.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { REPLACEMENT_BYTES = 3 };
static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

static bool continues(char byte)
{
    return ((uint8_t)byte & 0xc0) == 0x80;
}

/* The bytes that a character with this first byte takes; 0 when none begins so (RFC 3629, section
 * 4). */
static size_t character_length(uint8_t first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return 2;
    }
    if (first >= 0xe0 && first <= 0xef) {
        return 3;
    }
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t phrase_character(const char *text)
{
    size_t length = character_length((uint8_t)text[0]);
    if (length == 0) {
        return 0;
    }
    uint32_t code = length == 1 ? (uint8_t)text[0] : (uint8_t)text[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if (!continues(text[i])) {
            return 0;
        }
        code = code << 6 | ((uint8_t)text[i] & 0x3fU);
    }
    bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    bool reorders = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
                    code == 0x061c || code == 0x200e || code == 0x200f;
    bool breaks = code == 0x2028 || code == 0x2029;
    bool no_character = code > 0x10ffff || (code & 0xfffe) == 0xfffe;
    return overlong || surrogate || control || reorders || breaks || no_character ? 0 : length;
}

/* Of the first `length` bytes of `text`, those up to the last whole character. */
static size_t whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 4) {
        start--;
        if (!continues(text[start])) {
            size_t needed = character_length((uint8_t)text[start]);
            return needed > length - start ? start : length;
        }
    }
    return length;
}

struct phrase phrase_in(char *text, size_t size)
{
    text[0] = '\0';
    return (struct phrase){text, size, 0, false};
}

void phrase_add(struct phrase *phrase, const char *format, ...)
{
    if (phrase->cut) {
        return;
    }
    size_t room = phrase->size - phrase->length;
    va_list arguments;
    va_start(arguments, format);
    int wanted = vsnprintf(phrase->text + phrase->length, room, format, arguments);
    va_end(arguments);
    if (wanted >= 0 && (size_t)wanted < room) {
        phrase->length += (size_t)wanted;
        return;
    }
    phrase->cut = true;
    if (wanted >= 0) {
        phrase->length = whole_characters(phrase->text, phrase->size - 1);
    }
    phrase->text[phrase->length] = '\0';
}

static void put_bytes(struct phrase *phrase, const char *bytes, size_t length)
{
    if (phrase->cut) {
        return;
    }
    size_t room = phrase->size - phrase->length - 1;
    memcpy(phrase->text + phrase->length, bytes, length < room ? length : room);
    phrase->length += length < room ? length : room;
    if (length > room) {
        phrase->cut = true;
        phrase->length = whole_characters(phrase->text, phrase->length);
    }
    phrase->text[phrase->length] = '\0';
}

void phrase_put(struct phrase *phrase, const char *text)
{
    put_bytes(phrase, text, strlen(text));
}

void phrase_number(struct phrase *phrase, uint64_t number)
{
    char digits[20]; /* of the largest number */
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    put_bytes(phrase, digits + first, sizeof(digits) - first);
}

void phrase_count(struct phrase *phrase, size_t count, const char *one, const char *many)
{
    phrase_number(phrase, count);
    phrase_put(phrase, " ");
    phrase_put(phrase, count == 1 ? one : many);
}

void phrase_add_printable(struct phrase *phrase, const char *text)
{
    while (*text != '\0' && !phrase->cut) {
        size_t length = phrase_character(text);
        phrase_add(phrase, "%.*s", length > 0 ? (int)length : REPLACEMENT_BYTES,
                   length > 0 ? text : replacement);
        text += length > 0 ? length : 1;
    }
}

bool phrase_is_printable(const char *text)
{
    while (*text != '\0') {
        size_t length = phrase_character(text);
        if (length == 0) {
            return false;
        }
        text += length;
    }
    return true;
}

size_t phrase_columns(const char *text)
{
    size_t columns = 0;
    for (; *text != '\0'; text++) {
        columns += !continues(*text);
    }
    return columns;
}

size_t phrase_bytes(const char *text, size_t columns)
{
    size_t bytes = 0;
    for (; text[bytes] != '\0'; bytes++) {
        if (!continues(text[bytes])) {
            if (columns == 0) {
                break;
            }
            columns--;
        }
    }
    return bytes;
}
