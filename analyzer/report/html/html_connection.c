#include "report/html/html_connection.h"

#include "names.h"
#include "report/html/html.h"
#include "report/html/html_chain.h"
#include "report/html/html_ladder.h"
#include "report/html/html_offers.h"
#include "report/phrase.h"
#include "report/remedies.h"

#include <inttypes.h>
#include <string.h>

enum {
    TEXT = 1024, /* bytes of one text that is put together here */
    LONG = 22    /* letters of an address that may be broken: IPv4 with port has 21 at most */
};

void html_begin_table(FILE *out)
{
    fputs("<section id=\"connections\" aria-labelledby=\"connections-title\">\n"
          "<h2 id=\"connections-title\">Connections</h2>\n"
          "<table class=\"table\"><thead><tr><th scope=\"col\">Status</th>"
          "<th scope=\"col\">Began (UTC)</th><th scope=\"col\">Client</th>"
          "<th scope=\"col\">Server</th><th scope=\"col\">Name</th><th scope=\"col\">Version</th>"
          "<th scope=\"col\">Cause</th><th scope=\"col\">Sure</th></tr></thead>\n",
          out);
}

void html_end_table(FILE *out)
{
    fputs("</table>\n", out);
}

/* ---- the line ---- */

static void write_status(FILE *out, const struct verdict *verdict)
{
    const char *name = diagnose_status_name(verdict->status);
    bool doubted = verdict->status == STATUS_ESTABLISHED && verdict->cause != NULL;
    fprintf(out, "<td><span class=\"pill %s\">", doubted ? "doubted" : name);
    fprintf(out, "%s</span></td>", verdict->status == STATUS_NOT_TLS ? "no TLS" : name);
}

static void write_time(FILE *out, int64_t nanoseconds)
{
    int64_t seconds = nanoseconds / 1000000000 - (nanoseconds % 1000000000 < 0);
    char text[REPORT_TIME];
    report_time(text, seconds, (nanoseconds - seconds * 1000000000) / 1000);
    const char *clock = strchr(text, 'T');
    if (clock == NULL) {
        html_element(out, "td", text);
        return;
    }
    fprintf(out, "<td><time datetime=\"%s\">%.*s <b>%.12s</b></time></td>", text,
            (int)(clock - text), text, clock + 1);
}

static void write_address(FILE *out, const struct facts *facts, enum speaker speaker)
{
    char text[REPORT_ADDRESS];
    report_address(text, &facts->address[speaker], facts->port[speaker]);
    html_element(out, strlen(text) >= LONG ? "td class=\"address long\"" : "td class=\"address\"",
                 text);
}

static void write_line(FILE *out, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    uint16_t version = report_negotiated(facts);
    char name[NAMES_TEXT_MAX] = "";
    if (version != 0) {
        names_version_text(name, version);
    }
    fputs("<tr class=\"line\">", out);
    write_status(out, verdict);
    write_time(out, facts->first.time);
    write_address(out, facts, CLIENT);
    write_address(out, facts, SERVER);
    html_name(out, "td", hello != NULL ? hello->server_name : NULL);
    html_element(out, "td", name);
    const char *unknown = verdict->status == STATUS_FAILED ? "unknown" : "";
    html_element(out, "td class=\"cause\"", verdict->cause != NULL ? verdict->cause->id : unknown);
    html_element(out, "td class=\"sure\"",
                 verdict->cause != NULL ? diagnose_confidence_name(verdict->confidence) : "");
    fputs("</tr>\n", out);
}

/* ---- why, and what to do ---- */

static void begin_block(FILE *out, const char *title)
{
    fputs("<section>", out);
    html_element(out, "h3", title);
}

static void write_why(FILE *out, const struct html_drawing *drawing)
{
    const struct argument *argument = drawing->argument;
    if (argument == NULL || argument->count == 0) {
        return;
    }
    begin_block(out, "Why");
    fputs("<ul class=\"why\">", out);
    for (size_t i = 0; i < argument->count && i < ARGUMENT_ITEMS; i++) {
        uint64_t frame = argument->item[i].frame;
        fputs("<li>", out);
        if (frame != 0 && html_ladder_shows(drawing, frame)) {
            fprintf(out, "<a href=\"#c%" PRIu64 "f%" PRIu64 "\">#%" PRIu64 "</a> ", drawing->number,
                    frame, frame);
        } else if (frame != 0) {
            fprintf(out, "#%" PRIu64 " ", frame);
        }
        html_text(out, argument->item[i].text);
        fputs("</li>", out);
    }
    fputs("</ul></section>\n", out);
}

static void write_remedies(FILE *out, const struct remedy *remedies)
{
    if (remedies == NULL || remedies[0].platform == NULL) {
        return;
    }
    begin_block(out, "What helps");
    fputs("<dl class=\"fixes\">", out);
    for (size_t i = 0; i < REMEDIES && remedies[i].platform != NULL; i++) {
        html_element(out, "dt", remedies_platform(remedies[i].platform));
        html_element(out, "dd", remedies[i].text);
    }
    fputs("</dl></section>\n", out);
}

/* Commands are there to be copied. */
static void write_try(FILE *out, const struct facts *facts)
{
    char command[TEXT];
    report_reproduce(command, sizeof(command), facts);
    if (command[0] != '\0') {
        begin_block(out, "Try");
        html_element(out, "code class=\"try\"", command);
        fputs("</section>\n", out);
    }
}

static void write_alternatives(FILE *out, const struct verdict *verdict)
{
    if (verdict->alternatives == 0) {
        return;
    }
    begin_block(out, "Or");
    fputs("<ul class=\"or\">", out);
    for (size_t i = 0; i < verdict->alternatives && i < VERDICT_ALTERNATIVES; i++) {
        const struct alternative *other = &verdict->alternative[i];
        fputs("<li>", out);
        html_element(out, "code", other->cause->id);
        html_element(out, "span class=\"pill\"", diagnose_confidence_name(other->confidence));
        fputs(" ", out);
        html_text(out, other->summary);
        fputs("</li>", out);
    }
    fputs("</ul></section>\n", out);
}

static void write_unseen(FILE *out, const struct facts *facts)
{
    const char *sentence[REPORT_UNSEEN];
    size_t count = report_unseen(sentence, facts);
    if (count == 0) {
        return;
    }
    begin_block(out, "What could not be seen");
    fputs("<ul class=\"unseen\">", out);
    for (size_t i = 0; i < count; i++) {
        html_element(out, "li", sentence[i]);
    }
    fputs("</ul></section>\n", out);
}

static void write_warnings(FILE *out, const struct verdict *verdict)
{
    if (verdict->warnings == 0) {
        return;
    }
    begin_block(out, "Also");
    fputs("<ul class=\"also\">", out);
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        fputs("<li>", out);
        html_element(out, "code", verdict->warning[i].code);
        fputs(" ", out);
        html_text(out, verdict->warning[i].text);
        fputs("</li>", out);
    }
    fputs("</ul></section>\n", out);
}

/* ---- what it was ---- */

static void write_fact(FILE *out, const char *title, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        html_element(out, "dt", title);
        html_name(out, "dd", text);
    }
}

static void write_span(FILE *out, const struct facts *facts)
{
    int64_t passed = facts->last.time - facts->first.time;
    int64_t microseconds = passed > 0 ? passed / 1000 : 0;
    fprintf(out, "<dt>Packets</dt><dd>#%" PRIu64 " to #%" PRIu64 ", %" PRId64 ".%06d s</dd>",
            facts->first.frame, facts->last.frame, microseconds / 1000000,
            (int)(microseconds % 1000000));
}

static void write_about(FILE *out, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct offer *offer = facts->client_hello[0].offer;
    const struct preface *preface = facts->preface;
    char size[TEXT] = "";
    if (hello != NULL && hello->length > 0) {
        struct phrase phrase = phrase_in(size, sizeof(size));
        phrase_add(&phrase, "%u bytes%s", (unsigned)hello->length,
                   hello->early_data ? ", with early data" : "");
    }
    begin_block(out, "Connection");
    fputs("<dl class=\"about\">", out);
    write_fact(out, "Capture", connection->input);
    write_span(out, facts);
    write_fact(out, "Before TLS",
               preface != NULL ? preface_title((enum preface_protocol)preface->protocol) : NULL);
    write_fact(out, "ClientHello", size);
    write_fact(out, "JA4", offer != NULL ? offer->ja4 : NULL);
    write_fact(out, "JA3", offer != NULL ? offer->ja3 : NULL);
    write_fact(out, "JA3S", facts->server_hello != NULL ? facts->server_hello->ja3s : NULL);
    write_fact(out, "Application", facts->application);
    fputs("</dl></section>\n", out);
}

static void write_chains(FILE *out, const struct connection *connection)
{
    static const char *const titles[SPEAKERS] = {
        [CLIENT] = "The client’s certificates", [SERVER] = "The server’s certificates"};
    static const enum speaker order[SPEAKERS] = {SERVER, CLIENT};
    for (size_t i = 0; i < SPEAKERS; i++) {
        if (html_chain_seen(connection->facts, order[i])) {
            fputs("<section class=\"wide\">", out);
            html_element(out, "h3", titles[order[i]]);
            html_chain(out, connection, order[i]);
            fputs("</section>\n", out);
        }
    }
}

/* ---- all of it ---- */

static void write_body(FILE *out, const struct connection *connection,
                       const struct html_place *place)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    bool explained = verdict->cause != NULL;
    struct html_drawing drawing = {facts, explained ? &verdict->argument : NULL, place->number,
                                   place->verbose};
    fputs("<div class=\"body\">\n<div class=\"blocks\">\n<figure class=\"drawing\">", out);
    html_ladder(out, &drawing);
    fputs("</figure>\n", out);
    write_why(out, &drawing);
    write_unseen(out, facts);
    write_alternatives(out, verdict);
    write_warnings(out, verdict);
    fputs("</div>\n<div class=\"blocks\">\n", out);
    if (explained) {
        write_remedies(out, diagnose_remedies(verdict));
    }
    if (explained || verdict->status == STATUS_FAILED) {
        write_try(out, facts);
    }
    write_about(out, connection);
    fputs("</div>\n", out);
    if (facts_client_hello(facts) != NULL) {
        fputs("<section class=\"wide\"><h3>Offers</h3>", out);
        html_offers(out, facts);
        fputs("</section>\n", out);
    }
    write_chains(out, connection);
    fputs("</div>\n", out);
}

void html_connection(FILE *out, const struct connection *connection, const struct html_place *place)
{
    const struct verdict *verdict = connection->verdict;
    const char *status = diagnose_status_name(verdict->status);
    char outcome[TEXT];
    report_outcome(outcome, sizeof(outcome), connection);
    bool told = verdict->cause != NULL && verdict->argument.summary[0] != '\0';
    fprintf(out, "<tbody class=\"connection %s\" id=\"c%" PRIu64 "\" data-status=\"%s\">\n", status,
            place->number, status);
    write_line(out, connection);
    fprintf(out, "<tr class=\"more\"><td colspan=\"8\"><details%s>",
            place->open ? " open=\"open\"" : "");
    html_element(out, "summary", told ? verdict->argument.summary : outcome);
    write_body(out, connection, place);
    fputs("</details></td></tr>\n</tbody>\n", out);
}
