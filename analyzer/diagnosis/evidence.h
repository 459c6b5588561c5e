/* Evidence that many causes cite alike: how the handshake ended, and what the server did with
 * others. */
#ifndef DIAGNOSIS_EVIDENCE_H
#define DIAGNOSIS_EVIDENCE_H

#include "diagnosis/causes.h"
#include "diagnosis/signs.h"

/* A ClientHello that its server did not take: nothing of TLS came back, or an alert in its place.
 */
struct refusal {
    const struct facts *facts;
    const struct server *server;
    const struct client_hello_facts *hello;
    const struct offer *offer; /* of a whole ClientHello */
    struct ending ending;
    bool alert;  /* the server sent one, in clear: see ending.code */
    bool silent; /* the server closed, reset or never answered, without a word */
};

/* Fills `refusal` and returns true where the connection is such a one and its ClientHello is known.
 */
bool evidence_refusal(struct refusal *refusal, const struct question *question);

/* Cites the end: "the server refuses with handshake_failure (40)". */
void evidence_ending(struct argument *argument, const struct ending *ending);

/* What the server selected for others than this connection: how many ServerHellos below `version`,
 * and how many of it or later ones. */
struct company {
    uint32_t below, at_least;
    uint16_t highest, lowest; /* 0: none */
};

struct company evidence_company(const struct question *question, uint16_t version);

/* Cites it: "3 other clients of this server were given TLS 1.0, none a later version". Nothing
 * without company. */
void evidence_cite_company(struct argument *argument, const struct company *company);

#endif
