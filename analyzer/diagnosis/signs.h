/* Signs: what the position and size of records, the closes and the silences of a connection say
 * about how its handshake ended. They are what diagnose_status() and the causes have in common;
 * each is a question about facts, and none says why.
 */
#ifndef DIAGNOSIS_SIGNS_H
#define DIAGNOSIS_SIGNS_H

#include "tracking/facts.h"

/* How long somebody must have been waited for before silence counts as the end of it. A capture
 * that stops earlier leaves the handshake undecided. In nanoseconds. */
#define SIGNS_SECOND INT64_C(1000000000)
/* A SYN: the first two are repeated after 1 and 3 seconds (RFC 6298, section 2), so both went
 * unanswered. */
#define SIGNS_PATIENCE_SYN (3 * SIGNS_SECOND)
/* A ClientHello: the server has nothing to do before its answer that takes a second; load balancers
 * and monitors give up after 5. */
#define SIGNS_PATIENCE_HELLO (5 * SIGNS_SECOND)
/* Anything later: a server may look up a certificate or ask a hardware module, a client may fetch
 * revocation lists. */
#define SIGNS_PATIENCE_FLIGHT (10 * SIGNS_SECOND)
/* The answer to plain HTTP: a server that speaks it has one within a second, or the client would
 * wait longer. */
#define SIGNS_PATIENCE_HTTP SIGNS_SECOND
/* The answer to a CertificateRequest: a person may be asked to choose a certificate or to type a
 * PIN. */
#define SIGNS_PATIENCE_PERSON (60 * SIGNS_SECOND)
/* What a refusal of the other's last flight needs at most: the check of a certificate, not an idle
 * timeout. */
#define SIGNS_AFTERMATH (5 * SIGNS_SECOND)
/* What a client's refusal behind the server's Finished needs: it has checked the certificate
 * already. Spare connections of browsers are closed later than that. */
#define SIGNS_AT_ONCE (SIGNS_SECOND / 5)
/* Bytes that were sent again and again: after the third time and 1.4 seconds (200 ms, doubled each
 * time) a loss is no accident. */
#define SIGNS_PATIENCE_LOSS (3 * SIGNS_SECOND / 2)
enum { SIGNS_LOST = 4 };
/* A connection in its handshake is watched for 5 minutes of silence. Where the capture's clock
 * shows more than that, nobody was watching: captures were merged, or the recording paused. */
#define SIGNS_WATCHED_MAX (330 * SIGNS_SECOND)

/* What ended the handshake. */
enum ending_kind {
    ENDING_NONE,   /* nothing that was seen: silence, or the capture's end */
    ENDING_ALERT,  /* an alert in clear; fatal, or one after which its sender closed */
    ENDING_SEALED, /* an encrypted record of an alert's size, where nothing else of that size is
                      said */
    ENDING_FIN,
    ENDING_RESET
};

struct ending {
    enum ending_kind kind;
    enum speaker by;
    struct moment at;
    uint8_t code; /* of the alert; 255 where there is none or it is not known */
};

struct ending signs_ending(const struct facts *facts);

/* Whether the last ClientHello got neither a ServerHello nor any later message of the server. */
bool signs_hello_unanswered(const struct facts *facts);

/* Whether an encrypted record of this length can be an alert, by the version and suite that were
 * agreed on. */
bool signs_alert_sized(const struct facts *facts, uint16_t length);

/* Length of the client's Finished record of TLS 1.3 when nothing else is in it and nothing was
 * padded. */
uint16_t signs_finished_length(const struct facts *facts);

/* TLS 1.3: whether the client's last flight holds more than its Finished: it answers a
 * CertificateRequest, with a certificate or without. Up to TLS 1.2: whether both are seen in clear.
 */
bool signs_client_certificate(const struct facts *facts);

/* Whether the server's certificate, as it was sent in clear, is one that clients refuse whomever
 * they trust: for another name or another use, outside its time by the packet's clock, revoked or
 * without the stapled response that is due, or broken. */
bool signs_certificate_bad(const struct facts *facts);

/* The frame of the first record of data that `speaker` sent behind the handshake; 0: none. */
uint64_t signs_first_data(const struct facts *facts, enum speaker speaker);

/* Whether nobody has made use of the finished handshake: there is no data, or the server's alone
 * and of HTTP/2, in which it speaks before it is asked (RFC 9113, section 3.4). */
bool signs_unused(const struct facts *facts);

/* The first FIN or RST of anybody; frame 0: none. *by says whose. */
struct moment signs_first_close(const struct facts *facts, enum speaker *by);

/* How long nothing new of the handshake had come when watching ended, in nanoseconds; bytes that
 * were sent again are nothing new. */
int64_t signs_waited(const struct facts *facts);

/* Whether the silence behind the last packet is the capture's and not the connection's: bytes wait
 * for their acknowledgement, which TCP would have sent again soon, and nobody sent them again. */
bool signs_capture_stopped(const struct facts *facts);

/* Whether bytes of `from` were sent again and again, for long enough, and never acknowledged. */
bool signs_lost(const struct facts *facts, enum speaker from);

/* TLS 1.3: whether an encrypted record of the server's is long enough for a certificate; its
 * extensions, a request and an alert together are shorter. */
bool signs_certificate_sealed(const struct facts *facts);

/* Whether what `from` sent last was sent again until the other left, or the capture ended, and
 * never acknowledged: the other had nothing to answer. */
bool signs_undelivered(const struct facts *facts, enum speaker from);

/* A renegotiation inside the established connection: how far it went, by the sizes of its encrypted
 * records. */
enum renegotiation {
    RENEGOTIATION_NONE,    /* there was none, or nothing can be said of it */
    RENEGOTIATION_REFUSED, /* asked for; then came an alert and the end, and the asking was not
                              followed by a handshake */
    RENEGOTIATION_FAILED /* the client's part is there up to its Finished, the server's is not; then
                            the end */
};

enum renegotiation signs_renegotiation(const struct facts *facts);

/* Whether a server that expects TLS said so in clear: its answer to plain HTTP. */
bool signs_http_at_tls_server(const struct facts *facts);

#endif
