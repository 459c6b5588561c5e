#include "tracking/chain_links.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

void links_open(struct links *links, struct chain_store *store, const struct chain *chain)
{
    *links = (struct links){.store = store};
    links->count = chain->count < CHAIN_CERTIFICATES ? chain->count : CHAIN_CERTIFICATES;
    for (size_t i = 0; i < links->count; i++) {
        links->kept[i] = chain_store_kept(chain->certificates[i]);
    }
}

void links_close(struct links *links)
{
    for (size_t i = 0; i < links->count; i++) {
        X509_free(links->x509[i]);
    }
    ERR_clear_error();
}

X509 *links_x509(struct links *links, size_t index)
{
    if (links->x509[index] == NULL) {
        links->x509[index] = chain_store_x509(links->store, links->kept[index]);
    }
    return links->x509[index];
}

enum link links_verify(X509 *subject, X509 *issuer)
{
    if (X509_NAME_cmp(X509_get_issuer_name(subject), X509_get_subject_name(issuer)) != 0) {
        return LINK_STRANGERS;
    }
    int issued = X509_check_issued(issuer, subject);
    bool other_key =
        issued == X509_V_ERR_AKID_SKID_MISMATCH || issued == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH;
    EVP_PKEY *key = X509_get0_pubkey(issuer);
    int verified = key == NULL ? -1 : X509_verify(subject, key);
    if (verified == 1) {
        return LINK_SIGNS;
    }
    if (other_key) {
        return LINK_STRANGERS; /* two authorities of one name: the key identifiers tell them apart
                                */
    }
    return verified == 0 ? LINK_BROKEN : LINK_UNKNOWN;
}

enum link links_between(struct links *links, size_t subject, size_t issuer)
{
    const struct kept_certificate *under = links->kept[subject];
    const struct kept_certificate *over = links->kept[issuer];
    if (under->certificate.malformed || over->certificate.malformed) {
        return LINK_STRANGERS;
    }
    struct remembered_link *remembered =
        chain_store_link(links->store, under->certificate.number, over->certificate.number);
    if (remembered != NULL && remembered->subject == under->certificate.number &&
        remembered->issuer == over->certificate.number) {
        return (enum link)remembered->link;
    }
    X509 *subject_x509 = links_x509(links, subject);
    X509 *issuer_x509 = links_x509(links, issuer);
    if (subject_x509 == NULL || issuer_x509 == NULL || links->worked_out >= LINKS_WORKED_OUT) {
        return LINK_UNKNOWN;
    }
    enum link link = links_verify(subject_x509, issuer_x509);
    links->worked_out += link != LINK_STRANGERS;
    if (remembered != NULL) {
        *remembered = (struct remembered_link){under->certificate.number, over->certificate.number,
                                               (uint8_t)link};
    }
    return link;
}

/* Whether one of the roots is the certificate itself: an authority other than a root may be
 * trusted, too. */
static bool is_trusted_itself(struct links *links, X509 *x509)
{
    STACK_OF(X509) *roots = roots_named(links->store->roots, X509_get_subject_name(x509));
    int count = roots == NULL ? 0 : sk_X509_num(roots);
    bool found = false;
    for (int i = 0; i < count && !found; i++) {
        found = X509_cmp(sk_X509_value(roots, i), x509) == 0;
    }
    sk_X509_pop_free(roots, X509_free);
    return found;
}

static enum anchor find_anchor(struct links *links, X509 *x509)
{
    if (is_trusted_itself(links, x509)) {
        return ANCHOR_ROOT;
    }
    STACK_OF(X509) *roots = roots_named(links->store->roots, X509_get_issuer_name(x509));
    int count = roots == NULL ? 0 : sk_X509_num(roots);
    enum anchor anchor = ANCHOR_NONE;
    for (int i = 0; i < count && anchor != ANCHOR_ROOT; i++) {
        enum link link = links_verify(x509, sk_X509_value(roots, i));
        links->worked_out++;
        if (link == LINK_SIGNS || link == LINK_UNKNOWN) {
            anchor = ANCHOR_ROOT;
        } else if (link == LINK_BROKEN) {
            anchor = ANCHOR_BROKEN;
        }
    }
    sk_X509_pop_free(roots, X509_free);
    return anchor;
}

enum anchor links_anchor(struct links *links, size_t subject)
{
    const struct kept_certificate *kept = links->kept[subject];
    if (kept->certificate.malformed) {
        return ANCHOR_NONE;
    }
    if (kept->anchor != ANCHOR_NOT_ASKED) {
        return (enum anchor)kept->anchor;
    }
    X509 *x509 = links_x509(links, subject);
    if (x509 == NULL || links->worked_out >= LINKS_WORKED_OUT) {
        return ANCHOR_NONE;
    }
    enum anchor anchor = find_anchor(links, x509);
    chain_store_anchor(links->store, kept, anchor);
    return anchor;
}
