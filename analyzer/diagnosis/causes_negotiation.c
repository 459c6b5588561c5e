/* What one side finds too weak or does not believe: DH parameters, renegotiation (RFC 5746),
 * pre-shared keys. */
#include "diagnosis/evidence.h"
#include "diagnosis/offers.h"

#include "names.h"

enum {
    TLS13 = 0x0304,
    /* alerts */
    BAD_RECORD_MAC = 20,
    HANDSHAKE_FAILURE = 40,
    ILLEGAL_PARAMETER = 47,
    DECRYPT_ERROR = 51,
    INSUFFICIENT_SECURITY = 71,
    INTERNAL_ERROR = 80,
    UNKNOWN_PSK_IDENTITY = 115,
    /* extensions and signals */
    EXTENSION_RENEGOTIATION = 0xff01,
    SCSV_RENEGOTIATION = 0x00ff,
    /* Bits of a DH prime. Up to the first one every stack refuses (NSS and JSSE below 1023);
     * OpenSSL's security level 2 refuses all below 2048. */
    DH_REFUSED_BY_ALL = 768,
    DH_REFUSED_BY_MANY = 2047
};

static const struct client_hello_facts *known_hello(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    return hello == NULL || hello->incomplete || hello->offer == NULL ? NULL : hello;
}

/* The client ended the handshake at the server's first flight. */
static bool client_ended_at_flight(const struct facts *facts, const struct ending *ending)
{
    return ending->by == CLIENT && ending->kind != ENDING_NONE && facts->server_hello != NULL &&
           facts->client_key_exchange.frame == 0 && facts->change_cipher_spec[CLIENT].frame == 0;
}

/* ---- dh.too_small ---- */

static enum confidence dh_too_small(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = signs_ending(facts);
    if (facts->dh_bits == 0 || facts->dh_bits > DH_REFUSED_BY_MANY ||
        !client_ended_at_flight(facts, &ending)) {
        return NO;
    }
    const struct suite *suite = names_suite_row(facts->server_hello->suite);
    if (suite == NULL ||
        (suite->key_exchange != SUITE_KX_DHE && suite->key_exchange != SUITE_KX_DH_ANON &&
         suite->key_exchange != SUITE_KX_DHE_PSK)) {
        return NO;
    }
    bool alert = ending.kind == ENDING_ALERT;
    bool fits = ending.code == HANDSHAKE_FAILURE || ending.code == ILLEGAL_PARAMETER ||
                ending.code == INSUFFICIENT_SECURITY || ending.code == INTERNAL_ERROR;
    if (alert && !fits) {
        return NO;
    }
    argument_say(argument,
                 "The client refuses the server's Diffie-Hellman group of %u bits as too small.",
                 (unsigned)facts->dh_bits);
    argument_cite(argument, facts->server_hello->at, "the server selects %s", suite->name);
    argument_cite(argument, facts->server_key_exchange,
                  "ServerKeyExchange holds a prime of %u bits", (unsigned)facts->dh_bits);
    evidence_ending(argument, &ending);
    bool tiny = facts->dh_bits <= DH_REFUSED_BY_ALL;
    if (alert) {
        return tiny || ending.code == INSUFFICIENT_SECURITY ? CERTAIN : LIKELY;
    }
    return tiny ? LIKELY : POSSIBLE;
}

/* ---- renegotiation ---- */

static bool wants_secure_renegotiation(const struct offer *offer)
{
    return facts_lists(offer->extensions, EXTENSION_RENEGOTIATION) ||
           facts_lists(offer->suites, SCSV_RENEGOTIATION);
}

static bool server_lacks_it(const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    return hello != NULL && hello->version >= 0x0300 && hello->version < TLS13 &&
           !hello->renegotiation_info && !hello->malformed;
}

static enum confidence renegotiation_insecure(const struct question *question,
                                              struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = known_hello(facts);
    struct ending ending = signs_ending(facts);
    if (hello == NULL || !wants_secure_renegotiation(hello->offer) || !server_lacks_it(facts) ||
        !client_ended_at_flight(facts, &ending)) {
        return NO;
    }
    bool alert = ending.kind == ENDING_ALERT;
    if (alert && ending.code != HANDSHAKE_FAILURE) {
        return NO;
    }
    argument_say(
        argument,
        "The server does not know secure renegotiation (RFC 5746), and the client does not talk to "
        "such servers.");
    argument_cite(argument, hello->at, "the client asks for it by %s",
                  facts_lists(hello->offer->extensions, EXTENSION_RENEGOTIATION)
                      ? "the extension renegotiation_info"
                      : "TLS_EMPTY_RENEGOTIATION_INFO_SCSV");
    argument_cite(argument, facts->server_hello->at, "the ServerHello has no renegotiation_info");
    evidence_ending(argument, &ending);
    uint32_t others = question->server == NULL ? 0 : question->server->without_renegotiation_info;
    if (others > 1) {
        argument_cite(argument, (struct moment){0, 0}, "%u ServerHellos of this server lack it",
                      (unsigned)others);
    }
    return alert ? CERTAIN : POSSIBLE;
}

static enum confidence renegotiation_refused(const struct question *question,
                                             struct argument *argument)
{
    const struct facts *facts = question->facts;
    enum renegotiation how = signs_renegotiation(facts);
    bool said = facts->renegotiation_refused && facts->established.frame != 0;
    if (how == RENEGOTIATION_NONE && !said) {
        return NO;
    }
    if (how == RENEGOTIATION_FAILED) {
        argument_say(argument, "A new handshake inside the established connection, as servers ask "
                               "for to get a client certificate, did not come to its end.");
    } else {
        argument_say(argument, "One side asked for a new handshake inside the established "
                               "connection, and the other refused.");
    }
    if (facts->renegotiation.frame != 0) {
        argument_cite(argument, facts->renegotiation,
                      "an encrypted handshake record inside the established connection");
    }
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        const struct alert_facts *alert = &facts->alert[i];
        if (alert->at.frame > facts->renegotiation.frame) {
            argument_cite(argument, alert->at, "the %s answers with an alert",
                          alert->from == CLIENT ? "client" : "server");
            break;
        }
    }
    return how == RENEGOTIATION_FAILED ? POSSIBLE : LIKELY;
}

/* ---- psk.rejected ---- */

static bool is_psk_exchange(const struct suite *suite)
{
    return suite != NULL &&
           (suite->key_exchange == SUITE_KX_PSK || suite->key_exchange == SUITE_KX_DHE_PSK ||
            suite->key_exchange == SUITE_KX_RSA_PSK || suite->key_exchange == SUITE_KX_ECDHE_PSK);
}

/* TLS 1.3: the server judges identity and binder at the ClientHello (RFC 8446, section 4.2.11). */
static enum confidence weigh_psk_hello(const struct refusal *refusal)
{
    if (refusal->hello->psk_identities == 0 || !refusal->alert) {
        return NO;
    }
    switch (refusal->ending.code) {
    case ILLEGAL_PARAMETER:
    case DECRYPT_ERROR:
    case BAD_RECORD_MAC:
        return LIKELY;
    case HANDSHAKE_FAILURE:
        /* A ticket would only have been passed over, and a client that has one has talked to this
         * server before. */
        return offers_ordinary(refusal->offer) ? LIKELY : POSSIBLE;
    default:
        return NO;
    }
}

/* Up to TLS 1.2: the keys differ, which the server sees in the client's Finished (or
 * ClientKeyExchange: GnuTLS). */
static enum confidence weigh_psk_exchange(const struct facts *facts, const struct ending *ending)
{
    if (facts->server_hello == NULL || facts->server_hello->version >= TLS13 ||
        facts->client_key_exchange.frame == 0 ||
        !is_psk_exchange(names_suite_row(facts->server_hello->suite))) {
        return NO;
    }
    if (ending->by == SERVER && ending->kind == ENDING_ALERT) {
        bool keys = ending->code == BAD_RECORD_MAC || ending->code == DECRYPT_ERROR;
        bool identity = ending->code == HANDSHAKE_FAILURE || ending->code == ILLEGAL_PARAMETER ||
                        ending->code == INTERNAL_ERROR;
        return keys ? LIKELY : identity ? POSSIBLE : NO;
    }
    return ending->by == SERVER && ending->kind != ENDING_NONE ? POSSIBLE : NO;
}

static enum confidence psk_rejected(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct refusal refusal;
    bool refused = evidence_refusal(&refusal, question);
    struct ending ending = signs_ending(facts);
    enum confidence confidence;
    if (ending.kind == ENDING_ALERT && ending.code == UNKNOWN_PSK_IDENTITY) {
        confidence = CERTAIN;
        argument_say(argument, "The server does not know the client's pre-shared key identity.");
    } else if (refused) {
        confidence = weigh_psk_hello(&refusal);
        argument_say(argument, "The server refuses the client's pre-shared key: its identity is "
                               "not known, or the keys "
                               "differ.");
    } else {
        confidence = weigh_psk_exchange(facts, &ending);
        argument_say(
            argument,
            "The pre-shared keys of client and server differ, or the identity is not known to the "
            "server.");
    }
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello != NULL && hello->psk_identities > 0) {
        argument_cite(argument, hello->at, "the client offers %u pre-shared key identit%s",
                      (unsigned)hello->psk_identities, hello->psk_identities == 1 ? "y" : "ies");
    }
    if (facts->server_hello != NULL) {
        char suite[NAMES_TEXT_MAX];
        names_suite_text(suite, facts->server_hello->suite);
        argument_cite(argument, facts->server_hello->at, "the server selects %s", suite);
    }
    evidence_ending(argument, &ending);
    return confidence;
}

/* ---- the rows ---- */

static const struct remedy DH_REMEDIES[] = {
    {"openssl", "openssl dhparam -out dh2048.pem 2048, or no DHE at all: -cipher 'DEFAULT:!DHE'"},
    {"nginx", "ssl_dhparam /etc/nginx/dh2048.pem; or take DHE out of ssl_ciphers: ECDHE needs no "
              "parameters"},
    {"apache",
     "append the output of openssl dhparam 2048 to SSLCertificateFile; or SSLCipherSuite ...:!DHE"},
    {"haproxy", "tune.ssl.default-dh-param 2048 in global"},
    {"java", "-Djdk.tls.ephemeralDHKeySize=2048 on the server; the client's limit is DH keySize in "
             "jdk.tls.disabledAlgorithms"},
    {"iis", "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\KeyExchangeAlgo"
            "rithms\\Diffie-Hellman: "
            "ServerMinKeyBitLength=2048 (DWORD)"},
    {NULL, NULL},
};

static const struct remedy INSECURE_REMEDIES[] = {
    {"any", "update the server: every TLS library since 2010 has RFC 5746; a load balancer or an "
            "inspecting box may be "
            "the one that lacks it"},
    {"openssl", "until then, on the client: s_client -legacy_server_connect; or Options = "
                "UnsafeLegacyServerConnect in "
                "the system_default_sect of openssl.cnf (from 3.0.4)"},
    {"java", "until then, on the client: -Dsun.security.ssl.allowLegacyHelloMessages=true"},
    {"gnutls", "until then, on the client: the priority string NORMAL:%UNSAFE_RENEGOTIATION"},
    {NULL, NULL},
};

static const struct remedy REFUSED_REMEDIES[] = {
    {"iis", "ask for the client certificate in the first handshake: netsh http add sslcert ... "
            "clientcertnegotiation=enable"},
    {"apache", "put SSLVerifyClient into the virtual host, not into a Location or Directory"},
    {"openssl", "SSL_OP_ALLOW_CLIENT_RENEGOTIATION, Options = ClientRenegotiation in openssl.cnf "
                "(OpenSSL 3 refuses "
                "it otherwise)"},
    {"go", "tls.Config{Renegotiation: tls.RenegotiateOnceAsClient}"},
    {"any", "TLS 1.3 has no renegotiation: servers that need it must be limited to TLS 1.2"},
    {NULL, NULL},
};

static const struct remedy PSK_REMEDIES[] = {
    {"openssl",
     "compare both sides: -psk_identity NAME -psk HEX (s_server: the same), without blanks or 0x"},
    {"gnutls", "psktool -u NAME -p FILE; the key in FILE is hexadecimal"},
    {"any", "where the PSK is a session ticket: let the client forget it; servers behind one "
            "address must share ticket "
            "keys"},
    {NULL, NULL},
};

const struct cause causes_negotiation[] = {
    {"dh.too_small", "the server's Diffie-Hellman group is too small",
     "The server's prime for DHE has fewer bits than the client accepts. It stands in "
     "ServerKeyExchange in clear. "
     "OpenSSL and wolfSSL clients alert handshake_failure (40), GnuTLS, JSSE and Botan "
     "insufficient_security (71), NSS "
     "and mbedTLS illegal_parameter (47).",
     dh_too_small, DH_REMEDIES},
    {"renegotiation.insecure", "the server does not know secure renegotiation",
     "The client sent renegotiation_info or its signal TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC "
     "5746), and the ServerHello "
     "does not answer it. OpenSSL 3, and GnuTLS, JSSE and mbedTLS when told to be strict, alert "
     "handshake_failure (40) "
     "straight behind the ServerHello. Older clients go on.",
     renegotiation_insecure, INSECURE_REMEDIES},
    {"psk.rejected", "the pre-shared key was refused",
     "The server does not know the client's PSK identity, or the keys differ. In TLS 1.3 the "
     "binder in the ClientHello "
     "shows it: illegal_parameter (47), or handshake_failure (40) from OpenSSL when nothing else "
     "is left; unknown "
     "identities are unknown_psk_identity (115) from mbedTLS and Node. Up to TLS 1.2 the client's "
     "Finished cannot be "
     "read: bad_record_mac (20).",
     psk_rejected, PSK_REMEDIES},
    {"renegotiation.refused", "a renegotiation was refused",
     "Inside an established connection one side asked for a new handshake, often the server, to "
     "ask for a client "
     "certificate for one page. The other refused, by the warning no_renegotiation (100) or by a "
     "close. All of it is "
     "encrypted: to be seen are records of type handshake, or in clear the warning.",
     renegotiation_refused, REFUSED_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
