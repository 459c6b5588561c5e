/* The client's certificate: asked for and not given, or refused by the server.
 *
 * Whether it was refused, and which of several faults was meant, is weighed in rejection.c.
 */
#include "diagnosis/rejection.h"

#include <stdio.h>
#include <string.h>

enum {
    TLS13 = 0x0304,
    /* alerts */
    UNEXPECTED_MESSAGE = 10,
    HANDSHAKE_FAILURE = 40,
    NO_CERTIFICATE = 41,
    BAD_CERTIFICATE = 42,
    CERTIFICATE_UNKNOWN = 46,
    UNKNOWN_CA = 48,
    ACCESS_DENIED = 49,
    DECODE_ERROR = 50,
    DECRYPT_ERROR = 51,
    INTERNAL_ERROR = 80,
    CERTIFICATE_REQUIRED = 116
};

/* ---- what they have in common ---- */

static void cite_request(struct argument *argument, const struct facts *facts)
{
    struct text_list names = facts->authorities;
    if (facts->certificate_request.frame == 0) {
        return;
    }
    if (names.count == 0) {
        argument_cite(argument, facts->certificate_request,
                      "the server asks for a client certificate, of whatever authority");
    } else if (names.count == 1) {
        argument_cite(argument, facts->certificate_request,
                      "the server asks for a client certificate by %s", names.at[0]);
    } else {
        argument_cite(argument, facts->certificate_request,
                      "the server asks for a client certificate by %s or %zu other%s", names.at[0],
                      names.count - 1, names.count == 2 ? "" : "s");
    }
}

/* What it does with others: a server that asks one asks all, as a rule. */
static void cite_others(struct argument *argument, const struct question *question)
{
    uint32_t asked = question->server == NULL ? 0 : question->server->asked_client_certificate;
    if (question->facts->certificate_request.frame == 0 && asked > 0) {
        argument_cite(argument, (struct moment){0, 0},
                      "in %u other connection%s this server asks for a client certificate in clear",
                      (unsigned)asked, asked == 1 ? "" : "s");
    }
}

static enum confidence weigh(struct rejection *rejection, const struct question *question,
                             enum fault fault)
{
    return rejection_find_of_client(rejection, question) && rejection->leaf != NULL
               ? rejection_weigh(rejection, fault)
               : NO;
}

/* ---- client_certificate.missing ---- */

/* Alerts by which servers say that a certificate is missing, and no other thing. */
static bool says_missing(uint8_t code)
{
    return code == CERTIFICATE_REQUIRED || code == NO_CERTIFICATE || code == HANDSHAKE_FAILURE ||
           code == BAD_CERTIFICATE || code == ACCESS_DENIED || code == UNKNOWN_CA ||
           code == CERTIFICATE_UNKNOWN || code == DECODE_ERROR;
}

static enum confidence weigh_missing(const struct rejection *rejection)
{
    const struct facts *facts = rejection->facts;
    bool in_clear = facts->chain[CLIENT] != NULL || facts->certificate_request.frame != 0;
    bool answer = rejection->manner == MANNER_ANSWER;
    if (!rejection_client_had_none(facts)) {
        bool said = rejection->ending.code == CERTIFICATE_REQUIRED;
        return said && answer && facts->chain[CLIENT] == NULL ? CERTAIN : said ? LIKELY : NO;
    }
    if (rejection->manner != MANNER_ALERT && !answer) {
        return LIKELY;
    }
    if (says_missing(rejection->ending.code)) {
        return in_clear ? CERTAIN : LIKELY;
    }
    bool vague =
        rejection->ending.code == INTERNAL_ERROR || rejection->ending.code == UNEXPECTED_MESSAGE;
    return vague ? LIKELY : NO;
}

/* Asked for a certificate, the client leaves: a person may have been asked, and said no. */
static enum confidence left_at_request(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct ending ending = signs_ending(facts);
    if (facts->certificate_request.frame == 0 || facts->chain[CLIENT] != NULL ||
        facts->client_key_exchange.frame != 0 || ending.by != CLIENT ||
        (ending.kind != ENDING_FIN && ending.kind != ENDING_RESET) ||
        ending.at.frame < facts->certificate_request.frame || !facts_absent(facts, CLIENT)) {
        return NO;
    }
    argument_say(argument, "The server asks for a client certificate, and the client leaves: "
                           "perhaps it has none, or the person who was asked for one gave up.");
    cite_request(argument, facts);
    return POSSIBLE;
}

static enum confidence missing(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct rejection rejection;
    if (!rejection_find_of_client(&rejection, question)) {
        struct ending ending = signs_ending(facts);
        bool said = ending.kind == ENDING_ALERT && ending.code == CERTIFICATE_REQUIRED;
        if (!said) {
            return left_at_request(question, argument);
        }
        rejection.manner = MANNER_ALERT;
        rejection.ending = ending;
    }
    enum confidence confidence = weigh_missing(&rejection);
    if (confidence == NO) {
        return NO;
    }
    argument_say(argument, "The server requires a client certificate, and the client %s none%s.",
                 confidence == CERTAIN ? "sends" : "seems to send",
                 facts->authorities.count > 0 ? " that the authorities named by the server issued"
                                              : "");
    cite_request(argument, facts);
    if (facts->chain[CLIENT] != NULL) {
        argument_cite(argument, facts->chain[CLIENT]->at,
                      "the client's Certificate message is empty");
    } else if (facts->version == TLS13) {
        argument_cite(argument, facts->finished[CLIENT],
                      "TLS 1.3: the client's flight holds an encrypted record of the size of an "
                      "empty Certificate");
    }
    rejection_cite(argument, &rejection);
    cite_others(argument, question);
    return confidence;
}

/* ---- client_certificate.expired ---- */

static enum confidence expired(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum fault fault = FAULT_EXPIRED;
    enum confidence confidence = weigh(&rejection, question, fault);
    if (confidence == NO || rejection.faults.certificate[fault] == NULL) {
        enum confidence early = weigh(&rejection, question, FAULT_NOT_YET);
        if (early != NO) {
            fault = FAULT_NOT_YET;
            confidence = early;
        }
    }
    if (confidence == NO) {
        return NO;
    }
    const struct certificate *certificate = rejection.faults.certificate[fault];
    char date[FAULTS_DATE];
    if (certificate == NULL) {
        argument_say(argument, "The server says that the client's certificate has expired, which "
                               "by this capture's clock it has not: look at the server's clock.");
    } else if (fault == FAULT_EXPIRED) {
        faults_write_date(date, certificate->not_after);
        argument_say(argument, "The client's certificate expired on %s, and the server refuses it.",
                     date);
    } else {
        faults_write_date(date, certificate->not_before);
        argument_say(argument,
                     "The client's certificate is not valid before %s, and the server refuses it.",
                     date);
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- client_certificate.untrusted ---- */

static void say_untrusted(struct argument *argument, const struct rejection *rejection,
                          enum fault fault)
{
    const struct certificate *top = rejection->faults.certificate[fault];
    char name[FAULTS_TEXT];
    if (top == NULL) {
        faults_write_issuer(name, rejection->leaf);
        argument_say(argument,
                     "The server does not trust the authority behind the client's certificate, %s.",
                     name);
    } else if (fault == FAULT_SELF_SIGNED) {
        argument_say(argument, "The client's certificate is signed by itself, and the server does "
                               "not trust it.");
    } else {
        faults_write_issuer(name, top);
        argument_say(argument,
                     "The client's certificate was issued by %s, which is not among the "
                     "authorities that the server accepts.",
                     name);
    }
}

static enum confidence untrusted(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum fault fault = FAULT_SELF_SIGNED;
    enum confidence confidence = weigh(&rejection, question, fault);
    enum confidence other = weigh(&rejection, question, FAULT_UNTRUSTED);
    if (other > confidence) {
        fault = FAULT_UNTRUSTED;
        confidence = other;
    }
    if (confidence == NO) {
        return NO;
    }
    say_untrusted(argument, &rejection, fault);
    cite_request(argument, question->facts);
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- client_certificate.revoked, client_certificate.wrong_usage ---- */

static enum confidence revoked(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_REVOKED);
    if (confidence == NO) {
        return NO;
    }
    argument_say(argument, "The server says that the client's certificate is revoked.");
    rejection_cite(argument, &rejection);
    return confidence;
}

static enum confidence wrong_usage(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_USAGE);
    if (confidence == NO) {
        return NO;
    }
    const struct certificate *certificate = rejection.faults.certificate[FAULT_USAGE];
    if (certificate == NULL) {
        argument_say(argument, "The server says that the client's certificate is of a kind that it "
                               "does not take: mostly, not made for clients.");
    } else if (certificate->client_auth == USAGE_LACKS) {
        argument_say(argument, "The client's certificate is not made for clients: its extended key "
                               "usage has no clientAuth.");
    } else {
        argument_say(argument, "The client's key may not be used for signatures (key usage).");
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- client_certificate.unproven ---- */

static enum confidence unproven(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct rejection rejection;
    if (!rejection_find_of_client(&rejection, question) ||
        (rejection.leaf == NULL && facts->certificate_verify.frame == 0) ||
        rejection.manner != MANNER_ALERT || rejection.ending.code != DECRYPT_ERROR) {
        return NO;
    }
    argument_say(argument,
                 "The client's signature (CertificateVerify) does not verify: its private "
                 "key does not belong to its certificate.");
    if (facts->certificate_verify.frame != 0) {
        argument_cite(argument, facts->certificate_verify, "the client signs: CertificateVerify");
    }
    rejection_cite(argument, &rejection);
    /* Before the client's keys are in use, no Finished can have been wrong. */
    struct moment keys = facts->change_cipher_spec[CLIENT];
    bool before_keys = facts->version != TLS13 && facts->certificate_verify.frame != 0 &&
                       (keys.frame == 0 || keys.frame > rejection.ending.at.frame) &&
                       facts_absent(facts, CLIENT);
    return before_keys ? CERTAIN : LIKELY;
}

/* ---- client_certificate.rejected ---- */

static enum confidence weigh_rejected(const struct rejection *rejection)
{
    if (rejection_client_had_none(rejection->facts)) {
        return rejection->manner == MANNER_ALERT || rejection->manner == MANNER_ANSWER ? NO
                                                                                       : POSSIBLE;
    }
    if (rejection->leaf != NULL && rejection_surest(rejection) >= LIKELY) {
        return NO;
    }
    switch (rejection->manner) {
    case MANNER_ALERT:
        if (rejection->ending.code == DECRYPT_ERROR) {
            /* Where the client's answer is not in the capture, its signature is the likeliest. */
            bool unseen = rejection->leaf == NULL &&
                          rejection->facts->certificate_verify.frame == 0 &&
                          !facts_absent(rejection->facts, CLIENT);
            return unseen ? LIKELY : NO;
        }
        if (rejection_is_named(rejection)) {
            return LIKELY;
        }
        return rejection->ending.code == HANDSHAKE_FAILURE ||
                       rejection->ending.code == ACCESS_DENIED
                   ? LIKELY
               : rejection->ending.code == INTERNAL_ERROR ? POSSIBLE
                                                          : NO;
    case MANNER_ANSWER:
        if (rejection->ending.code == CERTIFICATE_REQUIRED) {
            return NO;
        }
        break;
    case MANNER_SEALED:
    case MANNER_CLOSED:
    case MANNER_LEFT:
        break;
    }
    return LIKELY;
}

static enum confidence rejected(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    if (!rejection_find_of_client(&rejection, question)) {
        return NO;
    }
    enum confidence confidence = weigh_rejected(&rejection);
    bool sealed = rejection.chain == NULL;
    argument_say(argument,
                 sealed ? "The server ends the connection as soon as the client has finished: most "
                          "likely it refuses the client's certificate, or that there is none. "
                          "Without keys it cannot be seen why."
                        : "The server refuses the client's certificate, and the wire does not show "
                          "why.");
    cite_request(argument, question->facts);
    if (sealed) {
        argument_cite(argument, question->facts->finished[CLIENT],
                      "the client's flight holds more than its Finished: it was asked for a "
                      "certificate");
    }
    rejection_cite(argument, &rejection);
    cite_others(argument, question);
    return confidence;
}

/* ---- the rows ---- */

static const struct remedy MISSING_REMEDIES[] = {
    {"iis", "403.7: the client needs a certificate with its private key in Current User or Local "
            "Machine, Personal, issued by an authority that the server trusts. Is it really "
            "required? SSL Settings, Client certificates: Ignore, Accept or Require; "
            "<access sslFlags=\"Ssl\"/>; netsh http show sslcert shows Negotiate Client "
            "Certificate. A list of authorities of more than 16 KB is cut: "
            "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL: "
            "SendTrustedIssuerList=0"},
    {"nginx", "ssl_verify_client on; or optional. nginx itself finishes the handshake and answers "
              "400 \"No required SSL certificate was sent\""},
    {"apache", "SSLVerifyClient require; or optional, none"},
    {"haproxy", "bind ... ca-file clients.pem verify required; or optional"},
    {"openssl", "s_client -cert client.pem -key client.key; curl --cert client.pem --key "
                "client.key. Which authorities the server names: s_client shows \"Acceptable "
                "client certificate CA names\""},
    {"java", "-Djavax.net.ssl.keyStore=client.p12 -Djavax.net.ssl.keyStorePassword=...; Java sends "
             "none when no entry was issued by an authority that the server names"},
    {"go", "tls.Config{Certificates: ...}; with GetClientCertificate also for authorities that the "
           "server does not name"},
    {"dotnet", "handler.ClientCertificates.Add(certificate) with HasPrivateKey; "
               "ClientCertificateOptions = Manual"},
    {NULL, NULL},
};

static const struct remedy EXPIRED_REMEDIES[] = {
    {"any", "give the client a new certificate; and compare the clocks: openssl x509 -in "
            "client.pem -noout -dates"},
    {"iis", "403.17 (expired or not yet valid). Autoenrolment: certutil -pulse on the client, "
            "certutil -user -store my shows what is there"},
    {"haproxy", "crt-ignore-err X509_V_ERR_CERT_HAS_EXPIRED (2.6: 10) lets it pass until then; "
                "log it with %[ssl_c_err]"},
    {"nginx", "ssl_verify_client optional_no_ca lets it pass to the application with "
              "$ssl_client_verify"},
    {NULL, NULL},
};

static const struct remedy UNTRUSTED_REMEDIES[] = {
    {"iis", "403.16: the root of the client's certificate belongs into the server's computer "
            "store Trusted Root Certification Authorities, and only self-signed certificates in "
            "there: Get-ChildItem Cert:\\LocalMachine\\Root | Where-Object {$_.Issuer -ne "
            "$_.Subject}; intermediates into Intermediate Certification Authorities "
            "(0x800b0109)"},
    {"nginx", "ssl_client_certificate with the client's root and intermediates; ssl_verify_depth 2 "
              "or more"},
    {"apache", "SSLCACertificateFile with root and intermediates; SSLVerifyDepth 2"},
    {"haproxy", "bind ... ca-file clients.pem with root and intermediates"},
    {"java", "the server's trust store: keytool -importcert -alias clients -file root.pem "
             "-keystore trust.p12"},
    {"go", "tls.Config{ClientCAs: pool}"},
    {"openssl", "the client must send its intermediate: s_client -cert client.pem -cert_chain "
                "intermediate.pem; to check: openssl verify -CAfile root.pem -untrusted "
                "intermediate.pem -purpose sslclient client.pem"},
    {NULL, NULL},
};

static const struct remedy REVOKED_REMEDIES[] = {
    {"any", "give the client a new certificate; if it should not be revoked, fetch the list anew: "
            "openssl crl -in list.pem -noout -text | grep -A2 SERIAL"},
    {"iis", "403.13: revoked, or the list could not be fetched. certutil -verify -urlfetch "
            "client.cer on the server; certutil -urlcache crl delete; netsh http show sslcert: "
            "Verify Client Certificate Revocation"},
    {"nginx", "ssl_crl, then nginx -s reload"},
    {"haproxy", "crl-file; a list that is out of date refuses all"},
    {NULL, NULL},
};

static const struct remedy USAGE_REMEDIES[] = {
    {"any", "issue one with Client Authentication (1.3.6.1.5.5.7.3.2) in its extended key usage; "
            "public authorities leave it out of new certificates"},
    {"iis", "choose a template with Client Authentication (User, Computer); error 0x800b0110 "
            "(CERT_E_WRONG_USAGE)"},
    {"openssl", "extendedKeyUsage = clientAuth; openssl x509 -in client.pem -noout -purpose"},
    {NULL, NULL},
};

static const struct remedy UNPROVEN_REMEDIES[] = {
    {"openssl", "openssl x509 -in client.pem -noout -pubkey and openssl pkey -in client.key "
                "-pubout must print the same key"},
    {"java", "the key and the certificate must be in one entry: openssl pkcs12 -export -in "
             "client.pem -inkey client.key -out client.p12"},
    {"iis", "on a Windows client: certutil -user -repairstore my \"<thumbprint>\"; smart cards "
            "that cannot do RSA-PSS fail from TLS 1.2 on"},
    {NULL, NULL},
};

static const struct remedy REJECTED_REMEDIES[] = {
    {"any", "ask the server: its log names the reason. With keys (SSLKEYLOGFILE, then -k FILE) it "
            "is shown here"},
    {"openssl", "openssl verify -CAfile root.pem -untrusted intermediate.pem -purpose sslclient "
                "-crl_check client.pem, with what the server has"},
    {"iis", "403.7 none given, 403.13 revoked, 403.16 untrusted, 403.17 expired, in the IIS log "
            "(sc-substatus); events of CAPI2; certutil -verify -urlfetch client.cer on the server"},
    {"haproxy", "option httplog with %[ssl_c_err] and %[ssl_c_ca_err]; log-format with %ci "
                "and %[ssl_fc_err]"},
    {"java", "-Djavax.net.debug=ssl:handshake,trustmanager on the server"},
    {NULL, NULL},
};

const struct cause causes_client[] = {
    {"client_certificate.missing", "a client certificate is required and none was sent",
     "The server sent a CertificateRequest and the client answered with an empty Certificate (it "
     "has none, or none that an authority issued which the server names), and the server insists. "
     "Up to TLS 1.2: handshake_failure (40) from OpenSSL, HAProxy, JSSE, Node, bad_certificate "
     "(42) from Go and NSS, decode_error (50) from GnuTLS; mbedTLS closes, wolfSSL and BearSSL "
     "reset; nginx and IIS finish the handshake and answer HTTP 400 or 403.7 inside. In TLS 1.3 "
     "all is encrypted: a client's record of 25 bytes is an empty Certificate, and a server's of "
     "19 behind it certificate_required (116).",
     missing, MISSING_REMEDIES},
    {"client_certificate.unproven", "the client's key does not belong to its certificate",
     "The signature in CertificateVerify does not verify by the certificate's key: decrypt_error "
     "(51) from every stack, up to TLS 1.2 in clear straight behind the client's flight.",
     unproven, UNPROVEN_REMEDIES},
    {"client_certificate.expired", "the client's certificate is expired or not yet valid",
     "The client's certificate is outside its time. OpenSSL, HAProxy, NSS, Erlang, mbedTLS and "
     "wolfSSL alert certificate_expired (45; bad_certificate 42 for not yet valid), Go and GnuTLS "
     "bad_certificate (42), JSSE certificate_unknown (46); Node closes; nginx answers HTTP 400. In "
     "TLS 1.3 only a record of an alert's size is to be seen.",
     expired, EXPIRED_REMEDIES},
    {"client_certificate.wrong_usage", "the client's certificate is not for clients",
     "The extended key usage is there and lacks clientAuth. OpenSSL, HAProxy and mbedTLS alert "
     "unsupported_certificate (43), Go and wolfSSL bad_certificate (42), NSS and JSSE "
     "certificate_unknown (46), Erlang handshake_failure (40); Node closes.",
     wrong_usage, USAGE_REMEDIES},
    {"client_certificate.revoked", "the client's certificate is revoked",
     "The server has it on a revocation list: certificate_revoked (44) from OpenSSL, HAProxy and "
     "mbedTLS; JSSE says certificate_unknown (46), GnuTLS bad_certificate (42), Node closes.",
     revoked, REVOKED_REMEDIES},
    {"client_certificate.untrusted", "the client's certificate is of an unknown authority",
     "The issuer is none that the server trusts; often it is not among the names in its "
     "CertificateRequest. OpenSSL, HAProxy, NSS, Erlang, mbedTLS and wolfSSL alert unknown_ca "
     "(48), GnuTLS access_denied (49) or bad_certificate (42), Go bad_certificate (42), JSSE "
     "certificate_unknown (46); Node closes; nginx answers HTTP 400, IIS 403.16.",
     untrusted, UNTRUSTED_REMEDIES},
    {"client_certificate.rejected",
     "the server refused the client's certificate, why is not "
     "visible",
     "The server ended the handshake at the client's certificate, and neither its alert nor the "
     "certificate says why; or, in TLS 1.3, all of it is encrypted: the client's flight holds more "
     "than its Finished, and the server then sends a record of 19 bytes (35 from JSSE) and closes "
     "before any data.",
     rejected, REJECTED_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
