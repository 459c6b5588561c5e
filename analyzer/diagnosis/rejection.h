/* Rejections: whether and how one side refused the other's certificate, and which of the faults
 * that show it may have meant.
 *
 * An alert's number is a poor oracle: stacks use 42 and 46 for everything, and 45, 48 or 43 for
 * more than their names say. So the number and the faults that the chain shows are held against
 * each other. Where the certificate is sealed (TLS 1.3), what the same server showed to others
 * stands in.
 */
#ifndef DIAGNOSIS_REJECTION_H
#define DIAGNOSIS_REJECTION_H

#include "diagnosis/causes.h"
#include "diagnosis/faults.h"
#include "diagnosis/signs.h"

enum manner {
    MANNER_ALERT,  /* an alert in clear (or opened with keys) */
    MANNER_SEALED, /* TLS 1.3: a record of an alert's size in place of the client's Finished, or of
                      the server's first data */
    MANNER_CLOSED, /* a close or reset at the other's flight, without a word */
    MANNER_LEFT,   /* the handshake was finished and left at once, without a byte of data */
    MANNER_ANSWER  /* an answer in HTTP, behind the handshake */
};

struct rejection {
    const struct facts *facts;
    const struct server *server;
    enum speaker whose;        /* the certificate's owner */
    const struct chain *chain; /* that this connection showed; NULL: none */
    struct faults faults;
    unsigned hidden;                /* bits: faults that a hole in the capture may hide */
    const struct certificate *leaf; /* the chain's first one, or the one that was shown to another
                                       connection; NULL: not known */
    bool borrowed;                  /* from another connection, in the packet `shown` */
    struct moment shown;
    enum manner manner;
    bool paused;   /* MANNER_CLOSED: after a pause as s2n makes it to hide what it refuses */
    bool prepared; /* MANNER_CLOSED, TLS 1.3: the client had changed ciphers for its last flight */
    struct ending ending;    /* of an answer: with the alert that says the same */
    bool accepted_by_others; /* handshakes of others with this server worked */
};

/* Whether the client refused the server's certificate; fills `rejection` if so. */
bool rejection_find(struct rejection *rejection, const struct question *question);

/* Whether the server refused the client's, or that it gave none: see rejection_client.c. */
bool rejection_find_of_client(struct rejection *rejection, const struct question *question);

/* Whether the client, asked for a certificate, answered with none, as far as is seen: in clear, or
 * in TLS 1.3 by the size of its record. */
bool rejection_client_had_none(const struct facts *facts);

/* How sure it is that the fault is what was refused. Of all faults at most one is more than
 * possible where the alert does not name it. */
enum confidence rejection_weigh(const struct rejection *rejection, enum fault fault);

/* The surest of all faults. */
enum confidence rejection_surest(const struct rejection *rejection);

/* Whether the alert, by its name, is about a certificate. */
bool rejection_is_named(const struct rejection *rejection);

/* Cites the certificate, and how it was refused. */
void rejection_cite(struct argument *argument, const struct rejection *rejection);

#endif
