/* Stapled OCSP responses (RFC 6960). */
#include "tracking/chain.h"
#include "tracking/chain_links.h"
#include "tracking/x509.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <string.h>

enum {
    OCSP_GOOD = 1, /* struct chain's numbers */
    OCSP_REVOKED,
    OCSP_UNKNOWN,
    OCSP_UNUSABLE,
    OCSP_FORGED
};

enum {
    RESPONSE_MAX = 64 << 10, /* bytes; real ones have 0.3 to 3 KB */
    SINGLES_MAX = 64         /* answers in one response that are looked at; real ones have one */
};

/* Whether the answer is about the certificate: its serial number, and its issuer's name by the hash
 * that it was asked by. */
static bool is_about(OCSP_SINGLERESP *single, const X509 *subject)
{
    ASN1_OCTET_STRING *name_hash = NULL;
    ASN1_OBJECT *algorithm = NULL;
    ASN1_INTEGER *serial = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    OCSP_CERTID *id = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(single)); /* no const one is read */
    if (id == NULL || OCSP_id_get0_info(&name_hash, &algorithm, NULL, &serial, id) != 1) {
        OCSP_CERTID_free(id);
        return false;
    }
    const EVP_MD *hash = EVP_get_digestbyobj(algorithm);
    bool about = ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(subject)) == 0 && hash != NULL &&
                 X509_NAME_digest(X509_get_issuer_name(subject), hash, digest, &length) == 1 &&
                 ASN1_STRING_length(name_hash) == (int)length &&
                 memcmp(ASN1_STRING_get0_data(name_hash), digest, length) == 0;
    OCSP_CERTID_free(id);
    return about;
}

/* The answer about the certificate; false when there is none. */
static bool read_answer(struct remembered_staple *staple, OCSP_BASICRESP *basic,
                        const X509 *subject)
{
    int count = OCSP_resp_count(basic);
    for (int i = 0; i < count && i < SINGLES_MAX; i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        ASN1_GENERALIZEDTIME *this_update = NULL;
        ASN1_GENERALIZEDTIME *next_update = NULL;
        if (!is_about(single, subject)) {
            continue;
        }
        int status = OCSP_single_get0_status(single, NULL, NULL, &this_update, &next_update);
        staple->ocsp = status == V_OCSP_CERTSTATUS_GOOD      ? OCSP_GOOD
                       : status == V_OCSP_CERTSTATUS_REVOKED ? OCSP_REVOKED
                                                             : OCSP_UNKNOWN;
        (void)x509_time(&staple->this_update, this_update);
        (void)x509_time(&staple->next_update, next_update);
        return true;
    }
    return false;
}

/* Whether the responder may speak for the issuer: it is the issuer, or the issuer made it one (RFC
 * 6960, section 4.2.2.2). */
static bool may_answer(X509 *signer, X509 *issuer)
{
    if (EVP_PKEY_eq(X509_get0_pubkey(signer), X509_get0_pubkey(issuer)) == 1) {
        return true;
    }
    uint32_t usages = X509_get_extended_key_usage(signer);
    bool made_one = usages != UINT32_MAX && (usages & XKU_OCSP_SIGN) != 0;
    return made_one && links_verify(signer, issuer) == LINK_SIGNS;
}

/* Whether the response's signature is false: not that of its signer, or of one who may not answer.
 * Where the signer is neither in the response nor the issuer, that cannot be told, and it is not.
 */
static bool is_forged(OCSP_BASICRESP *basic, X509 *issuer)
{
    STACK_OF(X509) *known = sk_X509_new_null();
    X509 *signer = NULL;
    bool forged = false;
    if (known != NULL && sk_X509_push(known, issuer) > 0 &&
        OCSP_resp_get0_signer(basic, &signer, known) == 1) {
        forged = OCSP_basic_verify(basic, known, NULL, OCSP_NOVERIFY) != 1 ||
                 !may_answer(signer, issuer);
    }
    sk_X509_free(known);
    return forged;
}

/* Reads the response; `issuer` is NULL where it was not sent. */
static void read_response(struct remembered_staple *staple, struct wire bytes, X509 *subject,
                          X509 *issuer)
{
    const unsigned char *at = bytes.at;
    OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)bytes.left);
    OCSP_BASICRESP *basic = NULL;
    if (response != NULL && OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        basic = OCSP_response_get1_basic(response);
    }
    if (basic != NULL && read_answer(staple, basic, subject) && issuer != NULL &&
        is_forged(basic, issuer)) {
        staple->ocsp = OCSP_FORGED;
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
}

/* The index of the first certificate's issuer among those that were sent; 0 where it is not. */
static size_t find_issuer(struct links *links)
{
    for (size_t i = 1; i < links->count; i++) {
        if (links_between(links, 0, i) == LINK_SIGNS) {
            return i;
        }
    }
    return 0;
}

/* Judges the response, or remembers how it was judged. */
static struct remembered_staple judge(struct links *links, struct wire response)
{
    struct remembered_staple staple = {.ocsp = OCSP_UNUSABLE};
    size_t issuer = find_issuer(links);
    if (response.left == 0 || response.left > RESPONSE_MAX ||
        links->kept[0]->certificate.malformed) {
        return staple;
    }
    staple.hash = siphash_bytes(&links->store->key, response.at, response.left);
    staple.subject = links->kept[0]->certificate.number;
    staple.issuer = issuer > 0 ? links->kept[issuer]->certificate.number : 0;
    struct remembered_staple *slot = chain_store_staple(links->store, staple.hash, staple.subject);
    bool is_kept = slot != NULL && staple.subject != 0 && (issuer == 0 || staple.issuer != 0);
    if (is_kept && slot->subject == staple.subject && slot->issuer == staple.issuer &&
        memcmp(&slot->hash, &staple.hash, sizeof staple.hash) == 0) {
        return *slot;
    }
    X509 *subject = links_x509(links, 0);
    if (subject != NULL) {
        read_response(&staple, response, subject, issuer > 0 ? links_x509(links, issuer) : NULL);
    }
    if (is_kept) {
        *slot = staple;
    }
    return staple;
}

void chain_staple(struct chain_store *store, struct chain *chain, struct wire response,
                  struct moment at)
{
    struct links links;
    chain->ocsp_at = at;
    chain->ocsp = OCSP_UNUSABLE;
    if (chain->count == 0) {
        return;
    }
    links_open(&links, store, chain);
    struct remembered_staple staple = judge(&links, response);
    chain->ocsp = staple.ocsp;
    chain->ocsp_this_update = staple.this_update;
    chain->ocsp_next_update = staple.next_update;
    links_close(&links);
}
