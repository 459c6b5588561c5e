/* How it went, in a phrase: a connection of which there is nothing to explain, and a whole run. */
#include "names.h"
#include "report/phrase.h"
#include "report/report.h"

#include <inttypes.h>
#include <string.h>

static void add_name(struct phrase *phrase, const char *name)
{
    phrase_add(phrase, "%s%s", phrase->length > 0 ? ", " : "", name);
}

/* "TLS 1.2, ECDHE_RSA_WITH_AES_128_GCM_SHA256, x25519, h2, resumed" */
static void negotiated_text(struct phrase *phrase, const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    uint16_t version = report_negotiated(facts);
    char name[NAMES_TEXT_MAX];
    if (version != 0) {
        names_version_text(name, version);
        add_name(phrase, name);
    }
    if (hello != NULL && hello->suite != 0xffff) {
        names_suite_text(name, hello->suite);
        add_name(phrase, strncmp(name, "TLS_", 4) == 0 ? name + 4 : name);
    }
    if (facts->group != 0) {
        names_group_text(name, facts->group);
        add_name(phrase, name);
    }
    if (hello != NULL && hello->alpn != NULL && hello->alpn[0] != '\0') {
        add_name(phrase, hello->alpn);
    }
    if (facts->resumed) {
        add_name(phrase, "resumed");
    }
}

void report_outcome(char *text, size_t size, const struct connection *connection)
{
    struct phrase written = phrase_in(text, size), *phrase = &written;
    const struct verdict *verdict = connection->verdict;
    const char *hole = report_hole(connection->facts);
    switch (verdict->status) {
    case STATUS_ESTABLISHED:
        negotiated_text(phrase, connection->facts);
        if (phrase->length == 0) {
            phrase_add(phrase, "established");
        }
        break;
    case STATUS_INCOMPLETE:
        if (verdict->argument.summary[0] != '\0') {
            phrase_add(phrase, "incomplete: %s", verdict->argument.summary);
        } else {
            phrase_add(phrase, "incomplete: %s",
                       hole != NULL ? hole : "the capture does not show how it ended");
        }
        break;
    case STATUS_NOT_TLS:
        phrase_add(phrase, "no TLS");
        if (connection->facts->application != NULL) {
            phrase_add(phrase, ", %s", connection->facts->application);
        }
        break;
    case STATUS_FAILED:
        phrase_add(phrase, "failed: the capture shows no known cause");
        break;
    }
}

/* ---- a whole run ---- */

static void add_part(struct phrase *phrase, uint64_t count, const char *text)
{
    if (count > 0) {
        phrase_add(phrase, "%s%" PRIu64 " %s", phrase->length > 0 ? ", " : "", count, text);
    }
}

void report_counts(char *text, size_t size, const struct totals *totals)
{
    struct phrase written = phrase_in(text, size), *phrase = &written;
    uint64_t handshakes = totals->established + totals->failed + totals->incomplete;
    if (handshakes == 0) {
        phrase_add(phrase, "no TLS handshake in %" PRIu64 " packet%s", totals->packets,
                   totals->packets == 1 ? "" : "s");
    } else {
        phrase_add(phrase, "%" PRIu64 " handshake%s: ", handshakes, handshakes == 1 ? "" : "s");
        phrase_add(phrase, "%" PRIu64 " established, %" PRIu64 " failed", totals->established,
                   totals->failed);
        if (totals->incomplete > 0) {
            phrase_add(phrase, ", %" PRIu64 " incomplete", totals->incomplete);
        }
    }
    if (totals->not_tls > 0) {
        phrase_add(phrase, "; %" PRIu64 " connection%s to a TLS port without TLS", totals->not_tls,
                   totals->not_tls == 1 ? "" : "s");
    }
}

void report_confession(char *text, size_t size, const struct totals *totals)
{
    struct phrase phrase = phrase_in(text, size);
    add_part(&phrase, totals->dropped, "packets lost by the kernel or the interface");
    add_part(&phrase, totals->cut_packets, "packets cut by the snap length");
    add_part(&phrase, totals->broken_packets, "broken packets");
    add_part(&phrase, totals->fragments, "IP fragments not put together");
    add_part(&phrase, totals->evicted, "connections given up for lack of room");
    add_part(&phrase, totals->forgotten,
             "half-open or plain connections forgotten for lack of room");
    add_part(&phrase, totals->unwatched, "connections or packets not looked at for lack of memory");
    add_part(&phrase, totals->streams_overflowed, "streams of which bytes were given up");
}
