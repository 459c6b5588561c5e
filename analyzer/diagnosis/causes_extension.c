/* Extensions: application protocols, what must or may not be there, and the name that is asked for.
 */
#include "diagnosis/evidence.h"
#include "diagnosis/offers.h"

#include "names.h"

#include <string.h>

enum {
    TLS12 = 0x0303,
    TLS13 = 0x0304,
    /* alerts */
    UNEXPECTED_MESSAGE = 10,
    HANDSHAKE_FAILURE = 40,
    ILLEGAL_PARAMETER = 47,
    DECODE_ERROR = 50,
    INTERNAL_ERROR = 80,
    MISSING_EXTENSION = 109,
    UNSUPPORTED_EXTENSION = 110,
    UNRECOGNIZED_NAME = 112,
    NO_APPLICATION_PROTOCOL = 120,
    /* extensions and signals */
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_KEY_SHARE = 51,
    EXTENSION_RENEGOTIATION = 0xff01,
    SCSV_RENEGOTIATION = 0x00ff
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

static bool is_alert(const struct ending *ending, enum speaker by, uint8_t code)
{
    return ending->kind == ENDING_ALERT && ending->by == by && ending->code == code;
}

static bool wants_secure_renegotiation(const struct offer *offer)
{
    return facts_lists(offer->extensions, EXTENSION_RENEGOTIATION) ||
           facts_lists(offer->suites, SCSV_RENEGOTIATION);
}

/* ---- alpn.no_overlap ---- */

/* What every HTTPS server takes. */
static bool ordinary_alpn(struct text_list names)
{
    for (size_t i = 0; i < names.count; i++) {
        if (strcmp(names.at[i], "http/1.1") == 0 || strcmp(names.at[i], "h2") == 0) {
            return true;
        }
    }
    return names.count == 0;
}

/* Go and rustls refuse ALPN under the keys of TLS 1.3, where the alert is only a size. */
static bool refused_sealed(const struct facts *facts, const struct ending *ending,
                           const struct client_hello_facts *hello)
{
    return facts->version == TLS13 && ending->kind == ENDING_SEALED && ending->by == SERVER &&
           facts->finished[CLIENT].frame == 0 && hello != NULL &&
           !ordinary_alpn(hello->offer->alpn) && offers_schemes(hello->offer).weight < PECULIAR;
}

static enum confidence no_alpn(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = known_hello(facts);
    struct ending ending = signs_ending(facts);
    bool said = ending.kind == ENDING_ALERT && ending.code == NO_APPLICATION_PROTOCOL;
    if (!said && !refused_sealed(facts, &ending, hello)) {
        return NO;
    }
    char offered[OFFERS_TEXT] = "";
    if (hello != NULL && hello->offer->alpn.count > 0) {
        offers_write_alpn(offered, hello->offer->alpn);
        argument_say(argument,
                     "No application protocol in common: the client offers %s, which the server "
                     "does not speak.",
                     offered);
        argument_cite(argument, hello->at, "the client offers by ALPN: %s", offered);
    } else {
        argument_say(argument, "No application protocol in common (ALPN).");
    }
    if (facts->server_hello != NULL && facts->server_hello->alpn != NULL) {
        argument_cite(argument, facts->server_hello->at, "the server selects %s",
                      facts->server_hello->alpn);
    }
    evidence_ending(argument, &ending);
    return said ? CERTAIN : LIKELY;
}

/* ---- extension.required, extension.unsupported ---- */

/* TLS 1.3 cannot do without these, unless by a pre-shared key (RFC 8446, section 9.2). */
static const uint16_t NEEDED[] = {EXTENSION_SUPPORTED_GROUPS, EXTENSION_KEY_SHARE,
                                  EXTENSION_SIGNATURE_ALGORITHMS};

enum { NEEDED_COUNT = sizeof NEEDED / sizeof NEEDED[0] };

static void cite_missing(struct argument *argument, const struct client_hello_facts *hello)
{
    for (size_t i = 0; i < NEEDED_COUNT; i++) {
        if (!facts_lists(hello->offer->extensions, NEEDED[i])) {
            char name[NAMES_TEXT_MAX];
            names_extension_text(name, NEEDED[i]);
            argument_cite(argument, hello->at, "the ClientHello has no %s", name);
        }
    }
}

/* A ClientHello for TLS 1.3 alone that a server must refuse, with whatever it says instead of
 * missing_extension (rustls and BoringSSL: handshake_failure; picotls closes). */
static bool refused_for_lack(struct refusal *refusal, const struct question *question)
{
    if (!evidence_refusal(refusal, question) || !offers_less_than_needed(refusal->offer)) {
        return false;
    }
    uint8_t code = refusal->ending.code;
    bool general = code == UNEXPECTED_MESSAGE || code == HANDSHAKE_FAILURE ||
                   code == ILLEGAL_PARAMETER || code == DECODE_ERROR || code == INTERNAL_ERROR;
    bool closed = refusal->ending.kind == ENDING_FIN || refusal->ending.kind == ENDING_RESET;
    return refusal->alert ? general : closed;
}

/* A client that must have extended_master_secret (RFC 7627) meets a server without; the server
 * knows RFC 5746, so it is not that. */
static bool lacks_master_secret(const struct facts *facts, const struct ending *ending,
                                const struct client_hello_facts *hello)
{
    return hello != NULL && facts->server_hello != NULL && facts->server_hello->version < TLS13 &&
           !facts->server_hello->extended_master_secret &&
           facts->server_hello->renegotiation_info &&
           facts_lists(hello->offer->extensions, EXTENSION_EXTENDED_MASTER_SECRET) &&
           is_alert(ending, CLIENT, HANDSHAKE_FAILURE) && client_ended_at_flight(facts, ending);
}

static enum confidence extension_required(const struct question *question,
                                          struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = known_hello(facts);
    struct ending ending = signs_ending(facts);
    if (ending.kind == ENDING_ALERT && ending.code == MISSING_EXTENSION) {
        argument_say(argument, "The %s misses an extension that it needs in the %s's hello.",
                     ending.by == CLIENT ? "client" : "server",
                     ending.by == CLIENT ? "server" : "client");
        if (hello != NULL && ending.by == SERVER) {
            cite_missing(argument, hello);
        }
        evidence_ending(argument, &ending);
        return CERTAIN;
    }
    struct refusal refusal;
    if (refused_for_lack(&refusal, question)) {
        argument_say(argument,
                     "The ClientHello allows TLS 1.3 alone and has not all that this needs.");
        cite_missing(argument, refusal.hello);
        evidence_ending(argument, &refusal.ending);
        return LIKELY;
    }
    if (lacks_master_secret(facts, &ending, hello) && facts->dh_bits == 0) {
        argument_say(
            argument,
            "The server does not know extended_master_secret (RFC 7627), and the client seems to "
            "require it.");
        argument_cite(argument, hello->at, "the client asks for extended_master_secret");
        argument_cite(argument, facts->server_hello->at, "the ServerHello does not have it");
        evidence_ending(argument, &ending);
        return LIKELY;
    }
    return NO;
}

static enum confidence extension_unsupported(const struct question *question,
                                             struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = known_hello(facts);
    struct ending ending = signs_ending(facts);
    if (ending.kind != ENDING_ALERT || ending.code != UNSUPPORTED_EXTENSION) {
        return NO;
    }
    argument_say(argument, "The %s refuses an extension in the %s's message.",
                 ending.by == CLIENT ? "client" : "server",
                 ending.by == CLIENT ? "server" : "client");
    for (size_t i = 0;
         hello != NULL && facts->server_hello != NULL && i < facts->server_hello->extensions.count;
         i++) {
        uint16_t type = facts->server_hello->extensions.at[i];
        bool asked = facts_lists(hello->offer->extensions, type) ||
                     (type == EXTENSION_RENEGOTIATION && wants_secure_renegotiation(hello->offer));
        if (!asked) {
            char name[NAMES_TEXT_MAX];
            names_extension_text(name, type);
            argument_cite(argument, facts->server_hello->at,
                          "the ServerHello answers with %s, which the client had not sent", name);
        }
    }
    evidence_ending(argument, &ending);
    return CERTAIN;
}

/* ---- names ---- */

/* Refusals by servers that do not say unrecognized_name: Go 80, BearSSL 40, Node just closes. */
static bool vague_refusal(const struct refusal *refusal)
{
    return refusal->silent || refusal->ending.code == HANDSHAKE_FAILURE ||
           refusal->ending.code == INTERNAL_ERROR;
}

/* Other names were served by this server, and none of its connections that worked had this one. */
static bool others_names_work(const struct refusal *refusal)
{
    const struct server *server = refusal->server;
    return server != NULL && server->with_name_established > 0 &&
           !servers_may_serve(server, refusal->hello->server_name);
}

static enum confidence weigh_vague_name(const struct question *question, struct refusal *refusal)
{
    if (!evidence_refusal(refusal, question) || !vague_refusal(refusal) ||
        !offers_ordinary(refusal->offer) || facts_offer_highest(refusal->offer) < TLS12 ||
        refusal->hello->server_name == NULL) {
        return NO;
    }
    if (others_names_work(refusal)) {
        return refusal->silent ? POSSIBLE : LIKELY;
    }
    return refusal->alert && refusal->ending.code == INTERNAL_ERROR ? POSSIBLE : NO;
}

static enum confidence sni_unrecognized(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const char *name = hello == NULL || hello->server_name == NULL ? "" : hello->server_name;
    struct ending ending = signs_ending(facts);
    struct refusal refusal;
    enum confidence confidence = NO;
    if (ending.kind == ENDING_ALERT && ending.code == UNRECOGNIZED_NAME) {
        confidence = name[0] != '\0' ? CERTAIN : POSSIBLE;
    } else {
        confidence = weigh_vague_name(question, &refusal);
    }
    if (confidence == NO) {
        return NO;
    }
    argument_say(argument,
                 name[0] != '\0' ? "The server does not know the name %s."
                                 : "The server does not know the name asked for.%s",
                 name);
    if (hello != NULL && name[0] != '\0') {
        argument_cite(argument, hello->at, "the client asks for %s", name);
    }
    evidence_ending(argument, &ending);
    if (question->server != NULL && question->server->with_name_established > 0) {
        argument_cite(argument, (struct moment){0, 0},
                      "%u handshakes with a name succeeded at this server",
                      (unsigned)question->server->with_name_established);
    }
    return confidence;
}

/* Addresses that are not of the public internet: RFC 1918, 6598, 3927, 4193, 4291, loopback, and
 * for examples. */
static bool private_address(const struct address *address)
{
    const uint8_t *b = address->bytes;
    if (address->version != 4) {
        return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && b[1] >= 0x80) || b[0] == 0;
    }
    return b[0] == 10 || b[0] == 127 || (b[0] == 172 && (b[1] & 0xf0) == 16) ||
           (b[0] == 192 && b[1] == 168) || (b[0] == 169 && b[1] == 254) ||
           (b[0] == 100 && (b[1] & 0xc0) == 64);
}

static enum confidence weigh_no_name(const struct refusal *refusal)
{
    const struct server *server = refusal->server;
    bool named = server != NULL && server->with_name_established > 0;
    bool unnamed = server != NULL && server->without_name_established > 0;
    if (refusal->alert && refusal->ending.code == UNRECOGNIZED_NAME) {
        return LIKELY;
    }
    if (!vague_refusal(refusal) || !offers_ordinary(refusal->offer) ||
        facts_offer_highest(refusal->offer) < TLS12 || unnamed) {
        return NO;
    }
    if (named) {
        return LIKELY;
    }
    /* A server of the public internet is often one address for many names, an internal one seldom
     * is. */
    bool many_names = !private_address(&refusal->facts->address[SERVER]);
    return many_names && refusal->alert && refusal->ending.code == HANDSHAKE_FAILURE ? LIKELY
                                                                                     : POSSIBLE;
}

static enum confidence sni_missing(const struct question *question, struct argument *argument)
{
    struct refusal refusal;
    if (!evidence_refusal(&refusal, question) ||
        (refusal.hello->server_name != NULL && refusal.hello->server_name[0] != '\0')) {
        return NO;
    }
    enum confidence confidence = weigh_no_name(&refusal);
    if (confidence == NO) {
        return NO;
    }
    argument_say(
        argument,
        "The client does not say which name it wants (no SNI), and the server seems to need one.");
    argument_cite(argument, refusal.hello->at,
                  "the ClientHello has no server_name; the rest of its offer is ordinary");
    evidence_ending(argument, &refusal.ending);
    if (refusal.server != NULL && refusal.server->with_name_established > 0) {
        argument_cite(argument, (struct moment){0, 0},
                      "%u handshakes with a name succeeded at this server, none without",
                      (unsigned)refusal.server->with_name_established);
    }
    return confidence;
}

/* ---- the rows ---- */

static const struct remedy ALPN_REMEDIES[] = {
    {"nginx", "listen 443 ssl http2; (1.25.1 and later: http2 on;)"},
    {"apache", "Protocols h2 http/1.1"},
    {"haproxy", "bind ... alpn h2,http/1.1"},
    {"openssl", "s_client -alpn h2,http/1.1"},
    {"java", "SSLParameters.setApplicationProtocols(new String[] {\"h2\", \"http/1.1\"})"},
    {"go", "tls.Config{NextProtos: []string{\"h2\", \"http/1.1\"}}"},
    {NULL, NULL},
};

static const struct remedy REQUIRED_REMEDIES[] = {
    {"any",
     "update the side whose hello lacks the extension, or the box between them that removes it"},
    {"java",
     "for extended_master_secret: -Djdk.tls.allowLegacyMasterSecret=true, until the server has it"},
    {"openssl", "s_client -tlsextdebug shows what each side sends"},
    {NULL, NULL},
};

static const struct remedy UNSUPPORTED_REMEDIES[] = {
    {"any",
     "update the side that sent the extension: a server may only answer what the client asked for"},
    {"openssl", "s_client -tlsextdebug shows what each side sends"},
    {NULL, NULL},
};

static const struct remedy NAME_REMEDIES[] = {
    {"nginx", "server_name NAME; in the server block with the certificate; and look for "
              "ssl_reject_handshake on; in the "
              "default one"},
    {"apache", "ServerName or ServerAlias NAME in the virtual host; SSLStrictSNIVHostCheck off"},
    {"haproxy", "a certificate for NAME in crt or crt-list; without strict-sni the first one "
                "serves all others"},
    {"iis", "a binding for the host name: netsh http add sslcert hostnameport=NAME:443 "
            "certhash=... appid={...} "
            "certstorename=MY"},
    {"any", "look for a typing error in the client's URL, or for DNS that leads the name to the "
            "wrong server"},
    {NULL, NULL},
};

static const struct remedy NO_NAME_REMEDIES[] = {
    {"openssl", "s_client -servername NAME; in programs SSL_set_tlsext_host_name()"},
    {"java",
     "Java 7 or later, and connect by name: an address, or a name without a dot, is not sent"},
    {"dotnet", "SslStream.AuthenticateAsClient(\"NAME\")"},
    {"go", "tls.Config{ServerName: \"NAME\"}"},
    {"haproxy", "for servers behind it: server ... ssl sni str(NAME)"},
    {"nginx", "for servers behind it: proxy_ssl_server_name on; proxy_ssl_name NAME;"},
    {"iis",
     "for clients without SNI: a default binding, netsh http add sslcert ipport=0.0.0.0:443 ..."},
    {NULL, NULL},
};

const struct cause causes_extension[] = {
    {"alpn.no_overlap", "no application protocol in common",
     "The client lists application protocols (ALPN, RFC 7301) of which the server speaks none, and "
     "the server is strict "
     "about it: no_application_protocol (120), on the ClientHello from OpenSSL, nginx and Node, in "
     "TLS 1.3 encrypted "
     "behind the ServerHello from Go and rustls. Many servers ignore it and go on without.",
     no_alpn, ALPN_REMEDIES},
    {"extension.required", "a needed extension is missing",
     "One side cannot go on without an extension that the other did not send. missing_extension "
     "(109) says so; a client "
     "that requires extended_master_secret (RFC 7627) and does not get it alerts handshake_failure "
     "(40).",
     extension_required, REQUIRED_REMEDIES},
    {"extension.unsupported", "an extension that the peer cannot take",
     "One side sent an extension that the other did not ask for or must not see there: "
     "unsupported_extension (110), "
     "mostly by a client on a ServerHello.",
     extension_unsupported, UNSUPPORTED_REMEDIES},
    {"sni.unrecognized", "the server does not know the name asked for",
     "The server has no site for the name in the client's SNI and does not serve another one "
     "instead. OpenSSL, GnuTLS, "
     "NSS, nginx (ssl_reject_handshake) and HAProxy (strict-sni) alert unrecognized_name (112); Go "
     "internal_error (80), "
     "BearSSL handshake_failure (40), Node closes. As a warning, 112 does not end the handshake.",
     sni_unrecognized, NAME_REMEDIES},
    {"sni.missing", "the server needs a name and the client sent none",
     "The ClientHello has no server_name, and the server has no certificate for that case: "
     "unrecognized_name (112) from "
     "HAProxy and nginx, handshake_failure (40) from content delivery networks, or a close.",
     sni_missing, NO_NAME_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
