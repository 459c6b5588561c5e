/* Faults: chains of certificates held against the clock, a name and a purpose. */
#include "diagnosis/faults.h"

#include "names.h"
#include "tracking/server_identity.h"

#include <stdio.h>
#include <string.h>

enum {
    STATUS_REQUEST = 5, /* extension: RFC 6066, section 8 */
    /* Below these, clients that are strict refuse (RFC 9325, section 4.5; the CA/Browser Forum's
     * Baseline Requirements, section 6.1.5). */
    RSA_BITS = 2048,
    EC_BITS = 224,
    HASH_BITS = 224, /* SHA-1 has 160 */
    MD5_BITS = 128,
    OCSP_NONE = 0, /* as chain.ocsp has them */
    OCSP_GOOD = 1,
    OCSP_REVOKED = 2
};

/* 2016: until then SHA-1 was what authorities signed with, and clients took it. */
#define END_OF_SHA1 INT64_C(1451606400)

static void add(struct faults *faults, enum fault fault, const struct certificate *certificate)
{
    if ((faults->set & FAULT_BIT(fault)) == 0) {
        faults->set |= FAULT_BIT(fault);
        faults->certificate[fault] = certificate;
    }
}

/* ---- one certificate ---- */

/* `root`: it is trusted, or not, for itself, so that its own signature says nothing. */
static bool is_weak(const struct certificate *certificate, bool root, int64_t at)
{
    uint16_t bits = certificate->signature_hash_bits;
    bool hash = !root && bits != 0 && bits < HASH_BITS && (bits <= MD5_BITS || at >= END_OF_SHA1);
    switch ((enum certificate_key)certificate->key) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        return hash || certificate->key_bits < RSA_BITS;
    case KEY_EC:
        return hash || certificate->key_bits < EC_BITS;
    case KEY_DSA:
        return true;
    case KEY_UNKNOWN:
    case KEY_ED25519:
    case KEY_ED448:
    case KEY_DH:
        break;
    }
    return hash;
}

static void look_at_time(struct faults *faults, const struct certificate *certificate, int64_t at)
{
    if (certificate->not_after < at) {
        add(faults, FAULT_EXPIRED, certificate);
    } else if (certificate->not_before > at) {
        add(faults, FAULT_NOT_YET, certificate);
    }
}

/* Whether the leaf's key may be used as the suite does: RSA key exchange deciphers, all else signs.
 */
static bool key_usage_fits(const struct certificate *leaf, const struct facts *facts)
{
    const struct suite *suite =
        facts->server_hello == NULL ? NULL : names_suite_row(facts->server_hello->suite);
    if (suite == NULL) {
        return true;
    }
    if (suite->key_exchange == SUITE_KX_RSA) {
        return leaf->key_encipherment != USAGE_LACKS;
    }
    bool signs = suite->key_exchange == SUITE_KX_ECDHE || suite->key_exchange == SUITE_KX_DHE ||
                 suite->key_exchange == SUITE_KX_TLS13;
    return !signs || leaf->digital_signature != USAGE_LACKS;
}

void faults_of_leaf(struct faults *faults, const struct certificate *leaf, const char *name,
                    int64_t at)
{
    memset(faults, 0, sizeof *faults);
    if (leaf->malformed) {
        add(faults, FAULT_MALFORMED, leaf);
        return;
    }
    look_at_time(faults, leaf, at);
    if (leaf->server_auth == USAGE_LACKS) {
        add(faults, FAULT_USAGE, leaf);
    }
    if (is_weak(leaf, false, at)) {
        add(faults, FAULT_WEAK, leaf);
    }
    if (leaf->self_signed) {
        add(faults, FAULT_SELF_SIGNED, leaf);
    }
    if (name == NULL || name[0] == '\0') {
        return;
    }
    for (size_t i = 0; i < leaf->names.count; i++) {
        if (identity_dns_fits(leaf->names.at[i], name)) {
            return;
        }
    }
    add(faults, FAULT_NAME, leaf);
}

/* ---- a chain ---- */

static bool has_subject(const struct certificate *certificate, const char *name)
{
    return !certificate->malformed && certificate->subject != NULL && name != NULL &&
           strcmp(certificate->subject, name) == 0;
}

const struct certificate *faults_top(const struct chain *chain)
{
    const struct certificate *top = chain->count == 0 ? NULL : chain->certificates[0];
    /* Authorities may sign each other: no way is longer than the chain. */
    for (size_t hops = 0; hops < chain->count; hops++) {
        if (top->malformed || top->self_issued) {
            break;
        }
        const struct certificate *issuer = NULL;
        for (size_t i = 0; i < chain->count && issuer == NULL; i++) {
            const struct certificate *other = chain->certificates[i];
            issuer = other != top && has_subject(other, top->issuer) ? other : NULL;
        }
        if (issuer == NULL) {
            break;
        }
        top = issuer;
    }
    return top;
}

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

/* Whether `text` holds `word`, which is in lower case. */
static bool holds(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (; text != NULL && *text != '\0'; text++) {
        size_t same = 0;
        while (same < length && lower(text[same]) == word[same]) {
            same++;
        }
        if (same == length) {
            return true;
        }
    }
    return false;
}

static bool issuer_is_called(const struct certificate *certificate, const char *const words[])
{
    for (; *words != NULL; words++) {
        if (holds(certificate->issuer, *words)) {
            return true;
        }
    }
    return false;
}

/* The issuer of the top certificate was not sent. An authority that says where its own certificate
 * can be fetched is one that others issued, as a rule: roots are installed, not fetched. */
static bool issuer_is_intermediate(const struct certificate *top, bool alone)
{
    static const char *const roots[] = {"root", NULL};
    static const char *const intermediates[] = {"intermediate", "issuing", "subordinate", "sub ca",
                                                "subca",        "sub-ca",  "signing",     NULL};
    if (issuer_is_called(top, intermediates)) {
        return true;
    }
    return alone && top->issuer_url != NULL && !issuer_is_called(top, roots);
}

static void look_at_trust(struct faults *faults, const struct chain *chain)
{
    /* Where a signature is broken nobody gets to a root, so that nothing can be said of it. */
    if (!chain->signatures_checked || chain->anchored || chain->truncated ||
        chain->signature_broken) {
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    const struct certificate *top = faults_top(chain);
    if (leaf->self_issued) {
        add(faults, FAULT_SELF_SIGNED, leaf);
    } else if (top->malformed || top->self_issued) {
        add(faults, FAULT_UNTRUSTED, top);
    } else {
        bool incomplete = issuer_is_intermediate(top, top == leaf);
        add(faults, incomplete ? FAULT_INCOMPLETE : FAULT_UNTRUSTED, top);
    }
}

static void look_at_each(struct faults *faults, const struct chain *chain, int64_t at)
{
    size_t early = 0;
    for (size_t i = 0; i < chain->count; i++) {
        const struct certificate *certificate = chain->certificates[i];
        if (certificate->malformed) {
            add(faults, FAULT_MALFORMED, certificate);
            continue;
        }
        look_at_time(faults, certificate, at);
        early += certificate->not_before > at;
        if (is_weak(certificate, i > 0 && certificate->self_issued, at)) {
            add(faults, FAULT_WEAK, certificate);
        }
    }
    faults->clock_doubtful = early > 1 && early == chain->count;
    if (chain->malformed) {
        add(faults, FAULT_MALFORMED, NULL);
    }
    if (chain->signatures_checked && chain->signature_broken) {
        add(faults, FAULT_SIGNATURE, NULL);
    }
}

static bool asked_for_status(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    return hello != NULL && hello->offer != NULL &&
           facts_lists(hello->offer->extensions, STATUS_REQUEST);
}

/* A certificate without alternative names whose common name fits: RFC 9525 ignores that, OpenSSL,
 * GnuTLS and JSSE do not. */
static bool common_name_fits(const struct certificate *leaf, const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || hello->server_name == NULL || leaf->dns_count > 0) {
        return false;
    }
    for (size_t i = 0; i < leaf->subject_common_names.count; i++) {
        if (identity_dns_fits(leaf->subject_common_names.at[i], hello->server_name)) {
            return true;
        }
    }
    return false;
}

/* Up to TLS 1.2 the ServerHello says whether a response will come. */
static bool none_stapled(const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    bool refused = hello != NULL && hello->version < 0x0304 && !hello->status_request;
    return refused || facts_absent(facts, SERVER);
}

static void look_at_status(struct faults *faults, const struct facts *facts, int64_t at)
{
    const struct chain *chain = facts->chain[SERVER];
    const struct certificate *leaf = chain->certificates[0];
    if (chain->ocsp == OCSP_REVOKED) {
        add(faults, FAULT_REVOKED, leaf);
    } else if (chain->ocsp == OCSP_NONE) {
        if (leaf->must_staple && asked_for_status(facts) && none_stapled(facts)) {
            add(faults, FAULT_STATUS, leaf);
        }
    } else if (chain->ocsp != OCSP_GOOD ||
               (chain->ocsp_next_update != 0 && chain->ocsp_next_update < at)) {
        add(faults, FAULT_STATUS, leaf);
    }
    faults->clock_doubtful =
        faults->clock_doubtful || (chain->ocsp != OCSP_NONE && chain->ocsp_this_update > at);
}

void faults_of_server(struct faults *faults, const struct facts *facts)
{
    const struct chain *chain = facts->chain[SERVER];
    memset(faults, 0, sizeof *faults);
    if (chain == NULL || chain->count == 0) {
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    int64_t at = facts_judged_at(chain);
    look_at_each(faults, chain, at);
    if (leaf->malformed) {
        return;
    }
    if (leaf->server_auth == USAGE_LACKS || !key_usage_fits(leaf, facts)) {
        add(faults, FAULT_USAGE, leaf);
    }
    if (chain->name_checked && !chain->name_fits) {
        add(faults, FAULT_NAME, leaf);
        faults->name_by_common_name = common_name_fits(leaf, facts);
    }
    look_at_status(faults, facts, at);
    look_at_trust(faults, chain);
}

bool faults_authority_named(const struct chain *chain, struct text_list authorities)
{
    for (size_t i = 0; i < authorities.count; i++) {
        for (size_t j = 0; j < chain->count; j++) {
            const struct certificate *certificate = chain->certificates[j];
            bool issued = !certificate->malformed && certificate->issuer != NULL &&
                          strcmp(certificate->issuer, authorities.at[i]) == 0;
            if (issued || has_subject(certificate, authorities.at[i])) {
                return true;
            }
        }
    }
    return false;
}

void faults_of_client(struct faults *faults, const struct facts *facts)
{
    const struct chain *chain = facts->chain[CLIENT];
    memset(faults, 0, sizeof *faults);
    if (chain == NULL || chain->count == 0) {
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    look_at_each(faults, chain, facts_judged_at(chain));
    if (leaf->malformed) {
        return;
    }
    if (leaf->client_auth == USAGE_LACKS || leaf->digital_signature == USAGE_LACKS) {
        add(faults, FAULT_USAGE, leaf);
    }
    if (leaf->self_issued) {
        add(faults, FAULT_SELF_SIGNED, leaf);
    }
    if (facts->authorities.count > 0 && !faults_authority_named(chain, facts->authorities)) {
        add(faults, FAULT_UNTRUSTED, faults_top(chain));
    }
}

/* ---- words ---- */

/* Copies what fits, and no part of a character of UTF-8. */
static void copy_text(char text[FAULTS_TEXT], const char *from)
{
    size_t length = strlen(from);
    if (length >= FAULTS_TEXT) {
        length = FAULTS_TEXT - 1;
        while (length > 0 && ((unsigned char)from[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    memcpy(text, from, length);
    text[length] = '\0';
}

void faults_write_name(char text[FAULTS_TEXT], const struct certificate *certificate)
{
    if (certificate->malformed) {
        copy_text(text, "a certificate that cannot be parsed");
    } else if (certificate->subject_common_names.count > 0) {
        copy_text(text, certificate->subject_common_names.at[0]);
    } else if (certificate->names.count > 0) {
        copy_text(text, certificate->names.at[0]);
    } else {
        bool named = certificate->subject != NULL && certificate->subject[0] != '\0';
        copy_text(text, named ? certificate->subject : "nobody");
    }
}

void faults_write_issuer(char text[FAULTS_TEXT], const struct certificate *certificate)
{
    if (certificate->issuer_common_names.count > 0) {
        copy_text(text, certificate->issuer_common_names.at[0]);
    } else {
        bool named = certificate->issuer != NULL && certificate->issuer[0] != '\0';
        copy_text(text, named ? certificate->issuer : "nobody");
    }
}

void faults_write_names(char text[FAULTS_TEXT], const struct certificate *certificate)
{
    enum { MORE = 24 }; /* room that is kept for " and 65535 more" */
    size_t used = 0;
    size_t written = 0;
    text[0] = '\0';
    for (; written < certificate->names.count; written++) {
        const char *name = certificate->names.at[written];
        size_t length = strlen(name);
        if (used + length + 2 + MORE > FAULTS_TEXT) {
            break;
        }
        if (used > 0) {
            memcpy(text + used, ", ", 2);
            used += 2;
        }
        memcpy(text + used, name, length + 1);
        used += length;
    }
    if (written == 0) {
        faults_write_name(text, certificate);
    } else if (written < certificate->names.count) {
        (void)snprintf(text + used, FAULTS_TEXT - used, " and %zu more",
                       certificate->names.count - written);
    }
}

/* The civil date of a day counted from 1970-01-01: years begin on March 1, so that a leap day is
 * the last one, and eras have 400 years. */
static void civil(int64_t days, int64_t *year, int *month, int *day)
{
    enum { ERA = 146097, TO_1970 = 719468 }; /* days: of 400 years; from 0000-03-01 */
    int64_t shifted = days + TO_1970;
    int64_t era = (shifted >= 0 ? shifted : shifted - (ERA - 1)) / ERA;
    int64_t of_era = shifted - era * ERA;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * shifted_month + 2) / 5 + 1);
    *month = (int)(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

void faults_write_date(char text[FAULTS_DATE], int64_t seconds)
{
    enum { DAY = 86400 };
    /* RFC 5280 knows the years 0 to 9999; anything else is no date. */
    if (seconds < INT64_C(-62167219200) || seconds > INT64_C(253402300799)) {
        (void)snprintf(text, FAULTS_DATE, "the end of time");
        return;
    }
    int64_t days = seconds / DAY - (seconds % DAY < 0);
    int64_t rest = seconds - days * DAY;
    int64_t year = 0;
    int month = 0;
    int day = 0;
    civil(days, &year, &month, &day);
    (void)snprintf(text, FAULTS_DATE, "%04d-%02d-%02d %02d:%02d UTC", (int)year, month, day,
                   (int)(rest / 3600), (int)(rest / 60 % 60));
}
