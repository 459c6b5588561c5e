/* Transport: what kept TLS from beginning at all. */
#include "diagnosis/causes.h"
#include "diagnosis/endings.h"
#include "diagnosis/quote.h"

enum { SYNS_THAT_PROVE = 3, SYNS_THAT_TELL = 2 };

/* ---- ICMP errors about what the client sent (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443) ---- */

enum icmp_kind {
    ICMP_OTHER,
    ICMP_REFUSED,    /* the host itself says that nothing is there */
    ICMP_PROHIBITED, /* a firewall's reject */
    ICMP_UNREACHABLE /* no way there */
};

struct icmp_row {
    bool version6;
    uint8_t type, code;
    enum icmp_kind kind;
    const char *name;
};

static const struct icmp_row ICMP_ROWS[] = {
    {false, 3, 0, ICMP_UNREACHABLE, "network unreachable"},
    {false, 3, 1, ICMP_UNREACHABLE, "host unreachable"},
    {false, 3, 2, ICMP_REFUSED, "protocol unreachable"},
    {false, 3, 3, ICMP_REFUSED, "port unreachable"},
    {false, 3, 6, ICMP_UNREACHABLE, "network unknown"},
    {false, 3, 7, ICMP_UNREACHABLE, "host unknown"},
    {false, 3, 9, ICMP_PROHIBITED, "network administratively prohibited"},
    {false, 3, 10, ICMP_PROHIBITED, "host administratively prohibited"},
    {false, 3, 13, ICMP_PROHIBITED, "communication administratively prohibited"},
    {false, 11, 0, ICMP_UNREACHABLE, "time to live exceeded: a routing loop"},
    {true, 1, 0, ICMP_UNREACHABLE, "no route to destination"},
    {true, 1, 1, ICMP_PROHIBITED, "communication administratively prohibited"},
    {true, 1, 2, ICMP_UNREACHABLE, "beyond the scope of the source address"},
    {true, 1, 3, ICMP_UNREACHABLE, "address unreachable"},
    {true, 1, 4, ICMP_REFUSED, "port unreachable"},
    {true, 1, 5, ICMP_PROHIBITED, "source address failed the ingress or egress policy"},
    {true, 1, 6, ICMP_PROHIBITED, "reject route to destination"},
    {true, 3, 0, ICMP_UNREACHABLE, "hop limit exceeded: a routing loop"},
};

static const struct icmp_row ICMP_UNKNOWN = {false, 0, 0, ICMP_OTHER, "an ICMP error"};

/* The row of the error about the client's packets; its kind is ICMP_OTHER where there is none. */
static const struct icmp_row *icmp_row(const struct icmp_error *error)
{
    if (error->at.frame == 0 || error->about != CLIENT) {
        return &ICMP_UNKNOWN;
    }
    for (size_t i = 0; i < sizeof ICMP_ROWS / sizeof ICMP_ROWS[0]; i++) {
        const struct icmp_row *row = &ICMP_ROWS[i];
        if (row->version6 == error->version6 && row->type == error->type &&
            row->code == error->code) {
            return row;
        }
    }
    return &ICMP_UNKNOWN;
}

static void cite_icmp(struct argument *argument, const struct icmp_error *error, const char *name)
{
    argument_cite(argument, error->at, "ICMP%s type %u code %u: %s", error->version6 ? "v6" : "",
                  (unsigned)error->type, (unsigned)error->code, name);
}

/* ---- transport.refused ---- */

/* Only SYNs came from the client, and whatever the server said was no SYN-ACK. */
static bool never_opened(const struct facts *facts)
{
    const struct transport *transport = &facts->transport;
    return !facts->tls && transport->syn.frame != 0 && transport->syn_ack.frame == 0 &&
           transport->side[CLIENT].first_data.frame == 0 &&
           transport->side[SERVER].first_data.frame == 0 &&
           transport->side[CLIENT].packets <= transport->syn_count;
}

static enum confidence refused(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct transport *transport = &facts->transport;
    const struct reset *reset = &transport->side[SERVER].reset;
    unsigned port = facts->port[SERVER];
    if (!never_opened(facts)) {
        return NO;
    }
    const struct icmp_row *icmp = icmp_row(&transport->icmp);
    if (reset->at.frame != 0) {
        argument_say(argument,
                     "Nothing listens on port %u of the server: it answers the SYN with a reset.",
                     port);
        argument_cite(argument, transport->syn, "SYN to port %u", port);
        argument_cite(argument, reset->at, "RST, TTL %u", (unsigned)reset->ttl);
        return CERTAIN;
    }
    if (icmp->kind != ICMP_REFUSED && icmp->kind != ICMP_PROHIBITED) {
        return NO;
    }
    bool prohibited = icmp->kind == ICMP_PROHIBITED;
    if (prohibited) {
        argument_say(argument, "A firewall rejects connections to port %u of the server (%s).",
                     port, icmp->name);
    } else {
        argument_say(argument,
                     "Nothing listens on port %u of the server: the SYN is answered with ICMP %s.",
                     port, icmp->name);
    }
    argument_cite(argument, transport->syn, "SYN to port %u", port);
    cite_icmp(argument, &transport->icmp, icmp->name);
    return prohibited ? LIKELY : CERTAIN;
}

/* ---- transport.no_answer ---- */

static enum confidence weigh_silence(const struct facts *facts, const struct icmp_row *icmp)
{
    if (icmp->kind == ICMP_PROHIBITED) {
        return POSSIBLE;
    }
    if (icmp->kind == ICMP_UNREACHABLE) {
        return LIKELY;
    }
    uint16_t syns = facts->transport.syn_count;
    if (!facts_absent(facts, SERVER) || syns < SYNS_THAT_TELL) {
        return POSSIBLE; /* a client that was not answered would have tried again */
    }
    return syns >= SYNS_THAT_PROVE ? CERTAIN : LIKELY;
}

static enum confidence no_answer(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct transport *transport = &facts->transport;
    const struct icmp_row *icmp = icmp_row(&transport->icmp);
    if (!never_opened(facts) || transport->side[SERVER].reset.at.frame != 0 ||
        icmp->kind == ICMP_REFUSED) {
        return NO;
    }
    const char *plural = transport->syn_count == 1 ? "" : "s";
    if (icmp->kind == ICMP_OTHER) {
        argument_say(argument,
                     "The server never answers the client's %u SYN%s: a firewall drops them, or "
                     "the host is down.",
                     (unsigned)transport->syn_count, plural);
    } else {
        argument_say(argument, "The client's SYN does not get to the server: %s.", icmp->name);
    }
    argument_cite(argument, transport->syn, "SYN to port %u", (unsigned)facts->port[SERVER]);
    if (icmp->kind != ICMP_OTHER) {
        cite_icmp(argument, &transport->icmp, icmp->name);
    }
    const struct moment last = transport->side[CLIENT].last_packet;
    char waited[ENDINGS_TEXT];
    if (transport->syn_count > 1 && last.frame > transport->syn.frame) {
        endings_write_time(waited, last.time - transport->syn.time);
        argument_cite(argument, last, "the last of %u SYNs, %s after the first",
                      (unsigned)transport->syn_count, waited);
    }
    return weigh_silence(facts, icmp);
}

/* ---- transport.no_client_hello ---- */

/* Where a dialogue had come so far that TLS was next: the server's word for it. */
static struct moment granted(const struct facts *facts)
{
    bool next = facts->preface != NULL && facts->preface->state == PREFACE_GRANTED;
    return next ? facts->preface_decided : (struct moment){0, 0};
}

/* The server says that TLS is not to be had: then a ClientHello is not what is missing. */
static bool without_tls(const struct facts *facts)
{
    return facts->preface != NULL && (facts->preface->state == PREFACE_REFUSED ||
                                      facts->preface->state == PREFACE_NOT_OFFERED);
}

/* The client had its turn, and nothing came of it. */
static bool client_kept_silent(const struct facts *facts)
{
    const struct transport_side *client = &facts->transport.side[CLIENT];
    if (facts_client_hello(facts) != NULL || facts->tls_from[CLIENT] || without_tls(facts) ||
        !facts_absent(facts, CLIENT)) {
        return false;
    }
    struct moment turn = granted(facts);
    return client->first_data.frame == 0 ||
           (turn.frame != 0 && client->last_data.frame <= turn.frame);
}

static void argue_close(const struct facts *facts, struct argument *argument, struct moment opened)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    char waited[ENDINGS_TEXT];
    if (closed.frame == 0) {
        argument_say(argument, "The connection is open, but the client never sends a ClientHello.");
        return;
    }
    const char *how = closed.frame == facts->transport.side[by].fin.frame ? "closes" : "resets";
    endings_write_time(waited, closed.time - opened.time);
    if (by == CLIENT) {
        argument_say(argument,
                     "The client opens the connection and %s it after %s, without a ClientHello.",
                     how, waited);
    } else {
        argument_say(
            argument,
            "The server %s the connection after %s; the client had not sent a ClientHello by then.",
            how, waited);
    }
    argument_cite(argument, closed, "the %s %s the connection, after %s", endings_speaker(by), how,
                  waited);
}

/* Whether the close is a reset that its side has hardly sent: then something on the way ended it,
 * and may have seen more than the capture shows. */
static bool closed_by_stranger(const struct facts *facts)
{
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    return closed.frame != 0 && closed.frame == facts->transport.side[by].reset.at.frame &&
           endings_reset_origin(facts, by) != RESET_FITS;
}

static enum confidence no_client_hello(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    enum speaker by;
    bool over = signs_first_close(facts, &by).frame != 0 || facts->tls_from[SERVER];
    if (!over || never_opened(facts) || !client_kept_silent(facts)) {
        return NO;
    }
    struct moment opened = granted(facts);
    bool dialogue = opened.frame != 0;
    if (dialogue) {
        argument_cite(argument, opened, "TLS is next: the server agrees to it");
    } else if (facts->transport.syn_ack.frame != 0) {
        opened = facts->transport.syn_ack;
        argument_cite(argument, opened, "the connection is open");
    } else {
        opened = facts->first;
    }
    argue_close(facts, argument, opened);
    bool greeted = facts->cleartext[SERVER] != NULL && !dialogue;
    if (greeted) {
        char line[QUOTE_TEXT];
        quote_line(line, facts->cleartext[SERVER]);
        argument_cite(argument, facts->preface_at[SERVER], "meanwhile the server speaks first: %s",
                      line);
    }
    if (closed_by_stranger(facts)) {
        return POSSIBLE;
    }
    return greeted || facts->began_late ? LIKELY : CERTAIN;
}

/* ---- the rows ---- */

static const struct remedy REFUSED_REMEDIES[] = {
    {"any", "see who listens there: ss -ltnp 'sport = :443' (Linux), netstat -ano | findstr :443 "
            "(Windows); start the "
            "service, or correct the client's port"},
    {"iis", "iisreset /status; netsh http show servicestate; netsh http show iplisten (the list "
            "must be empty or hold "
            "this address); bind https in the site's bindings"},
    {"nginx", "listen 443 ssl; and listen [::]:443 ssl; then nginx -t && systemctl restart nginx"},
    {"apache", "Listen 443, a2enmod ssl; apachectl -S shows what is bound"},
    {"haproxy", "bind :443 ssl crt FILE; journalctl -u haproxy says why a start failed"},
    {"network", "where ICMP says prohibited: allow TCP to this port in the host's or the path's "
                "firewall (iptables -L -n "
                "-v, nft list ruleset, New-NetFirewallRule -Direction Inbound -Protocol TCP "
                "-LocalPort 443 -Action "
                "Allow)"},
    {NULL, NULL},
};

static const struct remedy NO_ANSWER_REMEDIES[] = {
    {"network", "find where the SYN stops: tcptraceroute HOST 443 (or traceroute -T -p 443 HOST), "
                "and capture on the "
                "server: tcpdump -ni any 'tcp port 443'"},
    {"network", "SYN seen at the server but no answer from it: its firewall (iptables -L -n -v, "
                "nft list ruleset, "
                "Get-NetFirewallRule), reverse path filter (sysctl net.ipv4.conf.all.rp_filter), "
                "or a full listen "
                "queue (nstat -az TcpExtListenOverflows)"},
    {"network", "SYN-ACK leaves the server but does not arrive: asymmetric routing, or a stateful "
                "firewall that sees "
                "one direction only"},
    {"any", "check that the name resolves to the address that is meant: getent ahosts HOST, "
            "Resolve-DnsName HOST"},
    {NULL, NULL},
};

static const struct remedy NO_HELLO_REMEDIES[] = {
    {"any", "a client that opens and closes is often no fault: port scans, health checks of load "
            "balancers, a "
            "browser's spare connection, or the loser of a race against IPv6 or QUIC"},
    {"any", "a client that waits for the server to speak first does not know that this port is "
            "TLS: give it the STARTTLS "
            "port or the TLS option (curl https://, openssl s_client, ldaps://, smtps://)"},
    {"haproxy", "a check that only connects: option ssl-hello-chk or check-ssl; timeout client "
                "must be longer than the "
                "client needs for its first bytes"},
    {"nginx", "a server that closes first: client_header_timeout, limit_conn; listen ... "
              "proxy_protocol waits for a "
              "PROXY line that the client does not send"},
    {"network", "a server that closes at once: TCP wrappers, an access list, a connection limit, "
                "or a load balancer "
                "without a healthy backend"},
    {NULL, NULL},
};

const struct cause causes_transport[] = {
    {"transport.refused", "nothing listens on the server's port",
     "The client's SYN was answered with a reset, or with an ICMP error that says that there is no "
     "such port or that a "
     "firewall rejects it. No TLS was ever spoken. Programs show it as ECONNREFUSED, \"Connection "
     "refused\", "
     "WSAECONNREFUSED (10061), java.net.ConnectException; after an administrative prohibition also "
     "as \"No route to "
     "host\". Windows clients repeat the SYN twice before they give up.",
     refused, REFUSED_REMEDIES},
    {"transport.no_answer", "the server never answers the SYN",
     "The client's SYN, and those that it repeats after 1, 3 and 7 seconds, were never answered; "
     "or a router answers that "
     "it knows no way there. A firewall drops them, the host is down, or the answer takes a way on "
     "which it is "
     "lost. Programs show ETIMEDOUT, \"Connection timed out\", WSAETIMEDOUT (10060), EHOSTUNREACH.",
     no_answer, NO_ANSWER_REMEDIES},
    {"transport.no_client_hello", "the client never sent a ClientHello",
     "The TCP connection opened (or the dialogue before TLS came to its end), and one side closed "
     "it before the client had "
     "sent its ClientHello. Where the client closes: scans, health checks, spare connections, a "
     "client that lost "
     "interest. Where the server closes at once: a limit or an access list; after seconds: its "
     "handshake timeout, "
     "while the client waits for a greeting. OpenSSL servers log \"unexpected eof while reading\", "
     "Schannel nothing.",
     no_client_hello, NO_HELLO_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
