/* Rejections: alerts held against faults. */
#include "diagnosis/rejection.h"

#include "diagnosis/answer.h"
#include "diagnosis/evidence.h"

#include "record.h"

#include <string.h>

enum {
    TLS13 = 0x0304,
    /* alerts: RFC 8446, section 6.2 */
    CLOSE_NOTIFY = 0,
    HANDSHAKE_FAILURE = 40,
    BAD_CERTIFICATE = 42,
    UNSUPPORTED_CERTIFICATE = 43,
    CERTIFICATE_REVOKED = 44,
    CERTIFICATE_EXPIRED = 45,
    CERTIFICATE_UNKNOWN = 46,
    ILLEGAL_PARAMETER = 47,
    UNKNOWN_CA = 48,
    ACCESS_DENIED = 49,
    DECODE_ERROR = 50,
    DECRYPT_ERROR = 51,
    INSUFFICIENT_SECURITY = 71,
    INTERNAL_ERROR = 80,
    BAD_STATUS_RESPONSE = 113
};

/* How long s2n pauses before it leaves a handshake that it refuses: 10 to 30 seconds, and a little
 * for the clock. */
#define BLINDING_LEAST (10 * SIGNS_SECOND)
#define BLINDING_MOST (31 * SIGNS_SECOND)

#define TRUST_BITS FAULTS_OF_TRUST
#define ALL_BITS (FAULT_BIT(FAULTS) - 1)

/* What stacks mean by an alert: `named`, what the RFC or nearly every stack means by it; `used`,
 * for what else some of them use it. */
struct meaning {
    uint8_t code;
    unsigned named, used;
};

static const struct meaning MEANINGS[] = {
    {BAD_CERTIFICATE, 0, ALL_BITS},
    {CERTIFICATE_UNKNOWN, 0, ALL_BITS},
    {HANDSHAKE_FAILURE, 0, ALL_BITS}, /* Erlang: name, usage; Windows */
    {INTERNAL_ERROR, 0, ALL_BITS},
    {UNSUPPORTED_CERTIFICATE, FAULT_BIT(FAULT_USAGE),
     FAULT_BIT(FAULT_WEAK) | FAULT_BIT(FAULT_MALFORMED)}, /* mbedTLS and JSSE; NSS */
    {ACCESS_DENIED, 0, ALL_BITS},                         /* GnuTLS servers, and 42 behind it */
    {CERTIFICATE_REVOKED, FAULT_BIT(FAULT_REVOKED), 0},
    {CERTIFICATE_EXPIRED, FAULT_BIT(FAULT_EXPIRED), FAULT_BIT(FAULT_NOT_YET)}, /* NSS, wolfSSL */
    {UNKNOWN_CA, TRUST_BITS, FAULT_BIT(FAULT_SIGNATURE)},                      /* mbedTLS */
    {DECODE_ERROR, FAULT_BIT(FAULT_MALFORMED), 0},
    {ILLEGAL_PARAMETER, 0,
     FAULT_BIT(FAULT_MALFORMED) | FAULT_BIT(FAULT_WEAK) | FAULT_BIT(FAULT_USAGE)},
    {DECRYPT_ERROR, FAULT_BIT(FAULT_SIGNATURE),
     FAULT_BIT(FAULT_WEAK) | FAULT_BIT(FAULT_MALFORMED)}, /* rustls; */
    {INSUFFICIENT_SECURITY, FAULT_BIT(FAULT_WEAK), 0},    /* Botan */
    {BAD_STATUS_RESPONSE, FAULT_BIT(FAULT_STATUS) | FAULT_BIT(FAULT_REVOKED), 0},
};

static const struct meaning *meaning_of(uint8_t code)
{
    for (size_t i = 0; i < sizeof MEANINGS / sizeof MEANINGS[0]; i++) {
        if (MEANINGS[i].code == code) {
            return &MEANINGS[i];
        }
    }
    return NULL;
}

/* ---- how ---- */

/* Alerts that nobody sends for anything but a certificate. */
static bool is_of_certificates(uint8_t code)
{
    return (code >= BAD_CERTIFICATE && code <= CERTIFICATE_UNKNOWN) || code == UNKNOWN_CA ||
           code == BAD_STATUS_RESPONSE;
}

/* The client's alert came where it answers the server's certificate: behind the ServerHello, and
 * before the client said anything of the key exchange. Where neither was seen, the number must do.
 */
static bool answers_certificate(const struct facts *facts, const struct ending *ending)
{
    if (facts->chain[SERVER] != NULL) {
        return facts->chain[SERVER]->at.frame <= ending->at.frame;
    }
    bool sealed_flight =
        facts->version == TLS13 && facts->last_sealed[SERVER].at.frame != 0 && !facts->resumed;
    return is_of_certificates(ending->code) || sealed_flight;
}

static bool find_alert(struct rejection *rejection, const struct facts *facts)
{
    const struct ending *ending = &rejection->ending;
    if (ending->kind != ENDING_ALERT || ending->by != CLIENT || meaning_of(ending->code) == NULL ||
        !answers_certificate(facts, ending)) {
        return false;
    }
    rejection->manner = MANNER_ALERT;
    return true;
}

/* TLS 1.3, sealed: behind the server's flight, in place of the client's Finished. A resumption has
 * no certificate to refuse. */
static bool find_sealed(struct rejection *rejection, const struct facts *facts)
{
    const struct ending *ending = &rejection->ending;
    if (ending->kind != ENDING_SEALED || ending->by != CLIENT || facts->resumed) {
        return false;
    }
    rejection->manner = MANNER_SEALED;
    return true;
}

/* It closed or reset the connection, or said close_notify and nothing else. */
static bool is_wordless(const struct ending *ending)
{
    return ending->kind == ENDING_FIN || ending->kind == ENDING_RESET ||
           (ending->kind == ENDING_ALERT && ending->code == CLOSE_NOTIFY);
}

/* A client that said something else behind the flight minded something else. */
static bool went_on(const struct facts *facts, struct moment flight, const struct ending *ending)
{
    struct moment said = facts->transport.side[CLIENT].last_data;
    bool alert = ending->kind == ENDING_ALERT && said.frame == ending->at.frame;
    return facts->version != TLS13 && facts->client_key_exchange.frame == 0 && !alert &&
           said.frame > flight.frame;
}

/* Behind the certificate, before the client's own keys. It was the client's turn, so that it did
 * not tire of waiting: it leaves soon, or as late as s2n, which hides behind a pause what it did
 * not like. */
static bool find_close(struct rejection *rejection, const struct facts *facts)
{
    const struct ending *ending = &rejection->ending;
    if (!is_wordless(ending) || ending->by != CLIENT || facts->resumed ||
        signs_undelivered(facts, SERVER) || facts->established.frame != 0 ||
        facts->change_cipher_spec[SERVER].frame > ending->at.frame) {
        return false;
    }
    const struct chain *chain = facts->chain[SERVER];
    struct moment flight = chain != NULL ? chain->at : (struct moment){0, 0};
    if (facts->version == TLS13 && chain == NULL && signs_certificate_sealed(facts)) {
        flight = facts->finished[SERVER];
    }
    bool turn = facts->server_hello_done.frame != 0 || facts->finished[SERVER].frame != 0;
    int64_t pause = ending->at.time - flight.time;
    bool in_time =
        pause <= SIGNS_AFTERMATH || (turn && pause >= BLINDING_LEAST && pause <= BLINDING_MOST);
    if (flight.frame == 0 || flight.frame > ending->at.frame || !in_time ||
        went_on(facts, flight, ending)) {
        return false;
    }
    rejection->manner = MANNER_CLOSED;
    rejection->paused = pause >= BLINDING_LEAST;
    /* RFC 8446, appendix D.4: it stands before the client's second flight, and GnuTLS looks at the
     * certificate between the two. Another one stands before early data, or a second hello. */
    rejection->prepared = facts->version == TLS13 && facts->server_hello != NULL &&
                          facts->change_cipher_spec[CLIENT].frame > facts->server_hello->at.frame;
    return true;
}

/* Up to TLS 1.2 the type of an encrypted alert shows. */
static struct moment sealed_alert(const struct facts *facts, enum speaker from)
{
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        if (facts->alert[i].sealed && facts->alert[i].from == (uint8_t)from) {
            return facts->alert[i].at;
        }
    }
    return (struct moment){0, 0};
}

/* The client's alert under its keys, or its close, whichever was first; nothing where the server
 * closed, or refused in clear, before. */
static struct moment client_left(const struct facts *facts)
{
    struct moment left = facts_close(facts, CLIENT);
    struct moment closed = facts_close(facts, SERVER);
    struct moment said = sealed_alert(facts, CLIENT);
    if (said.frame != 0 && (left.frame == 0 || said.frame < left.frame)) {
        left = said;
    }
    const struct alert_facts *refused = facts_fatal_alert(facts, SERVER);
    bool server_first = (closed.frame != 0 && closed.frame < left.frame) ||
                        (refused != NULL && refused->at.frame < left.frame);
    return server_first ? (struct moment){0, 0} : left;
}

/* Up to TLS 1.2 some clients judge the certificate when all is finished, or at least their own
 * part: Node, NSS, curl its name. */
static bool find_left(struct rejection *rejection, const struct facts *facts)
{
    struct moment left = client_left(facts);
    struct moment finished = facts->finished[CLIENT];
    /* HAProxy answers the close by HTTP 400. */
    uint64_t data = signs_unused(facts) ? 0 : signs_first_data(facts, SERVER);
    if (facts->established.frame != 0 && facts->established.frame <= left.frame) {
        finished = facts->established;
    }
    /* What the client says or does last comes behind its Finished, even where packets that were
     * captured out of order made that one be read later. */
    if (finished.frame == 0 || left.frame == 0 ||
        (facts->version == TLS13 && !facts_opened(facts)) || facts->resumed ||
        facts->renegotiation.frame != 0 || facts->chain[SERVER] == NULL ||
        facts->application_records[CLIENT] > 0 || (data != 0 && data < left.frame) ||
        left.time - finished.time > SIGNS_AFTERMATH) {
        return false;
    }
    bool alert = sealed_alert(facts, CLIENT).frame == left.frame;
    bool reset = facts->transport.side[CLIENT].reset.at.frame == left.frame;
    enum ending_kind kind = alert ? ENDING_SEALED : reset ? ENDING_RESET : ENDING_FIN;
    rejection->ending = (struct ending){kind, CLIENT, left, 255};
    rejection->manner = MANNER_LEFT;
    return true;
}

/* ---- what ---- */

static bool is_same_name(const char *shown, const char *asked)
{
    return asked == NULL ? shown[0] == '\0' : strcmp(shown, asked) == 0;
}

/* The certificate that this server showed to others under the same name, the last of them. */
static void borrow(struct rejection *rejection, int64_t at)
{
    const struct server *server = rejection->server;
    const struct client_hello_facts *hello = facts_client_hello(rejection->facts);
    const char *asked = hello == NULL ? NULL : hello->server_name;
    for (size_t i = 0; server != NULL && i < server->certificate_count; i++) {
        bool fits = is_same_name(server->certificate_name[i], asked);
        if (fits && server->certificate_at[i].frame >= rejection->shown.frame) {
            rejection->leaf = server->certificate[i];
            rejection->shown = server->certificate_at[i];
            rejection->borrowed = true;
        }
    }
    if (rejection->leaf != NULL) {
        faults_of_leaf(&rejection->faults, rejection->leaf, asked, at);
    }
}

/* What cannot be said of the chain because something else was not seen: which name was asked for,
 * and whether a response was stapled. */
static unsigned hidden_by_holes(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct server_hello_facts *answer = facts->server_hello;
    unsigned hidden = 0;
    if (hello == NULL || hello->incomplete) {
        hidden |= FAULT_BIT(FAULT_NAME) | FAULT_BIT(FAULT_STATUS);
    }
    /* Who connects to an address sends no name, and may have missed the address here. */
    bool nameless = hello != NULL && !hello->incomplete &&
                    (hello->server_name == NULL || hello->server_name[0] == '\0');
    if (nameless && facts->chain[SERVER]->certificates[0]->ip_count == 0) {
        hidden |= FAULT_BIT(FAULT_NAME);
    }
    bool may_staple = answer == NULL || answer->status_request || facts->version == TLS13;
    if (may_staple && facts->chain[SERVER]->ocsp_at.frame == 0 && !facts_absent(facts, SERVER)) {
        hidden |= FAULT_BIT(FAULT_REVOKED) | FAULT_BIT(FAULT_STATUS);
    }
    return hidden;
}

bool rejection_find(struct rejection *rejection, const struct question *question)
{
    const struct facts *facts = question->facts;
    memset(rejection, 0, sizeof *rejection);
    rejection->facts = facts;
    rejection->server = question->server;
    rejection->whose = SERVER;
    rejection->ending = signs_ending(facts);
    if (!find_alert(rejection, facts) && !find_sealed(rejection, facts) &&
        !find_close(rejection, facts) && !find_left(rejection, facts)) {
        return false;
    }
    const struct chain *chain = facts->chain[SERVER];
    if (chain != NULL && chain->count > 0) {
        rejection->chain = chain;
        rejection->leaf = chain->certificates[0];
        faults_of_server(&rejection->faults, facts);
        rejection->hidden = hidden_by_holes(facts);
    } else {
        borrow(rejection, rejection->ending.at.time / SIGNS_SECOND);
    }
    uint32_t worked = question->server == NULL ? 0 : question->server->established;
    rejection->accepted_by_others = worked > (facts->established.frame != 0 ? 1U : 0U);
    return true;
}

/* ---- how sure ---- */

static bool shows(const struct rejection *rejection, enum fault fault)
{
    return (rejection->faults.set & FAULT_BIT(fault)) != 0;
}

/* A private authority looks to us like one that nobody knows: if its root was not sent, nothing
 * hints at it; and where others accepted it, the client may have minded something else. */
static bool is_hint_of_trust(const struct rejection *rejection, enum fault fault)
{
    if (fault != FAULT_UNTRUSTED || rejection->whose == CLIENT) {
        return true; /* a client's is held against the list of authorities that the server sent */
    }
    const struct certificate *top = rejection->faults.certificate[FAULT_UNTRUSTED];
    return top != NULL && !top->malformed && top->self_issued;
}

/* The place of a fault among those that show. A name that fits as a common name alone, and a time
 * that only a doubtful clock gives, come after what is plain. */
static int place_of(const struct rejection *rejection, enum fault fault)
{
    if (fault == FAULT_NOT_YET && rejection->faults.clock_doubtful) {
        return 2 * FAULTS;
    }
    if (fault == FAULT_NAME && rejection->faults.name_by_common_name) {
        bool hint = is_hint_of_trust(rejection, FAULT_UNTRUSTED);
        return 2 * (hint ? FAULT_UNTRUSTED : FAULT_INCOMPLETE) + 1;
    }
    return 2 * (int)fault;
}

/* The first of the faults that show, or that a hole may hide, and that the alert may mean. */
static bool is_first(const struct rejection *rejection, enum fault fault, unsigned meant)
{
    int place = place_of(rejection, fault);
    unsigned others = rejection->faults.set | rejection->hidden;
    for (int other = 0; other < FAULTS; other++) {
        if ((others & meant & FAULT_BIT(other)) != 0 &&
            place_of(rejection, (enum fault)other) < place) {
            return false;
        }
    }
    return true;
}

static enum confidence weigh_shown(const struct rejection *rejection, enum fault fault,
                                   unsigned named, unsigned used)
{
    unsigned bit = FAULT_BIT(fault);
    bool doubtful_clock = fault == FAULT_NOT_YET && rejection->faults.clock_doubtful;
    if ((named & bit) != 0) {
        bool proven = (TRUST_BITS & bit) == 0 || fault == FAULT_SELF_SIGNED;
        return proven && !rejection->borrowed && !doubtful_clock ? CERTAIN : LIKELY;
    }
    if ((used & bit) == 0) {
        return NO;
    }
    bool better = (rejection->faults.set & named) != 0;
    bool vague = fault == FAULT_UNTRUSTED && rejection->accepted_by_others;
    return better || vague || doubtful_clock || !is_first(rejection, fault, used) ? POSSIBLE
                                                                                  : LIKELY;
}

/* The alert names a fault that does not show: the client knows more (a revocation list), or other
 * roots, or has another clock. Unknown roots stand for all that makes a client say unknown_ca. */
static enum confidence weigh_hidden(const struct rejection *rejection, enum fault fault,
                                    const struct meaning *meaning)
{
    unsigned meant = meaning->named | meaning->used;
    if ((meaning->named & FAULT_BIT(fault)) == 0 || (rejection->faults.set & meant) != 0) {
        return NO;
    }
    bool lost = rejection->chain == NULL && rejection->facts->version != TLS13;
    if (lost && meaning->code != CERTIFICATE_REVOKED && meaning->code != BAD_STATUS_RESPONSE) {
        return POSSIBLE; /* the chain would tell more, and perhaps something else */
    }
    if (meaning->code == UNKNOWN_CA) {
        bool unseen =
            rejection->chain == NULL && (fault == FAULT_INCOMPLETE || rejection->leaf == NULL);
        return fault == FAULT_UNTRUSTED ? LIKELY : unseen ? POSSIBLE : NO;
    }
    if (fault == FAULT_SIGNATURE || fault == FAULT_MALFORMED || fault == FAULT_WEAK) {
        return NO; /* the key exchange's signature, or another message, may be meant */
    }
    if (meaning->code == BAD_STATUS_RESPONSE) {
        return fault == FAULT_STATUS ? LIKELY : NO;
    }
    bool seen_to_be_fit = fault == FAULT_USAGE && rejection->chain != NULL;
    return seen_to_be_fit ? POSSIBLE : LIKELY;
}

static enum confidence weigh_alert(const struct rejection *rejection, enum fault fault)
{
    const struct meaning *meaning = meaning_of(rejection->ending.code);
    if (meaning == NULL) {
        return NO;
    }
    if (!shows(rejection, fault)) {
        return weigh_hidden(rejection, fault, meaning);
    }
    enum confidence confidence = weigh_shown(rejection, fault, meaning->named, meaning->used);
    /* These have many other causes: a private authority is none of them. */
    bool general = meaning->code == HANDSHAKE_FAILURE || meaning->code == INTERNAL_ERROR;
    if (general && confidence == LIKELY && !is_hint_of_trust(rejection, fault)) {
        return POSSIBLE;
    }
    return confidence;
}

enum confidence rejection_weigh(const struct rejection *rejection, enum fault fault)
{
    if (rejection->manner == MANNER_ALERT || rejection->manner == MANNER_ANSWER) {
        return weigh_alert(rejection, fault);
    }
    if (!shows(rejection, fault)) {
        return NO;
    }
    bool first = is_first(rejection, fault, ALL_BITS);
    bool clock = fault == FAULT_NOT_YET && rejection->faults.clock_doubtful;
    /* In the middle of a handshake of up to TLS 1.2, who has lost interest closes; who refuses
     * without a word, as BearSSL does, resets, or pauses. In TLS 1.3 Node refuses by a close. */
    bool idle = rejection->manner == MANNER_CLOSED && rejection->ending.kind != ENDING_RESET &&
                rejection->whose == SERVER && rejection->facts->version < TLS13 &&
                !rejection->paused;
    return first && !clock && !idle && is_hint_of_trust(rejection, fault) ? LIKELY : POSSIBLE;
}

enum confidence rejection_surest(const struct rejection *rejection)
{
    enum confidence surest = NO;
    for (int fault = 0; fault < FAULTS; fault++) {
        enum confidence confidence = rejection_weigh(rejection, (enum fault)fault);
        surest = confidence > surest ? confidence : surest;
    }
    return surest;
}

bool rejection_is_named(const struct rejection *rejection)
{
    const struct facts *facts = rejection->facts;
    if (rejection->manner != MANNER_ALERT) {
        return false;
    }
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        if (alert->from == (uint8_t)rejection->ending.by && alert->level == 2 &&
            is_of_certificates(alert->code)) {
            return true; /* GnuTLS sends two: access_denied and bad_certificate */
        }
    }
    return is_of_certificates(rejection->ending.code);
}

/* ---- words ---- */

static void cite_leaf(struct argument *argument, const struct rejection *rejection)
{
    const struct certificate *leaf = rejection->leaf;
    const char *whose = rejection->whose == CLIENT ? "client" : "server";
    char name[FAULTS_TEXT];
    char issuer[FAULTS_TEXT];
    char from[FAULTS_DATE];
    char until[FAULTS_DATE];
    if (leaf == NULL) {
        if (rejection->facts->version == TLS13 && rejection->chain == NULL) {
            argument_cite(argument, rejection->facts->finished[rejection->whose],
                          "TLS 1.3: the %s's certificate is encrypted here", whose);
        }
        return;
    }
    struct moment at = rejection->chain != NULL ? rejection->chain->at : rejection->shown;
    faults_write_name(name, leaf);
    if (leaf->malformed) {
        argument_cite(argument, at, "the %s sends %s", whose, name);
        return;
    }
    faults_write_issuer(issuer, leaf);
    faults_write_date(from, leaf->not_before);
    faults_write_date(until, leaf->not_after);
    argument_cite(argument, at, "%s %s's certificate for %s, by %s, valid from %s to %s",
                  rejection->borrowed ? "another connection shows this" : "the", whose, name,
                  issuer, from, until);
}

static void cite_sealed(struct argument *argument, const struct rejection *rejection)
{
    const struct facts *facts = rejection->facts;
    unsigned length = facts->last_sealed[rejection->ending.by].length;
    if (rejection->whose == SERVER) {
        argument_cite(argument, rejection->ending.at,
                      "in place of its Finished the client sends an encrypted record of an alert's "
                      "size (%u bytes)",
                      length);
    } else {
        argument_cite(argument, rejection->ending.at,
                      "straight behind the client's flight the server sends an encrypted record of "
                      "an alert's size (%u bytes)",
                      length);
    }
}

void rejection_cite(struct argument *argument, const struct rejection *rejection)
{
    cite_leaf(argument, rejection);
    if (rejection->manner == MANNER_ANSWER) {
        argument_cite(argument, rejection->ending.at,
                      "the handshake is finished, and the server answers %s",
                      answer_that_refuses(rejection->facts)->said);
    } else if (rejection->manner == MANNER_SEALED) {
        cite_sealed(argument, rejection);
    } else if (rejection->manner == MANNER_LEFT && rejection->whose == SERVER) {
        argument_cite(
            argument, rejection->ending.at,
            "the client leaves%s as soon as it has finished, without a byte of data: so do "
            "Node, NSS and curl when they refuse a certificate",
            rejection->ending.kind == ENDING_SEALED ? " with an encrypted alert" : "");
    } else if (rejection->paused) {
        argument_cite(argument, rejection->ending.at,
                      "it is the client's turn; it pauses, and leaves without a word: so does s2n, "
                      "10 to 30 seconds after what it refuses");
    } else {
        if (rejection->prepared) {
            argument_cite(argument, rejection->facts->change_cipher_spec[CLIENT],
                          "the client begins its last flight (ChangeCipherSpec); before its "
                          "Finished it looks at the certificate");
        }
        evidence_ending(argument, &rejection->ending);
    }
}
