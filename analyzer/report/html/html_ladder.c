#include "report/html/html_ladder.h"

#include "names.h"
#include "record.h"
#include "report/html/html.h"
#include "report/ladder.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <string.h>

/* In the drawing's own units, which are a screen's pixels where there is room. */
enum {
    WIDTH = 720,
    CLIENT_LINE = 84,
    SERVER_LINE = 636,
    MIDDLE = (CLIENT_LINE + SERVER_LINE) / 2,
    HEAD = 48, /* above the first step */
    ROW = 34,
    PAUSE = 26,       /* what a row is lower by after a pause */
    BASE = 14,        /* a label's baseline in its row, and */
    ARROW = 22,       /* the arrow's place */
    SAY = 520 * 10,   /* what a label may take between the lines, in tenths */
    FATAL = 2,        /* an alert's level */
    STEP_TEXT = 320,  /* bytes of a label */
    LONG_PAUSE = 1000 /* milliseconds without a step that are worth a word */
};

struct ladder {
    FILE *out;
    const struct html_drawing *drawing;
    bool hidden[FACTS_STEPS];
    uint64_t last; /* the packet of the last step drawn */
    int y;
};

static size_t steps_kept(const struct facts *facts)
{
    return facts->steps < FACTS_STEPS ? facts->steps : FACTS_STEPS;
}

bool html_ladder_shows(const struct html_drawing *drawing, uint64_t frame)
{
    bool hidden[FACTS_STEPS];
    ladder_choose(hidden, drawing->facts, drawing->verbose);
    for (size_t i = 0; i < steps_kept(drawing->facts); i++) {
        if (!hidden[i] && drawing->facts->step[i].at.frame == frame) {
            return true;
        }
    }
    return false;
}

static bool is_cited(const struct argument *argument, uint64_t frame)
{
    for (size_t i = 0; argument != NULL && i < argument->count && i < ARGUMENT_ITEMS; i++) {
        if (argument->item[i].frame == frame) {
            return true;
        }
    }
    return false;
}

/* Milliseconds between two steps; 0 where time went backwards. */
static int64_t milliseconds(const struct step *from, const struct step *until)
{
    int64_t passed = until->at.time - from->at.time;
    return passed > 0 ? passed / 1000000 : 0;
}

/* The step drawn before the i-th; NULL: none. */
static const struct step *step_before(const struct ladder *ladder, size_t i)
{
    while (i > 0) {
        i--;
        if (!ladder->hidden[i]) {
            return &ladder->drawing->facts->step[i];
        }
    }
    return NULL;
}

/* How long nothing happened before the i-th step, in milliseconds; 0: not long. */
static int64_t pause_before(const struct ladder *ladder, size_t i)
{
    const struct step *before = step_before(ladder, i);
    int64_t passed = before == NULL ? 0 : milliseconds(before, &ladder->drawing->facts->step[i]);
    return passed >= LONG_PAUSE ? passed : 0;
}

static int height(const struct ladder *ladder)
{
    int sum = HEAD + 10;
    for (size_t i = 0; i < steps_kept(ladder->drawing->facts); i++) {
        if (!ladder->hidden[i]) {
            sum += ROW + (pause_before(ladder, i) > 0 ? PAUSE : 0);
        }
    }
    return sum + (ladder->drawing->facts->steps_omitted > 0 ? PAUSE : 0);
}

/* Cuts a label to the room between the lines, by the width that letters have in common typefaces;
 * whether it did. */
static bool shorten(char text[STEP_TEXT])
{
    int width = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        char letter = text[i];
        bool wide = (letter >= 'A' && letter <= 'Z') || letter == '_' || letter == 'm';
        bool continues = ((unsigned char)letter & 0xc0) == 0x80;
        width += continues ? 0 : wide ? 82 : 64;
        if (width > SAY && !continues) {
            struct phrase rest = {text, STEP_TEXT, i, false};
            phrase_add(&rest, "…");
            return true;
        }
    }
    return false;
}

/* The kind of a step, as the style knows it. */
static const char *class_of(const struct step *step)
{
    switch (step->what) {
    case STEP_RST:
    case STEP_ICMP:
    case STEP_MALFORMED:
        return "end";
    case STEP_ALERT:
        return step->a == FATAL ? "end" : step->b == 255 ? "sealed" : "alert";
    case STEP_CLIENT_HELLO:
    case STEP_SERVER_HELLO:
    case STEP_HELLO_RETRY:
        return "hello";
    case STEP_SEALED:
        return "sealed";
    case STEP_APPLICATION_DATA:
        return "data";
    case STEP_GAP:
        return "hole";
    default:
        return "plain";
    }
}

/* From one line to just before the other; what ends a connection by force ends in a cross. */
static void write_arrow(const struct ladder *ladder, const struct step *step)
{
    bool right = step->from == CLIENT;
    int from = right ? CLIENT_LINE + 2 : SERVER_LINE - 2;
    int to = right ? SERVER_LINE - 5 : CLIENT_LINE + 5;
    const char *tip = step->what == STEP_RST ? "m-5 -5l10 10m0 -10l-10 10"
                      : right                ? "m-7 -5l7 5l-7 5"
                                             : "m7 -5l-7 5l7 5";
    to = step->what == STEP_RST ? to + (right ? -4 : 4) : to;
    fprintf(ladder->out, "<path d=\"M%d %dH%d%s\" />", from, (int)ARROW, to,
            step->what == STEP_GAP ? "" : tip);
}

static void write_title(const struct ladder *ladder, const struct step *step, const char *rest)
{
    int64_t since = step->at.time - ladder->drawing->facts->first.time;
    fprintf(ladder->out, "<title>%s, %" PRId64 " µs after the first packet%s",
            step->from == CLIENT ? "client to server" : "server to client", since / 1000,
            rest[0] != '\0' ? ": " : "");
    html_text(ladder->out, rest);
    fputs("</title>", ladder->out);
}

/* What Windows logs for an alert stands behind it. */
static void step_text(char text[STEP_TEXT], const struct facts *facts, const struct step *step)
{
    report_step_text(text, STEP_TEXT, facts, step);
    const char *windows = step->what == STEP_ALERT ? names_alert_sec_e(step->b) : NULL;
    if (windows != NULL) {
        struct phrase phrase = {text, STEP_TEXT, strlen(text), false};
        phrase_add(&phrase, " · SEC_E %s", windows);
    }
}

static void write_step(struct ladder *ladder, const struct step *step)
{
    FILE *out = ladder->out;
    const struct html_drawing *drawing = ladder->drawing;
    uint64_t frame = step->at.frame;
    bool cited = is_cited(drawing->argument, frame);
    char text[STEP_TEXT], whole[STEP_TEXT], time[LADDER_TIME];
    step_text(text, drawing->facts, step);
    memcpy(whole, text, sizeof(whole));
    bool cut = shorten(text);
    ladder_time(time, drawing->facts, step);
    fprintf(out, "<g class=\"step %s%s\"", class_of(step), cited ? " cited" : "");
    if (frame != ladder->last) {
        fprintf(out, " id=\"c%" PRIu64 "f%" PRIu64 "\"", drawing->number, frame);
    }
    fprintf(out, " transform=\"translate(0 %d)\">", ladder->y);
    write_title(ladder, step, cut ? whole : "");
    fprintf(out, "<rect class=\"spot\" y=\"-2\" width=\"%d\" height=\"%d\" rx=\"4\" />", (int)WIDTH,
            (int)ROW - 2);
    if (cited) {
        fprintf(out, "<circle class=\"dot\" cx=\"8\" cy=\"%d\" r=\"3\" />", (int)ARROW);
    }
    fprintf(out, "<text class=\"frame\" x=\"%d\" y=\"%d\">#%" PRIu64 "</text>", CLIENT_LINE - 14,
            ARROW + 4, frame);
    write_arrow(ladder, step);
    fprintf(out, "<text class=\"say\" x=\"%d\" y=\"%d\">", (int)MIDDLE, (int)BASE);
    html_text(out, text);
    fprintf(out, "</text><text class=\"clock\" x=\"%d\" y=\"%d\">%s</text></g>\n", SERVER_LINE + 14,
            ARROW + 4, time);
    ladder->last = frame;
    ladder->y += ROW;
}

static void write_pause(struct ladder *ladder, int64_t passed)
{
    fprintf(ladder->out,
            "<text class=\"pause\" x=\"%d\" y=\"%d\">%" PRId64 ".%03d s later</text>\n",
            (int)MIDDLE, ladder->y + 12, passed / 1000, (int)(passed % 1000));
    ladder->y += PAUSE;
}

static void write_head(const struct ladder *ladder, int high)
{
    static const struct {
        const char *title, *anchor;
        int x;
    } side[SPEAKERS] = {[CLIENT] = {"client", "start", CLIENT_LINE - 8},
                        [SERVER] = {"server", "end", SERVER_LINE + 8}};
    FILE *out = ladder->out;
    for (int i = 0; i < SPEAKERS; i++) {
        char address[REPORT_ADDRESS];
        report_address(address, &ladder->drawing->facts->address[i], 0);
        fprintf(out,
                "<text class=\"who\" text-anchor=\"%s\" x=\"%d\" y=\"14\">%s</text>"
                "<text class=\"where\" text-anchor=\"%s\" x=\"%d\" y=\"29\">",
                side[i].anchor, side[i].x, side[i].title, side[i].anchor, side[i].x);
        html_text(out, address);
        fputs("</text>", out);
    }
    fprintf(out, "<path class=\"life\" d=\"M%d 37V%d\" /><path class=\"life\" d=\"M%d 37V%d\" />\n",
            (int)CLIENT_LINE, high - 4, (int)SERVER_LINE, high - 4);
}

void html_ladder(FILE *out, const struct html_drawing *drawing)
{
    const struct facts *facts = drawing->facts;
    struct ladder ladder = {.out = out, .drawing = drawing, .y = HEAD};
    ladder_choose(ladder.hidden, facts, drawing->verbose);
    int high = height(&ladder);
    fprintf(out,
            "<svg class=\"ladder\" viewBox=\"0 0 %d %d\" role=\"group\" "
            "aria-label=\"Ladder of the connection\">",
            (int)WIDTH, high);
    write_head(&ladder, high);
    for (size_t i = 0; i < steps_kept(facts); i++) {
        if (ladder.hidden[i]) {
            continue;
        }
        int64_t passed = pause_before(&ladder, i);
        if (passed > 0) {
            write_pause(&ladder, passed);
        }
        write_step(&ladder, &facts->step[i]);
    }
    if (facts->steps_omitted > 0) {
        fprintf(out, "<text class=\"pause\" x=\"%d\" y=\"%d\">%u further steps</text>", (int)MIDDLE,
                ladder.y + 12, (unsigned)facts->steps_omitted);
    }
    fputs("</svg>\n", out);
}
