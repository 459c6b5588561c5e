/* What the client trusts: where the server's chain ends, and what is left when nothing of it shows.
 *
 * Our trust store is not the client's: what we do not know may be its own company's root, and what
 * we know it may lack. So where a chain ends is only an argument beside the client's alert.
 */
#include "diagnosis/evidence.h"
#include "diagnosis/offers.h"
#include "diagnosis/rejection.h"

#include "names.h"

#include <string.h>

enum {
    TLS12 = 0x0303,
    TLS13 = 0x0304,
    /* alerts */
    HANDSHAKE_FAILURE = 40,
    DECRYPT_ERROR = 51,
    ACCESS_DENIED = 49,
    INTERNAL_ERROR = 80
};

static enum confidence weigh(struct rejection *rejection, const struct question *question,
                             enum fault fault)
{
    return rejection_find(rejection, question) ? rejection_weigh(rejection, fault) : NO;
}

/* Of a client that finished the handshake and left, which other roots than ours may explain or not:
 * a summary that does not say more than that. */
static bool say_left(struct argument *argument, const struct rejection *rejection, const char *what)
{
    if (rejection->manner != MANNER_LEFT) {
        return false;
    }
    argument_say(argument,
                 "The handshake is complete, and the client leaves at once without a word: perhaps "
                 "it does not trust the server's certificate, since %s.",
                 what);
    return true;
}

/* ---- certificate.self_signed ---- */

static enum confidence self_signed(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_SELF_SIGNED);
    if (confidence == NO) {
        return NO;
    }
    char name[FAULTS_TEXT];
    if (rejection.leaf == NULL) {
        argument_say(argument, "The client does not know who signed the server's certificate: "
                               "perhaps it is self-signed.");
    } else if (!say_left(argument, &rejection, "it is signed by itself")) {
        faults_write_name(name, rejection.leaf);
        argument_say(argument,
                     "The server's certificate, for %s, is signed by itself, and the client does "
                     "not trust it.",
                     name);
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.incomplete_chain ---- */

static enum confidence incomplete_chain(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_INCOMPLETE);
    if (confidence == NO) {
        return NO;
    }
    const struct certificate *top = rejection.faults.certificate[FAULT_INCOMPLETE];
    if (top == NULL) {
        argument_say(argument, "The client does not know who signed the server's certificate: "
                               "perhaps the server does not send the intermediate certificate.");
        rejection_cite(argument, &rejection);
        return confidence;
    }
    char issuer[FAULTS_TEXT];
    faults_write_issuer(issuer, top);
    if (!say_left(argument, &rejection, "the intermediate that signed it was not sent")) {
        argument_say(argument,
                     "The server sends its certificate without the intermediate that signed it, "
                     "%s, so that the client cannot get from it to a root that it trusts.",
                     issuer);
    }
    argument_cite(argument, rejection.chain->at,
                  "%zu certificate%s sent; the issuer %s is not among them and no root that is "
                  "known here",
                  rejection.chain->count, rejection.chain->count == 1 ? "" : "s", issuer);
    if (top->issuer_url != NULL) {
        argument_cite(argument, rejection.chain->at, "it can be fetched from %s, as browsers do",
                      top->issuer_url);
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.untrusted_root ---- */

static void say_untrusted(struct argument *argument, const struct rejection *rejection)
{
    const struct certificate *top = rejection->faults.certificate[FAULT_UNTRUSTED];
    char name[FAULTS_TEXT];
    if (rejection->chain == NULL) {
        argument_say(argument, "The client does not know the authority behind the server's "
                               "certificate: a root that it does not trust, an intermediate that "
                               "was not sent, or a self-signed certificate.");
    } else if (rejection->chain->anchored) {
        faults_write_issuer(name, faults_top(rejection->chain));
        argument_say(argument,
                     "The client does not trust the root behind the server's certificate, although "
                     "it is a known one here (%s): the client's list of roots is old or its own.",
                     name);
    } else if (top != NULL && !top->malformed && top->self_issued) {
        faults_write_name(name, top);
        argument_say(argument,
                     "The server's chain ends in the root %s, which the client does not "
                     "trust.",
                     name);
    } else if (top != NULL) {
        faults_write_issuer(name, top);
        argument_say(argument,
                     "The server's chain leads to the authority %s, which the client does not "
                     "trust: most likely a private root.",
                     name);
    } else {
        argument_say(argument,
                     "The client does not trust the authority behind the server's certificate.");
    }
}

static enum confidence untrusted_root(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_UNTRUSTED);
    if (confidence == NO) {
        return NO;
    }
    if (!say_left(argument, &rejection, "its root is not one that everybody knows")) {
        say_untrusted(argument, &rejection);
    }
    rejection_cite(argument, &rejection);
    if (rejection.chain != NULL && !rejection.chain->anchored) {
        argument_cite(argument, (struct moment){0, 0},
                      "that root is not in the trust store used here either; which one the client "
                      "has is not on the wire");
    }
    if (rejection.accepted_by_others) {
        argument_cite(argument, (struct moment){0, 0},
                      "%u handshakes of this server succeeded: those clients know the root",
                      (unsigned)rejection.server->established);
    }
    return confidence;
}

/* ---- certificate.rejected ---- */

/* TLS 1.3: an alert in clear behind the server's encrypted flight, by a client that does not say
 * what of it. internal_error is what OpenSSL says where the program's own check of the certificate
 * fails (mosquitto, Perl's IO::Socket::SSL). */
static bool general_alert_behind_sealed_flight(const struct rejection *rejection)
{
    uint8_t code = rejection->ending.code;
    return rejection->facts->version == TLS13 && rejection->chain == NULL &&
           (code == HANDSHAKE_FAILURE || code == DECRYPT_ERROR || code == INTERNAL_ERROR);
}

static enum confidence weigh_rejected(const struct rejection *rejection)
{
    if (rejection_surest(rejection) >= LIKELY) {
        return NO;
    }
    bool unspecific =
        rejection->ending.code == HANDSHAKE_FAILURE || rejection->ending.code == INTERNAL_ERROR;
    switch (rejection->manner) {
    case MANNER_ALERT:
        if (rejection_is_named(rejection) || general_alert_behind_sealed_flight(rejection)) {
            return LIKELY;
        }
        return unspecific || rejection_surest(rejection) != NO ? POSSIBLE : NO;
    case MANNER_SEALED:
        return LIKELY;
    case MANNER_CLOSED:
        return (rejection->paused || rejection->prepared) && rejection->chain == NULL ? LIKELY
                                                                                      : POSSIBLE;
    case MANNER_LEFT:
    case MANNER_ANSWER: /* a server's only */
        break;
    }
    return POSSIBLE;
}

static enum confidence rejected(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    if (!rejection_find(&rejection, question)) {
        return NO;
    }
    enum confidence confidence = weigh_rejected(&rejection);
    bool sealed = question->facts->version == TLS13 && rejection.chain == NULL;
    if (sealed) {
        argument_say(argument, "The client refuses the server's encrypted flight, most likely its "
                               "certificate; the reason is not visible without keys.");
    } else if (rejection.accepted_by_others) {
        argument_say(argument, "The client refuses the server's certificate, which other clients "
                               "accept: its own roots or revocation lists decide, and the wire "
                               "does not show them.");
    } else {
        argument_say(argument, "The client refuses the server's certificate, and the wire does not "
                               "show why.");
    }
    rejection_cite(argument, &rejection);
    if (rejection.accepted_by_others) {
        argument_cite(argument, (struct moment){0, 0},
                      "%u handshakes of this server succeeded with other clients",
                      (unsigned)rejection.server->established);
    }
    return confidence;
}

/* ---- certificate.unavailable ---- */

/* TLS 1.3: ServerHello, then an alert under the keys, as JSSE does without a certificate; a key log
 * shows that it is that alert, and stands in the certificate's place. */
static bool refused_sealed(const struct facts *facts, const struct ending *ending)
{
    bool opened = facts->opened[SERVER] > 0 && ending->kind == ENDING_ALERT &&
                  ending->code == HANDSHAKE_FAILURE && facts->chain[SERVER] == NULL;
    return facts->version == TLS13 && (ending->kind == ENDING_SEALED || opened) &&
           ending->by == SERVER && facts->finished[CLIENT].frame == 0 && !facts->resumed &&
           !signs_certificate_sealed(facts);
}

/* An offer that servers of some years ago have nothing to choose from: TLS 1.3 alone, or none but
 * the suites of today. */
static bool asks_for_much(const struct offer *offer)
{
    return facts_offer_lowest(offer) >= TLS13 || offers_suites(offer).weight > 0;
}

/* Nothing that the client offers explains the refusal, so the server lacks something of its own. */
static enum confidence weigh_unavailable(const struct question *question, struct ending *ending)
{
    struct refusal refusal;
    const struct client_hello_facts *hello = facts_client_hello(question->facts);
    *ending = signs_ending(question->facts);
    if (hello == NULL || hello->incomplete || hello->offer == NULL || hello->malformed ||
        !offers_ordinary(hello->offer) || facts_offer_highest(hello->offer) < TLS12 ||
        hello->psk_identities > 0) {
        return NO;
    }
    if (refused_sealed(question->facts, ending)) {
        return LIKELY;
    }
    if (!evidence_refusal(&refusal, question)) {
        return NO;
    }
    bool served = question->server != NULL && question->server->established > 0;
    bool named = hello->server_name != NULL && hello->server_name[0] != '\0';
    if (refusal.silent) {
        return ending->kind != ENDING_NONE && !served ? POSSIBLE : NO;
    }
    switch (ending->code) {
    case HANDSHAKE_FAILURE:
        return (served && named) || asks_for_much(hello->offer) ? POSSIBLE : LIKELY;
    case INTERNAL_ERROR:
    case ACCESS_DENIED:
        return ending->code == INTERNAL_ERROR && !served ? POSSIBLE : NO;
    default:
        return NO;
    }
}

static enum confidence unavailable(const struct question *question, struct argument *argument)
{
    struct ending ending;
    enum confidence confidence = weigh_unavailable(question, &ending);
    if (confidence == NO) {
        return NO;
    }
    const struct client_hello_facts *hello = facts_client_hello(question->facts);
    argument_say(argument,
                 "The server refuses an ordinary ClientHello in which nothing is "
                 "missing: %s it has no usable certificate or private key%s.",
                 confidence == LIKELY ? "most likely" : "perhaps",
                 hello->server_name != NULL && hello->server_name[0] != '\0' ? " for this name"
                                                                             : "");
    argument_cite(argument, hello->at,
                  "versions, suites, groups and signature algorithms are what nearly every server "
                  "takes");
    if (question->facts->server_hello != NULL) {
        argument_cite(argument, question->facts->server_hello->at,
                      "the server takes version and suite, and then fails");
    }
    evidence_ending(argument, &ending);
    return confidence;
}

/* ---- the rows ---- */

static const struct remedy SELF_SIGNED_REMEDIES[] = {
    {"any", "order a certificate from an authority that the client trusts; or, where both ends are "
            "yours, install this one among the client's roots"},
    {"iis", "the client's computer: Import-Certificate -FilePath server.cer -CertStoreLocation "
            "Cert:\\LocalMachine\\Root. Schannel's event 36882; 0x800b0109 "
            "(CERT_E_UNTRUSTEDROOT), SEC_E 0x80090325"},
    {"openssl", "s_client -CAfile server.pem; curl --cacert server.pem; system-wide on Debian: "
                "/usr/local/share/ca-certificates/ and update-ca-certificates"},
    {"java", "keytool -importcert -alias server -file server.pem -keystore cacerts.p12, and "
             "-Djavax.net.ssl.trustStore=cacerts.p12"},
    {"go", "tls.Config{RootCAs: pool} with pool.AppendCertsFromPEM(pem)"},
    {"dotnet", "install it in the store above; do not return true from "
               "ServerCertificateValidationCallback"},
    {NULL, NULL},
};

static const struct remedy INCOMPLETE_REMEDIES[] = {
    {"iis", "install the intermediate in Intermediate Certification Authorities of the computer: "
            "certutil -addstore CA intermediate.cer; then bind the certificate again, or restart: "
            "HTTP.sys caches the chain"},
    {"nginx", "ssl_certificate must hold the server's certificate first, then the intermediates: "
              "cat server.pem intermediate.pem > fullchain.pem; nginx -s reload"},
    {"apache", "the same file for SSLCertificateFile (2.4.8 and later; before: "
               "SSLCertificateChainFile)"},
    {"haproxy", "crt FILE with certificate, intermediates and key in one; or FILE.issuer"},
    {"java", "import the chain into the keystore: openssl pkcs12 -export -in fullchain.pem -inkey "
             "server.key -out server.p12"},
    {"openssl", "to check: openssl s_client -connect HOST:443 -showcerts must list the "
                "intermediate; s_server: -cert_chain intermediate.pem"},
    {"any", "browsers fetch missing intermediates, or remember them: that one works there proves "
            "nothing"},
    {NULL, NULL},
};

static const struct remedy UNTRUSTED_REMEDIES[] = {
    {"iis", "the client's computer: root into Trusted Root, intermediates into Intermediate "
            "Certification Authorities: certutil -addstore Root root.cer; or by Group Policy, "
            "Public Key Policies. Schannel's event 36882; 0x800b0109 (CERT_E_UNTRUSTEDROOT), SEC_E "
            "0x80090325"},
    {"openssl", "s_client -CAfile root.pem, curl --cacert root.pem; system-wide on Debian: copy it "
                "to /usr/local/share/ca-certificates/NAME.crt, update-ca-certificates; on Fedora: "
                "/etc/pki/ca-trust/source/anchors/, update-ca-trust"},
    {"java", "keytool -importcert -cacerts -alias company-root -file root.pem; an old Java lacks "
             "new public roots: update it"},
    {"go", "SSL_CERT_FILE=root.pem, or tls.Config{RootCAs: pool}"},
    {"dotnet", "Import-Certificate -FilePath root.cer -CertStoreLocation "
               "Cert:\\LocalMachine\\Root; in a container: update-ca-certificates"},
    {"any", "Node: NODE_EXTRA_CA_CERTS=root.pem. An inspecting proxy on the path shows by its own "
            "name as issuer: give the client its root, or let this destination pass"},
    {NULL, NULL},
};

static const struct remedy REJECTED_REMEDIES[] = {
    {"any", "ask the client: its log names the reason. With its keys (SSLKEYLOGFILE, then -k FILE) "
            "it is shown here"},
    {"openssl", "openssl s_client -connect HOST:443 -servername NAME -verify_hostname NAME "
                "-verify_return_error shows what the certificate is, and what is wrong with it"},
    {"iis", "Schannel events 36881 to 36884 on a Windows client; certutil -verify -urlfetch "
            "server.cer checks chain and revocation as Windows does"},
    {"java", "-Djavax.net.debug=ssl:handshake,trustmanager"},
    {"go", "the error of Dial is an x509.UnknownAuthorityError, HostnameError or "
           "CertificateInvalidError"},
    {"dotnet", "the inner AuthenticationException; the arguments chain and errors of "
               "RemoteCertificateValidationCallback"},
    {NULL, NULL},
};

static const struct remedy UNAVAILABLE_REMEDIES[] = {
    {"iis", "1. has it a private key: certutil -repairstore my \"<thumbprint>\" (event 36869). 2. "
            "can it be read: permissions of C:\\ProgramData\\Microsoft\\Crypto\\RSA\\MachineKeys "
            "for SYSTEM, Administrators and NETWORK SERVICE (event 36870 with 0x80090016 no keyset "
            "or 0x8009001a); try a self-signed one: New-SelfSignedCertificate. 3. is it bound: "
            "netsh http show sslcert; with an empty hash or an all-zero application id: netsh http "
            "delete sslcert ipport=0.0.0.0:443, then bind again. 4. who listens: netsh http show "
            "iplisten, netstat -ano"},
    {"nginx", "ssl_certificate and ssl_certificate_key in the server block for this name, and in "
              "the default_server; nginx -T | grep ssl_certificate"},
    {"haproxy", "bind :443 ssl crt FILE; show ssl cert at the runtime socket"},
    {"java", "the keystore needs an entry of type PrivateKeyEntry whose algorithm the client can "
             "use: keytool -list -v; -Djavax.net.debug=ssl:handshake says \"no available "
             "authentication scheme\""},
    {"go", "tls.Config needs Certificates, GetCertificate or GetConfigForClient; the log says "
           "\"tls: no certificates configured\""},
    {"openssl", "openssl x509 -in server.pem -noout -pubkey and openssl pkey -in server.key "
                "-pubout must print the same key; the log says \"no shared cipher\" or \"no "
                "suitable signature algorithm\""},
    {NULL, NULL},
};

const struct cause causes_trust[] = {
    {"certificate.self_signed", "the certificate is self-signed and not trusted",
     "Subject and issuer are the same, and nobody vouches for it. OpenSSL, curl and mbedTLS alert "
     "unknown_ca (48), GnuTLS, Go, Erlang and wolfSSL bad_certificate (42), JSSE and Chromium "
     "certificate_unknown (46); BearSSL resets; Node finishes the handshake and closes, NSS "
     "finishes and alerts under its keys.",
     self_signed, SELF_SIGNED_REMEDIES},
    {"certificate.incomplete_chain", "the server does not send the intermediate certificate",
     "The issuer of the last certificate sent is neither sent nor a known root, and looks like an "
     "intermediate. Browsers often fetch it and work; programs alert: OpenSSL, mbedTLS, Erlang and "
     "wolfSSL unknown_ca (48), GnuTLS and Go bad_certificate (42), JSSE and Chromium "
     "certificate_unknown (46); BearSSL resets; Node and NSS finish first.",
     incomplete_chain, INCOMPLETE_REMEDIES},
    {"certificate.untrusted_root", "the client does not trust the root",
     "The chain is complete, and its root is not among those that the client trusts: a private "
     "authority, an inspecting proxy, or a client with old roots. OpenSSL, mbedTLS, Erlang and "
     "wolfSSL alert unknown_ca (48), GnuTLS and Go bad_certificate (42), JSSE and Chromium "
     "certificate_unknown (46); BearSSL resets; Node and NSS finish first. Which roots the client "
     "has is not on the wire: tlswhy compares with its own (--ca-file).",
     untrusted_root, UNTRUSTED_REMEDIES},
    {"certificate.unavailable", "the server has no usable certificate or key",
     "The server has no certificate, none for this name or key type, or cannot use its private "
     "key. OpenSSL, GnuTLS, Node, Erlang, mbedTLS and wolfSSL alert handshake_failure (40) on an "
     "ordinary ClientHello; JSSE in TLS 1.3 sends a ServerHello and then an encrypted alert; Go "
     "unrecognized_name (112); Schannel closes, resets or hangs without a word.",
     unavailable, UNAVAILABLE_REMEDIES},
    {"certificate.rejected", "the client refused the certificate, why is not visible",
     "The client ended the handshake at the server's certificate, and neither its alert nor the "
     "chain says why; or all of it is encrypted. In TLS 1.3 an encrypted record of 19 bytes (35 "
     "from JSSE, 11 with CCM_8) in place of the client's Finished is an alert, most often about "
     "the certificate. What other connections show of the same server's certificate is used.",
     rejected, REJECTED_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
