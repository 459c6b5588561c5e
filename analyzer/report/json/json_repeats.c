#include "report/json/json_repeats.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_NUMBERS = 256 };

struct repeat {
    char *text; /* owned; NULL: none is kept */
    size_t length;
};

struct table {
    struct repeat *at; /* by number; owned */
    size_t room;
};

struct json_repeats {
    size_t bytes; /* of all texts */
    struct table table[JSON_REPEAT_KINDS];
};

struct json_repeats *json_repeats_new(void)
{
    return calloc(1, sizeof(struct json_repeats));
}

void json_repeats_free(struct json_repeats *repeats)
{
    if (repeats == NULL) {
        return;
    }
    for (size_t kind = 0; kind < JSON_REPEAT_KINDS; kind++) {
        for (size_t i = 0; i < repeats->table[kind].room; i++) {
            free(repeats->table[kind].at[i].text);
        }
        free(repeats->table[kind].at);
    }
    free(repeats);
}

bool json_repeats_write(const struct json_repeats *repeats, struct json_writer *writer,
                        enum json_repeat kind, uint32_t number)
{
    if (repeats == NULL || number >= repeats->table[kind].room) {
        return false;
    }
    const struct repeat *repeat = &repeats->table[kind].at[number];
    if (repeat->text == NULL) {
        return false;
    }
    json_write_again(writer, repeat->text, repeat->length);
    return true;
}

static bool has_place(struct table *table, uint32_t number)
{
    size_t room = table->room == 0 ? FIRST_NUMBERS : table->room;
    while (room <= number) {
        room *= 2;
    }
    if (room == table->room) {
        return true;
    }
    struct repeat *at = realloc(table->at, room * sizeof(*at));
    if (at == NULL) {
        return false;
    }
    memset(at + table->room, 0, (room - table->room) * sizeof(*at));
    table->at = at;
    table->room = room;
    return true;
}

void json_repeats_keep(struct json_repeats *repeats, const struct json_writer *writer, size_t begin,
                       enum json_repeat kind, uint32_t number)
{
    if (repeats == NULL || number == 0 || number > JSON_REPEATS_NUMBERS || writer->lost) {
        return;
    }
    /* The comma before it is none of it. */
    bool comma = writer->length > begin && writer->text[begin] == ',';
    begin += comma;
    size_t length = writer->length - begin;
    if (length > JSON_REPEATS_BYTES - repeats->bytes || !has_place(&repeats->table[kind], number)) {
        return;
    }
    struct repeat *repeat = &repeats->table[kind].at[number];
    char *text = repeat->text == NULL ? malloc(length + 1) : NULL;
    if (text != NULL) {
        memcpy(text, writer->text + begin, length);
        *repeat = (struct repeat){text, length};
        repeats->bytes += length;
    }
}
