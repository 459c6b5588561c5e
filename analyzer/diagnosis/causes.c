/* Arguments, and the order in which the families' rows are asked. */
#include "diagnosis/causes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The order of precedence: of two rows that are equally sure the earlier one wins. What ended the
 * connection before TLS comes first; then what the two sides could not agree on; then what they
 * refused of each other's certificates; and last those that only describe how the end looked. */
static const struct cause *const FAMILIES[] = {
    causes_protocol,  causes_transport, causes_version, causes_negotiation,
    causes_extension, causes_overlap,   causes_client,  causes_certificate,
    causes_trust,     causes_hello,     causes_record,  causes_abort,
};

enum { FAMILY_COUNT = sizeof FAMILIES / sizeof FAMILIES[0] };

/* Length of the longest beginning of `text` that is not above `limit` and ends between two
 * characters of UTF-8. */
static size_t character_boundary(const char *text, size_t limit)
{
    size_t length = strlen(text);
    if (length <= limit) {
        return length;
    }
    while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80) {
        limit--;
    }
    return limit;
}

/* Formats into `out`; what does not fit is cut at a character's boundary. */
__attribute__((format(printf, 3, 0))) static void write_cut(char *out, size_t size,
                                                            const char *format, va_list values)
{
    /* Longer than anything that is kept, so that a cut character is always cut here and not by
     * vsnprintf(). */
    char text[ARGUMENT_SUMMARY + 8];
    int wanted = vsnprintf(text, sizeof text, format, values);
    if (wanted < 0) {
        text[0] = '\0';
    }
    size_t length = character_boundary(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

void argument_say(struct argument *argument, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_cut(argument->summary, sizeof argument->summary, format, values);
    va_end(values);
}

void argument_cite(struct argument *argument, struct moment at, const char *format, ...)
{
    if (argument->count >= ARGUMENT_ITEMS) {
        return;
    }
    va_list values;
    va_start(values, format);
    write_cut(argument->item[argument->count].text, sizeof argument->item[0].text, format, values);
    va_end(values);
    argument->item[argument->count].frame = at.frame;
    argument->count++;
}

const struct cause *causes_family(size_t family)
{
    return family < FAMILY_COUNT ? FAMILIES[family] : NULL;
}

size_t causes_index(const struct cause *cause)
{
    size_t index = 0;
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        for (const struct cause *row = FAMILIES[family]; row->id != NULL; row++) {
            if (row == cause) {
                return index;
            }
            index++;
        }
    }
    return index;
}

const struct cause *causes_row(size_t index)
{
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        for (const struct cause *row = FAMILIES[family]; row->id != NULL; row++) {
            if (index == 0) {
                return row;
            }
            index--;
        }
    }
    return NULL;
}

const struct cause *causes_find(const char *id)
{
    for (size_t family = 0; family < FAMILY_COUNT; family++) {
        for (const struct cause *row = FAMILIES[family]; row->id != NULL; row++) {
            if (strcmp(row->id, id) == 0) {
                return row;
            }
        }
    }
    return NULL;
}
