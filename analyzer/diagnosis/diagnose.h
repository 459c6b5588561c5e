/* From facts to a verdict: did the handshake succeed, and if not, why. */
#ifndef DIAGNOSIS_DIAGNOSE_H
#define DIAGNOSIS_DIAGNOSE_H

#include "diagnosis/causes.h"

enum status { STATUS_ESTABLISHED, STATUS_FAILED, STATUS_INCOMPLETE, STATUS_NOT_TLS };

enum { VERDICT_ALTERNATIVES = 4, VERDICT_WARNINGS = 16 };

struct alternative {
    const struct cause *cause;
    enum confidence confidence;
    char summary[ARGUMENT_SUMMARY];
};

struct warning {
    const char *code; /* "cipher.weak", "version.obsolete" ... */
    char text[ARGUMENT_TEXT];
};

struct verdict {
    enum status status;
    const struct cause *cause; /* NULL when nothing failed, or nobody can say what */
    enum confidence confidence;
    struct argument argument; /* the cause's */
    struct alternative
        alternative[VERDICT_ALTERNATIVES]; /* the other causes that hold, the surest first */
    size_t alternatives;
    struct warning warning[VERDICT_WARNINGS];
    size_t warnings;
};

/* Judges a connection. `server`: what is known of its server from others, or NULL. */
void diagnose(struct verdict *verdict, const struct facts *facts, const struct server *server);

/* What helps, for the verdict's cause; ended by a row without platform. NULL: nothing is known to.
 */
const struct remedy *diagnose_remedies(const struct verdict *verdict);

/* How it went: the part of diagnose() that asks for no reason. */
enum status diagnose_status(const struct facts *facts);

/* Whether a client that completed its handshake left as those do who refuse a certificate only
 * then, and our own roots do not vouch for the server's. The roots are not the client's, and health
 * checks leave like that: it stays a success, with a diagnosis that is possible and no more. */
bool diagnose_leaves_doubt(const struct facts *facts);

/* "established", "failed", "incomplete", "not_tls"; "certain", "likely", "possible". */
const char *diagnose_status_name(enum status status);
const char *diagnose_confidence_name(enum confidence confidence);

/* Whether the verdict might change with what other connections to the same server show: a failure
 * that is not certain. */
bool diagnose_may_change(const struct verdict *verdict);

#endif
