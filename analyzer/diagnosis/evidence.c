/* Evidence that many causes cite alike. */
#include "diagnosis/evidence.h"

#include "names.h"

#include <string.h>

enum { VERSIONS = 6 };

/* In the order of server.selected. */
static const uint16_t VERSION_CODES[VERSIONS] = {0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304};

bool evidence_refusal(struct refusal *refusal, const struct question *question)
{
    memset(refusal, 0, sizeof *refusal);
    refusal->facts = question->facts;
    refusal->server = question->server;
    refusal->hello = facts_client_hello(question->facts);
    refusal->ending = signs_ending(question->facts);
    if (refusal->hello == NULL || refusal->hello->incomplete || refusal->hello->offer == NULL ||
        !signs_hello_unanswered(question->facts)) {
        return false;
    }
    refusal->offer = refusal->hello->offer;
    const struct ending *ending = &refusal->ending;
    refusal->alert = ending->kind == ENDING_ALERT && ending->by == SERVER;
    refusal->silent =
        ending->kind == ENDING_NONE ||
        (ending->by == SERVER && (ending->kind == ENDING_FIN || ending->kind == ENDING_RESET));
    /* The server did speak, but not TLS: that is another matter. */
    if (refusal->silent && question->facts->transport.side[SERVER].bytes > 0 &&
        question->facts->cleartext[SERVER] != NULL) {
        return false;
    }
    return refusal->alert || refusal->silent;
}

void evidence_ending(struct argument *argument, const struct ending *ending)
{
    const char *who = ending->by == CLIENT ? "client" : "server";
    char name[NAMES_TEXT_MAX];
    switch (ending->kind) {
    case ENDING_ALERT:
        names_alert_text(name, ending->code);
        argument_cite(argument, ending->at, "the %s ends it with the alert %s (%u)", who, name,
                      (unsigned)ending->code);
        break;
    case ENDING_SEALED:
        argument_cite(argument, ending->at, "the %s sends an encrypted record of an alert's size",
                      who);
        break;
    case ENDING_FIN:
        argument_cite(argument, ending->at, "the %s closes the connection without an alert", who);
        break;
    case ENDING_RESET:
        argument_cite(argument, ending->at, "the %s resets the connection without an alert", who);
        break;
    case ENDING_NONE:
        argument_cite(argument, (struct moment){0, 0}, "nothing more was seen of either side");
        break;
    }
}

struct company evidence_company(const struct question *question, uint16_t version)
{
    struct company company = {0, 0, 0, 0};
    const struct server *server = question->server;
    const struct server_hello_facts *own = question->facts->server_hello;
    if (server == NULL) {
        return company;
    }
    for (size_t i = 0; i < VERSIONS; i++) {
        uint32_t count = server->selected[i];
        if (count > 0 && own != NULL && own->version == VERSION_CODES[i]) {
            count--;
        }
        if (count == 0) {
            continue;
        }
        company.below += VERSION_CODES[i] < version ? count : 0;
        company.at_least += VERSION_CODES[i] >= version ? count : 0;
        company.highest = VERSION_CODES[i];
        company.lowest = company.lowest == 0 ? VERSION_CODES[i] : company.lowest;
    }
    return company;
}

void evidence_cite_company(struct argument *argument, const struct company *company)
{
    uint32_t count = company->below + company->at_least;
    char lowest[NAMES_TEXT_MAX];
    char highest[NAMES_TEXT_MAX];
    if (count == 0) {
        return;
    }
    names_version_text(lowest, company->lowest);
    names_version_text(highest, company->highest);
    const char *plural = count == 1 ? "" : "s";
    const char *were = count == 1 ? "was" : "were";
    if (company->lowest == company->highest) {
        argument_cite(argument, (struct moment){0, 0},
                      "%u other client%s of this server %s given %s, none another version",
                      (unsigned)count, plural, were, highest);
    } else {
        argument_cite(argument, (struct moment){0, 0},
                      "%u other client%s of this server %s given %s to %s", (unsigned)count, plural,
                      were, lowest, highest);
    }
}
