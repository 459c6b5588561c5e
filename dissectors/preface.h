/* What is spoken before TLS, or instead of it: STARTTLS dialogues, proxies, banners, plain HTTP.
 *
 * A struct preface follows one connection's dialogue from its first byte until TLS begins or is out
 * of the question. It is fed by preface_read() with each side's bytes in order, in pieces of any
 * size, and never holds more than a line of each side. It knows protocols by what is said, not by
 * ports. CLIENT is who opened the connection.
 */
#ifndef DISSECTORS_PREFACE_H
#define DISSECTORS_PREFACE_H

#include "speaker.h"
#include "wire.h"

enum preface_protocol {
    PREFACE_UNKNOWN, /* not recognised, so far */
    PREFACE_SMTP,    /* RFC 3207; also LMTP, told apart by LHLO */
    PREFACE_LMTP,
    PREFACE_IMAP,         /* RFC 2595 */
    PREFACE_POP3,         /* RFC 2595 */
    PREFACE_FTP,          /* RFC 4217 */
    PREFACE_LDAP,         /* RFC 4511, section 4.14 */
    PREFACE_XMPP,         /* RFC 6120, section 5 */
    PREFACE_NNTP,         /* RFC 4642 */
    PREFACE_SIEVE,        /* RFC 5804 */
    PREFACE_IRC,          /* STARTTLS, or CAP tls */
    PREFACE_POSTGRES,     /* SSLRequest */
    PREFACE_MYSQL,        /* the SSL flag in capabilities */
    PREFACE_RDP,          /* X.224 negotiation */
    PREFACE_HTTP_CONNECT, /* RFC 9110, section 9.3.6 */
    PREFACE_SOCKS4,
    PREFACE_SOCKS5, /* RFC 1928 */
    PREFACE_PROXY1, /* HAProxy's PROXY protocol, text */
    PREFACE_PROXY2, /* and binary */
    PREFACE_HTTP,   /* plain HTTP: no way to TLS in it (but see RFC 2817: Upgrade: TLS) */
    PREFACE_SSH     /* no way to TLS in it */
};

/* How far the way to TLS has been gone. */
enum preface_state {
    PREFACE_SILENT,     /* nothing was said yet */
    PREFACE_TALKING,    /* something was said, nothing of TLS */
    PREFACE_OFFERED,    /* the server announces that it could */
    PREFACE_ASKED,      /* the client asks for TLS (or for the tunnel) */
    PREFACE_GRANTED,    /* the server agrees: TLS may begin; PROXY needs no answer */
    PREFACE_REFUSED,    /* the server does not: see `words` */
    PREFACE_NOT_OFFERED /* the server listed what it can, and TLS is not among it; the client has
                           not asked */
};

enum {
    PREFACE_LINE = 512, /* bytes of a line or binary head that are looked at; more is passed over */
    PREFACE_WORDS = 128 /* bytes of the words that are kept */
};

struct preface_voice { /* one side's; private */
    uint8_t line[PREFACE_LINE];
    uint32_t held; /* bytes in `line` */
    uint32_t skip; /* bytes still to be passed over */
    uint32_t body; /* bytes of a body or literal that will follow */
    bool begun;    /* has said something, since the tunnel if there is one */
    bool cut;      /* the unit is longer than `line` */
};

struct preface {
    uint8_t protocol; /* enum preface_protocol */
    uint8_t state;    /* enum preface_state */
    uint8_t tunnel;   /* the protocol of the proxy that was passed before (SOCKS, CONNECT, PROXY): a
                         STARTTLS dialogue may follow inside; else PREFACE_UNKNOWN. Once a tunnel is
                         granted, `protocol` is unknown again, until somebody speaks in it */
    uint8_t step;     /* private: within the protocol's dialogue */
    uint16_t status;  /* the server's code in its decisive answer (454, 407, 53 ...); 0: none.
                         SOCKS 5: the reply's; 255 for no acceptable method; 256 + n for an
                         authentication that failed with n */
    uint16_t reply;   /* private: the code of a reply that goes on over more lines; 0: none */
    uint16_t awaited; /* private: replies that the client still waits for, ... */
    uint16_t answer;  /* ... how many until the one to its request for TLS; 0: not asked, ... */
    uint16_t listing; /* ... and until the list of what the server can */
    uint32_t token;   /* private: what else the protocol has to remember */
    char words[PREFACE_WORDS]; /* the server's decisive answer as it came: its refusal, or else its
                                  greeting; raw bytes, cut, ended by NUL, its line's end left out.
                                  Where the answer is but a number, the specification's word */
    char asked[PREFACE_WORDS]; /* what the client asked for, likewise: "STARTTLS", "a1 STARTTLS",
                                  "CONNECT host:443 HTTP/1.1", "GET / HTTP/1.1"; before it has
                                  asked, its first line, so `state` says whether this is a request
                                  for TLS */
    struct preface_voice voice[SPEAKERS];
};

/* Reads on: the bytes that `from` says next, in order. Takes from `bytes` one line or binary unit
 * at most (all of them when the unit goes on) and returns true when `from` is now at a unit's end,
 * where TLS may begin. Call it again while bytes are left. Reading never fails: what is not
 * understood is passed over. */
bool preface_read(struct preface *preface, enum speaker from, struct wire *bytes);

/* True when `from` is between two units: the next byte may be TLS's first. */
bool preface_at_unit_end(const struct preface *preface, enum speaker from);

/* Whether a side certainly begins with one of the protocols that never lead to TLS and that many
 * speak: its number, from 1; 0: it is not certain. `first` is the first that the side says, as much
 * as came at once. `peer` is what the same question said of the other side, 0 where that has not
 * spoken. Only when both sides are sure, one behind the other, no TLS can come any more: what a TLS
 * server answers to plain HTTP is no HTTP. */
unsigned preface_plain(enum speaker from, struct wire first, unsigned peer);

/* "smtp", "imap", "postgresql", "http", "proxy" ...: a lower-case name for JSON; NULL for
 * PREFACE_UNKNOWN. */
const char *preface_name(enum preface_protocol protocol);

/* "SMTP", "IMAP", "PostgreSQL", "HTTP proxy (CONNECT)", "SOCKS 5" ...: for a sentence; NULL for
 * PREFACE_UNKNOWN. */
const char *preface_title(enum preface_protocol protocol);

/* True for the protocols that carry a tunnel through a proxy (CONNECT, SOCKS), whose refusal is a
 * proxy's. */
bool preface_is_proxy(enum preface_protocol protocol);

#endif
