#include "report/html/html_chart.h"

#include "report/html/html.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    CAUSES = 20,  /* bars; the rest is counted together */
    SERVERS = 12, /* of a hundred servers, the first ones are where to begin */
    REASONS = 3,  /* causes that stand below a server */
    LINE = 320
};

/* ---- how it went ---- */

void html_outcome(FILE *out, const struct totals *totals)
{
    const struct {
        const char *name, *title;
        uint64_t count;
    } part[] = {{"failed", "failed", totals->failed},
                {"established", "established", totals->established},
                {"incomplete", "incomplete", totals->incomplete},
                {"not_tls", "no TLS", totals->not_tls}};
    enum { PARTS = sizeof(part) / sizeof(part[0]) };
    uint64_t whole = 0, before = 0;
    for (size_t i = 0; i < PARTS; i++) {
        whole += part[i].count;
    }
    fputs("<svg class=\"outcome\" aria-hidden=\"true\">", out);
    for (size_t i = 0; i < PARTS; i++) {
        fprintf(out, "<rect class=\"%s\" x=\"%.3f%%\" width=\"%.3f%%\" height=\"100%%\" />",
                part[i].name, html_percent(before, whole), html_percent(part[i].count, whole));
        before += part[i].count;
    }
    fputs("</svg>\n<ul class=\"key\">", out);
    for (size_t i = 0; i < PARTS; i++) {
        if (part[i].count > 0) {
            fprintf(out,
                    "<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"%s\" "
                    "width=\"10\" height=\"10\" rx=\"3\" /></svg><b>%" PRIu64 "</b> %s</li>",
                    part[i].name, part[i].count, part[i].title);
        }
    }
    fputs("</ul>\n", out);
}

/* ---- bars ---- */

static void begin_chart(FILE *out, const char *title, const char *id)
{
    fprintf(out,
            "<section class=\"card\" aria-labelledby=\"%s\"><h3 id=\"%s\">%s</h3>"
            "<table class=\"chart\"><tbody>\n",
            id, id, title);
}

static void end_chart(FILE *out)
{
    fputs("</tbody></table></section>\n", out);
}

/* `filter`: what the table of connections is asked for; NULL: nothing. */
static void write_bar(FILE *out, const char *label, const char *filter, const char *remark,
                      double percent, uint64_t count)
{
    fprintf(out, "<tr%s><th scope=\"row\"><span", filter == NULL ? " class=\"rest\"" : "");
    if (filter != NULL) {
        fputs(" data-filter=\"", out);
        html_text(out, filter);
        fputs("\"", out);
    }
    fputs(">", out);
    html_text(out, label);
    fputs("</span>", out);
    if (remark != NULL && remark[0] != '\0') {
        html_element(out, "small", remark);
    }
    fprintf(out,
            "</th><td><svg class=\"bar\" aria-hidden=\"true\"><rect width=\"%.2f%%\" "
            "height=\"10\" rx=\"3\" /></svg></td><td class=\"number\">%" PRIu64 "</td></tr>\n",
            percent < 0.6   ? 0.6
            : percent < 100 ? percent
                            : 100,
            count);
}

void html_chart_causes(FILE *out, const struct html_cause *causes, size_t count)
{
    uint64_t most = count > 0 ? causes[0].count : 0, rest = 0;
    begin_chart(out, "Failures by cause", "by-cause");
    for (size_t i = 0; i < count; i++) {
        const struct cause *cause = causes[i].cause;
        if (i >= CAUSES) {
            rest += causes[i].count;
            continue;
        }
        const char *id = cause != NULL ? cause->id : "unknown";
        write_bar(out, id, id, cause != NULL ? cause->title : "the capture shows no known cause",
                  html_percent(causes[i].count, most), causes[i].count);
    }
    if (rest > 0) {
        write_bar(out, "other causes", NULL, NULL, html_percent(rest, most), rest);
    }
    end_chart(out);
}

/* ---- servers ---- */

struct server_bar {
    const struct tally_group *group; /* its most frequent one */
    uint64_t count;
};

/* Adds groups of one server up; returns how many servers there are. */
static size_t add_up(struct server_bar *bars, const struct tally_group *groups, size_t count)
{
    size_t servers = 0;
    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < servers && !tally_same_end(bars[j].group, &groups[i])) {
            j++;
        }
        if (j == servers) {
            bars[servers++] = (struct server_bar){&groups[i], 0};
        }
        bars[j].count += groups[i].count;
    }
    return servers;
}

static int more_failures(const void *left, const void *right)
{
    const struct server_bar *one = left, *other = right;
    if (one->count != other->count) {
        return one->count > other->count ? -1 : 1;
    }
    return one->group->since < other->group->since ? -1 : one->group->since > other->group->since;
}

/* "version.server_too_old 3, hello.reset 1": what failed there most often. */
static void reasons_text(char text[LINE], const struct server_bar *bar,
                         const struct tally_group *groups, size_t count)
{
    struct phrase phrase = phrase_in(text, LINE);
    size_t written = 0;
    for (size_t i = 0; i < count && written <= REASONS; i++) {
        if (!tally_same_end(bar->group, &groups[i])) {
            continue;
        }
        if (written == REASONS) {
            phrase_add(&phrase, " and others");
        } else {
            const struct cause *cause = groups[i].cause;
            phrase_add(&phrase, "%s%s %" PRIu64, written > 0 ? ", " : "",
                       cause != NULL ? cause->id : "unknown", groups[i].count);
        }
        written++;
    }
}

static void write_servers(FILE *out, const struct server_bar *bars, size_t servers,
                          const struct tally_group *groups, size_t count, uint64_t beyond)
{
    uint64_t rest = beyond, most = servers > 0 ? bars[0].count : 0;
    for (size_t i = 0; i < servers; i++) {
        if (i >= SERVERS) {
            rest += bars[i].count;
            continue;
        }
        char address[REPORT_ADDRESS], reasons[LINE];
        report_address(address, &bars[i].group->address, bars[i].group->port);
        reasons_text(reasons, &bars[i], groups, count);
        write_bar(out, address, address, reasons, html_percent(bars[i].count, most), bars[i].count);
    }
    if (rest > 0) {
        write_bar(out, "other servers", NULL, NULL, html_percent(rest, most), rest);
    }
}

void html_chart_servers(FILE *out, struct tally *tally)
{
    const struct tally_group *groups = NULL;
    uint64_t beyond = 0;
    size_t count = tally_groups(tally, &groups, &beyond);
    struct server_bar *bars = calloc(count + 1, sizeof(bars[0]));
    if (bars == NULL) {
        return;
    }
    size_t servers = add_up(bars, groups, count);
    qsort(bars, servers, sizeof(bars[0]), more_failures);
    begin_chart(out, "Failures by server", "by-server");
    write_servers(out, bars, servers, groups, count, beyond);
    end_chart(out);
    free(bars);
}
