/* A dialogue of two sides, with holes: from bytes in order to facts, a verdict and every report.
 *
 * Input: a byte of circumstances, then turns: who speaks and what is missing (1), the length (2),
 * and the bytes. */
#include "diagnosis/diagnose.h"
#include "every_report.h"
#include "tracking/session.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FROM_SERVER = 1, HOLE = 2, CUT = 4, LATER = 8 };
enum { EXPECTED = 1, LATE = 2, CLIENT_FIN = 4, SERVER_FIN = 8, CLIENT_RST = 16, SERVER_RST = 32 };
enum { STORE_RUNS = 1000 /* inputs for which a store of certificates is kept */ };

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static struct chain_store *store_to_use(void)
{
    static struct chain_store *store;
    static unsigned runs;
    if (store == NULL || ++runs % STORE_RUNS == 0) {
        char error[256];
        chain_store_free(store);
        store = chain_store_new(TLSWHY_ROOTS, error, sizeof error);
        require(store != NULL);
    }
    return store;
}

static void begin(struct session *session, unsigned circumstances)
{
    struct facts *facts = &session->facts;
    for (int side = 0; side < SPEAKERS; side++) {
        facts->address[side] = (struct address){.version = 4, .bytes = {192, 0, 2, (uint8_t)side}};
        facts->port[side] = side == SERVER ? 443 : 51044;
    }
    facts->tls_expected = (circumstances & EXPECTED) != 0;
    facts->began_late = (circumstances & LATE) != 0;
    facts->first = (struct moment){1, 1700000000000000000};
    if (!facts->began_late) {
        facts->transport.syn = facts->first;
        facts->transport.syn_ack = (struct moment){2, 1700000000000000001};
    }
}

/* How it ends; the addresses may have changed places. */
static void end(struct session *session, unsigned circumstances, struct moment at)
{
    struct transport *transport = &session->facts.transport;
    transport->side[CLIENT].fin = (circumstances & CLIENT_FIN) != 0 ? at : (struct moment){0};
    transport->side[SERVER].fin = (circumstances & SERVER_FIN) != 0 ? at : (struct moment){0};
    transport->side[CLIENT].reset.at = (circumstances & CLIENT_RST) != 0 ? at : (struct moment){0};
    transport->side[SERVER].reset.at = (circumstances & SERVER_RST) != 0 ? at : (struct moment){0};
    transport->closed = circumstances >> 2 != 0;
    session_end(session);
    session->facts.last = at;
    session->facts.watched_until = at.time;
    session->facts.ended_open = !transport->closed;
}

static struct moment talk(struct session *session, struct wire input)
{
    struct moment at = {3, 1700000000000000002};
    bool swapped = false;
    while (input.left > 3) {
        unsigned what = wire_u8(&input);
        size_t length = wire_u16(&input);
        struct piece piece = {.bytes = wire_take_most(&input, length),
                              .at = at,
                              .hole = (what & HOLE) != 0 ? (what >> 4) * 7 + 1 : 0,
                              .cut = (what & CUT) != 0 ? (what >> 4) * 11 + 1 : 0};
        bool from_server = ((what & FROM_SERVER) != 0) != swapped;
        enum speaker from = from_server ? SERVER : CLIENT;
        struct transport_side *side = &session->facts.transport.side[from];
        side->first_data = side->first_data.frame == 0 ? at : side->first_data;
        side->last_data = at;
        side->bytes += piece.bytes.left;
        side->missing = side->missing || piece.hole > 0 || piece.cut > 0;
        session_read(session, from, &piece);
        swapped ^= session_take_swap(session);
        (void)session_unwanted(session, from);
        at.frame++;
        at.time += (what & LATER) != 0 ? 20000000000 : 1000000;
    }
    return at;
}

static void tell(const struct session *session)
{
    struct reports reports;
    struct verdict verdict;
    struct totals totals = {.connections = 1};
    diagnose(&verdict, &session->facts, NULL);
    require(verdict.status != STATUS_ESTABLISHED || verdict.cause == NULL ||
            verdict.confidence != NO);
    open_every_report(&reports);
    struct connection connection = {
        .facts = &session->facts, .verdict = &verdict, .input = "fuzz", .inputs = 1};
    reports_connection(&reports, &connection);
    reports_end(&reports, &totals);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire input = wire_over(data, size);
    unsigned circumstances = wire_u8(&input);
    struct chain_store *store = store_to_use();
    const struct session_shared shared = {.certificates = store};
    struct session *session = session_new(&shared);
    require(session != NULL);
    begin(session, circumstances);
    struct moment at = talk(session, input);
    end(session, circumstances, at);
    for (int side = 0; side < SPEAKERS; side++) {
        if (session->chain[side] != NULL) {
            chain_judge(store, session->chain[side], side == SERVER ? "example.org" : NULL,
                        at.time / 1000000000);
        }
    }
    tell(session);
    session_free(session);
    return 0;
}
