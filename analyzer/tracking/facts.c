/* Facts: the small questions that many ask of them. */
#include "tracking/facts.h"

/* Up to SSL 3.0's successors a version's major byte is 3; SSL 2.0 is 0x0002. Anything else in a
 * list of versions is GREASE, a draft, or nothing that TLS over TCP knows. */
static bool is_version(uint16_t version)
{
    return version == 0x0002 || (version >= 0x0300 && version <= 0x0304);
}

/* Nothing at all was seen of `from`, although its peer behaved as if it had been there: a peer only
 * sends payload, or a FIN, once the connection stands. */
static bool whole_side_missing(const struct facts *facts, enum speaker from)
{
    const struct transport_side *peer = &facts->transport.side[speaker_peer(from)];
    return facts->transport.side[from].packets == 0 &&
           (peer->first_data.frame != 0 || peer->fin.frame != 0 ||
            (from == CLIENT && peer->packets > 0));
}

/* TLS' own beginning: the first ClientHello, whole. What came before cannot matter to TLS. */
static bool tls_began_in_sight(const struct facts *facts)
{
    const struct client_hello_facts *hello = &facts->client_hello[0];
    return hello->at.frame != 0 && !hello->incomplete;
}

bool facts_absent(const struct facts *facts, enum speaker from)
{
    const struct transport_side *side = &facts->transport.side[from];
    if (side->missing || side->cut || side->overflowed || facts->given_up || facts->lossy) {
        return false;
    }
    if (whole_side_missing(facts, from)) {
        return false;
    }
    return !facts->began_late || tls_began_in_sight(facts);
}

const struct client_hello_facts *facts_client_hello(const struct facts *facts)
{
    if (facts->client_hello[1].at.frame != 0) {
        return &facts->client_hello[1];
    }
    return facts->client_hello[0].at.frame != 0 ? &facts->client_hello[0] : NULL;
}

uint16_t facts_offer_highest(const struct offer *offer)
{
    uint16_t highest = 0;
    for (size_t i = 0; i < offer->versions.count; i++) {
        uint16_t version = offer->versions.at[i];
        if (is_version(version) && version > highest) {
            highest = version;
        }
    }
    if (offer->tls13_draft) {
        return 0x0304;
    }
    if (highest != 0) {
        return highest;
    }
    /* Where supported_versions is not sent, legacy_version is the highest; it never means more than
     * TLS 1.2 (RFC 8446, section 4.1.2), and the versions of DTLS and of other protocols are none
     * of ours. */
    if (offer->legacy_version > 0x0303 && offer->legacy_version < 0x0400) {
        return 0x0303;
    }
    return is_version(offer->legacy_version) ? offer->legacy_version : 0;
}

uint16_t facts_offer_lowest(const struct offer *offer)
{
    uint16_t lowest = 0;
    for (size_t i = 0; i < offer->versions.count; i++) {
        uint16_t version = offer->versions.at[i];
        if (is_version(version) && (lowest == 0 || version < lowest)) {
            lowest = version;
        }
    }
    if (lowest == 0 && offer->versions.count > 0 && offer->tls13_draft) {
        return 0x0304;
    }
    return lowest;
}

bool facts_lists(struct code_list list, uint16_t code)
{
    for (size_t i = 0; i < list.count; i++) {
        if (list.at[i] == code) {
            return true;
        }
    }
    return false;
}

const struct alert_facts *facts_fatal_alert(const struct facts *facts, enum speaker from)
{
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        if (alert->from == (uint8_t)from && alert->level == 2) {
            return alert;
        }
    }
    return NULL;
}

bool facts_opened(const struct facts *facts)
{
    return facts->opened[CLIENT] > 0 && facts->opened[SERVER] > 0 && facts->shut[CLIENT] == 0 &&
           facts->shut[SERVER] == 0;
}

struct moment facts_close(const struct facts *facts, enum speaker from)
{
    const struct transport_side *side = &facts->transport.side[from];
    struct moment fin = side->fin;
    struct moment reset = side->reset.at;
    if (fin.frame == 0 || (reset.frame != 0 && reset.frame < fin.frame)) {
        return reset;
    }
    return fin;
}

int64_t facts_judged_at(const struct chain *chain)
{
    return chain->judged_at != 0 ? chain->judged_at : chain->at.time / 1000000000;
}
