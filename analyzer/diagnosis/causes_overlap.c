/* Sets that must overlap: cipher suites, groups, signature algorithms.
 *
 * A server that finds nothing in common alerts handshake_failure (40) whichever set it was. So the
 * sets are weighed against each other (offers.h), against what this server selected for others and
 * against the certificates that it showed them; the most unusual one is the likely cause. Where the
 * server did choose, and the client ends the handshake because the choice was not among its offers,
 * the wire itself tells.
 */
#include "diagnosis/evidence.h"
#include "diagnosis/offers.h"

#include "names.h"

#include <stdio.h>
#include <string.h>

enum {
    TLS12 = 0x0303,
    TLS13 = 0x0304,
    UNEXPECTED_MESSAGE = 10,
    HANDSHAKE_FAILURE = 40,
    ILLEGAL_PARAMETER = 47,
    INSUFFICIENT_SECURITY = 71,
    KNOWN_APART =
        2, /* added to the weight of a set in which others of the server's choices are not found */
    VERY_PECULIAR =
        6 /* enough to explain a silence, or an alert that mostly means something else */
};

enum set { SUITES, GROUPS, SCHEMES, SETS };

struct weighed {
    struct peculiarity own[SETS]; /* what the offer alone says */
    int weight[SETS];             /* and with what is known of the server */
    bool common[SETS];            /* something that the server took from others is in the offer */
    bool apart[SETS]; /* something of the server's is known, and nothing of it is in the offer */
};

/* ---- what is known of the server ---- */

static bool knows_suites(const struct server *server, const struct offer *offer, bool *common)
{
    bool known = false;
    *common = false;
    for (size_t i = 0; server != NULL && i < server->suite_count; i++) {
        if (offers_suite_usable(offer, server->suites[i])) {
            known = true;
            *common = *common || facts_lists(offer->suites, server->suites[i]);
        }
    }
    return known;
}

static bool knows_groups(const struct server *server, const struct offer *offer, bool *common)
{
    *common = false;
    for (size_t i = 0; server != NULL && i < server->group_count; i++) {
        *common = *common || facts_lists(offer->groups, server->groups[i]);
    }
    return server != NULL && server->group_count > 0 && offer->groups.count > 0;
}

/* Whether a key can sign by a scheme (RFC 8446, section 4.2.3); TLS 1.3 ties ECDSA to a curve and
 * RSA to PSS. */
static bool signs_by(const struct certificate *certificate, const struct scheme *scheme, bool tls13)
{
    const struct group *curve = names_group_row(scheme->group);
    switch ((enum certificate_key)certificate->key) {
    case KEY_RSA:
        return scheme->key == SCHEME_KEY_RSA && (!tls13 || scheme->tls13);
    case KEY_RSA_PSS:
        return scheme->key == SCHEME_KEY_RSA_PSS;
    case KEY_EC:
        return scheme->key == SCHEME_KEY_ECDSA &&
               (!tls13 || curve == NULL || curve->bits == certificate->key_bits);
    case KEY_ED25519:
        return scheme->key == SCHEME_KEY_ED25519;
    case KEY_ED448:
        return scheme->key == SCHEME_KEY_ED448;
    case KEY_DSA:
        return scheme->key == SCHEME_KEY_DSA;
    case KEY_DH:
    case KEY_UNKNOWN:
        break;
    }
    return true;
}

static bool signs_by_any(const struct certificate *certificate, const struct offer *offer)
{
    uint16_t lowest = facts_offer_lowest(offer);
    for (size_t i = 0; i < offer->schemes.count; i++) {
        const struct scheme *scheme = names_scheme_row(offer->schemes.at[i]);
        if (scheme != NULL && signs_by(certificate, scheme, lowest >= TLS13)) {
            return true;
        }
    }
    return false;
}

static bool knows_key(const struct server *server, const struct offer *offer, bool *common)
{
    *common = false;
    if (server == NULL || offer->schemes.count == 0 || facts_offer_highest(offer) < TLS12) {
        return false;
    }
    for (size_t i = 0; i < server->certificate_count; i++) {
        *common = *common || signs_by_any(server->certificate[i], offer);
    }
    return server->certificate_count > 0;
}

static void weigh(struct weighed *weighed, const struct server *server, const struct offer *offer)
{
    bool known[SETS];
    memset(weighed, 0, sizeof *weighed);
    bool *common = weighed->common;
    weighed->own[SUITES] = offers_suites(offer);
    weighed->own[GROUPS] = offers_groups(offer);
    weighed->own[SCHEMES] = offers_schemes(offer);
    known[SUITES] = knows_suites(server, offer, &common[SUITES]);
    known[GROUPS] = knows_groups(server, offer, &common[GROUPS]);
    known[SCHEMES] = knows_key(server, offer, &common[SCHEMES]);
    if (weighed->own[SUITES].weight == OFFERS_ONLY_ECDSA &&
        weighed->own[SCHEMES].weight >= PECULIAR) {
        /* Stacks leave out the suites for which they have no signature algorithm. */
        weighed->own[SUITES].weight = PECULIAR_SLIGHTLY;
    }
    for (int set = 0; set < SETS; set++) {
        weighed->weight[set] = weighed->own[set].weight;
        weighed->apart[set] = known[set] && !common[set];
        if (known[set] && common[set]) {
            weighed->weight[set] = 0; /* the server took one of these from others */
        } else if (weighed->apart[set]) {
            weighed->weight[set] += KNOWN_APART;
        }
    }
}

/* ---- the verdict ---- */

static bool heaviest(const struct weighed *weighed, enum set set)
{
    for (int other = 0; other < SETS; other++) {
        bool heavier = other < (int)set ? weighed->weight[other] >= weighed->weight[set]
                                        : weighed->weight[other] > weighed->weight[set];
        if (other != (int)set && heavier) {
            return false;
        }
    }
    return true;
}

/* Whether the server's alert may mean this set. */
static bool alert_fits(const struct refusal *refusal, enum set set, int weight)
{
    switch (refusal->ending.code) {
    case HANDSHAKE_FAILURE:
        return true;
    case INSUFFICIENT_SECURITY: /* Erlang means a group by it */
        return set != SCHEMES;
    case ILLEGAL_PARAMETER: /* wolfSSL before 2024, for suites */
        return weight >= VERY_PECULIAR;
    case UNEXPECTED_MESSAGE: /* JSSE, for groups in TLS 1.3 */
        return set == GROUPS && weight >= PECULIAR && facts_offer_highest(refusal->offer) >= TLS13;
    default:
        return false;
    }
}

static enum confidence judge(const struct refusal *refusal, const struct weighed *weighed,
                             enum set set)
{
    int weight = weighed->weight[set];
    if (refusal->silent) {
        if (weighed->apart[set] && weight >= VERY_PECULIAR && heaviest(weighed, set)) {
            return LIKELY;
        }
        return weight >= VERY_PECULIAR ? POSSIBLE : NO;
    }
    if (weighed->common[set] || !alert_fits(refusal, set, weight)) {
        return NO;
    }
    if (weighed->own[set].weight == PECULIAR_EMPTY) {
        return CERTAIN;
    }
    bool insufficient = refusal->ending.code == INSUFFICIENT_SECURITY && set == SUITES;
    if ((weight >= PECULIAR || insufficient) && heaviest(weighed, set)) {
        return LIKELY;
    }
    return weight > 0 || (set == SUITES && weighed->own[set].weight == 0) ? POSSIBLE : NO;
}

/* ---- the argument ---- */

static const char *const SET_NAMES[SETS] = {"cipher suite", "key-exchange group",
                                            "signature algorithm"};

static void write_offered(char text[OFFERS_TEXT], const struct offer *offer, enum set set)
{
    if (set == SUITES) {
        offers_write_suites(text, offer->suites);
    } else if (set == GROUPS) {
        offers_write_groups(text, offer->groups);
    } else {
        offers_write_schemes(text, offer->schemes);
    }
}

static void cite_offered(struct argument *argument, const struct client_hello_facts *hello,
                         enum set set)
{
    char text[OFFERS_TEXT];
    write_offered(text, hello->offer, set);
    argument_cite(argument, hello->at, "the client offers %s", text);
}

/* What the server selected for others, or the keys that it showed them. */
static void cite_known(struct argument *argument, const struct server *server, enum set set)
{
    char text[OFFERS_TEXT];
    if (set == SCHEMES) {
        const char *key = server->certificate[0]->key_name;
        argument_cite(argument, server->certificate_at[0],
                      "the server's certificate, as others were shown it, has the key %s",
                      key != NULL ? key : "of another kind");
        return;
    }
    if (set == SUITES) {
        offers_write_suites(text, (struct code_list){server->suites, server->suite_count});
    } else {
        offers_write_groups(text, (struct code_list){server->groups, server->group_count});
    }
    argument_cite(argument, (struct moment){0, 0},
                  "for others the server selected %s; in common: none", text);
}

static void argue(struct argument *argument, const struct refusal *refusal,
                  const struct weighed *weighed, enum set set, enum confidence confidence)
{
    const char *what = weighed->own[set].what;
    const char *name = SET_NAMES[set];
    if (weighed->apart[set] && confidence >= LIKELY) {
        argument_say(
            argument,
            "Most likely no %s in common: nothing that the server uses with others is in this "
            "client's offer.",
            name);
    } else if (what != NULL && confidence >= LIKELY) {
        argument_say(argument, "%s %s in common: the client offers %s.",
                     confidence == CERTAIN ? "No" : "Most likely no", name, what);
    } else if (what != NULL) {
        argument_say(argument, "There may be no %s in common: the client offers %s.", name, what);
    } else {
        argument_say(
            argument,
            "There may be no %s in common, although the client's offer is an ordinary one.", name);
    }
    cite_offered(argument, refusal->hello, set);
    if (weighed->apart[set]) {
        cite_known(argument, refusal->server, set);
    }
    evidence_ending(argument, &refusal->ending);
}

static enum confidence refused_offer(const struct question *question, struct argument *argument,
                                     enum set set)
{
    struct refusal refusal;
    struct weighed weighed;
    if (!evidence_refusal(&refusal, question)) {
        return NO;
    }
    weigh(&weighed, question->server, refusal.offer);
    enum confidence confidence = judge(&refusal, &weighed, set);
    if (confidence != NO) {
        argue(argument, &refusal, &weighed, set, confidence);
    }
    return confidence;
}

/* ---- what the server chose, and the client had not offered ---- */

/* Old servers take their own curve or algorithm whatever is asked for. A suite that was not offered
 * is no such habit but a broken server, or bytes that were changed: another family's. */

/* The client's last word on a choice: how it ended the handshake, if it went no further than that.
 */
static bool client_refused_choice(const struct facts *facts, struct ending *ending)
{
    *ending = signs_ending(facts);
    return ending->kind != ENDING_NONE && ending->by == CLIENT &&
           facts->client_key_exchange.frame == 0 && facts->finished[CLIENT].frame == 0;
}

static enum confidence unasked_choice(const struct question *question, struct argument *argument,
                                      enum set set, uint16_t choice, struct moment at)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    struct ending ending;
    if (hello == NULL || hello->incomplete || hello->offer == NULL || choice == 0 ||
        !client_refused_choice(facts, &ending)) {
        return NO;
    }
    struct code_list offered = set == GROUPS ? hello->offer->groups : hello->offer->schemes;
    if (offered.count == 0 || facts_lists(offered, choice)) {
        return NO;
    }
    char name[NAMES_TEXT_MAX];
    if (set == GROUPS) {
        names_group_text(name, choice);
    } else {
        names_scheme_text(name, choice);
    }
    argument_say(argument, "The server chose the %s %s, which the client had not offered.",
                 SET_NAMES[set], name);
    cite_offered(argument, hello, set);
    argument_cite(argument, at, "the server chooses %s", name);
    evidence_ending(argument, &ending);
    bool said = ending.kind == ENDING_ALERT &&
                (ending.code == ILLEGAL_PARAMETER || ending.code == HANDSHAKE_FAILURE);
    return said ? CERTAIN : LIKELY;
}

/* ---- the causes ---- */

static enum confidence no_cipher(const struct question *question, struct argument *argument)
{
    return refused_offer(question, argument, SUITES);
}

/* mbedTLS chooses an ECDHE suite, sends its certificate, finds no curve and closes. */
static bool stopped_before_key_exchange(const struct facts *facts, const struct ending *ending)
{
    const struct suite *suite = names_suite_row(facts->server_hello->suite);
    return suite != NULL && suite->key_exchange == SUITE_KX_ECDHE && facts->chain[SERVER] != NULL &&
           facts->server_key_exchange.frame == 0 && facts->server_hello_done.frame == 0 &&
           ending->by == SERVER && ending->kind != ENDING_NONE && facts_absent(facts, SERVER);
}

static enum confidence no_group_after_hello(const struct question *question,
                                            struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    struct ending ending = signs_ending(facts);
    uint16_t chosen = facts->group != 0 ? facts->group : facts->server_hello->group;
    struct moment at = facts->server_key_exchange.frame != 0 ? facts->server_key_exchange
                                                             : facts->server_hello->at;
    enum confidence confidence = unasked_choice(question, argument, GROUPS, chosen, at);
    if (confidence != NO) {
        return confidence;
    }
    if (hello == NULL || hello->incomplete || hello->offer == NULL ||
        !stopped_before_key_exchange(facts, &ending)) {
        return NO;
    }
    argument_say(argument, "The server chose an ECDHE suite and stopped where it would have named "
                           "a group: it has none "
                           "of the client's.");
    cite_offered(argument, hello, GROUPS);
    argument_cite(argument, facts->chain[SERVER]->at,
                  "the server's last message is its Certificate");
    evidence_ending(argument, &ending);
    return offers_groups(hello->offer).weight >= PECULIAR ? LIKELY : POSSIBLE;
}

static enum confidence no_group(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    if (facts->server_hello != NULL) {
        return no_group_after_hello(question, argument);
    }
    if (facts->retry != NULL) {
        return unasked_choice(question, argument, GROUPS, facts->retry->group, facts->retry->at);
    }
    return refused_offer(question, argument, GROUPS);
}

/* TLS 1.3: JSSE and rustls choose version and suite first, and refuse the schemes under the new
 * keys. */
static enum confidence no_scheme_sealed(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    struct ending ending = signs_ending(facts);
    if (facts->version != TLS13 || ending.kind != ENDING_SEALED || ending.by != SERVER ||
        hello == NULL || hello->incomplete || hello->offer == NULL) {
        return NO;
    }
    struct weighed weighed;
    weigh(&weighed, question->server, hello->offer);
    if (weighed.weight[SCHEMES] < PECULIAR) {
        return NO;
    }
    const char *what = weighed.own[SCHEMES].what;
    argument_say(argument,
                 "No signature algorithm in common with the server's key: the client offers %s.",
                 what != NULL ? what : "none that the server's known certificate can sign by");
    cite_offered(argument, hello, SCHEMES);
    if (weighed.apart[SCHEMES]) {
        cite_known(argument, question->server, SCHEMES);
    }
    evidence_ending(argument, &ending);
    return LIKELY;
}

static enum confidence no_scheme(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    if (facts->server_hello == NULL) {
        return refused_offer(question, argument, SCHEMES);
    }
    enum confidence confidence = unasked_choice(question, argument, SCHEMES, facts->server_scheme,
                                                facts->server_key_exchange);
    return confidence != NO ? confidence : no_scheme_sealed(question, argument);
}

/* ---- the rows ---- */

static const struct remedy CIPHER_REMEDIES[] = {
    {"openssl", "what the server takes: openssl s_client -connect HOST:443 -cipher SUITE (or "
                "-ciphersuites for TLS 1.3)"},
    {"iis", "Get-TlsCipherSuite; Enable-TlsCipherSuite -Name "
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256; and the policy "
            "\"SSL Cipher Suite Order\""},
    {"nginx", "ssl_ciphers HIGH:!aNULL:!MD5; ssl_conf_command Ciphersuites "
              "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384; an RSA and an ECDSA certificate may "
              "stand side by side"},
    {"apache", "SSLCipherSuite HIGH:!aNULL:!MD5 and SSLCipherSuite TLSv1.3 "
               "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"},
    {"haproxy",
     "bind ... ciphers HIGH:!aNULL ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"},
    {"java", "take the suite out of jdk.tls.disabledAlgorithms in java.security; "
             "-Djdk.tls.client.cipherSuites=... on "
             "the client"},
    {"go", "tls.Config{CipherSuites: ...}; GODEBUG=tlsrsakex=1 brings RSA key exchange back (Go "
           "1.22 and later)"},
    {NULL, NULL},
};

static const struct remedy GROUP_REMEDIES[] = {
    {"nginx", "ssl_ecdh_curve X25519:prime256v1:secp384r1;"},
    {"apache", "SSLOpenSSLConfCmd Groups X25519:P-256:P-384"},
    {"haproxy", "bind ... curves X25519:P-256:P-384"},
    {"iis",
     "Get-TlsEccCurve; Enable-TlsEccCurve -Name NistP256; and the policy \"ECC Curve Order\""},
    {"openssl", "Groups = X25519:P-256:P-384 in openssl.cnf; s_client -groups X25519:P-256"},
    {"java", "-Djdk.tls.namedGroups=\"x25519,secp256r1,secp384r1\""},
    {"go", "tls.Config{CurvePreferences: nil}"},
    {NULL, NULL},
};

static const struct remedy SCHEME_REMEDIES[] = {
    {"any", "let the client offer an algorithm for the server's key (rsa_pss_rsae_sha256 for RSA, "
            "ecdsa_secp256r1_sha256 "
            "for EC P-256), or give the server a certificate with a key of the other kind as well"},
    {"openssl",
     "s_client -sigalgs RSA-PSS+SHA256:ECDSA+SHA256; SignatureAlgorithms in openssl.cnf"},
    {"nginx", "two pairs of ssl_certificate and ssl_certificate_key: one RSA, one ECDSA"},
    {"java", "-Djdk.tls.client.SignatureSchemes=rsa_pss_rsae_sha256,ecdsa_secp256r1_sha256; "
             "jdk.tls.disabledAlgorithms"},
    {"iis",
     "the policy key "
     "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Cryptography\\Configuration\\Local\\SSL\\00010003 "
     "lists the signature algorithms"},
    {NULL, NULL},
};

const struct cause causes_overlap[] = {
    {"cipher.no_overlap", "no cipher suite in common",
     "The server has none of the suites that the client offers: they are turned off on one side, "
     "need another kind of "
     "certificate (ECDSA suites an EC key, RSA suites an RSA key), or another version. OpenSSL, "
     "GnuTLS, NSS, JSSE, Go "
     "and most others alert handshake_failure (40) on the ClientHello, wolfSSL before 2024 "
     "illegal_parameter (47), "
     "some insufficient_security (71); Schannel closes or resets and logs event 36874. 40 has many "
     "other causes, so the "
     "offer and what the server selected for others decide.",
     no_cipher, CIPHER_REMEDIES},
    {"group.no_overlap", "no key-exchange group in common",
     "The two sides have no curve or finite-field group in common, which TLS 1.3 and ECDHE need. "
     "OpenSSL, GnuTLS and "
     "NSS servers alert handshake_failure (40), Erlang 71, JSSE in TLS 1.3 unexpected_message "
     "(10); mbedTLS closes behind "
     "its Certificate. Or the server takes a group that was not offered, and the client alerts "
     "illegal_parameter (47).",
     no_group, GROUP_REMEDIES},
    {"signature.no_overlap", "no signature algorithm in common with the server's key",
     "The client's signature_algorithms hold none that the server's key can sign by. OpenSSL and "
     "GnuTLS "
     "servers alert handshake_failure (40), JSSE as well up to TLS 1.2; in TLS 1.3 JSSE and rustls "
     "send their "
     "ServerHello first and then the alert under the new keys (JSSE: a record of 35 bytes).",
     no_scheme, SCHEME_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
