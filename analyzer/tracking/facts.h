/* What was seen of one connection, by speaker, with the packets that showed it.
 *
 * Facts say what was seen and never what it means: that is diagnosis' business. session and stream
 * write them, diagnosis and report read them. Everything that a pointer here leads to lives in the
 * flow's arena, or in a table of things that repeat (offers, certificates), and stays until the
 * flow is given back. Text has been made printable: valid UTF-8 without control characters, ended
 * by NUL. A pointer is NULL, a moment's frame 0 and a code list empty where nothing was seen.
 *
 * "X was never seen" is a claim of its own: it may only be made through facts_absent().
 */
#ifndef TRACKING_FACTS_H
#define TRACKING_FACTS_H

#include "packet.h"
#include "preface.h"
#include "speaker.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct moment {
    uint64_t frame; /* the packet's number in its capture, from 1; 0: never */
    int64_t time;   /* nanoseconds since 1970 */
};

struct code_list {
    const uint16_t *at;
    size_t count;
};

struct text_list {
    const char *const *at;
    size_t count;
};

/* ---- TCP ---- */

struct reset {
    struct moment at; /* the first RST that this side sent */
    uint32_t sequence;
    uint16_t window; /* some boxes write their reason there */
    uint16_t ip_id;
    uint8_t ttl;
    bool data_followed; /* the same side sent payload or acknowledged afterwards, as if it knew
                           nothing */
};

/* What payload touches stands first, up to `retransmissions`; the rest is written when the side
 * closes, or at the end. */
struct transport_side {
    struct moment last_data, first_data;
    uint64_t bytes;                /* of payload that were there to be read, in order */
    uint16_t retransmissions;      /* segments with payload that brought nothing new */
    uint16_t tail_retransmissions; /* of these, since the peer last acknowledged something new */
    struct moment last_packet;
    uint32_t packets;
    uint32_t unacknowledged;         /* bytes sent, and seen, that the peer never acknowledged */
    uint16_t last_ip_id;             /* of the last packet before its RST */
    uint8_t ttl_lowest, ttl_highest; /* of its packets other than RST; 0: none */
    bool missing;                    /* bytes that were sent are not in the capture */
    bool cut;                        /* of these, some because of the snap length */
    bool overflowed;                 /* of these, some because one of our own bounds was hit */
    bool answers_close; /* its FIN or RST acknowledges the peer's FIN: it closed second, wherever it
                           stands in the capture */
    struct moment fin;
    struct moment fin_known; /* the peer's packet that acknowledged the FIN, where it stands in the
                                capture before the FIN itself */
    struct reset reset;
};

struct icmp_error {
    struct moment at;
    uint32_t mtu;
    uint8_t type, code;
    bool version6;
    enum speaker about; /* who sent the packet that it quotes */
};

struct transport {
    bool closed; /* both FINs, or a RST */
    uint16_t syn_count;
    struct transport_side side[SPEAKERS];
    struct moment syn, syn_ack; /* the first of each */
    struct icmp_error icmp;     /* the first one */
};

/* ---- the hellos ---- */

/* What a ClientHello offers, apart from what is new in each: many handshakes share one. */
struct offer {
    uint32_t number; /* in the store, as a certificate's */
    uint16_t legacy_version;
    bool sslv2; /* came as an SSLv2 CLIENT-HELLO; `suites` then holds those that SSL 3.0 knows */
    bool has_extensions;
    bool tls13_draft;          /* offers a draft of TLS 1.3 */
    struct code_list suites;   /* in order; with GREASE and SCSVs */
    struct code_list versions; /* supported_versions as sent; empty when not sent */
    struct code_list groups;
    struct code_list key_shares;
    struct code_list schemes;
    struct code_list certificate_schemes;
    struct code_list extensions; /* types, in order */
    struct code_list point_formats;
    struct text_list alpn;
    uint32_t alpn_first; /* first and last byte of the first ALPN name, as they came: first << 8 |
                            last; and its length << 16; 0 when there is none (for JA4) */
    bool null_compression_only;
    const uint32_t *sslv2_suites; /* an SSLv2 CLIENT-HELLO's, of 3 bytes each, all of them */
    size_t sslv2_suite_count;
    const char *ja3; /* 32 hex digits */
    const char *ja4;
};

struct client_hello_facts {
    struct moment at;     /* the packet with which it was whole */
    struct moment begins; /* the packet that held its first byte */
    const struct offer *offer;
    const char *server_name; /* as sent, printable; "" when sent empty; NULL when not sent */
    uint32_t length;         /* of the message, in bytes */
    uint16_t record_version;
    uint16_t ticket_length;  /* 0: none or empty */
    uint16_t psk_identities; /* in pre_shared_key */
    uint8_t session_id_length;
    bool has_session_ticket; /* the extension, perhaps empty */
    bool early_data;
    bool renegotiation; /* renegotiated_connection is not empty: not a first handshake */
    bool malformed;     /* the message, or one of its extensions, breaks its RFC */
    bool incomplete;    /* only its beginning was captured */
};

struct server_hello_facts {
    struct moment at;
    uint16_t legacy_version;
    uint16_t version; /* selected; drafts of TLS 1.3 as 0x0304, see `draft` */
    uint16_t draft;   /* the draft's code as sent; 0: none */
    uint16_t suite;   /* 0xffff is no suite: SSL 2.0 */
    uint16_t group;   /* key_share's; up to TLS 1.2 see facts.group */
    uint8_t compression;
    uint8_t session_id_length;
    bool session_id_echoed; /* the client's own session id, not empty */
    bool renegotiation_info;
    bool extended_master_secret;
    bool encrypt_then_mac;
    bool session_ticket;
    bool status_request;
    bool psk_selected;
    bool malformed;
    enum {
        SENTINEL_NONE,
        SENTINEL_TLS11,
        SENTINEL_TLS12
    } sentinel; /* RFC 8446, section 4.1.3: what it was downgraded to */
    struct code_list extensions;
    const char
        *alpn; /* of the ServerHello, or of EncryptedExtensions where a key log opened them */
    const char *ja3s; /* 32 hex digits */
};

/* ---- certificates ---- */

enum certificate_key {
    KEY_UNKNOWN,
    KEY_RSA,
    KEY_RSA_PSS,
    KEY_EC,
    KEY_ED25519,
    KEY_ED448,
    KEY_DSA,
    KEY_DH
};

enum usage {
    USAGE_ABSENT,
    USAGE_PRESENT,
    USAGE_LACKS
}; /* the extension is not there (anything goes); holds it; lacks it */

/* One X.509 certificate (RFC 5280), parsed once and shared by all who were given it. */
struct certificate {
    uint8_t sha256[32];
    uint32_t number;     /* in the store, for as long as it lives, from 1; 0: it goes with its
                            connection */
    uint32_t length;     /* DER, bytes */
    bool malformed;      /* could not be parsed; nothing below is set */
    const char *subject; /* RFC 2253-like text */
    const char *issuer;
    struct text_list subject_common_names;
    struct text_list issuer_common_names;
    struct text_list names; /* subjectAltName: DNS names and IP addresses, as text, in order */
    size_t dns_count;       /* how many of these are DNS names, and */
    size_t ip_count;        /* IP addresses */
    const char *serial;     /* upper-case hex, without separators */
    const char *key_name;   /* "RSA 2048", "EC secp256r1" */
    const char *signature;  /* "sha256WithRSAEncryption" */
    const char *ocsp_url, *issuer_url; /* authority information access */
    int64_t not_before, not_after;     /* seconds since 1970 */
    uint8_t key;                       /* enum certificate_key */
    uint16_t key_bits;
    uint16_t signature_hash_bits; /* digest size of the signature: 128 MD5, 160 SHA-1, 256 ...; 0
                                     unknown or none */
    uint8_t server_auth, client_auth;            /* enum usage, of extendedKeyUsage */
    uint8_t digital_signature, key_encipherment; /* enum usage, of keyUsage */
    bool is_authority;                           /* basicConstraints CA */
    bool self_issued;                            /* subject equals issuer */
    bool self_signed;                            /* and the signature verifies with its own key */
    bool must_staple, has_scts;
};

/* What is known about a chain from its bytes, the packet's time and the trust store. */
struct chain {
    struct moment at; /* the packet with which the Certificate message was whole */
    const struct certificate *const *certificates; /* as sent */
    size_t count;                                  /* 0: an empty Certificate message */
    uint32_t length;                               /* of the message, in bytes */
    bool malformed;                                /* the message, or one of the certificates */
    bool truncated;                                /* more were sent than we keep */
    int64_t judged_at; /* seconds since 1970: when the certificates should be valid; the packet's
                          time, unless the operator says otherwise */
    bool signatures_checked; /* the fields below were worked out */
    bool in_order;           /* each one is signed by the next */
    bool
        signature_broken; /* an issuer is there by name and its key does not verify the signature */
    bool anchored;        /* ends in a root of the trust store, directly or by what was sent */
    bool issuer_missing; /* the last one's issuer is neither sent nor a root that we know, nor is it
                            self-issued */
    bool root_sent_untrusted; /* ends in a self-signed one that the trust store lacks */
    bool name_checked;     /* a server name was asked for, so that the next one means something */
    bool name_fits;        /* RFC 9525 */
    struct moment ocsp_at; /* a stapled response */
    uint8_t ocsp; /* 0 none, 1 good, 2 revoked, 3 unknown, 4 not parsable or an error status, 5
                     signature bad */
    int64_t ocsp_this_update, ocsp_next_update; /* seconds since 1970; 0: not given */
};

/* ---- the handshake ---- */

/* What everybody is waiting for: see steps.h. */
enum stage {
    STAGE_CLIENT_HELLO,
    STAGE_SERVER_HELLO,
    STAGE_SECOND_CLIENT_HELLO, /* after a HelloRetryRequest */
    STAGE_SERVER_FLIGHT,   /* up to TLS 1.2: until ServerHelloDone, or the change_cipher_spec of a
                              resumption */
    STAGE_CLIENT_FLIGHT,   /* until the client's change_cipher_spec */
    STAGE_CLIENT_FINISHED, /* sealed */
    STAGE_SERVER_CHANGE,   /* the server's change_cipher_spec (a NewSessionTicket may come first) */
    STAGE_SERVER_FINISHED,
    STAGE_RESUMED_SERVER_FINISHED,
    STAGE_RESUMED_CLIENT_CHANGE,
    STAGE_RESUMED_CLIENT_FINISHED,
    STAGE_SEALED_SERVER_FLIGHT, /* TLS 1.3: EncryptedExtensions to Finished */
    STAGE_SEALED_CLIENT_FLIGHT, /* TLS 1.3: the client's Finished */
    STAGE_SSL2_CLIENT_KEY,      /* SSL 2.0 */
    STAGE_SSL2_ENCRYPTED,
    STAGE_ESTABLISHED
};

struct alert_facts {
    struct moment at;
    uint8_t from;  /* enum speaker */
    uint8_t level; /* 1 warning, 2 fatal; 0: sealed, not known */
    uint8_t code;  /* 255: sealed, not known */
    bool sealed; /* it came encrypted (and was read with keys, or is only a record of type alert) */
    uint8_t stage; /* enum stage that it fell into */
    uint16_t record_length;
    uint16_t record_version;
};

/* An encrypted record: a size, and nothing more. */
struct sealed_record {
    struct moment at;
    uint16_t length; /* of the body */
    uint8_t from;    /* enum speaker */
    uint8_t type;    /* the outer content type */
    uint8_t stage;   /* enum stage when it came */
};

/* One line of the ladder. `what` says what `a`, `b` and `size` mean. */
enum step_what {
    STEP_SYN,
    STEP_SYN_ACK,
    STEP_FIN,
    STEP_RST,
    STEP_ICMP,      /* a, b: ICMP type and code */
    STEP_PREFACE,   /* the dialogue's state changed; a: enum preface_state */
    STEP_CLEARTEXT, /* bytes that are not TLS; size: how many came in that piece */
    STEP_MESSAGE,   /* a handshake message in clear; a: its type, size: its length */
    STEP_CLIENT_HELLO,
    STEP_HELLO_RETRY,
    STEP_SERVER_HELLO, /* a: which client hello, from 0 */
    STEP_CHANGE_CIPHER_SPEC,
    STEP_ALERT,  /* a: level, b: code; size: of the record; a and b are 0 and 255 where sealed */
    STEP_SEALED, /* an encrypted record of the handshake; a: outer type, size */
    STEP_APPLICATION_DATA, /* the first record of each side after the handshake; size */
    STEP_MALFORMED, /* a record or message that breaks its RFC; a: content type or message type */
    STEP_GAP        /* bytes are missing here */
};

struct step {
    struct moment at;
    uint32_t size;
    uint16_t repeats; /* further records of the same kind that were not listed */
    uint8_t from;     /* enum speaker */
    uint8_t what;     /* enum step_what */
    uint8_t a, b;
    bool sealed; /* known only because a key log opened it */
};

enum {
    FACTS_ALERTS = 6, /* alerts kept of a connection: the first ones; a handshake has one or two */
    FACTS_SEALED =
        16, /* encrypted records kept of the handshake: a flight of TLS 1.3 is 4 to 6 records */
    FACTS_STEPS = 48 /* lines of a ladder; a full handshake with client certificate has about 20 */
};

/* What payload touches on its way stands first, up to the transport's sides: of many connections at
 * once the rest need not be in a processor's cache (session_fetch() brings what is to be there). */
struct facts {
    struct moment established; /* both Finished were seen, or data that proves them */
    struct sealed_record last_sealed[SPEAKERS]; /* each side's last encrypted record */
    bool tls;                                   /* at least one side spoke TLS */
    bool tls_from[SPEAKERS];                    /* which */
    bool tls_expected;                          /* the server's port is one of TLS */
    uint8_t stage;                              /* enum stage */
    uint8_t
        client_hellos; /* how many were seen before the ServerHello: 2 after a HelloRetryRequest */
    bool out_of_order; /* a message came that the stage does not know */
    bool resumption_known; /* what followed the ServerHello shows whether it was; else `resumed`
                              says nothing */
    bool resumed;          /* by session id, ticket or PSK, as the wire shows it */
    bool renegotiation_refused; /* a warning no_renegotiation in clear */
    uint16_t version;           /* that the records and hellos settled on; 0: not known */
    uint8_t steps, alerts, sealed_count;
    uint16_t steps_omitted;
    struct step *step;            /* FACTS_STEPS at most */
    struct alert_facts *alert;    /* in the order of the wire, FACTS_ALERTS at most */
    struct sealed_record *sealed; /* FACTS_SEALED at most: before STAGE_ESTABLISHED and just behind
                                     it */
    uint32_t application_records[SPEAKERS]; /* records of application data once established
                                               (TLS 1.3: outer type 23) */
    struct transport transport;

    uint64_t application_bytes[SPEAKERS];
    struct moment last; /* the last packet of this connection */
    struct address address[SPEAKERS];
    uint16_t port[SPEAKERS];
    uint32_t input;      /* which of the command line's captures, from 0 */
    bool began_late;     /* the capture begins after the connection: no SYN was seen */
    bool ended_open;     /* the capture ends, or we gave up, with the connection open */
    bool given_up;       /* a bound of our own ended the watching */
    bool lossy;          /* packets were lost in capturing while it was watched */
    struct moment first; /* packet of this connection */
    int64_t
        watched_until; /* nanoseconds since 1970: the connection was silent from `last` to here */

    struct server_hello_facts *server_hello; /* NULL: not seen */
    struct server_hello_facts *retry;        /* HelloRetryRequest; NULL: none */
    struct client_hello_facts
        client_hello[2]; /* the first, and the second one after a HelloRetryRequest */
    uint16_t group;      /* of the key exchange: key_share's or ServerKeyExchange's; 0: none */
    uint16_t dh_bits;    /* DHE prime; RSA_EXPORT modulus */
    uint16_t server_scheme, client_scheme; /* of ServerKeyExchange or CertificateVerify */
    struct moment server_key_exchange, server_hello_done, client_key_exchange;
    struct moment change_cipher_spec[SPEAKERS];
    struct moment finished[SPEAKERS]; /* the first sealed record that can be, or is, the Finished */
    struct moment new_session_ticket;
    const struct chain *chain[SPEAKERS]; /* Certificate messages seen; NULL: none */
    struct moment certificate_request;
    struct text_list authorities; /* CA names of the CertificateRequest */
    struct code_list request_schemes;
    struct moment certificate_verify; /* the client's, in clear or opened with keys */

    const struct preface *preface;      /* the dialogue before or instead of TLS; NULL: none */
    struct moment preface_at[SPEAKERS]; /* the first packet of each side's cleartext */
    struct moment preface_decided;      /* the packet with the server's decisive answer */
    const char *preface_words;          /* preface->words and ->asked, printable */
    const char *preface_asked;
    const char *cleartext[SPEAKERS]; /* the first bytes of each side that are not TLS, printable;
                                        NULL: none */
    const char *application; /* nDPI's word for what was spoken or asked for; NULL: not asked or not
                                known */

    uint32_t opened[SPEAKERS]; /* encrypted records that a key log opened; what they hold is told
                                  like what came in clear */
    uint32_t shut[SPEAKERS];   /* that it should have opened, and that stayed shut */
    const char *application_text[SPEAKERS]; /* the first bytes of application data that it opened,
                                               printable; NULL: none */
    struct moment application_text_at[SPEAKERS];
    struct moment renegotiation; /* a handshake record after the first handshake, or a ClientHello
                                    in clear there */
    struct moment not_tls_from[SPEAKERS]; /* bytes that are no TLS record, after TLS had begun or
                                             where it should */
    struct moment malformed[SPEAKERS];    /* a record or message that breaks its RFC */
};

/* Whether the capture would have shown what `from` sent, had it been sent: true only where no byte
 * of it is missing, the connection's beginning was seen (or TLS' own), no bound was hit and no snap
 * length cut. Every "was never seen" goes through here. */
bool facts_absent(const struct facts *facts, enum speaker from);

/* The last ClientHello of the first handshake; NULL when none was seen. */
const struct client_hello_facts *facts_client_hello(const struct facts *facts);

/* The highest and lowest version of SSL or TLS (0x0002, 0x0300 to 0x0304) that the offer allows; 0
 * where nothing is known. Up to TLS 1.2 a ClientHello names the highest only, so that its lowest is
 * not known: 0. */
uint16_t facts_offer_highest(const struct offer *offer);
uint16_t facts_offer_lowest(const struct offer *offer);

/* When the chain's certificates should be valid, in seconds since 1970: judged_at or, where nobody
 * judged yet, its packet's time. */
int64_t facts_judged_at(const struct chain *chain);

/* Whether `list` holds `code`. */
bool facts_lists(struct code_list list, uint16_t code);

/* The first fatal alert of `from` whose code is known, in clear or by a key log; NULL: none. */
const struct alert_facts *facts_fatal_alert(const struct facts *facts, enum speaker from);

/* Whether a key log opened what both sides sealed, as far as it was tried: nothing need be told
 * from sizes. */
bool facts_opened(const struct facts *facts);

/* The first of FIN and RST that `from` sent; a moment of frame 0 when neither was seen. */
struct moment facts_close(const struct facts *facts, enum speaker from);

#endif
