/* JSON as text, written from the left to the right: what is told of every connection goes past
 * json-c, whose objects cost more than all of the analysis.
 *
 * What is not known is not written; so no report says null, "" or []: a text that is empty is left
 * out, and so is an object or array into which nothing was written. A key is NULL within an array,
 * and elsewhere one of ours, which needs no escape. Where there is no memory, writing goes on into
 * nothing, and `lost` says so.
 */
#ifndef REPORT_JSON_WRITE_H
#define REPORT_JSON_WRITE_H

#include "tracking/facts.h"

enum { JSON_KEY = 64 /* bytes of a key or word: twice the longest; the rest would be cut */ };

/* An empty one is all zero. What a line takes is bounded by what facts hold: the longest
 * ClientHello makes one of 2 MB. */
struct json_writer {
    char *text;          /* owned; not ended by NUL */
    size_t length, room; /* bytes */
    bool lost;           /* something is missing behind `length`, which stays */
};

void json_write_release(struct json_writer *writer);

/* Forgets what was written behind the first `length` bytes, and that something is missing there. */
void json_write_back(struct json_writer *writer, size_t length);

/* Begins an object or an array; returns what ends it. */
size_t json_write_object(struct json_writer *writer, const char *key);
size_t json_write_array(struct json_writer *writer, const char *key);
void json_write_end_object(struct json_writer *writer, size_t begin);
void json_write_end_array(struct json_writer *writer, size_t begin);

/* Facts' texts are printable; this makes sure of it, because one byte that is no UTF-8 would spoil
 * the line. NULL is left out, too. */
void json_write_text(struct json_writer *writer, const char *key, const char *text);
/* One of our own words, which is never empty and needs no escape. */
void json_write_word(struct json_writer *writer, const char *key, const char *word);
void json_write_flag(struct json_writer *writer, const char *key, bool flag);
void json_write_number(struct json_writer *writer, const char *key, uint64_t number);

/* Millionths as a number with six digits behind its point. */
void json_write_millionths(struct json_writer *writer, const char *key, bool negative,
                           uint64_t millionths);

void json_write_texts(struct json_writer *writer, const char *key, struct text_list list);

/* `name` writes a code's name, of at most NAMES_TEXT_MAX bytes. */
void json_write_codes(struct json_writer *writer, const char *key, struct code_list list,
                      size_t (*name)(char *out, uint16_t code));

/* A time in seconds since 1970, as RFC 3339 has it. */
void json_write_seconds(struct json_writer *writer, const char *key, int64_t seconds);

/* Members or values that were written before, as they are; nothing is left out. */
void json_write_again(struct json_writer *writer, const char *text, size_t length);

/* Ends a line: with '\n', or with NUL. */
void json_write_end_line(struct json_writer *writer, char end);

#endif
