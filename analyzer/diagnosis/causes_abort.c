/* Abort: somebody ended the handshake, and no reason is in sight; or the reason is that somebody
 * wanted it so. These rows are the last ones: whatever failed, one of them can at least say how it
 * ended. */
#include "diagnosis/causes.h"
#include "diagnosis/endings.h"
#include "diagnosis/evidence.h"

#include "names.h"

enum {
    TLS13 = 0x0304,
    UNEXPECTED_MESSAGE = 10, /* alerts: RFC 8446, section 6.2, RFC 5246, section 7.2.2 */
    BAD_RECORD_MAC = 20,
    DECRYPTION_FAILED = 21,
    RECORD_OVERFLOW = 22,
    DECOMPRESSION_FAILURE = 30,
    ILLEGAL_PARAMETER = 47,
    ACCESS_DENIED = 49,
    DECODE_ERROR = 50,
    DECRYPT_ERROR = 51,
    INTERNAL_ERROR = 80,
    USER_CANCELED = 90,
    RETRANSMISSIONS_THAT_TELL = 2
};

/* Whoever waits for the other and leaves after this long was tired of it: programs that give up
 * sooner had another reason. */
#define TIRED (3 * SIGNS_SECOND / 2)

/* ---- how far it went ---- */

struct situation {
    const char *waiting_for; /* "the server's ServerHello" */
    bool server_is_due;      /* it is the server's turn to speak, else the client's */
};

static struct situation situation(const struct facts *facts)
{
    if (facts->tls_from[SERVER] && signs_undelivered(facts, SERVER)) {
        return (struct situation){"the server's flight", true};
    }
    switch ((enum stage)facts->stage) {
    case STAGE_CLIENT_HELLO:
        return (struct situation){"the ClientHello", false};
    case STAGE_SERVER_HELLO:
        return (struct situation){"the ServerHello", true};
    case STAGE_SECOND_CLIENT_HELLO:
        return (struct situation){"the client's second ClientHello", false};
    case STAGE_SERVER_FLIGHT:
        return (struct situation){"the rest of the server's flight", true};
    case STAGE_CLIENT_FLIGHT:
        return (struct situation){"the client's key exchange", false};
    case STAGE_CLIENT_FINISHED:
    case STAGE_SEALED_CLIENT_FLIGHT:
    case STAGE_RESUMED_CLIENT_FINISHED:
    case STAGE_RESUMED_CLIENT_CHANGE:
        return (struct situation){"the client's Finished", false};
    case STAGE_SERVER_CHANGE:
    case STAGE_SERVER_FINISHED:
    case STAGE_RESUMED_SERVER_FINISHED:
        return (struct situation){"the server's Finished", true};
    case STAGE_SEALED_SERVER_FLIGHT:
        return (struct situation){"the server's encrypted flight", true};
    case STAGE_SSL2_CLIENT_KEY:
        return (struct situation){"the client's key", false};
    case STAGE_SSL2_ENCRYPTED:
        return (struct situation){"the rest of the handshake", true};
    case STAGE_ESTABLISHED:
        break;
    }
    return (struct situation){"data", true};
}

static bool closes(const struct ending *ending)
{
    return ending->kind == ENDING_FIN || ending->kind == ENDING_RESET;
}

static bool nothing_missing(const struct facts *facts)
{
    return facts_absent(facts, CLIENT) && facts_absent(facts, SERVER);
}

/* The one who left had waited for the other, and long. */
static bool left_tired(const struct facts *facts, const struct ending *ending)
{
    enum speaker due = situation(facts).server_is_due ? SERVER : CLIENT;
    return closes(ending) && ending->by != due && facts->stage != STAGE_ESTABLISHED &&
           endings_silence(facts, ending->at) >= TIRED;
}

static void cite_ending(struct argument *argument, const struct ending *ending)
{
    if (ending->kind != ENDING_NONE) {
        evidence_ending(argument, ending);
    }
}

static void cite_progress(struct argument *argument, const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (facts->server_hello != NULL) {
        argument_cite(argument, facts->server_hello->at,
                      "the server has answered with its ServerHello");
    } else if (facts->retry != NULL) {
        argument_cite(argument, facts->retry->at,
                      "the server has answered with a HelloRetryRequest");
    } else if (hello != NULL) {
        argument_cite(argument, hello->at, "the ClientHello");
    }
    /* A flight that is sent again and never acknowledged is lost on the way. */
    for (int side = 0; side < SPEAKERS; side++) {
        const struct transport_side *from = &facts->transport.side[side];
        if (from->unacknowledged > 0 && from->tail_retransmissions >= RETRANSMISSIONS_THAT_TELL) {
            argument_cite(argument, from->last_packet,
                          "the %s has sent its last %u bytes again %u times, in vain: they do not "
                          "get through",
                          endings_speaker((enum speaker)side), (unsigned)from->unacknowledged,
                          (unsigned)from->tail_retransmissions);
        }
    }
}

/* ---- alerts that are their own reason ---- */

static bool alerted(const struct ending *ending, uint8_t code)
{
    return ending->kind == ENDING_ALERT && ending->code == code;
}

static enum confidence internal_error(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    if (!alerted(&ending, INTERNAL_ERROR)) {
        return NO;
    }
    argument_say(argument,
                 "The %s gives up for a reason of its own (internal_error) while %s is due; only "
                 "its log tells it.",
                 endings_speaker(ending.by), situation(facts).waiting_for);
    cite_progress(argument, facts);
    cite_ending(argument, &ending);
    /* OpenSSL calls a version below its security level an internal error: the hello decides. A
     * client may mean the certificate, which a hole may hide. */
    const struct client_hello_facts *hello = facts_client_hello(facts);
    bool known =
        ending.by == CLIENT ? facts_absent(facts, SERVER) : hello != NULL && !hello->incomplete;
    return known ? LIKELY : POSSIBLE;
}

static enum confidence access_denied(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    if (!alerted(&ending, ACCESS_DENIED)) {
        return NO;
    }
    bool certificate = facts->certificate_request.frame != 0 || facts->chain[CLIENT] != NULL ||
                       signs_client_certificate(facts);
    argument_say(argument, "The %s refuses the %s by a rule of its own (access_denied).",
                 endings_speaker(ending.by), endings_speaker(speaker_peer(ending.by)));
    cite_progress(argument, facts);
    cite_ending(argument, &ending);
    return certificate && ending.by == SERVER ? POSSIBLE : LIKELY;
}

static enum confidence user_canceled(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    if (!alerted(&ending, USER_CANCELED)) {
        return NO;
    }
    argument_say(argument, "The %s's user or program cancelled the handshake while %s was due.",
                 endings_speaker(ending.by), situation(facts).waiting_for);
    cite_progress(argument, facts);
    cite_ending(argument, &ending);
    return CERTAIN;
}

/* ---- abort.timeout ---- */

static enum confidence weigh_timeout(const struct facts *facts, const struct ending *ending)
{
    if (ending->kind == ENDING_NONE) {
        /* A ClientHello that nobody answers is another family's. */
        return facts->tls_from[SERVER] && nothing_missing(facts) ? LIKELY : POSSIBLE;
    }
    return left_tired(facts, ending) && facts->tls_from[SERVER] && nothing_missing(facts) ? LIKELY
                                                                                          : NO;
}

static enum confidence timed_out(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    enum confidence confidence = weigh_timeout(facts, &ending);
    if (confidence == NO) {
        return NO;
    }
    struct situation now = situation(facts);
    char waited[ENDINGS_TEXT];
    bool ended = ending.kind != ENDING_NONE;
    endings_write_time(waited, ended ? endings_silence(facts, ending.at) : signs_waited(facts));
    if (ended) {
        argument_say(argument, "The handshake stalls: %s never %s, and after %s the %s gives up.",
                     now.waiting_for, signs_undelivered(facts, SERVER) ? "gets through" : "comes",
                     waited, endings_speaker(ending.by));
    } else {
        argument_say(argument,
                     "The handshake stalls: %s never comes; the capture shows %s of silence.",
                     now.waiting_for, waited);
    }
    cite_progress(argument, facts);
    cite_ending(argument, &ending);
    return confidence;
}

/* ---- abort.by_client, abort.by_server ---- */

/* The client waited for an answer to its ClientHello, and got none: hello.no_reply says so. */
static bool waited_for_reply(const struct facts *facts, const struct ending *ending)
{
    const struct client_hello_facts *hello = endings_unanswered_hello(facts);
    return hello != NULL && ending->at.time - hello->at.time >= 7 * SIGNS_SECOND / 10;
}

/* Complete on the wire, but the client had left before the server's last flight. */
static bool left_before_the_end(const struct facts *facts)
{
    struct moment left = facts_close(facts, CLIENT);
    struct moment last = facts->change_cipher_spec[SERVER];
    return !facts->resumed && left.frame != 0 && last.frame != 0 && left.frame < last.frame;
}

static enum confidence weigh_abort(const struct facts *facts, const struct ending *ending)
{
    if (!closes(ending) || !facts->tls || !nothing_missing(facts)) {
        return POSSIBLE;
    }
    if (facts->stage == STAGE_ESTABLISHED) {
        return ending->by == CLIENT && left_before_the_end(facts) ? LIKELY : POSSIBLE;
    }
    if (ending->by == SERVER) {
        bool spoke = facts->server_hello != NULL || facts->retry != NULL || facts->version != 0;
        bool asked = signs_client_certificate(facts); /* and may not have liked the answer */
        return !spoke || asked || left_tired(facts, ending) ? POSSIBLE : LIKELY;
    }
    return waited_for_reply(facts, ending) || left_tired(facts, ending) ? POSSIBLE : LIKELY;
}

/* Rows of their own are there for these alerts. */
static bool alert_has_row(const struct facts *facts, const struct ending *ending)
{
    switch (ending->code) {
    case BAD_RECORD_MAC:
    case DECRYPTION_FAILED:
    case ACCESS_DENIED:
    case DECRYPT_ERROR:
    case INTERNAL_ERROR:
    case USER_CANCELED:
        return true;
    case UNEXPECTED_MESSAGE:
    case RECORD_OVERFLOW:
    case DECOMPRESSION_FAILURE:
    case ILLEGAL_PARAMETER:
    case DECODE_ERROR:
        return facts->tls_from[speaker_peer(ending->by)] &&
               facts_absent(facts, speaker_peer(ending->by));
    default:
        return false;
    }
}

static bool has_its_own_row(const struct facts *facts, const struct ending *ending)
{
    switch (ending->kind) {
    case ENDING_ALERT:
        return alert_has_row(facts, ending);
    case ENDING_SEALED:
        return facts->version == TLS13 && ending->by == CLIENT && nothing_missing(facts);
    default:
        return closes(ending) && ending->by == SERVER && endings_unanswered_hello(facts) != NULL;
    }
}

static void argue_abort(const struct facts *facts, struct argument *argument,
                        const struct ending *ending)
{
    const char *who = endings_speaker(ending->by);
    char waited[ENDINGS_TEXT];
    char name[NAMES_TEXT_MAX];
    struct situation now = situation(facts);
    endings_write_time(waited, endings_silence(facts, ending->at));
    if (ending->kind == ENDING_ALERT) {
        names_alert_text(name, ending->code);
        argument_say(argument,
                     "The %s ends the handshake with the alert %s (%u); what moved it to that is "
                     "not in sight.",
                     who, name, (unsigned)ending->code);
    } else if (ending->kind == ENDING_SEALED) {
        argument_say(argument,
                     "The %s ends the handshake with what is, by its size, an encrypted alert.",
                     who);
    } else if (facts->stage == STAGE_ESTABLISHED) {
        argument_say(argument, "The %s closes the connection as soon as the handshake is complete.",
                     who);
    } else if (!facts->tls) {
        argument_say(argument, "The %s closes the connection before TLS has begun.", who);
    } else {
        argument_say(argument,
                     "The %s %s the connection in the middle of the handshake, %s after the last "
                     "message, while "
                     "%s is due; it does not say why.",
                     who, ending->kind == ENDING_FIN ? "closes" : "resets", waited,
                     now.waiting_for);
    }
    cite_progress(argument, facts);
    cite_ending(argument, ending);
}

static enum confidence ended_by(const struct question *question, struct argument *argument,
                                enum speaker speaker)
{
    const struct facts *facts = question->facts;
    struct ending ending = endings_first(facts);
    if (ending.kind == ENDING_NONE || ending.by != speaker || has_its_own_row(facts, &ending)) {
        return NO;
    }
    argue_abort(facts, argument, &ending);
    return weigh_abort(facts, &ending);
}

static enum confidence by_client(const struct question *question, struct argument *argument)
{
    return ended_by(question, argument, CLIENT);
}

static enum confidence by_server(const struct question *question, struct argument *argument)
{
    return ended_by(question, argument, SERVER);
}

/* ---- the rows ---- */

static const struct remedy INTERNAL_REMEDIES[] = {
    {"any", "read the log of the side that sent it, at that second: memory, a missing file, a "
            "crashed key module, a callback "
            "that failed"},
    {"openssl", "TLS 1.0 and 1.1 end so when the security level forbids their signatures: "
                "CipherString = DEFAULT@SECLEVEL=0, "
                "or better TLS 1.2"},
    {"go", "GetCertificate or GetConfigForClient returned an error: log it"},
    {"java", "-Djavax.net.debug=ssl:handshake prints the exception behind it"},
    {"iis",
     "event 36888 with alert 80 names the internal error state; 36870 and 36871 for the key"},
    {"haproxy", "global: ca-base, crt-base and the engine; show errors; ssl-engine or provider "
                "messages at start"},
    {NULL, NULL},
};

static const struct remedy DENIED_REMEDIES[] = {
    {"any", "ask the one who runs the other side for its rules: addresses, server names, client "
            "certificates that it lets in"},
    {"network", "TLS inspection and gateways deny by category or name so: look the server name up "
                "in their log"},
    {"any", "GnuTLS servers also deny client certificates that they do not trust so: see their "
            "--x509cafile"},
    {NULL, NULL},
};

static const struct remedy CANCELED_REMEDIES[] = {
    {"any", "somebody pressed Cancel when asked for a certificate or a PIN, or the program was "
            "ended: ask them"},
    {"java", "JSSE sends user_canceled before every close: look for who closed the socket while "
             "the handshake ran"},
    {NULL, NULL},
};

static const struct remedy TIMEOUT_REMEDIES[] = {
    {"network", "bytes that are sent again and never acknowledged: the path's MTU is smaller than "
                "believed; ping -M do -s 1472 "
                "HOST, and let ICMP type 3 code 4 through or clamp the MSS"},
    {"any", "the side that is due hangs: its log, its CPU, its key module (HSM), OCSP or CRL "
            "servers that do not answer, a "
            "full worker pool"},
    {"iis",
     "certutil -urlfetch -verify FILE.cer shows CRL and OCSP addresses that cannot be reached"},
    {"network", "a firewall that drops what follows the ServerHello: capture on both sides"},
    {NULL, NULL},
};

static const struct remedy CLIENT_REMEDIES[] = {
    {"any", "one connection among many that work is often a race that another one won (IPv6 "
            "against IPv4, QUIC), or a page "
            "that was left"},
    {"any", "all of them: the client's own log; a client that closes on the server's certificate "
            "without an alert does not "
            "like it: openssl s_client -connect HOST:443 -servername NAME -showcerts </dev/null"},
    {"any",
     "a timeout in the client that is shorter than the handshake takes: curl --connect-timeout, Go "
     "TLSHandshakeTimeout, Java setSoTimeout"},
    {"haproxy", "health checks that stop early: check-ssl verify none, option httpchk"},
    {NULL, NULL},
};

static const struct remedy SERVER_REMEDIES[] = {
    {"any", "the server's log at that second: a crash of its worker (dmesg, systemctl status, "
            "Windows Application log), a "
            "limit, a restart"},
    {"network", "a balancer whose backend went away, an idle timeout that is too short, a firewall "
                "that ends it by "
                "certificate or name"},
    {"nginx", "error_log ... debug; client_header_timeout covers the handshake"},
    {"haproxy", "timeout client; show info: SslRate, MaxSslConns"},
    {"iis", "events 36871 and 36874 of Schannel, and the HTTPERR log (Connection_Dropped, "
            "Timer_Connection)"},
    {NULL, NULL},
};

const struct cause causes_abort[] = {
    {"abort.internal_error", "one side failed within itself",
     "internal_error (80): the side that sends it has a fault that is not the other's: no memory, "
     "a key that cannot be used, "
     "a callback that failed. OpenSSL 3 also sends it for TLS 1.0 and 1.1 at its default security "
     "level; Go for a "
     "certificate callback's error. SEC_E_INTERNAL_ERROR (0x80090304).",
     internal_error, INTERNAL_REMEDIES},
    {"abort.access_denied", "one side refuses the other by a rule",
     "access_denied (49): the handshake was understood, and a rule forbids it. Gateways and "
     "inspection send it; GnuTLS servers "
     "also for client certificates. SEC_E_LOGON_DENIED (0x8009030C).",
     access_denied, DENIED_REMEDIES},
    {"abort.user_canceled", "somebody cancelled the handshake",
     "user_canceled (90), mostly followed by close_notify: a person or a program did not want to "
     "go on. At the end of a "
     "connection that worked JSSE sends it always; there it means nothing. SEC_E_USER_CANCELED "
     "(0x80090333).",
     user_canceled, CANCELED_REMEDIES},
    {"abort.timeout", "the handshake stalled",
     "It had begun, the server had answered, and then one side's next message never came: that "
     "side hangs, or its bytes are "
     "lost on the way (a flight with certificates is the first that fills whole packets, so that a "
     "wrong MTU shows there). "
     "In the end the other side gives up, or the capture ends. curl: \"SSL connection timeout\"; "
     "Java: "
     "SocketTimeoutException; nginx: \"peer timed out\".",
     timed_out, TIMEOUT_REMEDIES},
    {"abort.by_client", "the client left in the middle of the handshake",
     "The client closed or reset the connection without an alert, and nothing shows why: it lost a "
     "race, its user left, its "
     "own timeout ran out, or it did not like the server's certificate and says nothing (Node, "
     "BearSSL, browsers' spare "
     "connections).",
     by_client, CLIENT_REMEDIES},
    {"abort.by_server", "the server left in the middle of the handshake",
     "The server had answered the ClientHello, then closed or reset the connection without an "
     "alert: a crash, a restart, a "
     "limit, a backend that went away. mbedTLS and BearSSL servers also close so on what others "
     "alert. Clients show "
     "\"unexpected eof\", ECONNRESET, SSLHandshakeException: Remote host terminated the handshake.",
     by_server, SERVER_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
