/* Rejections of the client's certificate by the server.
 *
 * Up to TLS 1.2 the request, the answer and the server's alert are in clear. In TLS 1.3 all three
 * are sealed, and the client has finished when the server judges: what tells is that the client's
 * last flight holds more than its Finished, and that the server then ends the connection before it
 * has sent anything longer than an alert.
 */
#include "diagnosis/rejection.h"

#include "diagnosis/answer.h"

#include "handshake.h"
#include "names.h"

#include <string.h>

enum {
    TLS13 = 0x0304,
    MESSAGE_HEADER = 4,
    EMPTY_CERTIFICATE = 8, /* bytes of TLS 1.3's Certificate message without certificates */
    CONTENT_TYPE = 1,      /* RFC 8446, section 5.2 */
    TAG = 16,
    SHORT_TAG = 8,    /* of CCM_8 */
    JAVA_PADDING = 16 /* JSSE adds as much to every sealed record of TLS 1.3 */
};

/* ---- none given ---- */

static bool is_padded(uint16_t length, size_t expected)
{
    return length == expected || length == expected + JAVA_PADDING;
}

/* An empty Certificate in a record of its own, or in one with the Finished, as rustls writes it. */
static bool is_empty_certificate(const struct facts *facts, uint16_t length)
{
    const struct suite *suite =
        facts->server_hello == NULL ? NULL : names_suite_row(facts->server_hello->suite);
    if (suite == NULL) {
        return false;
    }
    size_t rest = CONTENT_TYPE + (suite->bulk == SUITE_BULK_AES_CCM_8 ? SHORT_TAG : TAG);
    size_t finished = MESSAGE_HEADER + names_hash_octets(suite->hash);
    return is_padded(length, EMPTY_CERTIFICATE + rest) ||
           is_padded(length, EMPTY_CERTIFICATE + finished + rest);
}

static bool sealed_none(const struct facts *facts)
{
    for (size_t i = 0; i < facts->sealed_count && i < FACTS_SEALED; i++) {
        const struct sealed_record *record = &facts->sealed[i];
        if (record->from == CLIENT && record->at.frame <= facts->finished[CLIENT].frame &&
            record->stage != STAGE_ESTABLISHED) {
            return is_empty_certificate(facts, record->length);
        }
    }
    return false;
}

bool rejection_client_had_none(const struct facts *facts)
{
    const struct chain *chain = facts->chain[CLIENT];
    if (chain != NULL) {
        return chain->count == 0 && !chain->malformed && !chain->truncated;
    }
    if (facts->version == TLS13) {
        return facts->finished[CLIENT].frame != 0 && sealed_none(facts);
    }
    /* Up to SSL 3.0 the client left the message out, and so do some that are broken. */
    return facts->certificate_request.frame != 0 && facts->client_key_exchange.frame != 0 &&
           facts_absent(facts, CLIENT);
}

/* ---- refused ---- */

/* The client's Certificate or CertificateVerify, perhaps only its beginning. */
static struct moment gave(const struct facts *facts)
{
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        const struct step *step = &facts->step[i];
        if (step->what == STEP_MESSAGE && step->from == CLIENT &&
            (step->a == HANDSHAKE_CERTIFICATE || step->a == HANDSHAKE_CERTIFICATE_VERIFY)) {
            return step->at;
        }
    }
    return facts->certificate_verify;
}

/* When the client answered the request, as far as that was seen. */
static struct moment answered(const struct rejection *rejection)
{
    const struct facts *facts = rejection->facts;
    if (rejection->chain != NULL) {
        return rejection->chain->at;
    }
    struct moment given = gave(facts);
    bool asked = facts->certificate_request.frame != 0;
    return given.frame != 0 || !asked ? given : facts->client_key_exchange;
}

/* In clear: the server ended it behind the client's answer to its request. Where that answer is not
 * in the capture, an alert must do that is about certificates by its name. */
static bool find_clear(struct rejection *rejection, const struct facts *facts)
{
    const struct ending *ending = &rejection->ending;
    struct moment answer = answered(rejection);
    if (ending->by != SERVER || ending->kind == ENDING_NONE || ending->at.frame < answer.frame ||
        facts->application_records[SERVER] > 0) {
        return false;
    }
    if (ending->kind == ENDING_ALERT) {
        rejection->manner = MANNER_ALERT;
        bool lost = facts->certificate_request.frame != 0 && !facts_absent(facts, CLIENT);
        return answer.frame != 0 || lost || rejection_is_named(rejection);
    }
    rejection->manner = facts->established.frame != 0 ? MANNER_LEFT : MANNER_CLOSED;
    return answer.frame != 0 && (gave(facts).frame != 0 || rejection_client_had_none(facts)) &&
           ending->at.time - answer.time <= SIGNS_AFTERMATH;
}

/* Sealed: the server's last word is as short as an alert, or there is none and it closed. */
static bool find_sealed(struct rejection *rejection, const struct facts *facts)
{
    const struct sealed_record *said = &facts->last_sealed[SERVER];
    struct moment closed = facts_close(facts, SERVER);
    if (facts->version != TLS13 || facts_opened(facts) || facts->established.frame == 0 ||
        !signs_client_certificate(facts)) {
        return false;
    }
    if (said->at.frame >= facts->established.frame && said->stage == STAGE_ESTABLISHED &&
        signs_alert_sized(facts, said->length)) {
        rejection->ending = (struct ending){ENDING_SEALED, SERVER, said->at, 255};
        rejection->manner = MANNER_SEALED;
        return true;
    }
    bool reset = facts->transport.side[SERVER].reset.at.frame == closed.frame;
    enum speaker by;
    if (signs_first_close(facts, &by).frame == 0 || by != SERVER) {
        return false;
    }
    rejection->ending = (struct ending){reset ? ENDING_RESET : ENDING_FIN, SERVER, closed, 255};
    rejection->manner = MANNER_LEFT;
    return true;
}

/* Behind the handshake, in HTTP. */
static bool find_answer(struct rejection *rejection, const struct facts *facts)
{
    const struct answer *answer = answer_that_refuses(facts);
    if (answer == NULL) {
        return false;
    }
    rejection->ending =
        (struct ending){ENDING_NONE, SERVER, facts->application_text_at[SERVER], answer->alert};
    rejection->manner = MANNER_ANSWER;
    return true;
}

bool rejection_find_of_client(struct rejection *rejection, const struct question *question)
{
    const struct facts *facts = question->facts;
    memset(rejection, 0, sizeof *rejection);
    rejection->facts = facts;
    rejection->server = question->server;
    rejection->whose = CLIENT;
    rejection->chain = facts->chain[CLIENT];
    rejection->ending = signs_ending(facts);
    if (!find_answer(rejection, facts) && !find_clear(rejection, facts) &&
        !find_sealed(rejection, facts)) {
        return false;
    }
    if (rejection->chain != NULL && rejection->chain->count > 0) {
        rejection->leaf = rejection->chain->certificates[0];
        faults_of_client(&rejection->faults, facts);
    }
    return true;
}
