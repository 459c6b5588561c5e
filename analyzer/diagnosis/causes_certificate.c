/* The server's certificate itself: its time, its names, its purpose, its strength, its status.
 *
 * Whether it was refused, and which of several faults was meant, is weighed in rejection.c.
 */
#include "diagnosis/rejection.h"

#include <stdio.h>
#include <string.h>

enum {
    DAY = 86400, /* seconds */
    OCSP_NONE = 0,
    OCSP_UNKNOWN = 3,
    OCSP_UNREADABLE = 4,
    OCSP_SIGNATURE = 5
};

/* The clock of the packet with the chain, in seconds. */
static int64_t seen_at(const struct rejection *rejection)
{
    struct moment at = rejection->chain != NULL ? rejection->chain->at : rejection->ending.at;
    return at.time / SIGNS_SECOND;
}

/* Whether the refusal may be of this fault, and how sure that is. */
static enum confidence weigh(struct rejection *rejection, const struct question *question,
                             enum fault fault)
{
    return rejection_find(rejection, question) ? rejection_weigh(rejection, fault) : NO;
}

/* Whose fault it is: "The server's certificate", or "The certificate of the authority NAME". */
static void write_owner(char text[FAULTS_TEXT + 48], const struct rejection *rejection,
                        const struct certificate *certificate)
{
    if (certificate == NULL || certificate == rejection->leaf) {
        (void)snprintf(text, FAULTS_TEXT + 48, "The server's certificate");
        return;
    }
    char name[FAULTS_TEXT];
    faults_write_name(name, certificate);
    (void)snprintf(text, FAULTS_TEXT + 48, "The certificate of the authority %s", name);
}

/* ---- certificate.revoked ---- */

static enum confidence revoked(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_REVOKED);
    if (confidence == NO) {
        return NO;
    }
    bool stapled = (rejection.faults.set & FAULT_BIT(FAULT_REVOKED)) != 0;
    if (stapled) {
        argument_say(argument, "The server's certificate is revoked: the OCSP response that the "
                               "server itself staples says so.");
        argument_cite(argument, rejection.chain->ocsp_at,
                      "the stapled OCSP response has the status revoked");
    } else {
        argument_say(argument, "The client says that the server's certificate is revoked; it knows "
                               "that from a revocation list or an OCSP responder.");
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.status_invalid ---- */

static const char *status_in_words(const struct chain *chain)
{
    switch (chain->ocsp) {
    case OCSP_NONE:
        return "the certificate demands a stapled OCSP response, and the server sends none";
    case OCSP_UNKNOWN:
        return "the stapled OCSP response says that its responder does not know the certificate";
    case OCSP_UNREADABLE:
        return "the stapled OCSP response cannot be read, or reports an error";
    case OCSP_SIGNATURE:
        return "the stapled OCSP response is not signed by the certificate's issuer";
    default:
        return "the stapled OCSP response is out of date";
    }
}

static enum confidence status_invalid(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_STATUS);
    if (confidence == NO) {
        return NO;
    }
    if ((rejection.faults.set & FAULT_BIT(FAULT_STATUS)) != 0 && rejection.chain != NULL) {
        const struct chain *chain = rejection.chain;
        argument_say(argument, "The client refuses the certificate's revocation status: %s.",
                     status_in_words(chain));
        if (chain->ocsp_next_update != 0) {
            char date[FAULTS_DATE];
            faults_write_date(date, chain->ocsp_next_update);
            argument_cite(argument, chain->ocsp_at, "the stapled response was good until %s", date);
        } else {
            argument_cite(argument, chain->ocsp == OCSP_NONE ? chain->at : chain->ocsp_at, "%s",
                          status_in_words(chain));
        }
    } else {
        argument_say(argument,
                     "The client refuses the certificate's revocation status (stapled OCSP).");
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.malformed ---- */

static enum confidence malformed(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_MALFORMED);
    if (confidence != NO) {
        argument_say(argument, "The server's Certificate message holds something that is no valid "
                               "certificate, and the client refuses it.");
        argument_cite(argument, rejection.chain->at,
                      "the Certificate message, %u bytes, cannot be parsed to its end",
                      (unsigned)rejection.chain->length);
        rejection_cite(argument, &rejection);
        return confidence;
    }
    confidence = weigh(&rejection, question, FAULT_SIGNATURE);
    if (confidence == NO) {
        return NO;
    }
    argument_say(argument, "A signature in the server's chain of certificates does not verify: a "
                           "certificate was changed, or its issuer's key is another one of the "
                           "same name.");
    argument_cite(argument, rejection.chain->at,
                  "the issuer is there by name, and its key does not verify the signature");
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.expired, certificate.not_yet_valid ---- */

/* The server, or its other configuration, has a newer certificate already. */
static void cite_renewed(struct argument *argument, const struct rejection *rejection)
{
    const struct server *server = rejection->server;
    const struct client_hello_facts *hello = facts_client_hello(rejection->facts);
    const char *asked = hello == NULL || hello->server_name == NULL ? "" : hello->server_name;
    for (size_t i = 0; server != NULL && i < server->certificate_count; i++) {
        const struct certificate *other = server->certificate[i];
        if (strcmp(server->certificate_name[i], asked) == 0 &&
            other->not_after > seen_at(rejection) &&
            (rejection->leaf == NULL || other->not_after > rejection->leaf->not_after)) {
            char date[FAULTS_DATE];
            faults_write_date(date, other->not_after);
            argument_cite(argument, server->certificate_at[i],
                          "another connection was shown a newer one, valid until %s: it was "
                          "renewed, and this one is still bound somewhere",
                          date);
            return;
        }
    }
}

static enum confidence expired(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_EXPIRED);
    if (confidence == NO) {
        return NO;
    }
    const struct certificate *certificate = rejection.faults.certificate[FAULT_EXPIRED];
    if (certificate == NULL) {
        bool seen = rejection.chain != NULL;
        argument_say(argument, "The client says that the server's certificate has expired%s.",
                     seen ? ", which by this capture's clock it has not: look at the client's clock"
                          : "");
        rejection_cite(argument, &rejection);
        cite_renewed(argument, &rejection);
        return confidence;
    }
    char owner[FAULTS_TEXT + 48];
    char date[FAULTS_DATE];
    write_owner(owner, &rejection, certificate);
    faults_write_date(date, certificate->not_after);
    int64_t days = (seen_at(&rejection) - certificate->not_after) / DAY;
    argument_say(argument, "%s expired on %s, %lld day%s before this handshake.", owner, date,
                 (long long)days, days == 1 ? "" : "s");
    rejection_cite(argument, &rejection);
    cite_renewed(argument, &rejection);
    return confidence;
}

static enum confidence not_yet_valid(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_NOT_YET);
    if (confidence == NO) {
        return NO;
    }
    const struct certificate *certificate = rejection.faults.certificate[FAULT_NOT_YET];
    char owner[FAULTS_TEXT + 48];
    char date[FAULTS_DATE];
    char now[FAULTS_DATE];
    write_owner(owner, &rejection, certificate);
    faults_write_date(date, certificate->not_before);
    faults_write_date(now, seen_at(&rejection));
    argument_say(argument, "%s is not valid before %s; this handshake was on %s.", owner, date,
                 now);
    if (rejection.faults.clock_doubtful) {
        argument_cite(argument, (struct moment){0, 0},
                      "all that was signed lies in the future: the capture's clock may be wrong");
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.name_mismatch ---- */

static enum confidence name_mismatch(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_NAME);
    if (confidence == NO) {
        return NO;
    }
    const struct client_hello_facts *hello = facts_client_hello(question->facts);
    const char *asked = hello == NULL || hello->server_name == NULL ? "" : hello->server_name;
    char names[FAULTS_TEXT];
    faults_write_names(names, rejection.leaf);
    if (rejection.leaf->names.count == 0) {
        argument_say(argument,
                     "The client asked for %s, and the certificate has no alternative names: its "
                     "common name, %s, does not count for current clients.",
                     asked, names);
    } else {
        argument_say(argument, "The client asked for %s; the certificate is for %s.", asked, names);
    }
    argument_cite(argument, hello == NULL ? (struct moment){0, 0} : hello->at,
                  "the client asks for %s (SNI)", asked);
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.wrong_usage ---- */

static enum confidence wrong_usage(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_USAGE);
    if (confidence == NO) {
        return NO;
    }
    const struct certificate *certificate = rejection.faults.certificate[FAULT_USAGE];
    if (certificate == NULL) {
        argument_say(argument, "The client says that the server's certificate is of a kind that it "
                               "does not take: mostly, not made for servers.");
    } else if (certificate->server_auth == USAGE_LACKS) {
        argument_say(argument, "The server's certificate is not made for servers: its extended key "
                               "usage has no serverAuth.");
    } else {
        argument_say(argument, "The certificate's key may not be used as the cipher suite needs it "
                               "(key usage).");
    }
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- certificate.weak ---- */

static enum confidence weak(const struct question *question, struct argument *argument)
{
    struct rejection rejection;
    enum confidence confidence = weigh(&rejection, question, FAULT_WEAK);
    const struct certificate *certificate =
        confidence == NO ? NULL : rejection.faults.certificate[FAULT_WEAK];
    if (certificate == NULL) {
        return NO;
    }
    char owner[FAULTS_TEXT + 48];
    write_owner(owner, &rejection, certificate);
    argument_say(argument, "%s is too weak for the client: its key is %s, its signature %s.", owner,
                 certificate->key_name == NULL ? "unknown" : certificate->key_name,
                 certificate->signature == NULL ? "unknown" : certificate->signature);
    rejection_cite(argument, &rejection);
    return confidence;
}

/* ---- the rows ---- */

static const struct remedy REVOKED_REMEDIES[] = {
    {"any", "get a new certificate with a new key, install it, and find out why the old one was "
            "revoked; to see the status: openssl ocsp -issuer issuer.pem -cert server.pem -url "
            "$(openssl x509 -in server.pem -noout -ocsp_uri)"},
    {"iis", "bind the new one: IIS Manager, Bindings, https; to look at the old one: certutil "
            "-verify -urlfetch server.cer. Schannel's event 36883; SEC_E 0x80092010 "
            "(CRYPT_E_REVOKED)"},
    {"nginx", "ssl_certificate and ssl_certificate_key with the new pair, then nginx -s reload; "
              "remove ssl_stapling_file if it holds the old response"},
    {"java", "-Dcom.sun.security.enableCRLDP=true -Djava.security.debug=certpath shows where the "
             "client learned it"},
    {NULL, NULL},
};

static const struct remedy STATUS_REMEDIES[] = {
    {"nginx", "ssl_stapling on; ssl_stapling_verify on; ssl_trusted_certificate /path/chain.pem; "
              "resolver ...; the first client after a reload still gets none: prime it, or use "
              "ssl_stapling_file"},
    {"apache", "SSLUseStapling on; SSLStaplingCache shmcb:logs/stapling(32768)"},
    {"haproxy", "set ssl ocsp-response <(base64 -w0 response.der) at the runtime socket, or "
                "ocsp-update on in the crt-list (2.8)"},
    {"iis", "HTTP.sys staples by itself: the server must reach the OCSP responder (proxy: netsh "
            "winhttp show proxy)"},
    {"openssl", "openssl s_client -connect HOST:443 -status shows the response; check the server's "
                "clock when it is out of date"},
    {"any", "or order a certificate without must-staple (TLS feature status_request)"},
    {NULL, NULL},
};

static const struct remedy MALFORMED_REMEDIES[] = {
    {"openssl", "openssl x509 -in server.pem -noout -text must print it, and openssl verify "
                "-CAfile root.pem -untrusted chain.pem server.pem must say OK"},
    {"iis", "import the original file again: certutil -importpfx server.pfx; then bind it anew"},
    {"any", "install the certificate as the authority issued it, with the intermediate whose key "
            "signed it: authorities renew intermediates under the same name. If the file is whole, "
            "something on the path changes it"},
    {NULL, NULL},
};

static const struct remedy EXPIRED_REMEDIES[] = {
    {"iis", "renew it, then bind the renewed one: IIS Manager, Bindings, https, SSL certificate; "
            "or netsh http update sslcert ipport=0.0.0.0:443 certhash=... appid={...}. What is "
            "bound: netsh http show sslcert. IIS 8.5 and later: Server Certificates, Enable "
            "Automatic Rebind of Renewed Certificate. Schannel's event 36881; SEC_E 0x80090328"},
    {"nginx", "replace the files of ssl_certificate and ssl_certificate_key, then nginx -s reload: "
              "until then the old one is served from memory"},
    {"apache", "replace SSLCertificateFile, then apachectl graceful"},
    {"haproxy", "replace the file of crt and reload, or set ssl cert FILE <<PEM ... and commit ssl "
                "cert FILE at the runtime socket"},
    {"java", "keytool -list -v -keystore server.p12 | grep until shows what is in the keystore"},
    {"openssl", "openssl x509 -in server.pem -noout -dates -subject; an expired intermediate must "
                "be replaced in the chain file"},
    {"any", "where the certificate is still valid, set the client's clock"},
    {NULL, NULL},
};

static const struct remedy NOT_YET_REMEDIES[] = {
    {"any", "compare the clocks of client, server and authority (w32tm /query /status; chronyc "
            "tracking); a client without a battery starts in the past: give it NTP before TLS"},
    {"openssl", "openssl x509 -in server.pem -noout -startdate; if it is meant for later, serve "
                "the old certificate until then"},
    {NULL, NULL},
};

static const struct remedy NAME_REMEDIES[] = {
    {"any", "order a certificate whose alternative names (SAN) hold the name that clients use, or "
            "let the clients use a name that it has; the common name does not count, and a "
            "wildcard stands for one label only"},
    {"iis", "several sites at one address: tick Require Server Name Indication and bind each its "
            "own certificate: netsh http add sslcert hostnameport=www.example.com:443 certhash=... "
            "appid={...} certstorename=MY; what is bound: netsh http show sslcert. Schannel's "
            "event 36884"},
    {"nginx", "a server block with this server_name and its own ssl_certificate; without one the "
              "default_server's certificate is served"},
    {"apache", "a <VirtualHost> with this ServerName or ServerAlias; apachectl -S shows which is "
               "the default"},
    {"haproxy", "bind :443 ssl crt /etc/haproxy/certs/ with a file for the name; strict-sni "
                "refuses unknown names instead of serving the first one"},
    {"java", "keytool -genkeypair -ext san=dns:www.example.com; on the client the name in the URL "
             "must be the certificate's"},
    {NULL, NULL},
};

static const struct remedy USAGE_REMEDIES[] = {
    {"any", "order a certificate with Server Authentication (1.3.6.1.5.5.7.3.1) in its extended "
            "key usage, and digitalSignature in its key usage"},
    {"iis", "choose the certificate template Web Server; look at the purposes of what is bound: "
            "certutil -store my; error 0x800b0110 (CERT_E_WRONG_USAGE)"},
    {"openssl", "extendedKeyUsage = serverAuth in the extensions file; openssl x509 -in server.pem "
                "-noout -purpose shows what it may be used for"},
    {"java", "keytool -gencert ... -ext eku=serverAuth"},
    {NULL, NULL},
};

static const struct remedy WEAK_REMEDIES[] = {
    {"any", "order a certificate with RSA 2048 or EC P-256 and SHA-256, and check the "
            "intermediates too"},
    {"openssl", "openssl req -newkey rsa:2048 -sha256 ...; until it is there, on the client: "
                "CipherString = DEFAULT@SECLEVEL=1 (SHA-1: @SECLEVEL=0)"},
    {"java", "until then, on the client: jdk.certpath.disabledAlgorithms and "
             "jdk.tls.disabledAlgorithms in java.security"},
    {"go", "until then, SHA-1: GODEBUG=x509sha1=1 (Go up to 1.23); RSA below 1024: "
           "GODEBUG=rsa1024min=0"},
    {"iis", "certutil -setreg chain\\WeakSha1ThirdPartyFlags shows what Windows refuses"},
    {NULL, NULL},
};

const struct cause causes_certificate[] = {
    {"certificate.revoked", "the server's certificate is revoked",
     "The authority took the certificate back. A stapled OCSP response may say so in clear; else "
     "only the client knows, from a list or a responder. OpenSSL, JSSE, mbedTLS and wolfSSL alert "
     "certificate_revoked (44), GnuTLS bad_certificate (42), Chromium certificate_unknown (46); "
     "curl finishes the handshake and leaves.",
     revoked, REVOKED_REMEDIES},
    {"certificate.status_invalid", "the stapled OCSP response is bad or missing",
     "The certificate demands a stapled OCSP response (RFC 7633) that the server does not send, or "
     "the one sent is out of date, signed by somebody else or unreadable. wolfSSL alerts "
     "bad_certificate_status_response (113), GnuTLS bad_certificate (42); curl finishes the "
     "handshake and leaves.",
     status_invalid, STATUS_REMEDIES},
    {"certificate.malformed", "the certificate is broken",
     "A certificate cannot be parsed, or its signature does not verify by its issuer's key. "
     "Clients alert bad_certificate (42), decode_error (50), decrypt_error (51: OpenSSL on the "
     "signature), unsupported_certificate (43: NSS) or unknown_ca (48: mbedTLS on the signature); "
     "BearSSL resets.",
     malformed, MALFORMED_REMEDIES},
    {"certificate.expired", "the server's certificate has expired",
     "The certificate, or an intermediate behind it, is past its notAfter. OpenSSL, JSSE, Erlang, "
     "wolfSSL, mbedTLS and rustls alert certificate_expired (45), GnuTLS and Go bad_certificate "
     "(42), Chromium and Bouncy Castle certificate_unknown (46); BearSSL resets; Node finishes the "
     "handshake and closes, NSS finishes and alerts under its keys. In TLS 1.3 the certificate is "
     "encrypted, and so is the alert of all but OpenSSL 3.0.",
     expired, EXPIRED_REMEDIES},
    {"certificate.name_mismatch", "the certificate is for another name",
     "No alternative name of the certificate fits the name in the client's SNI (RFC 9525). Often "
     "it "
     "is the default certificate of another site. OpenSSL, Go, GnuTLS and wolfSSL alert "
     "bad_certificate (42), JSSE and Chromium certificate_unknown (46), Erlang handshake_failure "
     "(40); curl and Node finish the handshake and leave.",
     name_mismatch, NAME_REMEDIES},
    {"certificate.wrong_usage", "the certificate is not for servers",
     "The extended key usage is there and lacks serverAuth, or the key usage does not allow what "
     "the cipher suite does with the key. OpenSSL and mbedTLS alert unsupported_certificate (43), "
     "GnuTLS, Go and wolfSSL bad_certificate (42), JSSE, NSS and Chromium certificate_unknown "
     "(46), Erlang handshake_failure (40).",
     wrong_usage, USAGE_REMEDIES},
    {"certificate.weak", "the certificate's key or signature is too weak",
     "A key of RSA below 2048 bits, or a signature with SHA-1 or MD5, in the server's certificate "
     "or an intermediate. OpenSSL (security level 2), GnuTLS and Go alert bad_certificate (42), "
     "mbedTLS and JSSE unsupported_certificate (43) or certificate_unknown (46), rustls "
     "decrypt_error (51), Botan insufficient_security (71).",
     weak, WEAK_REMEDIES},
    {"certificate.not_yet_valid", "the server's certificate is not valid yet",
     "The certificate's notBefore lies in the future, by the client's clock; the capture's own "
     "clock may be as wrong. OpenSSL, GnuTLS, JSSE and Go alert bad_certificate (42), NSS, wolfSSL "
     "and Erlang certificate_expired (45), mbedTLS and Chromium certificate_unknown (46).",
     not_yet_valid, NOT_YET_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
