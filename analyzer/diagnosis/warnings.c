/* Warnings: what is worth saying of a connection whether it failed or not. */
#include "diagnosis/warnings.h"

#include "names.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    TLS12 = 0x0303,
    TLS13 = 0x0304,
    SECURE_DH_BITS = 2048, /* RFC 9325, section 4.4 */
    SEGMENT = 1380,        /* bytes of payload that fit one TCP segment on nearly every path */
    EXTENSION_RENEGOTIATION = 0xff01,
    SCSV_RENEGOTIATION = 0x00ff
};

/* Every code that is ever warned of, for who names codes on the command line. */
static const char *const CODES[] = {
    "certificate.expired",
    "certificate.expiring",
    "certificate.incomplete_chain",
    "certificate.malformed",
    "certificate.name_mismatch",
    "certificate.revoked",
    "certificate.self_signed",
    "certificate.weak",
    "certificate.wrong_usage",
    "cipher.no_forward_secrecy",
    "cipher.not_offered",
    "cipher.weak",
    "compression.used",
    "dh.weak",
    "hello.large",
    "renegotiation.insecure",
    "sni.missing",
    "sni.unrecognized",
    "version.below_best",
    "version.downgraded",
    "version.obsolete",
};

const char *warnings_code(size_t index)
{
    return index < sizeof CODES / sizeof CODES[0] ? CODES[index] : NULL;
}

void warnings_add(struct verdict *verdict, const char *code, const char *format, ...)
{
    bool told = verdict->cause != NULL && strcmp(verdict->cause->id, code) == 0;
    if (verdict->warnings >= VERDICT_WARNINGS || told) {
        return;
    }
    struct warning *warning = &verdict->warning[verdict->warnings++];
    warning->code = code;
    va_list values;
    va_start(values, format);
    vsnprintf(warning->text, sizeof warning->text, format, values);
    va_end(values);
}

static void warn_of_version(struct verdict *verdict, const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    char name[NAMES_TEXT_MAX];
    if (hello == NULL || hello->version == 0) {
        return;
    }
    names_version_text(name, hello->version);
    if (hello->version < TLS12) {
        warnings_add(verdict, "version.obsolete",
                     "%s is obsolete (RFC 8996): current clients and servers refuse it.", name);
    }
    const struct client_hello_facts *client = facts_client_hello(facts);
    if (hello->sentinel == SENTINEL_NONE || client == NULL || client->offer == NULL) {
        return;
    }
    uint16_t highest = facts_offer_highest(client->offer);
    if (highest > hello->version && (hello->sentinel == SENTINEL_TLS11 || highest >= TLS13)) {
        warnings_add(
            verdict, "version.downgraded",
            "The server chose %s and says in its random that it could do better, and so could the "
            "client: something between them lowered the version.",
            name);
    }
}

static void warn_of_suite(struct verdict *verdict, const struct facts *facts)
{
    if (facts->server_hello == NULL) {
        return;
    }
    const struct suite *suite = names_suite_row(facts->server_hello->suite);
    unsigned weakness = names_suite_weakness(suite);
    if (suite == NULL || weakness == 0) {
        return;
    }
    if ((weakness & SUITE_WEAK_BROKEN) != 0) {
        warnings_add(verdict, "cipher.weak", "The cipher suite %s is broken (%s).", suite->name,
                     names_weakness(weakness));
    } else if ((weakness & SUITE_WEAK_NO_FORWARD_SECRECY) != 0) {
        warnings_add(
            verdict, "cipher.no_forward_secrecy",
            "The cipher suite %s has no forward secrecy: who gets the server's key can read this.",
            suite->name);
    }
}

static bool asked_for_secure_renegotiation(const struct offer *offer)
{
    return facts_lists(offer->extensions, EXTENSION_RENEGOTIATION) ||
           facts_lists(offer->suites, SCSV_RENEGOTIATION);
}

static void warn_of_renegotiation(struct verdict *verdict, const struct facts *facts)
{
    const struct server_hello_facts *server = facts->server_hello;
    const struct client_hello_facts *client = facts_client_hello(facts);
    if (server == NULL || client == NULL || client->offer == NULL || server->version == 0 ||
        server->version >= TLS13 || server->version < 0x0300 || server->renegotiation_info) {
        return;
    }
    if (asked_for_secure_renegotiation(client->offer)) {
        warnings_add(
            verdict, "renegotiation.insecure",
            "The server does not know secure renegotiation (RFC 5746); OpenSSL 3 and others refuse "
            "such servers.");
    }
}

static void warn_of_hello(struct verdict *verdict, const struct facts *facts)
{
    const struct client_hello_facts *client = facts_client_hello(facts);
    if (client == NULL || client->incomplete) {
        return;
    }
    if (client->server_name == NULL && client->offer != NULL && client->offer->has_extensions) {
        warnings_add(verdict, "sni.missing",
                     "The client does not say which name it wants (no SNI).");
    }
    if (client->length > SEGMENT) {
        warnings_add(
            verdict, "hello.large",
            "The ClientHello has %u bytes and needs more than one segment; some boxes look at the "
            "first "
            "one only.",
            (unsigned)client->length);
    }
}

static void warn_of_alerts(struct verdict *verdict, const struct facts *facts)
{
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        if (!alert->sealed && alert->level == 1 && alert->code == 112 && alert->from == SERVER) {
            warnings_add(
                verdict, "sni.unrecognized",
                "The server warns that it does not know the name that was asked for, and goes on "
                "with "
                "another certificate.");
            return;
        }
    }
}

/* What the two could have settled on, and what was selected though nobody offered it. */
static void warn_of_choice(struct verdict *verdict, const struct facts *facts,
                           const struct server *server)
{
    const struct server_hello_facts *hello = facts->server_hello;
    const struct client_hello_facts *client = facts_client_hello(facts);
    if (hello == NULL || client == NULL || client->incomplete || hello->version == 0) {
        return;
    }
    bool known = hello->suite != UINT16_MAX && client->offer->suites.count > 0;
    if (known && !facts_lists(client->offer->suites, hello->suite)) {
        warnings_add(verdict, "cipher.not_offered",
                     "The server chose a cipher suite that the client had not offered.");
    }
    if (server != NULL && server->highest_selected > hello->version &&
        facts_offer_highest(client->offer) >= server->highest_selected) {
        char better[NAMES_TEXT_MAX];
        names_version_text(better, server->highest_selected);
        warnings_add(verdict, "version.below_best",
                     "Both can do %s, as other connections show, and did less.", better);
    }
    if (hello->compression != 0) {
        warnings_add(verdict, "compression.used",
                     "The connection is compressed (CRIME): TLS compression gives secrets away.");
    }
}

void warnings_collect(struct verdict *verdict, const struct facts *facts,
                      const struct server *server)
{
    warn_of_version(verdict, facts);
    warn_of_choice(verdict, facts, server);
    warn_of_suite(verdict, facts);
    if (facts->dh_bits > 0 && facts->dh_bits < SECURE_DH_BITS) {
        warnings_add(verdict, "dh.weak",
                     "The server's DH group has %u bits; less than 2048 is too little.",
                     (unsigned)facts->dh_bits);
    }
    warnings_of_certificate(verdict, facts);
    warn_of_renegotiation(verdict, facts);
    warn_of_alerts(verdict, facts);
    warn_of_hello(verdict, facts);
}
