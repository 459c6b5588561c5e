/* A flow's packets, for whoever wants those of failed handshakes. */
#include "tracking/flow.h"

void flow_keep(struct flow *flow, struct kept_account *account, struct moment at, int link,
               struct wire bytes, size_t length)
{
    if (flow->ignored || account->limit == 0) {
        return;
    }
    if (flow->kept == NULL) {
        flow->kept = kept_new(account, flow->unkept);
        flow->unkept += flow->kept == NULL;
    }
    kept_add(flow->kept, at, link, bytes, length);
}

void flow_settle(struct flow *flow)
{
    if (flow->kept == NULL || flow->session == NULL) {
        return;
    }
    const struct facts *facts = &flow->session->facts;
    uint32_t client = facts->application_records[CLIENT];
    uint32_t server = facts->application_records[SERVER];
    kept_set_spare(flow->kept, facts->stage == STAGE_ESTABLISHED || (client > 0 && server > 0));
    if (client >= FLOW_KEPT_RECORDS && server >= FLOW_KEPT_RECORDS) {
        kept_stop(flow->kept);
    }
}
