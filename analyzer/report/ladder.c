#include "report/ladder.h"

#include "names.h"
#include "report/phrase.h"
#include "report/report.h"

#include <inttypes.h>
#include <string.h>

enum {
    INDENT = 3, /* columns before the packet's number */
    BEHIND_LABEL = 2,
    ARROW = 7,
    BEHIND_ARROW = 2,
    LEFTMOST = 2,    /* where a server's arrow may begin, behind a client's words */
    NARROW = 90,     /* below, the arrows move together */
    STEP_TEXT = 320, /* bytes of a line's words */
    FATAL = 2
};

static const char arrow_right[] = "──────▶", arrow_left[] = "◀──────";

/* Columns, counted from where a client's words begin. */
struct columns {
    size_t client_arrow, server_arrow, server_title, time;
    size_t gap;         /* at least, before the time */
    size_t behind_time; /* before what Windows calls the alert */
};

struct ladder {
    const struct page *page;
    const struct facts *facts;
    const struct columns *columns;
    size_t label; /* columns of the widest packet number, "#" with it */
    size_t start; /* column where a client's words begin */
};

static const struct columns wide = {38, 14, 45, 59, 3, 4}, narrow = {36, 2, 43, 47, 2, 2};

static size_t steps_kept(const struct facts *facts)
{
    return facts->steps < FACTS_STEPS ? facts->steps : FACTS_STEPS;
}

static bool is_opening(const struct step *step)
{
    return step->what == STEP_SYN || step->what == STEP_SYN_ACK;
}

static bool is_closing(const struct step *step)
{
    return step->what == STEP_FIN || step->what == STEP_RST;
}

/* Cleartext whose meaning another step of the same packet tells. */
static bool is_understood(const struct facts *facts, size_t index)
{
    const struct step *bytes = &facts->step[index];
    for (size_t i = 0; i < steps_kept(facts) && bytes->what == STEP_CLEARTEXT; i++) {
        const struct step *step = &facts->step[i];
        if (step->what == STEP_PREFACE && step->from == bytes->from &&
            step->at.frame == bytes->at.frame) {
            return true;
        }
    }
    return false;
}

void ladder_choose(bool hidden[FACTS_STEPS], const struct facts *facts, bool verbose)
{
    memset(hidden, 0, FACTS_STEPS * sizeof(hidden[0]));
    bool data = false, refused = false;
    for (size_t i = 0; i < steps_kept(facts); i++) {
        const struct step *step = &facts->step[i];
        data = data || !(is_opening(step) || is_closing(step) || step->what == STEP_ICMP);
    }
    for (size_t i = 0; i < steps_kept(facts); i++) {
        const struct step *step = &facts->step[i];
        hidden[i] = !verbose && ((data && is_opening(step)) || (refused && is_closing(step)) ||
                                 is_understood(facts, i));
        refused = refused || (step->what == STEP_ALERT && step->a == FATAL);
    }
}

/* "#4": also for the width of the column. */
static void label_text(char text[24], const struct step *step)
{
    struct phrase label = phrase_in(text, 24);
    phrase_add(&label, "#%" PRIu64, step->at.frame);
}

void ladder_time(char text[LADDER_TIME], const struct facts *facts, const struct step *step)
{
    int64_t since = step->at.time - facts->first.time;
    uint64_t span = since < 0 ? 0 - (uint64_t)since : (uint64_t)since;
    uint64_t milliseconds = (span + 500000) / 1000000;
    struct phrase time = phrase_in(text, LADDER_TIME);
    phrase_add(&time, "%c%" PRIu64 ".%03u", since < 0 ? '-' : '+', milliseconds / 1000,
               (unsigned)(milliseconds % 1000));
}

/* Cuts `text` to `columns`, with an ellipsis for what is gone. */
static void shorten(char *text, size_t size, size_t columns)
{
    if (phrase_columns(text) <= columns) {
        return;
    }
    struct phrase rest = {text, size, phrase_bytes(text, columns - 1), false};
    phrase_add(&rest, "…");
}

/* A server's words: where they are long, the arrow moves to the left rather than that they are cut.
 */
static size_t write_server(const struct ladder *ladder, char text[STEP_TEXT], size_t room,
                           enum ink ink)
{
    const struct page *page = ladder->page;
    room -= ARROW + BEHIND_ARROW;
    shorten(text, STEP_TEXT, room - LEFTMOST);
    size_t width = phrase_columns(text);
    size_t arrow = ladder->columns->server_arrow;
    arrow = arrow + width > room ? room - width : arrow;
    page_space(page, arrow);
    fputs(arrow_left, page->out);
    page_space(page, BEHIND_ARROW);
    page_write(page, ink, text);
    return arrow + ARROW + BEHIND_ARROW + width;
}

static size_t write_client(const struct ladder *ladder, char text[STEP_TEXT], size_t room,
                           enum ink ink)
{
    const struct page *page = ladder->page;
    shorten(text, STEP_TEXT, room - ARROW - BEHIND_ARROW);
    size_t width = phrase_columns(text);
    size_t arrow = width + BEHIND_ARROW;
    arrow = arrow < ladder->columns->client_arrow ? ladder->columns->client_arrow : arrow;
    page_write(page, ink, text);
    page_space(page, arrow - width);
    fputs(arrow_right, page->out);
    return arrow + ARROW;
}

/* Writes words and arrow; returns the column behind them, counted from the client's words.
 * `behind`: columns that must be left. */
static size_t write_words(const struct ladder *ladder, const struct step *step, size_t behind)
{
    char text[STEP_TEXT];
    report_step_text(text, sizeof(text), ladder->facts, step);
    enum ink ink = step->what == STEP_ALERT || step->what == STEP_RST ? INK_RED : INK_PLAIN;
    size_t room = ladder->page->width - ladder->start - behind;
    return step->from == SERVER ? write_server(ladder, text, room, ink)
                                : write_client(ladder, text, room, ink);
}

static void write_step(const struct ladder *ladder, const struct step *step)
{
    const struct page *page = ladder->page;
    const struct columns *columns = ladder->columns;
    char label[24], time[LADDER_TIME];
    label_text(label, step);
    ladder_time(time, ladder->facts, step);
    page_space(page, INDENT + ladder->label - phrase_columns(label));
    page_write(page, INK_DIM, label);
    page_space(page, BEHIND_LABEL);
    size_t end = write_words(ladder, step, columns->gap + phrase_columns(time));
    page_space(page, end + columns->gap > columns->time ? columns->gap : columns->time - end);
    page_write(page, INK_DIM, time);
    const char *windows = step->what == STEP_ALERT ? names_alert_sec_e(step->b) : NULL;
    if (windows != NULL) {
        page_space(page, columns->behind_time);
        fprintf(page->out, "SEC_E %s", windows);
    }
    fputc('\n', page->out);
}

/* When the connection began, from which the times count, above them where there is room: what other
 * logs are searched for. */
static void write_begin(const struct ladder *ladder)
{
    char time[REPORT_TIME];
    const struct columns *columns = ladder->columns;
    report_time(time, ladder->facts->first.time / 1000000000, -1);
    if (ladder->start + columns->time + phrase_columns(time) <= ladder->page->width) {
        page_space(ladder->page, columns->time - columns->server_title - strlen("server"));
        page_write(ladder->page, INK_DIM, time);
    }
}

static void write_head(const struct ladder *ladder)
{
    page_space(ladder->page, ladder->start);
    page_write(ladder->page, INK_DIM, "client");
    page_space(ladder->page, ladder->columns->server_title - strlen("client"));
    page_write(ladder->page, INK_DIM, "server");
    write_begin(ladder);
    fputc('\n', ladder->page->out);
}

void ladder_write(const struct page *page, const struct facts *facts, bool verbose)
{
    bool hidden[FACTS_STEPS];
    struct ladder ladder = {page, facts, page->width < NARROW ? &narrow : &wide, 2, 0};
    ladder_choose(hidden, facts, verbose);
    for (size_t i = 0; i < steps_kept(facts); i++) {
        char label[24];
        label_text(label, &facts->step[i]);
        size_t columns = hidden[i] ? 0 : phrase_columns(label);
        ladder.label = columns > ladder.label ? columns : ladder.label;
    }
    ladder.start = INDENT + ladder.label + BEHIND_LABEL;
    write_head(&ladder);
    for (size_t i = 0; i < steps_kept(facts); i++) {
        if (!hidden[i]) {
            write_step(&ladder, &facts->step[i]);
        }
    }
    if (facts->steps_omitted > 0) {
        page_space(page, ladder.start);
        fprintf(page->out, "… %u further steps\n", (unsigned)facts->steps_omitted);
    }
}
