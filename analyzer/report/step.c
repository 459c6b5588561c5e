/* One line of the ladder in words. */
#include "handshake.h"
#include "names.h"
#include "record.h"
#include "report/phrase.h"
#include "report/report.h"

#include <string.h>

enum { CODE_UNKNOWN = 255 };

const char *report_step_name(const struct step *step)
{
    static const char *const names[] = {
        [STEP_SYN] = "syn",
        [STEP_SYN_ACK] = "syn_ack",
        [STEP_FIN] = "fin",
        [STEP_RST] = "rst",
        [STEP_ICMP] = "icmp",
        [STEP_PREFACE] = "starttls",
        [STEP_CLEARTEXT] = "cleartext",
        [STEP_CLIENT_HELLO] = "client_hello",
        [STEP_HELLO_RETRY] = "hello_retry_request",
        [STEP_SERVER_HELLO] = "server_hello",
        [STEP_CHANGE_CIPHER_SPEC] = "change_cipher_spec",
        [STEP_ALERT] = "alert",
        [STEP_SEALED] = "sealed",
        [STEP_APPLICATION_DATA] = "application_data",
        [STEP_MALFORMED] = "malformed",
        [STEP_GAP] = "gap",
    };
    if (step->what == STEP_MESSAGE) {
        const char *name = names_handshake(step->a);
        return name != NULL ? name : "handshake";
    }
    bool known = step->what < sizeof(names) / sizeof(names[0]) && names[step->what] != NULL;
    return known ? names[step->what] : "unknown";
}

static void put_both(struct phrase *phrase, const char *first, const char *second)
{
    phrase_put(phrase, first);
    phrase_put(phrase, second);
}

/* ---- the hellos ---- */

/* "TLS 1.1-1.2", "SSL 3.0-TLS 1.2", "TLS 1.3", "up to TLS 1.2". */
static void versions_text(struct phrase *phrase, const struct offer *offer)
{
    uint16_t highest = facts_offer_highest(offer), lowest = facts_offer_lowest(offer);
    char high[NAMES_TEXT_MAX] = "", low[NAMES_TEXT_MAX] = "";
    names_version_text(high, highest);
    names_version_text(low, lowest);
    if (highest == 0) {
        phrase_put(phrase, "of no known version");
    } else if (lowest == 0) {
        put_both(phrase, "up to ", high);
    } else if (lowest == highest) {
        phrase_put(phrase, high);
    } else if (strncmp(low, high, 4) == 0) { /* both "TLS " or both "SSL " */
        put_both(phrase, low, "-");
        phrase_put(phrase, high + 4);
    } else {
        put_both(phrase, low, "-");
        phrase_put(phrase, high);
    }
}

/* The suites that could be selected: without GREASE and signals. */
static size_t suites_count(const struct offer *offer)
{
    size_t count = 0;
    for (size_t i = 0; i < offer->suites.count; i++) {
        uint16_t code = offer->suites.at[i];
        count += !names_is_signal(code) && !names_is_grease(code);
    }
    return count;
}

static void client_hello_text(struct phrase *phrase, const struct facts *facts,
                              const struct step *step)
{
    const struct client_hello_facts *hello = &facts->client_hello[step->a > 0 ? 1 : 0];
    phrase_put(phrase, "ClientHello");
    if (step->at.frame != hello->at.frame && step->at.frame != hello->begins.frame) {
        return; /* a later one: what it offers is not kept */
    }
    if (hello->offer != NULL) {
        phrase_put(phrase, " ");
        versions_text(phrase, hello->offer);
        phrase_put(phrase, ", ");
        phrase_count(phrase, suites_count(hello->offer), "suite", "suites");
        phrase_put(phrase, hello->offer->sslv2 ? ", in SSLv2 form" : "");
        if (step->a > 0 && hello->offer->key_shares.count > 0) {
            char group[NAMES_TEXT_MAX] = "";
            names_group_text(group, hello->offer->key_shares.at[0]);
            put_both(phrase, ", ", group);
        }
    }
    phrase_put(phrase, hello->early_data ? ", early data" : "");
    phrase_put(phrase, hello->malformed ? ", malformed" : "");
    phrase_put(phrase, hello->incomplete ? ", cut off" : "");
}

static void server_hello_text(struct phrase *phrase, const struct facts *facts,
                              const struct step *step)
{
    const struct server_hello_facts *hello = facts->server_hello;
    phrase_put(phrase, "ServerHello");
    if (hello == NULL || hello->at.frame != step->at.frame) {
        return;
    }
    char version[NAMES_TEXT_MAX] = "";
    names_version_text(version, hello->version);
    put_both(phrase, " ", version);
    if (hello->suite != 0xffff) {
        char suite[NAMES_TEXT_MAX] = "";
        names_suite_text(suite, hello->suite);
        bool prefixed = strncmp(suite, "TLS_", 4) == 0; /* nearly all: left out, to be short */
        put_both(phrase, ", ", prefixed ? suite + 4 : suite);
        if (names_suite(hello->suite) == NULL) {
            phrase_add(phrase, " suite 0x%04x", (unsigned)hello->suite);
        }
    }
    if (hello->group != 0) {
        char group[NAMES_TEXT_MAX] = "";
        names_group_text(group, hello->group);
        put_both(phrase, ", ", group);
    }
    put_both(phrase, facts->resumed ? ", resumes" : "", hello->malformed ? ", malformed" : "");
}

static void retry_text(struct phrase *phrase, const struct facts *facts)
{
    phrase_put(phrase, "HelloRetryRequest");
    if (facts->retry != NULL && facts->retry->group != 0) {
        char group[NAMES_TEXT_MAX] = "";
        names_group_text(group, facts->retry->group);
        put_both(phrase, " ", group);
    }
}

/* ---- other messages ---- */

static const char *message_title(uint8_t type)
{
    static const struct {
        uint8_t type;
        const char *title;
    } rows[] = {
        {HANDSHAKE_HELLO_REQUEST, "HelloRequest"},
        {HANDSHAKE_CLIENT_HELLO, "ClientHello"},
        {HANDSHAKE_SERVER_HELLO, "ServerHello"},
        {HANDSHAKE_NEW_SESSION_TICKET, "NewSessionTicket"},
        {HANDSHAKE_END_OF_EARLY_DATA, "EndOfEarlyData"},
        {HANDSHAKE_ENCRYPTED_EXTENSIONS, "EncryptedExtensions"},
        {HANDSHAKE_CERTIFICATE, "Certificate"},
        {HANDSHAKE_SERVER_KEY_EXCHANGE, "ServerKeyExchange"},
        {HANDSHAKE_CERTIFICATE_REQUEST, "CertificateRequest"},
        {HANDSHAKE_SERVER_HELLO_DONE, "ServerHelloDone"},
        {HANDSHAKE_CERTIFICATE_VERIFY, "CertificateVerify"},
        {HANDSHAKE_CLIENT_KEY_EXCHANGE, "ClientKeyExchange"},
        {HANDSHAKE_FINISHED, "Finished"},
        {HANDSHAKE_CERTIFICATE_URL, "CertificateURL"},
        {HANDSHAKE_CERTIFICATE_STATUS, "CertificateStatus"},
        {HANDSHAKE_SUPPLEMENTAL_DATA, "SupplementalData"},
        {HANDSHAKE_KEY_UPDATE, "KeyUpdate"},
        {HANDSHAKE_COMPRESSED_CERTIFICATE, "CompressedCertificate"},
        {HANDSHAKE_NEXT_PROTOCOL, "NextProtocol"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type) {
            return rows[i].title;
        }
    }
    return NULL;
}

/* Whose certificate, and how many came with it. */
static void chain_text(struct phrase *phrase, const struct chain *chain)
{
    if (chain->count == 0) {
        phrase_put(phrase, chain->malformed ? ", malformed" : ", empty");
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    const char *name = NULL;
    if (!leaf->malformed && leaf->subject_common_names.count > 0) {
        name = leaf->subject_common_names.at[0];
    } else if (!leaf->malformed && leaf->names.count > 0) {
        name = leaf->names.at[0];
    }
    if (name != NULL) {
        put_both(phrase, " ", name);
    }
    phrase_put(phrase, ", ");
    if (chain->truncated) {
        phrase_put(phrase, "more than ");
    }
    phrase_count(phrase, chain->count, "certificate", "certificates");
    if (!leaf->malformed && leaf->key_name != NULL) {
        put_both(phrase, ", ", leaf->key_name);
    }
}

static void key_exchange_text(struct phrase *phrase, const struct facts *facts)
{
    char name[NAMES_TEXT_MAX] = "";
    if (facts->dh_bits != 0) {
        phrase_add(phrase, " DH %u bits", (unsigned)facts->dh_bits);
    } else if (facts->group != 0) {
        names_group_text(name, facts->group);
        put_both(phrase, " ", name);
    }
    if (facts->server_scheme != 0) {
        names_scheme_text(name, facts->server_scheme);
        put_both(phrase, ", ", name);
    }
}

static void message_text(struct phrase *phrase, const struct facts *facts, const struct step *step)
{
    const char *title = message_title(step->a);
    if (title == NULL) {
        phrase_add(phrase, "handshake message of type %u", (unsigned)step->a);
        return;
    }
    phrase_put(phrase, title);
    const struct chain *chain = facts->chain[step->from == CLIENT ? CLIENT : SERVER];
    uint64_t frame = step->at.frame;
    if (step->a == HANDSHAKE_CERTIFICATE && chain != NULL && chain->at.frame == frame) {
        chain_text(phrase, chain);
    } else if (step->a == HANDSHAKE_SERVER_KEY_EXCHANGE &&
               facts->server_key_exchange.frame == frame) {
        key_exchange_text(phrase, facts);
    } else if (step->a == HANDSHAKE_CERTIFICATE_REQUEST && facts->authorities.count > 0 &&
               facts->certificate_request.frame == frame) {
        phrase_put(phrase, ", ");
        phrase_count(phrase, facts->authorities.count, "CA name", "CA names");
    }
}

/* "sealed record, 40 bytes": records of one byte are none. */
static void put_size(struct phrase *phrase, const char *what, uint32_t size)
{
    phrase_put(phrase, what);
    phrase_number(phrase, size);
    phrase_put(phrase, " bytes");
}

static void alert_text(struct phrase *phrase, const struct step *step)
{
    if (step->b == CODE_UNKNOWN) {
        put_size(phrase, "Alert, sealed, ", step->size);
        return;
    }
    char level[NAMES_TEXT_MAX] = "", name[NAMES_TEXT_MAX] = "";
    names_alert_level_text(level, step->a);
    names_alert_text(name, step->b);
    phrase_put(phrase, "Alert ");
    if (step->a != 0) {
        put_both(phrase, level, " ");
    }
    phrase_put(phrase, name);
    if (names_alert(step->b) != NULL) {
        phrase_put(phrase, " (");
        phrase_number(phrase, step->b);
        phrase_put(phrase, ")");
    }
}

/* An encrypted record: what it must be by its place, else its size. */
static void sealed_text(struct phrase *phrase, const struct facts *facts, const struct step *step)
{
    enum speaker from = step->from == CLIENT ? CLIENT : SERVER;
    bool before_tls13 = facts->version != 0 && facts->version < 0x0304;
    if (step->a == RECORD_HANDSHAKE && before_tls13 &&
        facts->finished[from].frame == step->at.frame) {
        put_size(phrase, "Finished, sealed, ", step->size);
    } else if (step->a == RECORD_ALERT) {
        put_size(phrase, "Alert, sealed, ", step->size);
    } else if (step->a == RECORD_HANDSHAKE) {
        put_size(phrase, "handshake, sealed, ", step->size);
    } else {
        put_size(phrase, "sealed record, ", step->size);
    }
}

/* ---- around TLS ---- */

/* RFC 792, RFC 1812 and RFC 4443; the codes that a TCP segment can provoke. */
static const char *icmp_meaning(bool version6, uint8_t type, uint8_t code)
{
    static const struct {
        bool version6;
        uint8_t type, code;
        const char *meaning;
    } rows[] = {
        {false, 3, 0, "network unreachable"},
        {false, 3, 1, "host unreachable"},
        {false, 3, 2, "protocol unreachable"},
        {false, 3, 3, "port unreachable"},
        {false, 3, 4, "fragmentation needed"},
        {false, 3, 9, "network administratively prohibited"},
        {false, 3, 10, "host administratively prohibited"},
        {false, 3, 13, "communication administratively prohibited"},
        {false, 11, 0, "time to live exceeded"},
        {true, 1, 0, "no route to destination"},
        {true, 1, 1, "communication administratively prohibited"},
        {true, 1, 3, "address unreachable"},
        {true, 1, 4, "port unreachable"},
        {true, 1, 5, "source address failed policy"},
        {true, 1, 6, "route rejected"},
        {true, 2, 0, "packet too big"},
        {true, 3, 0, "hop limit exceeded"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].version6 == version6 && rows[i].type == type && rows[i].code == code) {
            return rows[i].meaning;
        }
    }
    return NULL;
}

static void icmp_text(struct phrase *phrase, const struct facts *facts, const struct step *step)
{
    const struct icmp_error *error = &facts->transport.icmp;
    const char *meaning = icmp_meaning(error->version6, step->a, step->b);
    if (meaning != NULL) {
        put_both(phrase, "ICMP ", meaning);
    } else {
        phrase_add(phrase, "ICMP type %u, code %u", (unsigned)step->a, (unsigned)step->b);
    }
    if (error->mtu != 0 && error->at.frame == step->at.frame) {
        phrase_add(phrase, ", MTU %u", (unsigned)error->mtu);
    }
}

/* A reset's TTL and window betray who sent it, and some boxes write their reason into the window.
 */
static void reset_text(struct phrase *phrase, const struct facts *facts, const struct step *step)
{
    const struct reset *reset =
        &facts->transport.side[step->from == CLIENT ? CLIENT : SERVER].reset;
    phrase_put(phrase, "RST");
    if (reset->at.frame == step->at.frame && reset->ttl != 0) {
        phrase_put(phrase, ", TTL ");
        phrase_number(phrase, reset->ttl);
        phrase_put(phrase, ", window ");
        phrase_number(phrase, reset->window);
    }
}

/* The words that are kept are those of the last time it was asked. */
static bool asked_last(const struct facts *facts, const struct step *step)
{
    uint64_t last = step->at.frame;
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        if (facts->step[i].what == STEP_PREFACE && facts->step[i].a == PREFACE_ASKED) {
            last = facts->step[i].at.frame;
        }
    }
    return last == step->at.frame;
}

static void preface_text(struct phrase *phrase, const struct facts *facts, const struct step *step)
{
    static const char *const said[][2] = {
        [PREFACE_SILENT] = {"silent", "silent"},
        [PREFACE_TALKING] = {"speaks", "speaks"},
        [PREFACE_OFFERED] = {"offers TLS", "offers a tunnel"},
        [PREFACE_ASKED] = {"asks for TLS", "asks for a tunnel"},
        [PREFACE_GRANTED] = {"agrees to TLS", "opens the tunnel"},
        [PREFACE_REFUSED] = {"refuses TLS", "refuses the tunnel"},
        [PREFACE_NOT_OFFERED] = {"does not offer TLS", "does not offer a tunnel"},
    };
    enum preface_protocol protocol =
        facts->preface != NULL ? (enum preface_protocol)facts->preface->protocol : PREFACE_UNKNOWN;
    if (step->a == PREFACE_GRANTED && facts->preface != NULL &&
        facts->preface->tunnel != PREFACE_UNKNOWN &&
        (step->at.frame != facts->preface_decided.frame || step->from == CLIENT)) {
        protocol = (enum preface_protocol)facts->preface->tunnel;
    }
    const char *title = preface_title(protocol);
    if (step->a == PREFACE_GRANTED && step->from == CLIENT && title != NULL) {
        phrase_add(phrase, "%s, a header", title); /* which needs no answer */
        return;
    }
    bool known = step->a < sizeof(said) / sizeof(said[0]);
    phrase_add(phrase, "%s, %s", title != NULL ? title : "cleartext",
               known ? said[step->a][preface_is_proxy(protocol)] : "speaks");
    bool decided = facts->preface_decided.frame == step->at.frame;
    if (step->a == PREFACE_ASKED && asked_last(facts, step) && facts->preface_asked != NULL &&
        facts->preface_asked[0] != '\0') {
        put_both(phrase, ": ", facts->preface_asked);
    } else if (step->a == PREFACE_REFUSED && decided && facts->preface_words != NULL &&
               facts->preface_words[0] != '\0') {
        put_both(phrase, ": ", facts->preface_words);
    }
}

/* The first line of the first bytes, which have been made printable: a line's end is "\\x0D" or
 * "\\x0A" there. */
static int first_line(const char *words)
{
    const char *end = words + strlen(words);
    const char *carriage = strstr(words, "\\x0D"), *line = strstr(words, "\\x0A");
    end = carriage != NULL && carriage < end ? carriage : end;
    end = line != NULL && line < end ? line : end;
    return (int)(end - words);
}

static void cleartext_text(struct phrase *phrase, const struct facts *facts,
                           const struct step *step)
{
    enum speaker from = step->from == CLIENT ? CLIENT : SERVER;
    const char *words = facts->cleartext[from];
    uint64_t frame = step->at.frame;
    bool first = frame == facts->preface_at[from].frame || frame == facts->not_tls_from[from].frame;
    phrase_put(phrase, "cleartext, ");
    phrase_count(phrase, step->size, "byte", "bytes");
    if (first && words != NULL && words[0] != '\0') {
        phrase_add(phrase, ": %.*s", first_line(words), words);
    }
}

static void malformed_text(struct phrase *phrase, const struct step *step)
{
    const char *content = names_content(step->a);
    const char *message = message_title(step->a);
    phrase_add(phrase, "malformed %s",
               content != NULL   ? content
               : message != NULL ? message
                                 : "record");
}

/* What stands for itself. */
static void plain_text(struct phrase *phrase, const struct step *step)
{
    switch (step->what) {
    case STEP_SYN:
        phrase_put(phrase, "SYN");
        break;
    case STEP_SYN_ACK:
        phrase_put(phrase, "SYN, ACK");
        break;
    case STEP_FIN:
        phrase_put(phrase, "FIN");
        break;
    case STEP_CHANGE_CIPHER_SPEC:
        phrase_put(phrase, "ChangeCipherSpec");
        break;
    case STEP_APPLICATION_DATA:
        phrase_put(phrase, "application data, ");
        phrase_count(phrase, step->size, "byte", "bytes");
        break;
    case STEP_GAP:
        phrase_put(phrase, "(bytes are missing from the capture)");
        break;
    default:
        phrase_put(phrase, "?");
        break;
    }
}

void report_step_text(char *text, size_t size, const struct facts *facts, const struct step *step)
{
    struct phrase phrase = phrase_in(text, size);
    switch (step->what) {
    case STEP_CLIENT_HELLO:
        client_hello_text(&phrase, facts, step);
        break;
    case STEP_SERVER_HELLO:
        server_hello_text(&phrase, facts, step);
        break;
    case STEP_HELLO_RETRY:
        retry_text(&phrase, facts);
        break;
    case STEP_MESSAGE:
        message_text(&phrase, facts, step);
        break;
    case STEP_ALERT:
        alert_text(&phrase, step);
        break;
    case STEP_SEALED:
        sealed_text(&phrase, facts, step);
        break;
    case STEP_ICMP:
        icmp_text(&phrase, facts, step);
        break;
    case STEP_RST:
        reset_text(&phrase, facts, step);
        break;
    case STEP_PREFACE:
        preface_text(&phrase, facts, step);
        break;
    case STEP_CLEARTEXT:
        cleartext_text(&phrase, facts, step);
        break;
    case STEP_MALFORMED:
        malformed_text(&phrase, step);
        break;
    default:
        plain_text(&phrase, step);
        break;
    }
    if (step->sealed) {
        phrase_add(&phrase, " (unsealed)");
    }
    if (step->repeats > 0) {
        phrase_add(&phrase, ", %u more", (unsigned)step->repeats);
    }
}
