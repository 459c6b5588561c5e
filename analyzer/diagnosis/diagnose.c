/* From facts to a verdict: asks how it went, and where it failed every row of the causes, and keeps
 * the best. */
#include "diagnosis/diagnose.h"

#include "diagnosis/warnings.h"

#include <string.h>

/* Adds to the alternatives, which stay in the order of confidence and, where that is equal, of the
 * rows. A row that was the best until now stands above its equals, `first`; any other came later
 * than they. */
static void add_alternative(struct verdict *verdict, const struct cause *cause,
                            enum confidence confidence, const char *summary, bool first)
{
    size_t place = 0;
    while (place < verdict->alternatives &&
           (verdict->alternative[place].confidence > confidence ||
            (!first && verdict->alternative[place].confidence == confidence))) {
        place++;
    }
    if (place >= VERDICT_ALTERNATIVES) {
        return;
    }
    size_t last = verdict->alternatives < VERDICT_ALTERNATIVES ? verdict->alternatives
                                                               : VERDICT_ALTERNATIVES - 1;
    for (size_t i = last; i > place; i--) {
        verdict->alternative[i] = verdict->alternative[i - 1];
    }
    struct alternative *row = &verdict->alternative[place];
    row->cause = cause;
    row->confidence = confidence;
    strncpy(row->summary, summary, sizeof row->summary - 1);
    row->summary[sizeof row->summary - 1] = '\0';
    verdict->alternatives = last + 1;
}

/* Where the wire proves the reason, what is merely possible besides is no help to anybody. */
static void drop_what_is_ruled_out(struct verdict *verdict)
{
    while (verdict->confidence == CERTAIN && verdict->alternatives > 0 &&
           verdict->alternative[verdict->alternatives - 1].confidence == POSSIBLE) {
        verdict->alternatives--;
    }
}

/* Of two rows that are equally sure the earlier, more specific one is better. But where packets are
 * missing and nothing is more than possible, the more general one is: what a specific row guesses
 * from may be what is missing. */
static bool is_better(const struct verdict *verdict, enum confidence confidence, bool holes)
{
    if (verdict->cause == NULL || confidence > verdict->confidence) {
        return true;
    }
    return holes && confidence == POSSIBLE && verdict->confidence == POSSIBLE;
}

/* Whether a row has begun to argue: most say no at once. */
static bool is_begun(const struct argument *argument)
{
    return argument->summary[0] != '\0' || argument->count > 0 || argument->remedies != NULL;
}

/* Keeps the row where it is the best so far, or else among the alternatives. */
static void weigh(struct verdict *verdict, const struct cause *row, enum confidence confidence,
                  const struct argument *argument, bool holes)
{
    if (!is_better(verdict, confidence, holes)) {
        add_alternative(verdict, row, confidence, argument->summary, false);
        return;
    }
    if (verdict->cause != NULL) {
        add_alternative(verdict, verdict->cause, verdict->confidence, verdict->argument.summary,
                        true);
    }
    verdict->cause = row;
    verdict->confidence = confidence;
    verdict->argument = *argument;
}

static void find_cause(struct verdict *verdict, const struct question *question)
{
    bool holes = !facts_absent(question->facts, CLIENT) || !facts_absent(question->facts, SERVER);
    struct argument argument;
    memset(&argument, 0, sizeof argument);
    const struct cause *row;
    for (size_t family = 0; (row = causes_family(family)) != NULL; family++) {
        for (; row->id != NULL; row++) {
            enum confidence confidence = row->fits(question, &argument);
            if (confidence != NO) {
                weigh(verdict, row, confidence, &argument, holes);
            }
            if (is_begun(&argument)) {
                memset(&argument, 0, sizeof argument);
            }
        }
    }
    drop_what_is_ruled_out(verdict);
}

/* Why a client may have left a handshake that was completed. */
static void find_doubt(struct verdict *verdict, const struct facts *facts,
                       const struct server *server)
{
    struct question question = {facts, server};
    find_cause(verdict, &question);
    if (verdict->cause == NULL) {
        return;
    }
    verdict->confidence = POSSIBLE;
    verdict->alternatives = 0;
}

void diagnose(struct verdict *verdict, const struct facts *facts, const struct server *server)
{
    memset(verdict, 0, sizeof *verdict);
    verdict->status = diagnose_status(facts);
    if (verdict->status == STATUS_FAILED) {
        struct question question = {facts, server};
        find_cause(verdict, &question);
    } else if (verdict->status == STATUS_ESTABLISHED && diagnose_leaves_doubt(facts)) {
        find_doubt(verdict, facts, server);
    }
    warnings_collect(verdict, facts, server);
}

const char *diagnose_status_name(enum status status)
{
    switch (status) {
    case STATUS_ESTABLISHED:
        return "established";
    case STATUS_FAILED:
        return "failed";
    case STATUS_NOT_TLS:
        return "not_tls";
    case STATUS_INCOMPLETE:
        break;
    }
    return "incomplete";
}

const char *diagnose_confidence_name(enum confidence confidence)
{
    switch (confidence) {
    case CERTAIN:
        return "certain";
    case LIKELY:
        return "likely";
    case POSSIBLE:
        return "possible";
    case NO:
        break;
    }
    return "no";
}

bool diagnose_may_change(const struct verdict *verdict)
{
    return verdict->status == STATUS_FAILED && verdict->confidence != CERTAIN;
}

const struct remedy *diagnose_remedies(const struct verdict *verdict)
{
    if (verdict->cause == NULL) {
        return NULL;
    }
    return verdict->argument.remedies != NULL ? verdict->argument.remedies
                                              : verdict->cause->remedies;
}
