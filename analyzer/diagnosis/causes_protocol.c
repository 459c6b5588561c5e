/* Protocol: one side spoke something else than TLS, or said that TLS is not to be had. */
#include "diagnosis/causes.h"
#include "diagnosis/endings.h"
#include "diagnosis/evidence.h"
#include "diagnosis/greeting.h"
#include "diagnosis/quote.h"

#include "names.h"

#include <string.h>

enum {
    PROXY_AUTHENTICATION = 407,
    SOCKS5_NO_METHOD = 255,
    SOCKS5_AUTHENTICATION = 256,
    UNEXPECTED_MESSAGE = 10, /* alerts: RFC 8446, section 6.2 */
    RECORD_OVERFLOW = 22,
    DECODE_ERROR = 50
};

static bool is_state(const struct facts *facts, enum preface_state state)
{
    return facts->preface != NULL && facts->preface->state == state;
}

/* The protocol's name for a sentence; for what nobody knows, `otherwise`. */
static const char *title(const struct facts *facts, const char *otherwise)
{
    const char *name = facts->preface == NULL
                           ? NULL
                           : preface_title((enum preface_protocol)facts->preface->protocol);
    return name == NULL ? otherwise : name;
}

/* The packet with which the client asked for TLS or for the tunnel. */
static struct moment asked_at(const struct facts *facts)
{
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        if (facts->step[i].what == STEP_PREFACE && facts->step[i].a == PREFACE_ASKED) {
            return facts->step[i].at;
        }
    }
    return facts->preface_at[CLIENT];
}

/* ---- protocol.proxy_refused ---- */

static bool is_proxy(const struct facts *facts)
{
    return facts->preface != NULL &&
           preface_is_proxy((enum preface_protocol)facts->preface->protocol);
}

static const char *why_proxy(enum preface_protocol protocol, uint16_t status)
{
    if (protocol == PREFACE_SOCKS4) {
        return status == 92 || status == 93 ? ": it wants to know the user (identd)" : "";
    }
    if (protocol == PREFACE_SOCKS5) {
        if (status == SOCKS5_NO_METHOD) {
            return ": the client knows no way of authentication that it accepts";
        }
        if (status > SOCKS5_AUTHENTICATION) {
            return ": the user name or password is wrong";
        }
        return status == 2 ? ": its rules forbid it"
               : status == 3 || status == 4 || status == 5 || status == 6
                   ? ": it cannot reach the target"
                   : "";
    }
    switch (status) {
    case 401:
    case PROXY_AUTHENTICATION:
        return ": it demands authentication";
    case 403:
    case 405:
        return ": its rules forbid it";
    case 500:
    case 502:
    case 503:
    case 504:
        return ": it cannot reach the target";
    default:
        return "";
    }
}

static enum confidence argue_no_tunnel(const struct facts *facts, struct argument *argument)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    if (closed.frame == 0 || !facts_absent(facts, SERVER)) {
        return NO;
    }
    argument_say(
        argument,
        "The client asks the %s for a tunnel; the %s closes the connection before there is one.",
        title(facts, "proxy"), by == CLIENT ? "client" : "proxy");
    argument_cite(argument, closed, "the %s closes the connection",
                  by == CLIENT ? "client" : "proxy");
    return by == SERVER ? LIKELY : POSSIBLE;
}

/* HTTP's status code in the first line of the server's answer; 0: there is none. It decides, even
 * where the rest of the answer is missing. */
static uint16_t http_status(const struct facts *facts)
{
    static const char VERSION[] = "HTTP/1.1 ";
    const char *said = facts->cleartext[SERVER];
    if (said == NULL || strncmp(said, VERSION, 7) != 0 || strlen(said) < sizeof VERSION + 2) {
        return 0;
    }
    uint16_t status = 0;
    for (size_t i = sizeof VERSION - 1; i < sizeof VERSION + 2; i++) {
        if (said[i] < '0' || said[i] > '9') {
            return 0;
        }
        status = (uint16_t)(status * 10 + (said[i] - '0'));
    }
    return status;
}

static enum confidence proxy_refused(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    if (!is_proxy(facts) || facts->tls_from[CLIENT]) {
        return NO;
    }
    char asked[QUOTE_TEXT];
    char words[QUOTE_TEXT];
    quote_line(asked, facts->preface_asked);
    argument_cite(argument, asked_at(facts), "the client asks: %s", asked);
    bool refused = is_state(facts, PREFACE_REFUSED);
    bool http = facts->preface->protocol == PREFACE_HTTP_CONNECT && http_status(facts) >= 300;
    if (!refused && !http) {
        return is_state(facts, PREFACE_ASKED) ? argue_no_tunnel(facts, argument) : NO;
    }
    bool in_words = facts->preface_words != NULL && refused;
    quote_line(words, in_words ? facts->preface_words : facts->cleartext[SERVER]);
    argument_say(argument, "The %s refuses the tunnel%s. It answers: %s", title(facts, "proxy"),
                 why_proxy((enum preface_protocol)facts->preface->protocol,
                           http ? http_status(facts) : facts->preface->status),
                 words);
    argument_cite(argument, refused ? facts->preface_decided : facts->preface_at[SERVER],
                  "the proxy answers: %s", words);
    return CERTAIN;
}

/* ---- protocol.starttls_refused ---- */

static enum confidence argue_no_answer(const struct facts *facts, struct argument *argument,
                                       const char *asked)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    if (closed.frame == 0 || !facts_absent(facts, SERVER)) {
        return NO;
    }
    argument_say(argument,
                 "The client asks for TLS (%s); the %s closes the connection before it is granted.",
                 asked, endings_speaker(by));
    argument_cite(argument, closed, "the %s closes the connection", endings_speaker(by));
    return by == SERVER ? LIKELY : POSSIBLE;
}

static void argue_refusal(const struct facts *facts, struct argument *argument, const char *asked)
{
    char words[QUOTE_TEXT];
    quote_line(words, facts->preface_words);
    if (words[0] == '\0') {
        argument_say(argument, "The %s server refuses TLS.", title(facts, "cleartext"));
    } else {
        argument_say(argument, "The %s server refuses TLS: %s", title(facts, "cleartext"), words);
    }
    argument_cite(argument, asked_at(facts), "the client asks: %s", asked);
    argument_cite(argument, facts->preface_decided, "the server answers: %s", words);
}

static enum confidence starttls_refused(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    if (facts->preface == NULL || is_proxy(facts) || facts->tls_from[SERVER]) {
        return NO;
    }
    char asked[QUOTE_TEXT];
    quote_line(asked, facts->preface_asked);
    switch ((enum preface_state)facts->preface->state) {
    case PREFACE_REFUSED:
        argue_refusal(facts, argument, asked);
        return CERTAIN;
    case PREFACE_NOT_OFFERED:
        argument_say(argument, "The %s server does not offer TLS, and the client leaves.",
                     title(facts, "cleartext"));
        argument_cite(argument, facts->preface_decided,
                      "the list of what the server can has no TLS in it");
        return LIKELY; /* whether the client wanted TLS is its own secret */
    case PREFACE_ASKED:
        argument_cite(argument, asked_at(facts), "the client asks: %s", asked);
        return argue_no_answer(facts, argument, asked);
    default:
        return NO;
    }
}

/* ---- protocol.server_not_tls ---- */

/* What the server speaks; NULL where its first bytes do not tell. */
static const char *server_speaks(const struct facts *facts)
{
    const char *name = greeting_protocol(facts->cleartext[SERVER]);
    if (name != NULL) {
        /* Where the dialogue is known, it says which of two it is. */
        return strstr(name, " or ") != NULL ? title(facts, name) : name;
    }
    bool first = facts->preface_at[SERVER].frame != 0 &&
                 facts->preface_at[SERVER].frame == facts->transport.side[SERVER].first_data.frame;
    return first && !is_state(facts, PREFACE_GRANTED) ? title(facts, NULL) : NULL;
}

/* Where the server spoke in clear; frame 0: it did not, or only on the way to TLS. */
static struct moment server_in_clear(const struct facts *facts)
{
    const struct moment never = {0, 0};
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (facts->tls_from[SERVER] || facts->cleartext[SERVER] == NULL) {
        return never;
    }
    if (is_state(facts, PREFACE_GRANTED) || is_state(facts, PREFACE_REFUSED) ||
        is_state(facts, PREFACE_ASKED)) {
        struct moment last = facts->transport.side[SERVER].last_data;
        bool behind = hello != NULL && last.frame > hello->begins.frame;
        return behind && is_state(facts, PREFACE_GRANTED) ? last : never;
    }
    if (facts->not_tls_from[SERVER].frame != 0) {
        return facts->not_tls_from[SERVER];
    }
    return facts->preface_at[SERVER];
}

/* The bytes that are not TLS are the server's very first, so that no hole can have led the reading
 * astray. */
static bool is_first_word(const struct facts *facts, struct moment said)
{
    return said.frame == facts->transport.side[SERVER].first_data.frame;
}

/* The PROXY protocol's header came ahead of the ClientHello, alone: it needs no answer. */
static bool follows_proxy_header(const struct facts *facts)
{
    uint8_t tunnel = facts->preface == NULL ? PREFACE_UNKNOWN : facts->preface->tunnel;
    return (tunnel == PREFACE_PROXY1 || tunnel == PREFACE_PROXY2) && facts_absent(facts, CLIENT);
}

static enum confidence weigh_in_clear(const struct facts *facts, struct moment said,
                                      const char *speaks)
{
    if (!facts->tls_from[CLIENT]) {
        /* It waited for the client's ClientHello as little as the client sent one. */
        bool tried = facts->transport.side[CLIENT].first_data.frame != 0;
        return tried ? NO : POSSIBLE;
    }
    /* What the client said before, and is not in the capture, may be what is answered: a request
     * for TLS, or a PROXY header. */
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct transport_side *client = &facts->transport.side[CLIENT];
    bool only_cut = client->cut && hello != NULL && hello->begins.frame == client->first_data.frame;
    bool whole = !facts->began_late && (only_cut || facts_absent(facts, CLIENT));
    if (speaks != NULL && is_first_word(facts, said) && !follows_proxy_header(facts)) {
        return whole ? CERTAIN : LIKELY;
    }
    if (!facts_absent(facts, SERVER)) {
        return NO;
    }
    if (follows_proxy_header(facts)) {
        return POSSIBLE; /* that may be what it answers */
    }
    return whole ? CERTAIN : speaks != NULL ? LIKELY : POSSIBLE;
}

/* The server's page speaks of TLS: it says more than a mere 400. */
static bool page_names_tls(const struct facts *facts)
{
    const char *page = facts->cleartext[SERVER];
    return page != NULL && signs_http_at_tls_server(facts) &&
           (strstr(page, "HTTPS") != NULL || strstr(page, "SSL") != NULL ||
            strstr(page, "TLS") != NULL);
}

static enum confidence server_not_tls(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    struct moment said = server_in_clear(facts);
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (said.frame == 0 || page_names_tls(facts) || greeting_is_record(facts->cleartext[SERVER])) {
        return NO;
    }
    const char *speaks = server_speaks(facts);
    enum confidence confidence = weigh_in_clear(facts, said, speaks);
    if (confidence == NO) {
        return NO;
    }
    char line[QUOTE_TEXT];
    quote_line(line, facts->cleartext[SERVER]);
    const char *tried = hello == NULL ? "" : ", and the client a TLS handshake";
    if (speaks != NULL) {
        argument_say(argument, "Port %u of the server speaks %s, not TLS%s.",
                     (unsigned)facts->port[SERVER], speaks, tried);
    } else {
        argument_say(argument, "Port %u of the server does not speak TLS%s.",
                     (unsigned)facts->port[SERVER], tried);
    }
    if (hello != NULL) {
        argument_cite(argument, hello->at, "the client sends a ClientHello");
    }
    argument_cite(argument, said, "the server sends in clear: %s", line);
    return confidence;
}

/* ---- protocol.client_not_tls ---- */

static const struct alert_facts *alert_on_cleartext(const struct facts *facts)
{
    const struct alert_facts *alert = facts_fatal_alert(facts, SERVER);
    bool first =
        facts->client_hellos == 0 && !facts->tls_from[CLIENT] && facts->cleartext[CLIENT] != NULL;
    return first && alert != NULL && facts_absent(facts, CLIENT) ? alert : NULL;
}

static bool is_http(const struct facts *facts)
{
    return facts->preface != NULL && facts->preface->protocol == PREFACE_HTTP;
}

/* The server knows better than we what it expects: it closed, or kept silent, on what it was sent.
 */
static bool met_with_silence(const struct facts *facts)
{
    return facts->tls_expected && is_http(facts) &&
           facts->transport.side[SERVER].first_data.frame == 0 && facts_absent(facts, SERVER);
}

static enum confidence argue_client(const struct facts *facts, struct argument *argument)
{
    char line[QUOTE_TEXT];
    const struct alert_facts *alert = alert_on_cleartext(facts);
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    if (signs_http_at_tls_server(facts)) {
        quote_line(line, facts->cleartext[SERVER]);
        argument_cite(argument, facts->preface_at[SERVER],
                      "the server says that it expects TLS: %s", line);
        return facts->preface != NULL && facts->preface->status == 400 ? CERTAIN : LIKELY;
    }
    if (alert != NULL) {
        char name[NAMES_TEXT_MAX];
        names_alert_text(name, alert->code);
        argument_cite(argument, alert->at, "the server answers with the TLS alert %s (%u)", name,
                      (unsigned)alert->code);
        return CERTAIN;
    }
    if (!met_with_silence(facts) || closed.frame == 0) {
        return NO;
    }
    argument_cite(argument, closed,
                  by == SERVER ? "the server closes without an answer"
                               : "the server never answers; the client gives up");
    return LIKELY;
}

/* Something that is no TLS, and no dialogue on the way to it, came before the ClientHello; the
 * server takes neither. */
static enum confidence stray_bytes(const struct facts *facts, struct argument *argument)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || facts->cleartext[CLIENT] == NULL || facts->preface == NULL ||
        facts->preface->protocol != PREFACE_UNKNOWN || facts->preface->tunnel != PREFACE_UNKNOWN ||
        facts->preface_at[CLIENT].frame != facts->transport.side[CLIENT].first_data.frame ||
        facts->transport.side[SERVER].first_data.frame != 0 || !facts_absent(facts, SERVER)) {
        return NO;
    }
    char line[QUOTE_TEXT];
    quote_line(line, facts->cleartext[CLIENT]);
    argument_say(argument, "The client sends something that is not TLS ahead of its ClientHello, "
                           "and the server answers "
                           "neither.");
    argument_cite(argument, facts->preface_at[CLIENT], "the client sends in clear: %s", line);
    argument_cite(argument, hello->at, "its ClientHello comes only behind that");
    return LIKELY;
}

/* A server that does not expect the PROXY header takes it for a broken record: GnuTLS, JSSE 10,
 * others 22 or 50; nginx answers HTTP 400, OpenSSL, Go and HAProxy close. */
static bool refuses_header(const struct facts *facts, const struct ending *ending)
{
    bool in_clear =
        facts->transport.side[SERVER].first_data.frame == 0 || server_in_clear(facts).frame != 0;
    bool closed = ending->kind == ENDING_FIN || ending->kind == ENDING_RESET;
    bool broken = ending->kind == ENDING_ALERT &&
                  (ending->code == UNEXPECTED_MESSAGE || ending->code == RECORD_OVERFLOW ||
                   ending->code == DECODE_ERROR);
    bool answered = ending->kind == ENDING_NONE && server_in_clear(facts).frame != 0;
    return facts->server_hello == NULL && facts->retry == NULL && facts_absent(facts, SERVER) &&
           (answered || (ending->by == SERVER && (broken || (closed && in_clear))));
}

static const struct remedy HEADER_REMEDIES[] = {
    {"haproxy", "in front: server NAME ADDRESS:443 without send-proxy; as the server: bind :443 "
                "accept-proxy ssl crt FILE"},
    {"nginx", "as the server: listen 443 ssl proxy_protocol; set_real_ip_from BALANCER; "
              "real_ip_header proxy_protocol;"},
    {"apache", "as the server: RemoteIPProxyProtocol On (mod_remoteip)"},
    {"any", "switch the PROXY protocol off in the balancer (AWS: the target group's attribute "
            "proxy_protocol_v2.enabled=false), or let the server read it"},
    {NULL, NULL},
};

static enum confidence unexpected_header(const struct facts *facts, struct argument *argument)
{
    struct ending ending = signs_ending(facts);
    if (!follows_proxy_header(facts) || !refuses_header(facts, &ending)) {
        return NO;
    }
    argument_say(argument, "A header of the PROXY protocol comes ahead of the ClientHello, and the "
                           "server seems not to expect it.");
    argument_cite(argument, facts->preface_at[CLIENT], "the client sends a PROXY header");
    if (facts->cleartext[SERVER] != NULL) {
        char line[QUOTE_TEXT];
        quote_line(line, facts->cleartext[SERVER]);
        argument_cite(argument, facts->preface_at[SERVER], "the server answers in clear: %s", line);
    }
    evidence_ending(argument, &ending);
    argument->remedies = HEADER_REMEDIES;
    return LIKELY;
}

static enum confidence client_not_tls(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    bool spoke = facts->cleartext[CLIENT] != NULL;
    if (facts->tls_from[CLIENT]) {
        enum confidence header = unexpected_header(facts, argument);
        return header != NO ? header : stray_bytes(facts, argument);
    }
    if (!spoke && !page_names_tls(facts)) {
        return NO;
    }
    char line[QUOTE_TEXT];
    quote_line(line, facts->cleartext[CLIENT]);
    if (spoke) {
        argument_cite(argument, facts->preface_at[CLIENT], "the client sends in clear: %s", line);
    }
    const char *speaks = is_http(facts) ? "plain HTTP" : title(facts, "something that is not TLS");
    argument_say(argument, "The client speaks %s to port %u of the server, which expects TLS.",
                 speaks, (unsigned)facts->port[SERVER]);
    enum confidence confidence = argue_client(facts, argument);
    return spoke || confidence == NO ? confidence : LIKELY;
}

/* ---- the rows ---- */

static const struct remedy PROXY_REMEDIES[] = {
    {"network", "407: give the client a user for the proxy: curl -x http://PROXY:3128 --proxy-user "
                "USER:PASSWORD "
                "(--proxy-negotiate, --proxy-ntlm in a Windows domain)"},
    {"network", "403: allow CONNECT to this host and port; squid: acl SSL_ports port 443, "
                "http_access allow CONNECT "
                "SSL_ports; its access.log names the rule (TCP_DENIED)"},
    {"network", "502, 503, 504: the proxy itself cannot resolve or reach the target: try from the "
                "proxy's own host"},
    {"network", "SOCKS 5: 255 means that no way of authentication suits both, 2 that the rules "
                "forbid it, 4 and 5 that the "
                "target cannot be reached"},
    {"java", "-Dhttps.proxyHost=PROXY -Dhttps.proxyPort=3128 -Dhttp.nonProxyHosts=\"*.internal\"; "
             "Basic for tunnels: "
             "-Djdk.http.auth.tunneling.disabledSchemes="},
    {"dotnet", "netsh winhttp show proxy; <defaultProxy useDefaultCredentials=\"true\"/>"},
    {NULL, NULL},
};

static const struct remedy STARTTLS_REMEDIES[] = {
    {"any", "454, 580 and their like: the server has TLS but no usable certificate or key; its log "
            "says which file"},
    {"any", "postfix: smtpd_tls_security_level = may, smtpd_tls_chain_files; exim: "
            "tls_advertise_hosts = *, "
            "tls_certificate; dovecot: ssl = yes, ssl_cert, ssl_key; vsftpd: ssl_enable=YES, "
            "rsa_cert_file"},
    {"any", "postgresql.conf: ssl = on, ssl_cert_file, ssl_key_file (postgres answers N without); "
            "MySQL: ssl_cert, "
            "ssl_key, then SHOW VARIABLES LIKE 'have_ssl'; slapd: olcTLSCertificateFile, "
            "olcTLSCertificateKeyFile"},
    {"iis", "Exchange: Enable-ExchangeCertificate -Services SMTP, and TLS in the receive "
            "connector's AuthMechanism; FTP: "
            "FTP SSL Settings, a certificate and Allow SSL; LDAP: a certificate for Server "
            "Authentication in the "
            "domain controller's computer store"},
    {"network", "a firewall that inspects mail may strip STARTTLS (the list then shows XXXXXXXA): "
                "Cisco ASA: no inspect "
                "esmtp, or allow-tls"},
    {"any", "or use the port where TLS comes first: 465 (SMTP), 993 (IMAP), 995 (POP3), 636 "
            "(LDAP), 990 (FTP)"},
    {NULL, NULL},
};

static const struct remedy SERVER_REMEDIES[] = {
    {"any", "ask the right port, or speak what this one speaks: http:// for HTTP; for mail, FTP "
            "and LDAP, STARTTLS: openssl "
            "s_client -connect HOST:25 -starttls smtp"},
    {"nginx",
     "listen 443 ssl; (the word ssl is missing), with ssl_certificate and ssl_certificate_key"},
    {"apache", "in <VirtualHost *:443>: SSLEngine on; without it port 443 speaks plain HTTP"},
    {"haproxy",
     "bind :443 ssl crt FILE; towards a backend that speaks no TLS, no ssl on its server line"},
    {"iis", "the site's binding must be of type https: appcmd list sites; netsh http show sslcert"},
    {"java", "Tomcat: <Connector port=\"8443\" SSLEnabled=\"true\">; Spring Boot: "
             "server.ssl.enabled=true with "
             "server.ssl.key-store"},
    {"network", "a reverse proxy in front that speaks https:// to a backend on HTTP: proxy_pass "
                "http://BACKEND;"},
    {NULL, NULL},
};

static const struct remedy CLIENT_REMEDIES[] = {
    {"any", "https:// instead of http://; for other programs their TLS option (ldaps://, "
            "rediss://, amqps://, "
            "sslmode=require)"},
    {"nginx", "to lead such clients on: error_page 497 =301 https://$host$request_uri; and towards "
              "a TLS backend: "
              "proxy_pass https://BACKEND;"},
    {"haproxy", "server NAME ADDRESS:443 ssl verify required ca-file FILE: without ssl it speaks "
                "HTTP to the backend, and "
                "so do its checks without check-ssl"},
    {"apache", "ProxyPass / https://BACKEND/ with SSLProxyEngine on"},
    {"network", "a balancer that ends TLS in front and speaks HTTP to a TLS backend: encrypt "
                "again, or use the backend's "
                "plain port"},
    {NULL, NULL},
};

const struct cause causes_protocol[] = {
    {"protocol.proxy_refused", "the proxy refuses the tunnel",
     "The client asked an HTTP proxy (CONNECT) or a SOCKS proxy for a tunnel to the TLS server, "
     "and was refused; TLS never "
     "began. HTTP answers 407 for missing authentication, 403 for a rule, 502 to 504 for a target "
     "that it cannot reach; "
     "SOCKS 5 has a reply code. curl: \"CONNECT tunnel failed, response 403\"; Java: \"Unable to "
     "tunnel through "
     "proxy\".",
     proxy_refused, PROXY_REMEDIES},
    {"protocol.starttls_refused", "the server refuses STARTTLS, or does not offer it",
     "The connection begins in clear and should become TLS, but the server refuses: SMTP 454 or "
     "502, IMAP NO or BAD, POP3 "
     "-ERR, FTP 500, 530 or 534, NNTP 580, LDAP with a result code, PostgreSQL N. Or TLS is not in "
     "the list of "
     "what it can (EHLO, CAPABILITY, MySQL's flags), and the client does not want to go on "
     "without.",
     starttls_refused, STARTTLS_REMEDIES},
    {"protocol.server_not_tls", "the server does not speak TLS",
     "The client's ClientHello was answered with something that is no TLS: an HTTP error page, a "
     "greeting of SSH, SMTP, "
     "FTP, IMAP, POP3 or MySQL. OpenSSL clients say \"wrong version number\" and just close; "
     "GnuTLS and JSSE alert "
     "unexpected_message (10), NSS record_overflow (22); Java \"Unsupported or unrecognized SSL "
     "message\"; Go \"first "
     "record does not look like a TLS handshake\"; browsers ERR_SSL_PROTOCOL_ERROR; "
     "SEC_E_INVALID_TOKEN (0x80090308).",
     server_not_tls, SERVER_REMEDIES},
    {"protocol.client_not_tls", "the client does not speak TLS",
     "The client spoke in clear, mostly plain HTTP, where the server expects TLS. nginx answers "
     "HTTP 400 \"The plain HTTP "
     "request was sent to HTTPS port\", Apache 400 \"speaking plain HTTP to an SSL-enabled server "
     "port\", Go 400 "
     "\"client sent an HTTP request to an HTTPS server\"; GnuTLS and JSSE servers alert; OpenSSL, "
     "HAProxy and Node close; "
     "NSS says nothing.",
     client_not_tls, CLIENT_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
