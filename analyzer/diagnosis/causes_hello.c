/* Hello: the ClientHello was sent, and no TLS came back. These rows say how that looked. Why the
 * server did so is mostly another family's matter, so that none of them is ever surer than likely:
 * they leave room for the others. */
#include "diagnosis/causes.h"
#include "diagnosis/endings.h"
#include "diagnosis/evidence.h"

#include "names.h"

enum {
    TLS12 = 0x0303,
    HEADERS = 9,        /* bytes before a ClientHello's body: record and message header */
    ONE_SEGMENT = 1400, /* bytes: a ClientHello that is longer takes two packets on most paths */
    RETRANSMISSIONS_THAT_TELL = 2,
    RETRANSMISSIONS_THAT_PROVE = 3,
    NETSCALER_HANDSHAKE = 9811, /* NetScaler writes its reason into its reset's window */
    NETSCALER_ORDER = 8201
};

/* A client that leaves earlier may have lost interest; the server had hardly the time to answer. */
#define HARDLY_ANY_TIME (SIGNS_SECOND / 5)
#define TIME_ENOUGH (7 * SIGNS_SECOND / 10)

/* ---- what they cite alike ---- */

static const uint16_t LARGE_KEY_SHARES[] = {0x11ec, 0x11eb, 0x11ed, 0x6399, 0x639a, 0xfe30, 0xfe31};

static bool post_quantum(const struct client_hello_facts *hello)
{
    for (size_t i = 0;
         hello->offer != NULL && i < sizeof LARGE_KEY_SHARES / sizeof LARGE_KEY_SHARES[0]; i++) {
        if (facts_lists(hello->offer->key_shares, LARGE_KEY_SHARES[i])) {
            return true;
        }
    }
    return false;
}

/* The ClientHello is larger than one segment, and than all that this server was seen to answer. */
static bool suspiciously_large(const struct question *question,
                               const struct client_hello_facts *hello)
{
    const struct server *server = question->server;
    return hello->length > ONE_SEGMENT && server != NULL && server->largest_answered_hello != 0 &&
           server->largest_answered_hello <= ONE_SEGMENT;
}

static void cite_hello(const struct question *question, struct argument *argument,
                       const struct client_hello_facts *hello)
{
    const char *shares = post_quantum(hello) ? ", with a post-quantum key share" : "";
    if (suspiciously_large(question, hello)) {
        argument_cite(argument, hello->at,
                      "a ClientHello of %u bytes%s, in two segments; the largest that this server "
                      "answered had %u",
                      (unsigned)hello->length, shares,
                      (unsigned)question->server->largest_answered_hello);
    } else {
        argument_cite(argument, hello->at, "a ClientHello of %u bytes%s", (unsigned)hello->length,
                      shares);
    }
}

static void cite_company(const struct question *question, struct argument *argument)
{
    struct company company = evidence_company(question, TLS12);
    evidence_cite_company(argument, &company);
    const struct server *server = question->server;
    if (server != NULL && server->refused_silently > 1) {
        argument_cite(argument, (struct moment){0, 0},
                      "%u ClientHellos to this server were reset or closed without a word",
                      (unsigned)server->refused_silently);
    }
}

static const char *why_large(const struct question *question,
                             const struct client_hello_facts *hello)
{
    return suspiciously_large(question, hello) ? " Smaller ones to the same server are answered: a "
                                                 "box on the way may read the first segment only."
                                               : "";
}

/* ---- hello.lost ---- */

static bool too_big(const struct icmp_error *error)
{
    bool type = error->version6 ? error->type == 2 : error->type == 3 && error->code == 4;
    return error->at.frame != 0 && error->about == CLIENT && type;
}

/* Whether bytes of the ClientHello itself were never acknowledged, and not just what came behind
 * it. */
static bool is_unacknowledged(const struct transport_side *client,
                              const struct client_hello_facts *hello)
{
    uint64_t before =
        client->bytes -
        (client->unacknowledged < client->bytes ? client->unacknowledged : client->bytes);
    return client->unacknowledged > 0 && (before < hello->length || hello->incomplete);
}

static enum confidence weigh_loss(const struct facts *facts, const struct client_hello_facts *hello)
{
    const struct transport_side *client = &facts->transport.side[CLIENT];
    bool icmp = too_big(&facts->transport.icmp);
    if (hello->incomplete && !client->cut && !client->missing) {
        return facts_close(facts, SERVER).frame != 0 || signs_waited(facts) >= SIGNS_PATIENCE_HELLO
                   ? LIKELY
                   : NO;
    }
    if (!is_unacknowledged(client, hello) ||
        (!icmp && client->tail_retransmissions < RETRANSMISSIONS_THAT_TELL)) {
        return NO;
    }
    return client->tail_retransmissions >= RETRANSMISSIONS_THAT_PROVE && facts_absent(facts, SERVER)
               ? CERTAIN
               : LIKELY;
}

static void argue_loss(const struct facts *facts, struct argument *argument,
                       const struct client_hello_facts *hello)
{
    const struct transport_side *client = &facts->transport.side[CLIENT];
    unsigned total = (unsigned)hello->length + HEADERS;
    unsigned lost = (unsigned)client->unacknowledged;
    if (hello->incomplete) {
        argument_say(argument, "Only the beginning of the ClientHello arrived: its tail is lost on "
                               "the way, as with a path "
                               "whose MTU is smaller than both ends believe.");
        argument_cite(argument, hello->at, "the beginning of a ClientHello of %u bytes",
                      (unsigned)hello->length);
    } else if (lost < total) {
        argument_say(argument,
                     "The tail of the ClientHello never arrives: its first %u bytes are "
                     "acknowledged, the last %u are "
                     "not, as with a path whose MTU is smaller than both ends believe.",
                     total - lost, lost);
        argument_cite(argument, hello->at,
                      "a ClientHello of %u bytes, %u of them never acknowledged", total, lost);
    } else {
        argument_say(argument,
                     "The ClientHello never arrives: the connection opens, but the server "
                     "acknowledges none of "
                     "its %u bytes.",
                     total);
        argument_cite(argument, hello->at, "a ClientHello of %u bytes, none of them acknowledged",
                      total);
    }
    if (client->tail_retransmissions > 0) {
        argument_cite(
            argument, client->last_packet, "the client has sent it again %u time%s, in vain",
            (unsigned)client->tail_retransmissions, client->tail_retransmissions == 1 ? "" : "s");
    }
    if (too_big(&facts->transport.icmp)) {
        argument_cite(argument, facts->transport.icmp.at,
                      "ICMP: too big for the path, which takes %u bytes",
                      (unsigned)facts->transport.icmp.mtu);
    }
}

static enum confidence lost(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || facts->tls_from[SERVER] || !signs_hello_unanswered(facts) ||
        facts->transport.side[SERVER].last_data.frame > hello->at.frame) {
        return NO;
    }
    enum confidence confidence = weigh_loss(facts, hello);
    if (confidence != NO) {
        argue_loss(facts, argument, hello);
        cite_company(question, argument);
    }
    return confidence;
}

/* ---- hello.reset_by_middlebox ---- */

static void argue_sender(const struct facts *facts, struct argument *argument, enum speaker by)
{
    const struct transport_side *side = &facts->transport.side[by];
    const struct reset *reset = &side->reset;
    const char *who = endings_speaker(by);
    argument_say(
        argument,
        "The reset in the %s's name does not fit the %s: something on the way has sent it.", who,
        who);
    argument_cite(argument, reset->at, "a reset in the %s's name: TTL %u, window %u, IP id 0x%04x",
                  who, (unsigned)reset->ttl, (unsigned)reset->window, (unsigned)reset->ip_id);
    if (endings_reset_ttl_differs(side) && side->ttl_lowest == side->ttl_highest) {
        argument_cite(argument, (struct moment){0, 0},
                      "all other packets of the %s came with TTL %u", who,
                      (unsigned)side->ttl_lowest);
    } else if (endings_reset_ttl_differs(side)) {
        argument_cite(argument, (struct moment){0, 0},
                      "all other packets of the %s came with TTL %u to %u", who,
                      (unsigned)side->ttl_lowest, (unsigned)side->ttl_highest);
    }
    if (reset->data_followed) {
        argument_cite(argument, side->last_packet,
                      "the %s goes on sending, as if it knew of no reset", who);
    }
    if (by == SERVER && endings_reset_too_soon(facts)) {
        char after[ENDINGS_TEXT];
        char round[ENDINGS_TEXT];
        endings_write_time(after, reset->at.time - facts_client_hello(facts)->at.time);
        endings_write_time(round, facts->transport.syn_ack.time - facts->transport.syn.time);
        argument_cite(argument, reset->at,
                      "%s after the ClientHello, where the server's SYN-ACK took %s", after, round);
    }
}

static enum confidence reset_by_middlebox(const struct question *question,
                                          struct argument *argument)
{
    const struct facts *facts = question->facts;
    enum speaker by;
    struct moment closed = signs_first_close(facts, &by);
    const struct client_hello_facts *hello = facts_client_hello(facts);
    struct ending ending = endings_first(facts);
    bool said_why = ending.kind == ENDING_ALERT && ending.at.frame < closed.frame;
    if (closed.frame == 0 || closed.frame != facts->transport.side[by].reset.at.frame || said_why) {
        return NO;
    }
    enum reset_origin origin = endings_reset_origin(facts, by);
    if (origin == RESET_FITS) {
        return NO;
    }
    if (hello != NULL) {
        cite_hello(question, argument, hello);
    }
    argue_sender(facts, argument, by);
    return origin == RESET_FOREIGN ? LIKELY : POSSIBLE;
}

/* ---- hello.reset, hello.closed ---- */

static void cite_reset(struct argument *argument, const struct reset *reset)
{
    const char *code =
        reset->window == NETSCALER_HANDSHAKE ? ": a NetScaler's code for a failed SSL handshake"
        : reset->window == NETSCALER_ORDER   ? ": a NetScaler's code for data out of order"
                                             : "";
    argument_cite(argument, reset->at, "the server resets the connection: TTL %u, window %u%s",
                  (unsigned)reset->ttl, (unsigned)reset->window, code);
}

/* Whether the server ended it so, first of all, on a ClientHello that it had whole. */
static const struct client_hello_facts *refused_hello(const struct facts *facts,
                                                      enum ending_kind kind, struct ending *ending)
{
    *ending = endings_first(facts);
    return ending->kind == kind && ending->by == SERVER ? endings_unanswered_hello(facts) : NULL;
}

static enum confidence was_reset(const struct question *question, struct argument *argument)
{
    struct ending ending;
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = refused_hello(facts, ENDING_RESET, &ending);
    if (hello == NULL) {
        return NO;
    }
    char after[ENDINGS_TEXT];
    endings_write_time(after, ending.at.time - hello->at.time);
    argument_say(
        argument,
        "The server resets the connection %s after the ClientHello, without a word of TLS.%s",
        after, why_large(question, hello));
    cite_hello(question, argument, hello);
    cite_reset(argument, &facts->transport.side[SERVER].reset);
    cite_company(question, argument);
    return LIKELY;
}

static enum confidence was_closed(const struct question *question, struct argument *argument)
{
    struct ending ending;
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = refused_hello(facts, ENDING_FIN, &ending);
    if (hello == NULL) {
        return NO;
    }
    char after[ENDINGS_TEXT];
    endings_write_time(after, ending.at.time - hello->at.time);
    argument_say(
        argument,
        "The server closes the connection %s after the ClientHello, without a word of TLS.%s",
        after, why_large(question, hello));
    cite_hello(question, argument, hello);
    argument_cite(argument, ending.at, "the server closes the connection (FIN)");
    const struct alert_facts *alert = facts_fatal_alert(facts, CLIENT);
    if (alert != NULL && alert->at.frame > ending.at.frame) {
        char name[NAMES_TEXT_MAX];
        names_alert_text(name, alert->code);
        argument_cite(argument, alert->at, "the client's alert %s (%u) only answers that", name,
                      (unsigned)alert->code);
    }
    cite_company(question, argument);
    return LIKELY;
}

/* ---- hello.no_reply ---- */

static enum confidence weigh_no_reply(const struct facts *facts, const struct ending *ending,
                                      int64_t waited)
{
    bool client_left = ending->kind != ENDING_NONE && ending->by == CLIENT;
    if (ending->kind != ENDING_NONE && ending->by == SERVER) {
        return waited >= SIGNS_PATIENCE_HELLO ? POSSIBLE : NO;
    }
    if (client_left && waited < HARDLY_ANY_TIME) {
        return NO;
    }
    /* Nor acknowledged, and yet not sent again: the capture lacks something. */
    bool acknowledged = facts->transport.side[CLIENT].unacknowledged == 0;
    return acknowledged && waited >= (client_left ? TIME_ENOUGH : SIGNS_PATIENCE_HELLO) ? LIKELY
                                                                                        : POSSIBLE;
}

static enum confidence no_reply(const struct question *question, struct argument *argument)
{
    const struct facts *facts = question->facts;
    const struct client_hello_facts *hello = endings_unanswered_hello(facts);
    struct ending ending = endings_first(facts);
    const struct transport_side *client = &facts->transport.side[CLIENT];
    if (hello == NULL || hello->incomplete ||
        (client->unacknowledged != 0 &&
         client->tail_retransmissions >= RETRANSMISSIONS_THAT_TELL)) {
        return NO;
    }
    bool ended = ending.kind != ENDING_NONE;
    int64_t waited = ended ? ending.at.time - hello->at.time : signs_waited(facts);
    enum confidence confidence = weigh_no_reply(facts, &ending, waited);
    if (confidence == NO) {
        return NO;
    }
    bool acknowledged = client->unacknowledged == 0;
    char time[ENDINGS_TEXT];
    endings_write_time(time, waited);
    argument_say(argument, "The server %s the ClientHello and then says nothing; %s %s.%s",
                 acknowledged ? "acknowledges" : "does not even acknowledge",
                 !ended                ? "the capture shows"
                 : ending.by == CLIENT ? "the client gives up after"
                                       : "the server closes after",
                 time, why_large(question, hello));
    cite_hello(question, argument, hello);
    if (ended) {
        evidence_ending(argument, &ending);
    } else {
        argument_cite(argument, facts->transport.side[SERVER].last_packet,
                      "the last packet of the server");
    }
    cite_company(question, argument);
    return confidence;
}

/* ---- the rows ---- */

static const struct remedy LOST_REMEDIES[] = {
    {"network", "measure the path: ping -M do -s 1472 HOST (Windows: ping -f -l 1472 HOST), "
                "smaller until it passes; size + "
                "28 is its MTU"},
    {"network", "let ICMP \"fragmentation needed\" (type 3 code 4) and ICMPv6 \"packet too big\" "
                "(type 2) through, or "
                "clamp: iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS "
                "--clamp-mss-to-pmtu"},
    {"network", "a firewall that inspects TLS may drop a ClientHello for its server name or its "
                "size: look at its log"},
    {"any", "a first aid on the host: ip link set dev eth0 mtu 1400; Windows: netsh interface ipv4 "
            "set subinterface "
            "\"Ethernet\" mtu=1400"},
    {NULL, NULL},
};

static const struct remedy MIDDLEBOX_REMEDIES[] = {
    {"network", "capture on both sides of each firewall, proxy and intrusion prevention between "
                "the two: the box behind "
                "which the reset appears has sent it; its log names the rule"},
    {"network", "compare the reset's TTL with the hops to each box (tracert, mtr): it tells how "
                "far away its sender is"},
    {"any", "try another server name (openssl s_client -connect ADDRESS:443 -servername "
            "example.com): when that passes, "
            "the box judges by the name"},
    {NULL, NULL},
};

/* In the order in which it is worth looking at them. */
static const struct remedy SILENT_REMEDIES[] = {
    {"iis", "1. versions: "
            "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS "
            "1.2\\Server: Enabled=1, DisabledByDefault=0, then restart"},
    {"iis", "2. suites: Get-TlsCipherSuite | Format-Table Name (event 36874: none in common); "
            "Enable-TlsCipherSuite "
            "-Name TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384; the policy \"SSL Cipher Suite Order\""},
    {"iis", "3. the certificate's private key: certutil -repairstore my \"THUMBPRINT\" (event "
            "36869); its permissions "
            "(event 36870 with 0x80090016 or 0x8009001a); a self-signed certificate tells a bad "
            "key from a bad issuer"},
    {"iis", "4. the binding: netsh http show sslcert; an empty hash or an all-zero application id "
            "is broken: netsh http "
            "delete sslcert ipport=0.0.0.0:443, then bind again; netstat -ano shows who listens"},
    {"network", "a load balancer or TLS inspection without a profile, certificate or healthy "
                "backend for this name does "
                "the same: look at its log; a NetScaler's RST window 9811 means that its SSL "
                "handshake failed"},
    {"network", "large ClientHellos only: update the box, or switch the post-quantum share off for "
                "a test (Chrome: "
                "PostQuantumKeyAgreementEnabled=0; Go: GODEBUG=tlsmlkem=0; openssl s_client "
                "-groups X25519:P-256)"},
    {"any", "bisect: openssl s_client -connect HOST:443 -servername NAME -tls1_2, -tls1_3, "
            "-cipher, -groups, -noservername, "
            "until one is answered"},
    {NULL, NULL},
};

static const struct remedy NO_REPLY_REMEDIES[] = {
    {"any", "the host is up but the program does not read: see whether it hangs, has no free "
            "worker, or waits for a "
            "backend (ss -ltn: Recv-Q of the listener; top; its log)"},
    {"network", "a proxy or load balancer that accepts every connection hides a dead backend: "
                "check its health page"},
    {"network", "a firewall that drops the answer or the ClientHello behind itself: capture on the "
                "server's side"},
    {"iis", "a private key that cannot be read, or a CRL or OCSP server that does not answer, "
            "makes Schannel wait: events "
            "36870, 36871; certutil -urlfetch -verify FILE.cer"},
    {"haproxy", "PROXY protocol expected but not sent, or the reverse: accept-proxy on bind, "
                "send-proxy on server"},
    {"nginx", "listen 443 ssl proxy_protocol; only behind a balancer that sends it"},
    {NULL, NULL},
};

const struct cause causes_hello[] = {
    {"hello.lost", "the ClientHello never arrived",
     "The TCP connection opens, but the ClientHello, or what of it does not fit into the first "
     "packet, is sent again and again "
     "and never acknowledged. A path with a smaller MTU whose ICMP is filtered does this to large "
     "ones; a firewall that "
     "drops by content does it to some. An ICMP \"fragmentation needed\" or \"packet too big\" in "
     "the capture names the MTU. "
     "Clients show a timeout.",
     lost, LOST_REMEDIES},
    {"hello.reset_by_middlebox", "a reset that the server did not send",
     "A reset ended the connection, but its TTL does not fit the other packets of the side in "
     "whose name it came, or that "
     "side went on as if it knew nothing, or it came sooner than the server could answer. "
     "Firewalls, intrusion "
     "prevention, filters by server name and transparent proxies do so. It is never certain: "
     "behind a NAT or a proxy all "
     "TTLs look alike, and a few hosts use a TTL of its own for resets.",
     reset_by_middlebox, MIDDLEBOX_REMEDIES},
    {"hello.reset", "the server resets on the ClientHello",
     "The server acknowledges the ClientHello, or not even that, and sends a reset instead of a "
     "ServerHello or an alert. "
     "Schannel does so where it has no version, cipher suite, certificate or key for the client; "
     "so do load balancers "
     "without a backend, and servers that crash. OpenSSL, GnuTLS, NSS and JSSE servers would send "
     "an alert. What other "
     "clients of the server were given narrows it down.",
     was_reset, SILENT_REMEDIES},
    {"hello.closed", "the server closes on the ClientHello",
     "The server sends a FIN instead of a ServerHello or an alert. Schannel does so where it has "
     "no version, cipher suite, "
     "certificate or key for the client; Node for a name that it does not know; s2n after a delay "
     "of 10 to 30 seconds for "
     "any error. A client's alert behind it (OpenSSL decode_error, GnuTLS unexpected_message, JSSE "
     "handshake_failure) only answers the close.",
     was_closed, SILENT_REMEDIES},
    {"hello.no_reply", "the server never answers the ClientHello",
     "The server's TCP acknowledges the ClientHello, and nothing follows until the client gives up "
     "or the capture ends. The "
     "program behind the port hangs or waits, a proxy has accepted for a dead backend, or a "
     "firewall swallows what "
     "follows. Clients show a timeout during the handshake: curl \"SSL connection timeout\", Java "
     "SocketTimeoutException.",
     no_reply, NO_REPLY_REMEDIES},
    {NULL, NULL, NULL, NULL, NULL},
};
