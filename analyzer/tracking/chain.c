#include "tracking/chain.h"

#include "tracking/chain_links.h"
#include "tracking/chain_store.h"
#include "tracking/server_identity.h"
#include "tracking/x509.h"

#include <openssl/err.h>
#include <string.h>

/* ---- what was sent ---- */

/* A chain of the certificates in `kept`, of which there are chain->count. */
static struct chain *keep_list(struct chain *chain, struct arena *arena,
                               const struct certificate *const *kept)
{
    const struct certificate **certificates =
        arena_take(arena, (chain->count + 1) * sizeof *certificates);
    if (certificates == NULL) {
        return NULL;
    }
    memcpy(certificates, kept, chain->count * sizeof *certificates);
    chain->certificates = certificates;
    return chain;
}

struct chain *chain_take(struct chain_store *store, struct arena *arena, struct wire body,
                         uint16_t version, struct moment at)
{
    const struct certificate *kept[CHAIN_CERTIFICATES];
    struct certificate_message message;
    struct certificate_entry entry;
    struct wire staple = wire_over(NULL, 0);
    struct chain *chain = arena_take(arena, sizeof *chain);
    if (chain == NULL) {
        return NULL;
    }
    chain->at = at;
    chain->length = body.left > UINT32_MAX ? UINT32_MAX : (uint32_t)body.left;
    bool well_formed = certificate_message(&message, body, version);
    while (certificate_next(&entry, &message, &well_formed)) {
        const struct kept_certificate *certificate =
            chain->count == CHAIN_CERTIFICATES ? NULL : chain_store_keep(store, arena, entry.der);
        if (certificate == NULL) {
            chain->truncated = true;
            break;
        }
        if (chain->count == 0) {
            staple = entry.ocsp_response;
        }
        well_formed = well_formed && !certificate->certificate.malformed;
        kept[chain->count++] = &certificate->certificate;
    }
    chain->malformed = !well_formed;
    if (keep_list(chain, arena, kept) == NULL) {
        return NULL;
    }
    if (staple.at != NULL) {
        chain_staple(store, chain, staple, at);
    }
    return chain;
}

struct chain *chain_take_one(struct chain_store *store, struct arena *arena, struct wire der,
                             struct moment at)
{
    struct chain *chain = arena_take(arena, sizeof *chain);
    const struct kept_certificate *certificate = chain_store_keep(store, arena, der);
    if (chain == NULL || certificate == NULL) {
        return NULL;
    }
    const struct certificate *kept[1] = {&certificate->certificate};
    *chain = (struct chain){.at = at,
                            .count = 1,
                            .length = (uint32_t)der.left,
                            .malformed = certificate->certificate.malformed};
    return keep_list(chain, arena, kept);
}

static const char *read_name(struct arena *arena, struct wire der)
{
    enum { NAME_BYTES = 0xffff }; /* bytes: RFC 5246, section 7.4.4, has a length of 16 bits */
    struct x509_reader reader = {arena, false};
    const unsigned char *at = der.at;
    X509_NAME *name =
        der.left == 0 || der.left > NAME_BYTES ? NULL : d2i_X509_NAME(NULL, &at, (long)der.left);
    const char *text = name == NULL ? arena_copy(arena, "", 0) : x509_name(&reader, name);
    X509_NAME_free(name);
    ERR_clear_error();
    return text;
}

const char *chain_name(struct chain_store *store, struct arena *arena, struct wire der)
{
    struct remembered_name *slot = chain_store_name(store, der);
    if (slot == NULL) {
        return read_name(arena, der);
    }
    if (slot->text == NULL) {
        chain_store_keep_name(store, slot, read_name(&store->names_arena, der), der);
    }
    return slot->text != NULL ? slot->text : read_name(arena, der);
}

/* ---- what it amounts to ---- */

static bool links_on(enum link link)
{
    return link == LINK_SIGNS || link == LINK_UNKNOWN;
}

static bool is_in_order(struct links *links)
{
    for (size_t i = 0; i + 1 < links->count; i++) {
        if (!links_on(links_between(links, i, i + 1))) {
            return false;
        }
    }
    return true;
}

/* How the issuer of a certificate was looked for among those that were sent. */
struct issuers {
    uint32_t found; /* a bit for each certificate that is one */
    bool itself;    /* it is its own */
    bool broken;    /* one is it by name, and its key does not verify the signature */
};

static struct issuers issuers_of(struct links *links, size_t subject)
{
    struct issuers issuers = {0};
    for (size_t i = 0; i < links->count; i++) {
        enum link link = links_between(links, subject, i);
        if (i == subject) {
            issuers.itself = links_on(link);
        } else if (links_on(link)) {
            issuers.found |= 1U << i;
        }
        issuers.broken = issuers.broken || link == LINK_BROKEN;
    }
    return issuers;
}

/* Follows all signatures upwards from the first certificate, whatever order they were sent in:
 * there may be several ways, since authorities sign each other. Each certificate is looked at once.
 */
static void follow(struct chain *chain, struct links *links)
{
    uint32_t reached = 1;
    uint32_t looked_at = 0;
    bool ends_in_itself = false;
    bool ends_open = false;
    while (reached != looked_at && !chain->anchored) {
        size_t at = 0;
        while (((reached & ~looked_at) >> at & 1) == 0) {
            at++;
        }
        looked_at |= 1U << at;
        struct issuers issuers = issuers_of(links, at);
        chain->anchored = links_anchor(links, at) == ANCHOR_ROOT;
        reached |= issuers.found;
        ends_in_itself = ends_in_itself || issuers.itself;
        ends_open = ends_open || (issuers.found == 0 && !issuers.itself && !issuers.broken);
    }
    if (chain->anchored || roots_count(links->store->roots) == 0) {
        return; /* without any root of our own nothing can be said of roots */
    }
    chain->root_sent_untrusted = ends_in_itself;
    chain->issuer_missing = !ends_in_itself && ends_open;
}

/* Whether a certificate's issuer is there by name, sent or trusted, and none that is verifies it.
 */
static bool is_broken(struct links *links, size_t subject)
{
    struct issuers issuers = issuers_of(links, subject);
    enum anchor anchor = links_anchor(links, subject);
    return issuers.found == 0 && !issuers.itself && anchor != ANCHOR_ROOT &&
           (issuers.broken || anchor == ANCHOR_BROKEN);
}

static void check_name(struct chain *chain, const char *server_name)
{
    const struct kept_certificate *leaf = chain_store_kept(chain->certificates[0]);
    chain->name_checked = server_name != NULL && !leaf->certificate.malformed;
    chain->name_fits = chain->name_checked &&
                       identity_fits(leaf->certificate.names, leaf->is_address, server_name);
}

void chain_judge(struct chain_store *store, struct chain *chain, const char *server_name,
                 int64_t at)
{
    chain->judged_at = at; /* whether a certificate was valid then is told from its facts */
    struct links links;
    if (chain->count == 0 || chain->certificates[0]->malformed) {
        return;
    }
    links_open(&links, store, chain);
    chain->in_order = is_in_order(&links);
    follow(chain, &links);
    for (size_t i = 0; i < links.count && !chain->signature_broken; i++) {
        chain->signature_broken = is_broken(&links, i);
    }
    check_name(chain, server_name);
    chain->signatures_checked = true;
    links_close(&links);
}

size_t chain_roots(struct chain_store *store)
{
    return roots_count(store->roots);
}
