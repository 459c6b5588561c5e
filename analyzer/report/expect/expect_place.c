#include "report/expect/expect_place.h"

#include <stdbool.h>
#include <string.h>

enum {
    LEVELS = 16 /* deeper than what the tokener lets through */
};

/* Where the walk is, from the outermost value inwards. */
struct level {
    bool list;
    size_t index;    /* a list's: elements that are behind */
    const char *key; /* an object's: the last one, as it is written */
    size_t key_length;
};

struct walk {
    const char *at, *end;
    unsigned line;
    struct level level[LEVELS];
    size_t depth;
    bool inside;    /* the expectation that is looked for */
    unsigned found; /* the answer, as far as it is known */
};

/* Whether the keys from level `first` inwards are those of `path`. */
static bool is_path(const struct walk *walk, size_t first, const char *path)
{
    for (size_t i = first; i < walk->depth; i++) {
        const struct level *level = &walk->level[i];
        if (level->list) {
            continue;
        }
        size_t length = strcspn(path, ".");
        if (level->key == NULL || length != level->key_length ||
            memcmp(path, level->key, length) != 0) {
            return false;
        }
        path += length + (path[length] == '.');
    }
    return *path == '\0';
}

/* The string that begins at a quote: its length between the quotes. */
static size_t string_length(const char *at, const char *end)
{
    const char *next = at + 1;
    while (next < end && *next != '"') {
        next += *next == '\\' && end - next > 1 ? 2 : 1;
    }
    return (size_t)(next - at) - 1;
}

/* A string is a key when a colon follows. */
static bool is_key(const char *behind, const char *end)
{
    while (behind < end && strchr(" \t\r\n", *behind) != NULL) {
        behind++;
    }
    return behind < end && *behind == ':';
}

static void open_level(struct walk *walk, const struct expect_place *place, bool list)
{
    size_t base = place->capture != NULL ? 2 : 1;
    const struct level *around = walk->depth == base ? &walk->level[base - 1] : NULL;
    const struct level *top = &walk->level[0];
    bool in_capture =
        place->capture == NULL || (top->key != NULL && top->key_length == strlen(place->capture) &&
                                   memcmp(top->key, place->capture, top->key_length) == 0);
    if (!list && in_capture && around != NULL && around->list && around->index == place->index) {
        walk->inside = true;
        walk->found = walk->line;
    }
    if (walk->depth < LEVELS) {
        walk->level[walk->depth++] = (struct level){.list = list};
    }
}

/* Takes the string that begins here; true when it is the key that is looked for. */
static bool take_string(struct walk *walk, size_t base, const char *path)
{
    size_t length = string_length(walk->at, walk->end);
    const char *behind = walk->at + length + 2 < walk->end ? walk->at + length + 2 : walk->end;
    bool wanted = false;
    if (walk->depth > 0 && is_key(behind, walk->end)) {
        walk->level[walk->depth - 1].key = walk->at + 1;
        walk->level[walk->depth - 1].key_length = length;
        wanted = walk->inside && path != NULL && is_path(walk, base, path);
        walk->found = wanted ? walk->line : walk->found;
    }
    walk->at = behind;
    return wanted;
}

/* One token further; true when the answer is known. */
static bool step(struct walk *walk, const struct expect_place *place)
{
    size_t base = place->capture != NULL ? 2 : 1;
    switch (*walk->at) {
    case '"':
        return take_string(walk, base, place->path);
    case '{':
    case '[':
        open_level(walk, place, *walk->at == '[');
        break;
    case '}':
    case ']':
        walk->depth -= walk->depth > 0;
        if (walk->inside && walk->depth == base) {
            return true; /* with the object's own line */
        }
        break;
    case ',':
        if (walk->depth > 0) {
            walk->level[walk->depth - 1].index++;
        }
        break;
    case '\n':
        walk->line++;
        break;
    default:
        break;
    }
    walk->at++;
    return walk->inside && place->path == NULL;
}

unsigned expect_line(const char *text, size_t length, const struct expect_place *place)
{
    struct walk walk = {.at = text, .end = text + length, .line = 1, .found = 1};
    bool known = false;
    while (!known && walk.at < walk.end) {
        known = step(&walk, place);
    }
    return walk.found;
}

unsigned expect_line_at(const char *text, size_t length, size_t offset)
{
    unsigned line = 1;
    for (size_t i = 0; i < length && i < offset; i++) {
        line += text[i] == '\n';
    }
    return line;
}
