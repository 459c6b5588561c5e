/* The report for who reads Zeek's logs: ssl.log as tab-separated text, with Zeek's names and types
 * for what both know, and four columns of our own behind them: status, cause, confidence, reason.
 *
 * What differs, as it must: the client is who sent the ClientHello, and stands where Zeek has who
 * opened the connection; a connection that never came to TLS has a line, too; `established` and
 * `resumed` are unset where the capture does not show it; uid is made of the connection's ends and
 * its first packet's time and number, so that it is the same in every run, and another one than
 * Zeek's. #open and #close tell the capture's time, in UTC.
 */
#define _POSIX_C_SOURCE 200809L /* ftello() */

#include "names.h"
#include "report/digest.h"
#include "report/phrase.h"
#include "report/report.h"
#include "report/zeek_history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { UID = 20, CODE_SEALED = 255, DIGITS = 62 };

struct report {
    FILE *out;
    bool begun;   /* the head is written */
    int64_t last; /* the latest time seen, nanoseconds since 1970 */
};

static const struct {
    const char *name, *type;
} columns[] = {
    {"ts", "time"},
    {"uid", "string"},
    {"id.orig_h", "addr"},
    {"id.orig_p", "port"},
    {"id.resp_h", "addr"},
    {"id.resp_p", "port"},
    {"version", "string"},
    {"cipher", "string"},
    {"curve", "string"},
    {"server_name", "string"},
    {"resumed", "bool"},
    {"last_alert", "string"},
    {"next_protocol", "string"},
    {"established", "bool"},
    {"ssl_history", "string"},
    {"cert_chain_fps", "vector[string]"},
    {"client_cert_chain_fps", "vector[string]"},
    {"sni_matches_cert", "bool"},
    {"status", "string"},
    {"cause", "string"},
    {"confidence", "string"},
    {"reason", "string"},
};

/* ---- the log's syntax ---- */

/* "2026-11-21-20-41-00" */
static void write_time(FILE *out, const char *word, int64_t nanoseconds)
{
    char text[REPORT_TIME];
    report_time(text, nanoseconds / 1000000000, -1);
    text[strcspn(text, "Z")] = '\0';
    for (char *mark = text; *mark != '\0'; mark++) {
        *mark = *mark == 'T' || *mark == ':' ? '-' : *mark;
    }
    fprintf(out, "#%s\t%s\n", word, text);
}

static void write_head(struct report *report, int64_t time)
{
    FILE *out = report->out;
    size_t count = sizeof(columns) / sizeof(columns[0]);
    fputs("#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
          "#path\tssl\n",
          out);
    write_time(out, "open", time);
    fputs("#fields", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "\t%s", columns[i].name);
    }
    fputs("\n#types", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "\t%s", columns[i].type);
    }
    fputc('\n', out);
    report->begun = true;
    report->last = time;
}

/* A string's value, behind a tab. What would be read as something else is written as \xNN, as Zeek
 * does: control characters, bytes that are no UTF-8, the first byte of a text that looks like an
 * unset or empty field; and a backslash is doubled. NULL: unset. */
static void write_text(FILE *out, const char *text)
{
    fputc('\t', out);
    if (text == NULL) {
        fputc('-', out);
        return;
    }
    if (text[0] == '\0') {
        fputs("(empty)", out);
        return;
    }
    bool special = strcmp(text, "-") == 0 || strcmp(text, "(empty)") == 0;
    for (const char *at = text; *at != '\0';) {
        size_t length = phrase_character(at);
        if (length == 0 || (special && at == text)) {
            fprintf(out, "\\x%02x", (unsigned)(unsigned char)*at);
            at++;
        } else if (*at == '\\') {
            fputs("\\\\", out);
            at++;
        } else {
            fwrite(at, 1, length, out);
            at += length;
        }
    }
}

/* NULL where it is not known, else whether it holds. */
static const char *flag(bool known, bool holds)
{
    return !known ? NULL : holds ? "T" : "F";
}

/* ---- what the columns hold ---- */

static void write_ends(FILE *out, const struct facts *facts)
{
    for (int side = 0; side < SPEAKERS; side++) {
        char address[REPORT_ADDRESS];
        report_address(address, &facts->address[side], 0);
        fprintf(out, "\t%s\t%u", address, (unsigned)facts->port[side]);
    }
}

/* "C" and the digits of a number with the base 62, as Zeek's look. */
static void write_uid(FILE *out, const struct facts *facts)
{
    static const char digits[DIGITS + 1] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char text[2 * REPORT_ADDRESS + 64], client[REPORT_ADDRESS], server[REPORT_ADDRESS];
    struct phrase phrase = phrase_in(text, sizeof(text));
    report_address(client, &facts->address[CLIENT], facts->port[CLIENT]);
    report_address(server, &facts->address[SERVER], facts->port[SERVER]);
    phrase_add(&phrase, "%s %s %" PRId64 " %" PRIu64, client, server, facts->first.time,
               facts->first.frame);
    struct digest digest = digest_of(text);
    char uid[UID] = "C";
    size_t length = 1;
    for (size_t word = 0; word < 2; word++) {
        for (uint64_t rest = digest.word[word]; length < (word == 0 ? 10 : UID - 2);
             rest /= DIGITS) {
            uid[length++] = digits[rest % DIGITS];
        }
    }
    write_text(out, uid);
}

/* "TLSv12", "SSLv3", "TLSv13-draft23": of the ServerHello. */
static void write_version(FILE *out, const struct server_hello_facts *hello)
{
    static const struct {
        uint16_t code;
        const char *name;
    } rows[] = {
        {0x0304, "TLSv13"},  {0x0303, "TLSv12"},  {0x0302, "TLSv11"},
        {0x0301, "TLSv10"},  {0x0300, "SSLv3"},   {0x0002, "SSLv2"},
        {0xfefc, "DTLSv13"}, {0xfefd, "DTLSv12"}, {0xfeff, "DTLSv10"},
    };
    const char *name = NULL;
    for (size_t i = 0; hello != NULL && i < sizeof(rows) / sizeof(rows[0]); i++) {
        name = rows[i].code == hello->version ? rows[i].name : name;
    }
    char text[NAMES_TEXT_MAX];
    struct phrase phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "%s", name != NULL ? name : "");
    if (name != NULL && hello->draft >> 8 == 0x7f) { /* RFC 8446, appendix of its drafts */
        phrase_add(&phrase, "-draft%02u", (unsigned)hello->draft & 0xff);
    }
    write_text(out, name != NULL ? text : NULL);
}

static void write_chosen(FILE *out, const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    char suite[NAMES_TEXT_MAX], group[NAMES_TEXT_MAX];
    names_suite_text(suite, hello != NULL ? hello->suite : 0);
    names_group_text(group, facts->group);
    write_version(out, hello);
    write_text(out, hello != NULL && hello->suite != 0xffff ? suite : NULL);
    write_text(out, facts->group != 0 ? group : NULL);
}

/* The last alert that came in clear. */
static void write_alert(FILE *out, const struct facts *facts)
{
    char text[NAMES_TEXT_MAX];
    const struct alert_facts *last = NULL;
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        last = alert->code != CODE_SEALED && !alert->sealed ? alert : last;
    }
    if (last != NULL) {
        const char *name = names_alert(last->code);
        struct phrase phrase = phrase_in(text, sizeof(text));
        phrase_add(&phrase, name != NULL ? "%s" : "unknown-%s", name != NULL ? name : "");
        if (name == NULL) {
            phrase_add(&phrase, "%u", (unsigned)last->code);
        }
    }
    write_text(out, last != NULL ? text : NULL);
}

/* The certificates' digests; "(empty)" for a message without any. */
static void write_chain(FILE *out, const struct chain *chain)
{
    if (chain == NULL || (chain->count == 0 && chain->malformed)) {
        write_text(out, NULL);
        return;
    }
    if (chain->count == 0) {
        write_text(out, "");
        return;
    }
    for (size_t i = 0; i < chain->count; i++) {
        fputc(i == 0 ? '\t' : ',', out);
        for (size_t byte = 0; byte < sizeof(chain->certificates[i]->sha256); byte++) {
            fprintf(out, "%02x", (unsigned)chain->certificates[i]->sha256[byte]);
        }
    }
}

static void write_verdict(FILE *out, const struct connection *connection)
{
    const struct verdict *verdict = connection->verdict;
    const struct cause *cause = verdict->cause;
    write_text(out, diagnose_status_name(verdict->status));
    write_text(out, cause != NULL ? cause->id : NULL);
    write_text(out, cause != NULL ? diagnose_confidence_name(verdict->confidence) : NULL);
    write_text(out, cause != NULL ? verdict->argument.summary : NULL);
}

static void write_handshake(FILE *out, const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct chain *chain = facts->chain[SERVER];
    bool established = facts->established.frame != 0;
    bool named = hello != NULL && hello->server_name != NULL && chain != NULL;
    char history[ZEEK_HISTORY];
    write_chosen(out, facts);
    write_text(out, hello != NULL ? hello->server_name : NULL);
    write_text(out, flag(facts->resumption_known && facts->client_hellos > 0, facts->resumed));
    write_alert(out, facts);
    write_text(out, facts->server_hello != NULL ? facts->server_hello->alpn : NULL);
    write_text(out, flag(established || facts->client_hellos > 0 || facts->server_hello != NULL,
                         established));
    zeek_history(history, facts);
    write_text(out, history);
    write_chain(out, chain);
    write_chain(out, facts->chain[CLIENT]);
    write_text(out, flag(named && chain->name_checked, named && chain->name_fits));
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    FILE *out = report->out;
    if (!report->begun || ftello(out) == 0) { /* logrotate: a new file under the old name */
        write_head(report, facts->first.time);
    }
    report->last = facts->last.time > report->last ? facts->last.time : report->last;
    bool hello = facts->client_hello[0].at.frame != 0;
    int64_t time = hello ? facts->client_hello[0].at.time : facts->first.time;
    int64_t microseconds = time > 0 ? time / 1000 : 0;
    fprintf(out, "%" PRId64 ".%06d", microseconds / 1000000, (int)(microseconds % 1000000));
    write_uid(out, facts);
    write_ends(out, facts);
    write_handshake(out, facts);
    write_verdict(out, connection);
    fputc('\n', out);
    fflush(out); /* who follows the log shall not wait */
}

/* ---- the format ---- */

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->out = options->out;
    }
    return report;
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    if (!report->begun) {
        write_head(report, 0);
    }
    write_time(report->out, "close", report->last);
    fflush(report->out);
    free(report);
}

const struct report_format report_zeek = {"zeek", begin, connection, end, NULL, REPORT_EVERY};
