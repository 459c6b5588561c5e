/* Records and keys: what one side said could not be read by the other, or did not prove what it
 * should. */
#include "diagnosis/causes.h"
#include "diagnosis/endings.h"
#include "diagnosis/greeting.h"

#include "names.h"

enum {
    TLS13 = 0x0304,
    UNKNOWN_SUITE = 0xffff, /* SSL 2.0's */
    CLOSE_NOTIFY = 0,
    CERTIFICATE_LEAST =
        400, /* bytes: less than any Certificate with its CertificateVerify and Finished */
    UNEXPECTED_MESSAGE = 10, /* alerts: RFC 8446, section 6.2, RFC 5246, section 7.2.2 */
    BAD_RECORD_MAC = 20,
    DECRYPTION_FAILED = 21,
    RECORD_OVERFLOW = 22,
    DECOMPRESSION_FAILURE = 30,
    ILLEGAL_PARAMETER = 47,
    DECODE_ERROR = 50,
    DECRYPT_ERROR = 51
};

/* ---- what they argue with ---- */

static bool offers_psk_suite(const struct client_hello_facts *hello)
{
    for (size_t i = 0; hello->offer != NULL && i < hello->offer->suites.count; i++) {
        const struct suite *row = names_suite_row(hello->offer->suites.at[i]);
        if (row != NULL &&
            (row->authentication == SUITE_AUTH_PSK || row->authentication == SUITE_AUTH_SRP)) {
            return true;
        }
    }
    return false;
}

/* A shared secret may be what does not fit: another family's matter. So it may where the hellos
 * were not seen. */
static bool about_psk(const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    const struct client_hello_facts *client = facts_client_hello(facts);
    if (hello == NULL) {
        return client == NULL || client->psk_identities > 0 || offers_psk_suite(client);
    }
    const struct suite *suite = names_suite_row(hello->suite);
    return hello->psk_selected || (suite != NULL && (suite->authentication == SUITE_AUTH_PSK ||
                                                     suite->authentication == SUITE_AUTH_SRP));
}

static bool alerted(const struct ending *ending, uint8_t code)
{
    return ending->kind == ENDING_ALERT && ending->code == code;
}

static void cite_alert(struct argument *argument, const struct ending *ending)
{
    char name[NAMES_TEXT_MAX];
    names_alert_text(name, ending->code);
    argument_cite(argument, ending->at, "the %s alerts %s (%u)", endings_speaker(ending->by), name,
                  (unsigned)ending->code);
}

/* TLS 1.3, without keys: an encrypted alert that can hardly be about a certificate. */
enum sealed_sign {
    SEALED_NONE,
    SEALED_ANY,     /* the client refuses the server's flight: mostly for its certificate */
    SEALED_EARLY,   /* the client refuses before a certificate can have come, or where none comes at
                       all */
    SEALED_FINISHED /* the server refuses the client's Finished: nothing else was in that flight */
};

static bool certificate_came(const struct facts *facts, struct moment until)
{
    uint32_t length = 0;
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->from == SERVER && record->at.frame <= until.frame) {
            length += record->length;
        }
    }
    return length == 0 || length >= CERTIFICATE_LEAST;
}

static bool refused_finished(const struct facts *facts, const struct ending *ending)
{
    const struct sealed_record *said = &facts->last_sealed[SERVER];
    return facts->established.frame != 0 && ending->kind != ENDING_ALERT &&
           facts->application_records[SERVER] > 0 &&
           said->at.frame > facts->finished[CLIENT].frame &&
           signs_alert_sized(facts, said->length) && !signs_client_certificate(facts);
}

static enum sealed_sign sealed_sign(const struct facts *facts, const struct ending *ending)
{
    if (facts->version != TLS13 || !facts_absent(facts, SERVER) || !facts_absent(facts, CLIENT)) {
        return SEALED_NONE;
    }
    if (refused_finished(facts, ending)) {
        return SEALED_FINISHED;
    }
    if (ending->kind != ENDING_SEALED || ending->by != CLIENT) {
        return SEALED_NONE;
    }
    bool psk = facts->server_hello != NULL && facts->server_hello->psk_selected;
    return psk || !certificate_came(facts, ending->at) ? SEALED_EARLY : SEALED_ANY;
}

static void cite_sealed(struct argument *argument, const struct facts *facts,
                        const struct ending *ending, enum sealed_sign sign)
{
    if (sign == SEALED_FINISHED) {
        const struct sealed_record *said = &facts->last_sealed[SERVER];
        argument_cite(argument, facts->finished[CLIENT], "the client's Finished");
        argument_cite(argument, said->at,
                      "the server answers with an encrypted record of an alert's size (%u bytes)",
                      (unsigned)said->length);
    } else {
        argument_cite(argument, ending->at,
                      "the client sends an encrypted record of an alert's size%s",
                      sign == SEALED_EARLY ? ", before it can have seen a certificate" : "");
    }
}

/* ---- key.confirmation_failed ---- */

static enum confidence weigh_decrypt_error(const struct facts *facts, const struct ending *ending)
{
    bool lost =
        facts->chain[SERVER] == NULL && facts->version < TLS13 && !facts_absent(facts, SERVER);
    if (ending->by == CLIENT && lost) {
        return POSSIBLE; /* it may have been about the certificate */
    }
    const struct chain *client = facts->chain[CLIENT];
    bool proof = facts->certificate_verify.frame != 0 || (client != NULL && client->count > 0) ||
                 signs_client_certificate(facts);
    return (ending->by == SERVER && proof) || about_psk(facts) ? POSSIBLE : LIKELY;
}

static void argue_decrypt_error(const struct facts *facts, struct argument *argument,
                                const struct ending *ending)
{
    enum speaker peer = speaker_peer(ending->by);
    bool finished = facts->change_cipher_spec[peer].frame != 0 && facts->version != TLS13 &&
                    facts->change_cipher_spec[peer].frame <= ending->at.frame;
    struct moment signed_at = facts->server_key_exchange;
    if (finished) {
        argument_say(argument,
                     "The %s's Finished does not fit: the two sides have not seen the same "
                     "handshake, or do not "
                     "have the same keys.",
                     endings_speaker(peer));
        argument_cite(argument, facts->change_cipher_spec[peer],
                      "the %s's ChangeCipherSpec and Finished", endings_speaker(peer));
    } else if (ending->by == CLIENT) {
        argument_say(
            argument,
            "The server's signature does not verify: its private key does not belong to its "
            "certificate, or the handshake was changed on its way.");
        if (signed_at.frame != 0) {
            argument_cite(argument, signed_at, "the server signs its key exchange");
        }
    } else {
        argument_say(
            argument,
            "The server finds that a signature or a Finished of the client does not verify.");
    }
    cite_alert(argument, ending);
}

static enum confidence confirmation_failed(const struct question *question,
                                           struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    if (alerted(&ending, DECRYPT_ERROR)) {
        argue_decrypt_error(facts, argument, &ending);
        return weigh_decrypt_error(facts, &ending);
    }
    bool unread = alerted(&ending, BAD_RECORD_MAC) || alerted(&ending, DECRYPTION_FAILED);
    enum speaker peer = speaker_peer(ending.by);
    if (unread && facts->change_cipher_spec[peer].frame != 0) {
        argument_say(
            argument,
            "The %s cannot read the %s's Finished: the two sides may have come to different keys.",
            endings_speaker(ending.by), endings_speaker(peer));
        argument_cite(argument, facts->change_cipher_spec[peer],
                      "the %s's ChangeCipherSpec and Finished", endings_speaker(peer));
        cite_alert(argument, &ending);
        return POSSIBLE;
    }
    enum sealed_sign sign = sealed_sign(facts, &ending);
    if (sign == SEALED_NONE) {
        return NO;
    }
    argument_say(
        argument,
        sign == SEALED_FINISHED
            ? "The server refuses the client's Finished: it does not confirm the handshake."
            : "The client may find that the server's signature or Finished does not verify.");
    cite_sealed(argument, facts, &ending, sign);
    return POSSIBLE;
}

/* ---- record.bad_mac ---- */

static enum confidence weigh_bad_mac(const struct facts *facts, const struct ending *ending)
{
    enum speaker peer = speaker_peer(ending->by);
    const struct client_hello_facts *hello = facts_client_hello(facts);
    bool known = hello != NULL && !hello->incomplete && facts->server_hello != NULL;
    if (about_psk(facts) || !known) {
        return POSSIBLE; /* where a hello is missing, it may have been about a PSK */
    }
    bool encrypted =
        facts->change_cipher_spec[peer].frame != 0 || facts->last_sealed[peer].at.frame != 0;
    return encrypted ? CERTAIN : LIKELY;
}

static enum confidence bad_mac(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    if (alerted(&ending, BAD_RECORD_MAC) || alerted(&ending, DECRYPTION_FAILED)) {
        enum speaker peer = speaker_peer(ending.by);
        argument_say(argument,
                     "The %s cannot decrypt what the %s sends: bytes were changed on their way, or "
                     "the two have "
                     "come to different keys.",
                     endings_speaker(ending.by), endings_speaker(peer));
        if (facts->change_cipher_spec[peer].frame != 0) {
            argument_cite(argument, facts->change_cipher_spec[peer], "the %s begins to encrypt",
                          endings_speaker(peer));
        }
        cite_alert(argument, &ending);
        return weigh_bad_mac(facts, &ending);
    }
    enum sealed_sign sign = sealed_sign(facts, &ending);
    if (sign == SEALED_NONE) {
        return NO;
    }
    argument_say(argument,
                 sign == SEALED_FINISHED
                     ? "The server cannot read the client's last flight: bytes were changed on "
                       "their way, or the two "
                       "have come to different keys."
                     : "The client may not be able to read the server's encrypted flight.");
    cite_sealed(argument, facts, &ending, sign);
    return sign == SEALED_ANY ? POSSIBLE : LIKELY;
}

/* ---- record.malformed ---- */

static bool blames_form(const struct ending *ending)
{
    return alerted(ending, UNEXPECTED_MESSAGE) || alerted(ending, RECORD_OVERFLOW) ||
           alerted(ending, DECOMPRESSION_FAILURE) || alerted(ending, ILLEGAL_PARAMETER) ||
           alerted(ending, DECODE_ERROR);
}

/* The server selected a suite that the client had not offered (RFC 8446, section 4.1.3). */
static bool suite_not_offered(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct server_hello_facts *answer = facts->server_hello;
    return hello != NULL && hello->offer != NULL && !hello->incomplete && !hello->malformed &&
           answer != NULL && answer->suite != UNKNOWN_SUITE &&
           !facts_lists(hello->offer->suites, answer->suite);
}

/* Where the fault is seen that `peer` is blamed for; frame 0: it is not. */
static struct moment visible_fault(const struct facts *facts, enum speaker peer,
                                   struct moment until)
{
    struct moment fault =
        facts->malformed[peer].frame != 0 ? facts->malformed[peer] : facts->not_tls_from[peer];
    if (fault.frame != 0 && (until.frame == 0 || fault.frame <= until.frame) &&
        facts_absent(facts, peer)) {
        return fault;
    }
    return peer == SERVER && suite_not_offered(facts) ? facts->server_hello->at
                                                      : (struct moment){0, 0};
}

static void argue_fault(const struct facts *facts, struct argument *argument, enum speaker peer,
                        struct moment fault)
{
    if (peer == SERVER && suite_not_offered(facts) &&
        fault.frame == facts->server_hello->at.frame) {
        char name[NAMES_TEXT_MAX];
        names_suite_text(name, facts->server_hello->suite);
        argument_say(
            argument,
            "The server breaks the protocol: it selects %s, which the client has not offered.",
            name);
        argument_cite(argument, fault, "the server selects %s", name);
        return;
    }
    argument_say(argument, "The %s breaks the protocol: a message of it is malformed.",
                 endings_speaker(peer));
    argument_cite(argument, fault, "a record or message of the %s breaks its RFC",
                  endings_speaker(peer));
}

/* An alert without a fault in sight: what is blamed may be encrypted, or a matter of taste. */
static enum confidence weigh_blame(const struct facts *facts, const struct ending *ending)
{
    struct moment again = facts->renegotiation;
    if (again.frame != 0 && again.frame <= ending->at.frame) {
        return NO; /* what it does not like is the new handshake */
    }
    enum speaker peer = speaker_peer(ending->by);
    const struct client_hello_facts *hello = facts_client_hello(facts);
    bool psk = ending->by == SERVER && facts->server_hello == NULL && hello != NULL &&
               hello->psk_identities > 0;
    bool requested = ending->by == SERVER && facts->certificate_request.frame != 0;
    if (!facts->tls_from[peer] || !facts_absent(facts, peer)) {
        return NO; /* what it answers is not in the capture: a close, or no TLS, or anything */
    }
    bool offered =
        hello != NULL && !hello->incomplete; /* else: it may have been about the version */
    return psk || requested || !offered ? POSSIBLE : LIKELY;
}

/* What is at fault is no TLS at all. */
static bool never_spoke_tls(const struct facts *facts, enum speaker peer)
{
    return facts->malformed[peer].frame == 0 && !facts->tls_from[peer] &&
           facts->not_tls_from[peer].frame != 0 && !greeting_is_record(facts->cleartext[peer]);
}

static enum confidence malformed(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    bool alert = ending.kind == ENDING_ALERT && ending.code != CLOSE_NOTIFY; /* s2n says no more */
    if (alert && !blames_form(&ending)) {
        return NO;
    }
    enum speaker peer = ending.kind == ENDING_NONE ? CLIENT : speaker_peer(ending.by);
    struct moment fault = visible_fault(facts, peer, ending.at);
    if (fault.frame == 0 && ending.kind == ENDING_NONE) {
        peer = SERVER;
        fault = visible_fault(facts, peer, ending.at);
    }
    if (fault.frame == 0 && !alert) {
        return NO;
    }
    if (fault.frame != 0) {
        argue_fault(facts, argument, peer, fault);
    } else {
        char name[NAMES_TEXT_MAX];
        names_alert_text(name, ending.code);
        argument_say(argument, "The %s blames the %s for breaking the protocol (%s).",
                     endings_speaker(ending.by), endings_speaker(peer), name);
    }
    if (alert) {
        cite_alert(argument, &ending);
    }
    if (fault.frame != 0 && never_spoke_tls(facts, peer)) {
        return POSSIBLE; /* the family protocol says it better */
    }
    if (alert) {
        if (fault.frame == 0) {
            return weigh_blame(facts, &ending);
        }
        return facts->began_late ? LIKELY : CERTAIN; /* what came before may explain it */
    }
    return LIKELY;
}

/* ---- the rows ---- */

static const struct remedy KEY_REMEDIES[] = {
    {"any", "does the key belong to the certificate? openssl x509 -in CERT -noout -pubkey | "
            "openssl sha256, and openssl pkey "
            "-in KEY -pubout | openssl sha256, must be equal"},
    {"iis", "certutil -repairstore my \"THUMBPRINT\", certutil -verifystore my; "
            "SEC_E_DECRYPT_FAILURE (0x80090330)"},
    {"java", "keytool -list -v -keystore FILE: one PrivateKeyEntry whose chain begins with the "
             "certificate of its key"},
    {"network", "a box that changes hellos on their way breaks the Finished: compare captures of "
                "both sides; bypass TLS "
                "inspection for this server"},
    {"any", "a fault of one implementation: try another client (openssl s_client, curl, a browser) "
            "and another group or "
            "signature algorithm (-groups, -sigalgs)"},
    {NULL, NULL},
};

static const struct remedy MAC_REMEDIES[] = {
    {"network", "capture on both sides and compare the payload of the encrypted records: where "
                "they differ, something on the "
                "way changes bytes (TLS inspection, a WAN optimizer, a broken network card: "
                "ethtool -K eth0 tso off gso "
                "off gro off; ethtool -S eth0 for errors)"},
    {"any", "equal on both sides: the two came to different keys; a session ticket or id of "
            "another server behind the same "
            "address (share the ticket keys, or openssl s_client -no_ticket), or a fault in one "
            "TLS stack"},
    {"java", "a security provider or accelerator with a fault: try without it; "
             "-Djavax.net.debug=ssl:handshake:data"},
    {"iis", "SEC_E_MESSAGE_ALTERED (0x8009030F): event 36887 with alert 20"},
    {"openssl",
     "without hardware: OPENSSL_ia32cap=~0x200000200000000 openssl s_client ... rules AES-NI out"},
    {NULL, NULL},
};

static const struct remedy MALFORMED_REMEDIES[] = {
    {"any", "update the side that is blamed; until then find what the other does not like: openssl "
            "s_client -tls1_2, "
            "-no_ticket, -sess_in none, -groups P-256, -noservername"},
    {"network", "a box on the way that changes hellos: compare captures of both sides"},
    {"java", "-Djavax.net.debug=ssl:handshake prints the message at which it stops; "
             "-Djdk.tls.useExtendedMasterSecret=false "
             "and -Djdk.tls.client.enableSessionTicketExtension=false for old peers"},
    {"openssl",
     "s_client -msg -debug shows the message; the error stack names the function that stopped"},
    {"iis", "SEC_E_ILLEGAL_MESSAGE (0x80090326): event 36887 or 36888 with the alert's number"},
    {NULL, NULL},
};

const struct cause causes_record[] = {
    {"record.bad_mac", "encrypted records cannot be read",
     "One side could not decrypt a record of the other: bad_record_mac (20), in old stacks "
     "decryption_failed (21). Bytes "
     "were changed on their way, or the two sides came to different keys. Up to TLS 1.2 the alert "
     "comes in clear, straight "
     "behind the other's ChangeCipherSpec and Finished. In TLS 1.3 OpenSSL clients send it in "
     "clear, all others encrypted: "
     "then only its place tells, before a certificate can have come or behind the client's "
     "Finished. With a "
     "pre-shared key it is rather the key: psk.rejected.",
     bad_mac, MAC_REMEDIES},
    {"key.confirmation_failed", "a signature or Finished does not verify",
     "decrypt_error (51). From the client behind ServerKeyExchange or, in TLS 1.3, "
     "CertificateVerify: the server's signature "
     "does not verify, mostly because its private key is not that of its certificate. From the "
     "server behind the client's "
     "Finished: the two have not seen the same handshake. All stacks send 51; in TLS 1.3 all but "
     "OpenSSL encrypt it.",
     confirmation_failed, KEY_REMEDIES},
    {"record.malformed", "one side broke the protocol",
     "A record or message was not what the RFC says, or came where it must not: decode_error (50), "
     "illegal_parameter (47), "
     "unexpected_message (10), record_overflow (22), decompression_failure (30). Stacks differ in "
     "the number for the same "
     "fault: a ClientHello that does not parse is 50 to OpenSSL and GnuTLS, 10 to Go, 47 to NSS. "
     "Behind a bare close, 50 "
     "and 10 only say that the other side has gone.",
     malformed, MALFORMED_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
