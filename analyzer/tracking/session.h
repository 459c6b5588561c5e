/* From the bytes of both directions to the facts of one connection.
 *
 * A session is made when a connection first says something, and lives until it was reported. It
 * reads pieces as streams give them, keeps what is not whole yet (through reader and assembly), and
 * writes facts. It is a witness: what the protocol forbids is noted, and watching goes on.
 */
#ifndef TRACKING_SESSION_H
#define TRACKING_SESSION_H

#include "tracking/arena.h"
#include "tracking/assembly.h"
#include "tracking/chain.h"
#include "tracking/facts.h"
#include "tracking/kept.h"
#include "tracking/offer_store.h"
#include "tracking/reader.h"
#include "tracking/slab.h"
#include "tracking/stream.h"
#include "tracking/unseal.h"

#include <stdalign.h>

enum {
    SESSION_CLEARTEXT = 64 << 10, /* bytes of cleartext in which TLS is waited for: a mail dialogue
                                     before STARTTLS has some hundred */
    SESSION_SNIPPET = 768, /* bytes of what is not TLS that are kept: enough for the sentence in a
                              web server's error page that says what it had expected */
    SESSION_ARENA = 368, /* bytes lent to the arena: what facts take behind both hellos; with them a
                            session has 2 KiB */
    SESSION_KEYS = 2,    /* a connection's, and those of its renegotiation; of more, the last */
    SESSION_TEXT_RECORDS = 16 /* records of application data opened of one side for their first
                                 bytes: HTTP/2 begins with some that hold no words */
};

/* What one side's bytes go through: two lines of a processor's cache, the second one for handshake
 * messages in clear. */
struct session_side {
    struct reader reader;
    bool sealed;          /* behind its change_cipher_spec, up to TLS 1.2 */
    uint8_t keys;         /* which of the session's it uses */
    bool opened;          /* `assembly` holds messages from opened records */
    uint8_t text_records; /* opened for `text` */
    uint32_t cleartext;   /* bytes read as such */
    uint32_t snippet_length;
    uint32_t text_length;
    struct assembly assembly; /* of handshake messages */
    uint8_t *snippet; /* the first SESSION_SNIPPET bytes of cleartext, in the arena; NULL: none */
    uint8_t *text;    /* the same of application data */
};

/* What all sessions share; it must outlive them. */
struct session_shared {
    struct chain_store *certificates;
    struct offer_store *offers; /* NULL: each session keeps its own */
    struct unsealer *unsealer;  /* of sealed records; NULL: nobody has keys */
    struct slab *sessions;      /* where they come from; NULL: from the system */
};

/* What packets touch on their way stands first, up to the first part of the facts. */
struct session {
    bool swapped;    /* client and server have changed places since the caller last asked */
    bool stopped;    /* of no interest any more: not TLS, and never will be */
    uint32_t number; /* in the slab */
    struct arena arena;
    const struct session_shared *shared;       /* borrowed */
    struct unsealing *unsealing[SESSION_KEYS]; /* owned; NULL: no keys are known */
    uint64_t asked;                            /* unsealer_secrets(), when keys were asked for */
    struct session_side side[SPEAKERS];
    struct facts facts;
    uint32_t passed[SPEAKERS];     /* sealed records that went by before keys were known */
    struct preface *preface;       /* in the arena; facts.preface is the same */
    struct chain *chain[SPEAKERS]; /* facts.chain is the same */
    struct unseal_hello hello;     /* what keys are made of, as far as the hellos told it */
    uint8_t session_id[32]; /* of the last ClientHello, to see whether the server takes it up */
    uint8_t session_id_length;
    struct kept *kept; /* its packets, once its watching has ended; owned, may be NULL */
    alignas(uint64_t) unsigned char own[SESSION_ARENA]; /* lent to the arena; nobody else's */
};

/* A new session; NULL when there is no memory. */
struct session *session_new(const struct session_shared *shared);
void session_free(struct session *session);

/* Half of session_free() each: gives back what it owns, but not itself; and itself with its arena,
 * while somebody else has what it owns besides. */
void session_release(struct session *session);
void session_leave(struct session *session);

/* Brings what most payload of `from` needs of a session from memory, without waiting for it. */
void session_fetch(const struct session *session, enum speaker from);

/* Reads the next bytes in order of `from`, and tells of the holes around them. Whoever spoke may
 * turn out to be the other: ask session_take_swap() afterwards. */
void session_read(struct session *session, enum speaker from, const struct piece *piece);

/* Whether client and server have turned out to be the other way round; asking forgets it. */
bool session_take_swap(struct session *session);

/* Bytes that `from` will send next and that nobody needs to see; asking forgets them. */
uint32_t session_unwanted(struct session *session, enum speaker from);

/* The connection has ended, or its watching has: looks at what is still held, and completes the
 * facts. */
void session_end(struct session *session);

/* Bytes that the session holds on to; certificates that the store remembers are the store's. */
size_t session_memory(const struct session *session);

/* What of them `from` can change by speaking, unless the two sides change places or the session
 * stops. */
size_t session_share(const struct session *session, enum speaker from);

/* Adds a line to the ladder; NULL when it is full, or there is no memory, which the facts tell. */
struct step *session_step(struct session *session, enum step_what what, enum speaker from,
                          struct moment at);

/* ---- between the files of this room ---- */

/* A whole record, or with record->body.left < record->length what there is of one. */
void session_record(struct session *session, enum speaker from, const struct record *record,
                    struct moment began, struct moment at);

/* A handshake message in clear; `body.left` < `length` where it is not whole. */
void session_message(struct session *session, enum speaker from, const struct message *message,
                     struct moment began, struct moment at);

/* An SSLv2 record: a hello, or what follows in SSL 2.0. */
void session_sslv2(struct session *session, enum speaker from, const struct record *record,
                   struct moment at);

/* Something happened that moves the handshake on. */
void session_event(struct session *session, enum speaker from, unsigned event, struct moment at);

/* Client and server have been taken for each other. */
void session_swap(struct session *session);

/* An alert; NULL: sealed, and not known. `sealed`: it came so. */
void session_alert(struct session *session, enum speaker from, const struct record *record,
                   const struct alert *alert, bool sealed, struct moment at);

/* Keeps an encrypted record as what it is: a size. */
void session_sealed(struct session *session, enum speaker from, const struct record *record,
                    struct moment at);

/* A record of application data. */
void session_application_data(struct session *session, enum speaker from,
                              const struct record *record, struct moment at);

/* The handshake is over. */
void session_established(struct session *session, struct moment at);

/* What a message is a fact of, besides moving the handshake on. */
void session_note(struct session *session, enum speaker from, const struct message *message,
                  struct moment at);

/* ---- records that keys open: session_unseal.c ---- */

/* Keeps a hello's random; a ServerHello's brings the keys, where they are known. */
void session_keep_random(struct session *session, enum speaker from, struct wire random);
void session_take_keys(struct session *session, const struct server_hello_facts *hello);

/* Opens a record and reads what it holds; false: it is in clear, or stays sealed. */
bool session_unseal(struct session *session, enum speaker from, const struct record *record,
                    struct moment began, struct moment at);

/* Records may be missing. */
void session_lose_records(struct session *session, enum speaker from);

/* Whether the bodies of this side's application data are wanted, established or not. */
bool session_wants_text(const struct session *session, enum speaker from);

/* Completes the facts, and wipes the keys. */
void session_end_keys(struct session *session);

#endif
