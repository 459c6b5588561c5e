/* --diff for people: two ladders side by side, then what differs, then what it means. */
#include "report/diff/diff.h"
#include "report/json/json_fields.h"
#include "report/page.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

enum {
    TEXT = 4096, /* bytes of what is put together here */
    MARK = 4,    /* columns before a ladder */
    GAP = 2,     /* between the two */
    HANGING = 7, /* before what a line of a step goes on with: under its words */
    LABEL = 8,   /* columns of "  Means " */
    NAMES = 6,   /* of a longer list that are written, */
    FEW = 4      /* and of one that is written as it is */
};

/* Where it is written, and whether with every name of a long list. */
struct sheet {
    const struct page *page;
    bool whole;
};

static size_t count_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static const char *words_at(struct json_object *object, const char *path)
{
    const char *text = json_text_at(object, path);
    return text != NULL ? text : "";
}

/* ---- the ladders ---- */

/* "#6  ← ServerHello TLS 1.0, ..." */
static void step_text(char text[TEXT], struct json_object *step)
{
    struct phrase phrase = phrase_in(text, TEXT);
    if (step != NULL) {
        bool server = strcmp(words_at(step, "from"), "server") == 0;
        phrase_add(&phrase, "#%-4" PRId64 "%s ", json_object_get_int64(json_at(step, "frame")),
                   server ? "←" : "→");
        phrase_add_printable(&phrase, words_at(step, "text"));
    }
}

/* Writes as much of `text` as a cell holds, up to a space where there is one; returns what is left.
 */
static const char *write_cell(const struct page *page, enum ink ink, const char *text, size_t width,
                              bool fill)
{
    size_t bytes = phrase_bytes(text, width);
    if (text[bytes] != '\0') {
        size_t space = bytes;
        while (space > 0 && text[space] != ' ') {
            space--;
        }
        bytes = space > 0 && text[space - 1] != ' ' ? space : bytes;
    }
    char cell[TEXT];
    struct phrase phrase = phrase_in(cell, sizeof(cell));
    phrase_add(&phrase, "%.*s", (int)bytes, text);
    page_write(page, ink, cell);
    if (fill) {
        page_space(page, width - phrase_columns(cell));
    }
    return text + bytes + strspn(text + bytes, " ");
}

/* One line of a row: `indent` columns, and as much of both cells as fits. */
static void write_cells(const struct page *page, enum ink ink, const char *cell[2], size_t indent)
{
    size_t width = (page->width - MARK - GAP) / 2 - indent;
    bool right = *cell[1] != '\0';
    page_space(page, indent);
    cell[0] = write_cell(page, INK_PLAIN, cell[0], width, right);
    if (right) {
        page_space(page, GAP + indent);
        cell[1] = write_cell(page, ink, cell[1], width, false);
    }
    fputc('\n', page->out);
}

static void write_row(const struct page *page, const char *mark, enum ink ink,
                      struct json_object *row)
{
    char left[TEXT], right[TEXT];
    const char *cell[2] = {left, right};
    step_text(left, json_at(row, "working"));
    step_text(right, json_at(row, "failing"));
    page_space(page, 2);
    page_write(page, ink, mark);
    page_space(page, 1);
    write_cells(page, ink, cell, 0);
    while (*cell[0] != '\0' || *cell[1] != '\0') {
        page_space(page, MARK);
        write_cells(page, ink, cell, HANGING);
    }
}

static void write_steps(const struct page *page, struct json_object *steps)
{
    size_t width = (page->width - MARK - GAP) / 2;
    bool parted = false;
    page_space(page, MARK);
    page_write(page, INK_DIM, "working");
    page_space(page, width + GAP - 7);
    page_write(page, INK_DIM, "failing");
    fputc('\n', page->out);
    for (size_t i = 0; i < count_of(steps); i++) {
        struct json_object *row = json_object_array_get_idx(steps, i);
        const char *mark = words_at(row, "mark");
        bool parts = strcmp(mark, "parted") == 0, differs = strcmp(mark, "differs") == 0;
        if (parts && !parted) {
            page_space(page, MARK);
            page_write(page, INK_RED, "here they part");
            fputc('\n', page->out);
        }
        parted = parted || parts;
        write_row(page,
                  parts     ? "✗"
                  : differs ? "≠"
                            : " ",
                  parts     ? INK_RED
                  : differs ? INK_YELLOW
                            : INK_PLAIN,
                  row);
    }
    if (!parted) {
        page_space(page, MARK);
        page_write(page, INK_DIM, "they do not part");
        fputc('\n', page->out);
    }
}

/* ---- what differs ---- */

static void value_text(struct phrase *phrase, struct json_object *value, bool whole)
{
    size_t all = count_of(value), count = whole || all <= NAMES + 1 ? all : NAMES;
    if (value == NULL) {
        phrase_add(phrase, "none");
    } else if (!json_object_is_type(value, json_type_array)) {
        phrase_add_printable(phrase, json_object_get_string(value));
    }
    for (size_t i = 0; i < count; i++) {
        const char *text = json_object_get_string(json_object_array_get_idx(value, i));
        bool prefixed = text != NULL && strncmp(text, "TLS_", 4) == 0;
        phrase_add(phrase, "%s", i > 0 ? ", " : "");
        phrase_add_printable(phrase, text == NULL ? "" : text + (prefixed ? 4 : 0));
    }
    if (count < all) {
        phrase_add(phrase, " and %zu more", all - count);
    }
}

static void write_line(const struct sheet *sheet, size_t column, const char *label,
                       struct json_object *value)
{
    char text[TEXT];
    struct phrase phrase = phrase_in(text, sizeof(text));
    value_text(&phrase, value, sheet->whole);
    page_write(sheet->page, INK_DIM, label);
    page_wrap(sheet->page, text, column + phrase_columns(label), column + phrase_columns(label));
}

/* Short values stand as they are; of long lists what only one side has. */
static void write_offer(const struct sheet *sheet, struct json_object *offer, size_t column)
{
    const struct page *page = sheet->page;
    const char *field = words_at(offer, "field");
    struct json_object *more = json_at(offer, "only_working"),
                       *less = json_at(offer, "only_failing");
    struct json_object *working = json_at(offer, "working"), *failing = json_at(offer, "failing");
    page_space(page, 4);
    page_write(page, INK_YELLOW, field);
    page_space(page, column - 4 - phrase_columns(field));
    if (count_of(working) <= FEW && count_of(failing) <= FEW) {
        write_line(sheet, column, "working  ", working);
        page_space(page, column);
        write_line(sheet, column, "failing  ", failing);
        return;
    }
    int64_t common = json_object_get_int64(json_at(offer, "common"));
    bool reordered = json_object_get_boolean(json_at(offer, "order")) != 0;
    if (common > 0) {
        fprintf(page->out, "%" PRId64 " in both%s\n", common,
                reordered ? ", in another order" : "");
    }
    if (more != NULL) {
        page_space(page, common > 0 ? column : 0);
        write_line(sheet, column, "only working  ", more);
    }
    if (less != NULL) {
        page_space(page, common > 0 || more != NULL ? column : 0);
        write_line(sheet, column, "only failing  ", less);
    }
}

static void write_offers(const struct sheet *sheet, struct json_object *offers, const char *from,
                         const char *title)
{
    const struct page *page = sheet->page;
    size_t widest = 0, shown = 0;
    for (size_t i = 0; i < count_of(offers); i++) {
        size_t columns = phrase_columns(words_at(json_object_array_get_idx(offers, i), "field"));
        widest = columns > widest ? columns : widest;
    }
    for (size_t i = 0; i < count_of(offers); i++) {
        struct json_object *offer = json_object_array_get_idx(offers, i);
        if (strcmp(words_at(offer, "from"), from) == 0) {
            if (shown++ == 0) {
                page_space(page, 2);
                page_write(page, INK_BOLD, title);
                fputc('\n', page->out);
            }
            write_offer(sheet, offer, 4 + widest + 2);
        }
    }
}

/* ---- a pair ---- */

static void write_head(const struct page *page, const char *mark, enum ink ink, const char *capture,
                       struct json_object *side)
{
    char text[TEXT];
    struct phrase phrase = phrase_in(text, sizeof(text));
    page_write(page, ink, mark);
    phrase_add(&phrase, " %s  ", words_at(side, "connection"));
    fputs(text, page->out);
    page_write(page, INK_BOLD, words_at(side, "outcome"));
    struct json_object *more = json_at(side, "more");
    if (more != NULL) {
        fprintf(page->out, "  (and %" PRId64 " more like it)", json_object_get_int64(more));
    }
    phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "  ");
    phrase_add_printable(&phrase, capture);
    page_write(page, INK_DIM, text);
    fputc('\n', page->out);
}

static void write_pair(const struct sheet *sheet, struct json_object *diff,
                       struct json_object *pair)
{
    const struct page *page = sheet->page;
    write_head(page, "✓", INK_GREEN, words_at(diff, "working.capture"), json_at(pair, "working"));
    write_head(page, "✗", INK_RED, words_at(diff, "failing.capture"), json_at(pair, "failing"));
    fputc('\n', page->out);
    write_steps(page, json_at(pair, "steps"));
    fputc('\n', page->out);
    struct json_object *offers = json_at(pair, "offers");
    write_offers(sheet, offers, "client", "The clients differ in");
    write_offers(sheet, offers, "server", "The servers differ in");
    if (count_of(offers) > 0) {
        fputc('\n', page->out);
    }
    page_write(page, INK_BOLD, "  Means ");
    page_wrap(page, words_at(pair, "meaning"), LABEL, LABEL);
}

void diff_write_text(const struct page *page, struct json_object *diff, bool whole)
{
    struct sheet sheet = {page, whole};
    struct json_object *pairs = json_at(diff, "pairs");
    for (size_t i = 0; i < count_of(pairs); i++) {
        fputs(i > 0 ? "\n" : "", page->out);
        write_pair(&sheet, diff, json_object_array_get_idx(pairs, i));
    }
    struct json_object *omitted = json_at(diff, "omitted");
    if (omitted != NULL) {
        fprintf(page->out, "\n… %" PRId64 " further failures are not shown\n",
                json_object_get_int64(omitted));
    }
}
