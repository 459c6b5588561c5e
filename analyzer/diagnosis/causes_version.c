/* Versions: the two sides have none in common, or one of them refuses a downgrade.
 *
 * Up to TLS 1.2 a ClientHello names its highest version only, and a server answers with the highest
 * of its own that is not above it (RFC 5246, appendix E.1). So its alert on such a hello means that
 * the client is too old, and only the client can find the server too old, when it sees the
 * ServerHello. With supported_versions (RFC 8446, section 4.2.1) the server can see both, and its
 * alert does not say which it is.
 */
#include "diagnosis/evidence.h"
#include "diagnosis/offers.h"

#include "names.h"

#include <stdio.h>

enum {
    TLS10 = 0x0301,
    TLS11 = 0x0302,
    TLS12 = 0x0303,
    TLS13 = 0x0304,
    HANDSHAKE_FAILURE = 40,
    ILLEGAL_PARAMETER = 47,
    PROTOCOL_VERSION = 70,
    INSUFFICIENT_SECURITY = 71,
    INTERNAL_ERROR = 80,
    INAPPROPRIATE_FALLBACK = 86,
    FALLBACK_SCSV = 0x5600, /* RFC 7507 */
    ENOUGH_COMPANY = 2 /* others that were treated alike, before their example explains a silence */
};

static void cite_offer(struct argument *argument, const struct client_hello_facts *hello)
{
    char text[OFFERS_TEXT];
    offers_write_versions(text, hello->offer);
    argument_cite(argument, hello->at, "the client offers %s", text);
}

/* The ClientHello whose offer is known whole; NULL otherwise. */
static const struct client_hello_facts *known_hello(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    return hello == NULL || hello->incomplete || hello->offer == NULL ? NULL : hello;
}

/* The client said nothing after the ServerHello that would show that it took to it. */
static bool client_went_no_further(const struct facts *facts)
{
    return facts->client_key_exchange.frame == 0 && facts->chain[CLIENT] == NULL &&
           facts->change_cipher_spec[CLIENT].frame == 0;
}

/* ---- version.server_too_old ---- */

static enum confidence weigh_selection(const struct facts *facts, const struct offer *offer,
                                       const struct ending *ending)
{
    uint16_t selected = facts->server_hello->version;
    uint16_t lowest = facts_offer_lowest(offer);
    if (selected == 0 || selected >= facts_offer_highest(offer) ||
        (lowest != 0 && selected >= lowest) || !client_went_no_further(facts)) {
        return NO;
    }
    bool by_client = ending->by == CLIENT && ending->kind != ENDING_NONE;
    if (lowest != 0) {
        return by_client ? CERTAIN : LIKELY;
    }
    if (!by_client) {
        return NO;
    }
    if (ending->kind == ENDING_ALERT) {
        return ending->code == PROTOCOL_VERSION    ? CERTAIN
               : ending->code == HANDSHAKE_FAILURE ? POSSIBLE
                                                   : NO;
    }
    /* Without an alert: clients of today that offer TLS 1.2 do not go below it, unless told to. */
    return selected <= TLS11 && !signs_certificate_bad(facts) ? LIKELY : POSSIBLE;
}

static enum confidence too_old_by_selection(const struct question *question,
                                            struct argument *argument,
                                            const struct client_hello_facts *hello)
{
    const struct facts *facts = question->facts;
    struct ending ending = signs_ending(facts);
    enum confidence confidence = weigh_selection(facts, hello->offer, &ending);
    if (confidence == NO) {
        return NO;
    }
    char offered[OFFERS_TEXT];
    char selected[NAMES_TEXT_MAX];
    offers_write_versions(offered, hello->offer);
    names_version_text(selected, facts->server_hello->version);
    if (facts_offer_lowest(hello->offer) != 0) {
        argument_say(argument, "The server speaks at most %s; the client accepts %s.", selected,
                     offered);
    } else {
        argument_say(
            argument,
            "The server speaks at most %s; the client, which offers %s, does not accept that.",
            selected, offered);
    }
    cite_offer(argument, hello);
    argument_cite(argument, facts->server_hello->at, "the server selects %s", selected);
    evidence_ending(argument, &ending);
    struct company company = evidence_company(question, facts->server_hello->version + 1);
    if (company.at_least == 0) {
        evidence_cite_company(argument, &company);
    }
    return confidence;
}

/* handshake_failure for a version, as GnuTLS and node-forge say: the alert's record has the
 * server's own version where that is TLS 1.1, which hardly a ClientHello's has. TLS 1.2 in it,
 * where the client would take that, says that the server has it. */
static enum confidence weigh_failure(const struct refusal *refusal)
{
    const struct alert_facts *alert = facts_fatal_alert(refusal->facts, SERVER);
    uint16_t lowest = facts_offer_lowest(refusal->offer);
    uint16_t written = alert == NULL ? 0 : alert->record_version;
    if (written == TLS11 && lowest > TLS11) {
        return LIKELY;
    }
    return written == TLS12 && lowest <= TLS12 ? NO : POSSIBLE;
}

/* A refusal without company: only the alert and the offer. */
static enum confidence weigh_old_server(const struct refusal *refusal)
{
    const struct offer *offer = refusal->offer;
    uint16_t highest = facts_offer_highest(offer);
    uint16_t lowest = facts_offer_lowest(offer);
    if (highest < TLS12) {
        return NO;
    }
    if (refusal->silent) {
        return lowest == 0 || lowest >= TLS11 ? POSSIBLE : NO;
    }
    if (refusal->ending.code == PROTOCOL_VERSION) {
        /* The list goes up to the newest version there is, so the server must be below it. One that
         * is below TLS 1.0 is hardly to be found: it rather chokes on the list. */
        return highest >= TLS13 && lowest >= TLS11 && !offer->tls13_draft ? LIKELY : POSSIBLE;
    }
    return refusal->ending.code == HANDSHAKE_FAILURE && lowest >= TLS11 ? weigh_failure(refusal)
                                                                        : NO;
}

static bool may_mean_version(const struct refusal *refusal)
{
    uint8_t code = refusal->ending.code;
    return refusal->silent || code == PROTOCOL_VERSION || code == HANDSHAKE_FAILURE ||
           code == INTERNAL_ERROR || code == ILLEGAL_PARAMETER || code == INSUFFICIENT_SECURITY;
}

static enum confidence weigh_old_company(const struct refusal *refusal,
                                         const struct company *company)
{
    if (company->at_least > 0) {
        return refusal->ending.code == PROTOCOL_VERSION ? POSSIBLE : NO;
    }
    return refusal->silent && company->below < ENOUGH_COMPANY ? POSSIBLE : LIKELY;
}

static enum confidence too_old_by_refusal(const struct question *question,
                                          struct argument *argument)
{
    struct refusal refusal;
    if (!evidence_refusal(&refusal, question) || !may_mean_version(&refusal)) {
        return NO;
    }
    uint16_t lowest = facts_offer_lowest(refusal.offer);
    uint16_t floor = lowest != 0 ? lowest : facts_offer_highest(refusal.offer);
    struct company company = evidence_company(question, floor);
    bool alone = company.below + company.at_least == 0;
    enum confidence confidence =
        alone ? weigh_old_server(&refusal) : weigh_old_company(&refusal, &company);
    if (confidence == NO) {
        return NO;
    }
    char offered[OFFERS_TEXT];
    char highest[NAMES_TEXT_MAX];
    offers_write_versions(offered, refusal.offer);
    names_version_text(highest, company.highest);
    if (alone || company.at_least > 0) {
        argument_say(
            argument,
            "The client offers %s; the server takes none of it, and may be too old for it.",
            offered);
    } else {
        argument_say(argument,
                     "The server gives others at most %s; this client offers %s and was refused.",
                     highest, offered);
    }
    cite_offer(argument, refusal.hello);
    evidence_ending(argument, &refusal.ending);
    evidence_cite_company(argument, &company);
    return confidence;
}

static const struct remedy SERVER_REMEDIES[] = {
    {"iis", "enable TLS 1.2: "
            "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS "
            "1.2\\Server: Enabled=1, DisabledByDefault=0 (DWORD), then restart"},
    {"nginx", "ssl_protocols TLSv1.2 TLSv1.3;"},
    {"apache", "SSLProtocol -all +TLSv1.2 +TLSv1.3"},
    {"haproxy", "bind ... ssl crt FILE ssl-min-ver TLSv1.2"},
    {"java", "upgrade to Java 8 or later, or -Djdk.tls.server.protocols=TLSv1.2,TLSv1.3"},
    {"openssl", "MaxProtocol = TLSv1.3 (or no such line) in openssl.cnf; TLS 1.2 needs OpenSSL "
                "1.0.1 or later"},
    {"any",
     "until the server is changed: let this one client accept the old version, and nobody else"},
    {NULL, NULL},
};

/* For a client that accepts nothing below TLS 1.3. */
static const struct remedy SERVER_REMEDIES_13[] = {
    {"any", "let the client accept TLS 1.2, too; or enable TLS 1.3 on the server:"},
    {"iis", "Windows Server 2022 or later: HKLM\\SYSTEM\\CurrentControlSet\\Control\\"
            "SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.3\\Server: Enabled=1, "
            "DisabledByDefault=0 (DWORD), then restart"},
    {"nginx", "ssl_protocols TLSv1.2 TLSv1.3; (nginx 1.13.0 or later with OpenSSL 1.1.1 or later)"},
    {"apache", "SSLProtocol -all +TLSv1.2 +TLSv1.3 (2.4.37 or later with OpenSSL 1.1.1 or later)"},
    {"haproxy", "bind ... ssl crt FILE ssl-max-ver TLSv1.3 (OpenSSL 1.1.1 or later)"},
    {"java", "Java 11 or later, or 8u261: -Djdk.tls.server.protocols=TLSv1.2,TLSv1.3"},
    {"openssl", "MaxProtocol = TLSv1.3 (or no such line) in openssl.cnf; OpenSSL 1.1.1 or later"},
    {NULL, NULL},
};

static enum confidence server_too_old(const struct question *question, struct argument *argument)
{
    const struct client_hello_facts *hello = known_hello(question->facts);
    if (hello == NULL) {
        return NO;
    }
    if (facts_offer_lowest(hello->offer) >= TLS13) {
        argument->remedies = SERVER_REMEDIES_13;
    }
    if (question->facts->server_hello != NULL) {
        return too_old_by_selection(question, argument, hello);
    }
    return too_old_by_refusal(question, argument);
}

/* ---- version.client_too_old ---- */

static enum confidence weigh_old_client(const struct refusal *refusal)
{
    const struct offer *offer = refusal->offer;
    uint16_t highest = facts_offer_highest(offer);
    bool listed = offer->versions.count > 0;
    if (highest == 0) {
        return NO;
    }
    if (refusal->silent) {
        /* Of what servers meet with a close, this is what nearly all of them refuse (RFC 8996). */
        bool ended = refusal->ending.kind == ENDING_FIN || refusal->ending.kind == ENDING_RESET;
        return highest >= TLS12 ? NO : ended ? LIKELY : POSSIBLE;
    }
    switch (refusal->ending.code) {
    case PROTOCOL_VERSION:
        if (highest < TLS12) {
            return listed ? LIKELY : CERTAIN;
        }
        return listed ? POSSIBLE : LIKELY;
    case HANDSHAKE_FAILURE:
        /* GnuTLS with TLS 1.3 alone, BearSSL, mbedTLS, wolfSSL; and OpenSSL on a hello of SSL 3.0.
         */
        if (highest < TLS12) {
            return offers_suites(offer).weight < 8 ? LIKELY : POSSIBLE;
        }
        /* Servers with TLS 1.3 alone are rare, those without a certificate are not; and suites that
         * others lack explain more. */
        return offers_suites(offer).weight > 0 ? NO : POSSIBLE;
    case INTERNAL_ERROR: /* OpenSSL 3, whose security level 1 and above has no signature for TLS 1.1
                          */
        return highest < TLS12 ? LIKELY : NO;
    case INSUFFICIENT_SECURITY:
    case ILLEGAL_PARAMETER:
        return highest < TLS12 ? POSSIBLE : NO;
    default:
        return NO;
    }
}

/* `company` is split at the version behind the client's highest. */
static enum confidence weigh_new_company(const struct refusal *refusal,
                                         const struct company *company)
{
    if (company->below > 0) {
        return refusal->ending.code == PROTOCOL_VERSION ? POSSIBLE : NO;
    }
    if (refusal->silent && company->at_least < ENOUGH_COMPANY) {
        return POSSIBLE;
    }
    /* That others, who offered more, were given more, only makes possible what the alert must say.
     */
    enum confidence alone = weigh_old_client(refusal);
    bool nothing_else =
        facts_offer_highest(refusal->offer) < TLS12 || offers_ordinary(refusal->offer);
    return alone == POSSIBLE && nothing_else ? LIKELY : alone;
}

static void argue_old_client(const struct refusal *refusal, const struct company *company,
                             struct argument *argument, enum confidence confidence)
{
    const char *grade = confidence == CERTAIN  ? "is"
                        : confidence == LIKELY ? "most likely is"
                                               : "may be";
    char offered[OFFERS_TEXT];
    char lowest[NAMES_TEXT_MAX];
    offers_write_versions(offered, refusal->offer);
    names_version_text(lowest, company->lowest);
    if (company->at_least > 0 && company->below == 0) {
        argument_say(argument, "The client offers %s; the server gives others %s or later.",
                     offered, lowest);
    } else {
        argument_say(argument, "The client offers %s, which %s less than the server accepts.",
                     offered, grade);
    }
    cite_offer(argument, refusal->hello);
    evidence_ending(argument, &refusal->ending);
    if (refusal->alert && refusal->ending.code == PROTOCOL_VERSION &&
        refusal->offer->versions.count == 0) {
        argument_cite(argument, refusal->ending.at,
                      "a server that knew any earlier version would have answered with it");
    }
    evidence_cite_company(argument, company);
}

static enum confidence client_too_old(const struct question *question, struct argument *argument)
{
    struct refusal refusal;
    if (!evidence_refusal(&refusal, question) || !may_mean_version(&refusal)) {
        return NO;
    }
    uint16_t highest = facts_offer_highest(refusal.offer);
    if (highest >= TLS13) {
        return NO; /* there is none behind it */
    }
    struct company company = evidence_company(question, (uint16_t)(highest + 1));
    bool alone = company.below + company.at_least == 0;
    enum confidence confidence =
        alone ? weigh_old_client(&refusal) : weigh_new_company(&refusal, &company);
    if (confidence != NO) {
        argue_old_client(&refusal, &company, argument, confidence);
    }
    return confidence;
}

/* ---- version.fallback_rejected ---- */

/* RFC 8446, section 4.1.3: the ServerHello says that the server could do better, and so could the
 * client. */
static bool downgrade_seen(const struct facts *facts, const struct offer *offer)
{
    const struct server_hello_facts *hello = facts->server_hello;
    if (hello == NULL || hello->sentinel == SENTINEL_NONE) {
        return false;
    }
    uint16_t highest = facts_offer_highest(offer);
    return hello->sentinel == SENTINEL_TLS12 ? hello->version == TLS12 && highest >= TLS13
                                             : hello->version < TLS12 && highest >= TLS12;
}

static enum confidence sentinel_refused(const struct facts *facts, struct argument *argument,
                                        const struct client_hello_facts *hello,
                                        const struct ending *ending)
{
    if (!downgrade_seen(facts, hello->offer) || ending->by != CLIENT ||
        ending->kind == ENDING_NONE || !client_went_no_further(facts)) {
        return NO;
    }
    bool alert = ending->kind == ENDING_ALERT;
    if (alert && ending->code != ILLEGAL_PARAMETER && ending->code != HANDSHAKE_FAILURE &&
        ending->code != PROTOCOL_VERSION && ending->code != INAPPROPRIATE_FALLBACK) {
        return NO; /* the client names another reason */
    }
    char offered[OFFERS_TEXT];
    char selected[NAMES_TEXT_MAX];
    offers_write_versions(offered, hello->offer);
    names_version_text(selected, facts->server_hello->version);
    argument_say(argument,
                 "The server chose %s although it and the client can do better, and the client "
                 "takes that for an "
                 "attack: something on the way lowers the version.",
                 selected);
    cite_offer(argument, hello);
    argument_cite(argument, facts->server_hello->at,
                  "the server selects %s, and its random ends in the downgrade sentinel", selected);
    evidence_ending(argument, ending);
    return alert && ending->code == ILLEGAL_PARAMETER ? CERTAIN : LIKELY;
}

static enum confidence fallback_rejected(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = known_hello(facts);
    struct ending ending = signs_ending(facts);
    if (ending.kind == ENDING_ALERT && ending.code == INAPPROPRIATE_FALLBACK &&
        ending.by == SERVER) {
        bool signalled = hello != NULL && facts_lists(hello->offer->suites, FALLBACK_SCSV);
        argument_say(
            argument,
            "The client came back with less than it can do, and the server, which can do more, "
            "refuses the downgrade.");
        if (hello != NULL) {
            cite_offer(argument, hello);
        }
        if (signalled) {
            argument_cite(argument, hello->at,
                          "TLS_FALLBACK_SCSV says that this is a second attempt");
        }
        evidence_ending(argument, &ending);
        return signalled ? CERTAIN : LIKELY;
    }
    return hello == NULL ? NO : sentinel_refused(facts, argument, hello, &ending);
}

/* ---- version.mismatch ---- */

static enum confidence mismatch(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = signs_ending(facts);
    if (ending.kind != ENDING_ALERT || ending.code != PROTOCOL_VERSION) {
        return NO;
    }
    const struct client_hello_facts *hello = known_hello(facts);
    uint16_t floor = hello != NULL ? facts_offer_lowest(hello->offer) : 0;
    char offered[OFFERS_TEXT] = "";
    if (facts->server_hello != NULL && facts->server_hello->version < floor) {
        return NO; /* it can be told: the server's is below all that the client accepts */
    }
    if (hello != NULL) {
        offers_write_versions(offered, hello->offer);
        cite_offer(argument, hello);
    }
    if (facts->server_hello != NULL) {
        char selected[NAMES_TEXT_MAX];
        names_version_text(selected, facts->server_hello->version);
        argument_cite(argument, facts->server_hello->at, "the server selects %s", selected);
    }
    evidence_ending(argument, &ending);
    argument_say(
        argument,
        "The %s refuses the protocol version%s%s; which side is too old cannot be told from this "
        "connection.",
        ending.by == CLIENT ? "client" : "server", hello != NULL ? "; the client offers " : "",
        offered);
    struct company company = evidence_company(question, floor != 0 ? floor : TLS10);
    evidence_cite_company(argument, &company);
    bool others_are_given_it = hello != NULL && ending.by == SERVER && company.highest != 0 &&
                               offers_version(hello->offer, company.highest);
    /* A client says so, too, of what is no TLS: OpenSSL's of plain HTTP. */
    bool unseen =
        ending.by == CLIENT && facts->server_hello == NULL && !facts_absent(facts, SERVER);
    return others_are_given_it || unseen ? POSSIBLE : LIKELY;
}

/* ---- the rows ---- */

static const struct remedy CLIENT_REMEDIES[] = {
    {"dotnet", "HKLM\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319 and its Wow6432Node twin: "
               "SystemDefaultTlsVersions=1, SchUseStrongCrypto=1 (DWORD)"},
    {"schannel",
     "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS "
     "1.2\\Client: Enabled=1, DisabledByDefault=0 (DWORD), then restart"},
    {"java", "-Djdk.tls.client.protocols=TLSv1.2,TLSv1.3; Java 7 needs 7u131 or later for it"},
    {"openssl", "MinProtocol = TLSv1.2 and no MaxProtocol in openssl.cnf; TLS 1.2 needs OpenSSL "
                "1.0.1 or later"},
    {"go", "tls.Config{MinVersion: tls.VersionTLS12} without MaxVersion"},
    {"nginx", "for a client that cannot be changed: ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; "
              "with ssl_ciphers "
              "DEFAULT:@SECLEVEL=0;"},
    {NULL, NULL},
};

static const struct remedy MISMATCH_REMEDIES[] = {
    {"any", "find what the server speaks: openssl s_client -connect HOST:443 -tls1_2, then "
            "-tls1_3; and allow "
            "TLS 1.2 on both sides"},
    {"iis", "SCHANNEL\\Protocols\\TLS 1.2\\Server: Enabled=1, DisabledByDefault=0"},
    {"nginx", "ssl_protocols TLSv1.2 TLSv1.3;"},
    {NULL, NULL},
};

static const struct remedy FALLBACK_REMEDIES[] = {
    {"any", "switch off the client's retry with lower versions; find out why its first attempt "
            "failed: this one is "
            "only the second"},
    {"network", "a box that inspects TLS lowers the version: update it, or let this server pass"},
    {NULL, NULL},
};

const struct cause causes_version[] = {
    {"version.fallback_rejected", "a downgrade was refused",
     "The client can speak a later version than it came with, or than the server chose, and "
     "somebody took that for an "
     "attack. A client that retries lower sends TLS_FALLBACK_SCSV (0x5600, RFC 7507), and OpenSSL, "
     "GnuTLS and NSS "
     "servers that know a later version alert inappropriate_fallback (86). JSSE servers ignore the "
     "signal. "
     "Servers with TLS 1.3 (or 1.2) that choose less write a sentinel into the end of their random "
     "(RFC 8446, section "
     "4.1.3); a client that had offered more alerts illegal_parameter (47), all stacks alike.",
     fallback_rejected, FALLBACK_REMEDIES},
    {"version.server_too_old", "the server's highest version is below the client's lowest",
     "The server knows no version that the client accepts. Mostly it answers with a ServerHello of "
     "its own, lower "
     "version and the client refuses that: OpenSSL, GnuTLS, NSS, JSSE, Go and curl alert "
     "protocol_version (70), others "
     "reset or just close. A server that reads supported_versions alerts itself: 70, or 40 by "
     "some. Schannel sends no "
     "alert and resets or closes after the ClientHello; then only what other clients of the same "
     "server "
     "were given can tell.",
     server_too_old, SERVER_REMEDIES},
    {"version.client_too_old", "the client's highest version is below the server's lowest",
     "The client offers no version that the server accepts any more. OpenSSL, NSS, JSSE, nginx, "
     "HAProxy, Go and Node "
     "alert protocol_version (70) on the ClientHello; GnuTLS (1.3 alone against 1.2), BearSSL, "
     "mbedTLS, wolfSSL and, "
     "for SSL 3.0, OpenSSL alert handshake_failure (40); OpenSSL 3 that allows TLS 1.0 by its "
     "version but not by "
     "its security level alerts internal_error (80). Schannel resets or closes without an alert.",
     client_too_old, CLIENT_REMEDIES},
    {"version.mismatch", "no version in common",
     "One side sent protocol_version (70), and the connection does not show whether the server is "
     "too old or too new "
     "for the client: the server saw the client's list of versions, or the hello is not in the "
     "capture.",
     mismatch, MISMATCH_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
