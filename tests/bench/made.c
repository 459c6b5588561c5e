#define _DEFAULT_SOURCE /* libpcap's header: u_char and its like */

#include "made.h"

#include "packet.h"

enum { DNS, HTTP, HTTP_LONG, SSH, DATABASE, DATAGRAMS, ARP };
enum { SYN, SYN_ANSWERED };

/* The ports on which TLS is expected, as the program has them. */
static const uint16_t tls_ports[] = {443,  465,  563,  636,  853,  989,  990,  992,  993,
                                     994,  995,  2083, 2376, 3269, 4433, 5061, 5223, 5349,
                                     5671, 5986, 6443, 6514, 6697, 8443, 8883, 9443};

static void open_connection(struct script *script)
{
    script_say_tcp(script, false, SEGMENT_SYN, "", 0);
    script_say_tcp(script, true, SEGMENT_SYN | SEGMENT_ACK, "", 0);
    script_say_tcp(script, false, SEGMENT_ACK, "", 0);
}

static void close_connection(struct script *script)
{
    script_say_tcp(script, true, SEGMENT_FIN | SEGMENT_ACK, "", 0);
    script_say_tcp(script, false, SEGMENT_FIN | SEGMENT_ACK, "", 0);
    script_say_tcp(script, true, SEGMENT_ACK, "", 0);
}

/* Full segments, each second one acknowledged. */
static void send_many(struct script *script, bool from_server, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        script_say_tcp(script, from_server, SEGMENT_ACK, text, 1448);
        if (i % 2 == 1) {
            script_say_tcp(script, !from_server, SEGMENT_ACK, "", 0);
        }
    }
}

static void make_http(struct script *script, size_t segments)
{
    static const char request[] = "GET /index.html HTTP/1.1\r\nHost: www.example.org\r\n"
                                  "User-Agent: bench\r\nAccept: */*\r\n\r\n";
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
                                 "Content-Length: 250000\r\n\r\n<html><body>";
    open_connection(script);
    script_say_tcp(script, false, SEGMENT_ACK | SEGMENT_PSH, request, sizeof request - 1);
    script_say_tcp(script, true, SEGMENT_ACK | SEGMENT_PSH, answer, sizeof answer - 1);
    send_many(script, true, "<p>Nothing to see here, and much of it.</p>\n", segments);
    close_connection(script);
}

static void make_ssh(struct script *script)
{
    static const char banner[] = "SSH-2.0-OpenSSH_9.6\r\n";
    open_connection(script);
    script_say_tcp(script, true, SEGMENT_ACK | SEGMENT_PSH, banner, sizeof banner - 1);
    script_say_tcp(script, false, SEGMENT_ACK | SEGMENT_PSH, banner, sizeof banner - 1);
    send_many(script, false, "\x8e\x11\x5a\xd0\x3c\x97\xe2\x4f\x01\xbb\x66\x29\xf3", 12);
    close_connection(script);
}

static void make_database(struct script *script)
{
    static const char question[] = "*2\r\n$3\r\nGET\r\n$7\r\nkey:100\r\n";
    static const char answer[] = "$40\r\n0123456789012345678901234567890123456789\r\n";
    open_connection(script);
    for (int i = 0; i < 10; i++) {
        script_say_tcp(script, false, SEGMENT_ACK | SEGMENT_PSH, question, sizeof question - 1);
        script_say_tcp(script, true, SEGMENT_ACK | SEGMENT_PSH, answer, sizeof answer - 1);
    }
    close_connection(script);
}

void made_noise(struct made *made)
{
    static const char name[] = "\x12\x34\x01\x00\x00\x01";
    *made = (struct made){0};
    script_say_udp(&made->script[DNS], false, name, 46);
    script_say_udp(&made->script[DNS], true, name, 142);
    make_http(&made->script[HTTP], 6);
    make_http(&made->script[HTTP_LONG], 40);
    make_ssh(&made->script[SSH]);
    make_database(&made->script[DATABASE]);
    for (int i = 0; i < 20; i++) {
        script_say_udp(&made->script[DATAGRAMS], i % 3 != 0, "\x90\x6f\x21\xc4", 900);
    }
    script_say_other(&made->script[ARP], 0x0806, 60);
    script_say_other(&made->script[ARP], 0x88cc, 120);
}

struct visit made_visit(struct made *made, uint64_t number)
{
    static const struct {
        uint8_t kind;
        uint16_t port;
    } turn[20] = {{DNS, 53},   {HTTP, 80},      {DNS, 53}, {DNS, 53},          {DATABASE, 6379},
                  {DNS, 53},   {HTTP, 8080},    {DNS, 53}, {ARP, 0},           {DNS, 53},
                  {DNS, 53},   {HTTP, 80},      {SSH, 22}, {DNS, 53},          {DATAGRAMS, 4500},
                  {DNS, 5353}, {HTTP_LONG, 80}, {DNS, 53}, {DATAGRAMS, 27015}, {DNS, 53}};
    size_t i = number % 20;
    return (struct visit){.script = &made->script[turn[i].kind],
                          .number = number,
                          .client = 0x0a400000U + (uint32_t)(play_chance(11, number) % 5000),
                          .client_port = (uint16_t)(20000 + number / 20 % 40000),
                          .server = 0xc0a80000U + (uint32_t)(play_chance(12, number) % 300),
                          .server_port = turn[i].port};
}

void made_scan(struct made *made)
{
    *made = (struct made){0};
    script_say_tcp(&made->script[SYN], false, SEGMENT_SYN, "", 0);
    script_say_tcp(&made->script[SYN_ANSWERED], false, SEGMENT_SYN, "", 0);
    script_say_tcp(&made->script[SYN_ANSWERED], true, SEGMENT_SYN | SEGMENT_ACK, "", 0);
}

static bool is_tls_port(uint16_t port)
{
    for (size_t i = 0; i < sizeof tls_ports / sizeof tls_ports[0]; i++) {
        if (tls_ports[i] == port) {
            return true;
        }
    }
    return false;
}

struct visit made_probe(struct made *made, uint64_t number, bool allowed)
{
    uint16_t port = (uint16_t)(1 + play_chance(13, number) % 65535);
    bool tls = is_tls_port(port);
    while (tls && !allowed) {
        port++;
        tls = is_tls_port(port);
    }
    made->expected += tls;
    bool answered = number % 10 == 0 && !tls;
    return (struct visit){.script = &made->script[answered ? SYN_ANSWERED : SYN],
                          .number = number,
                          .client = 0x0b000000U + (uint32_t)(number % 64),
                          .client_port = (uint16_t)(1024 + number / 64 % 64000),
                          .server = 0xc6120000U + (uint32_t)(play_chance(14, number) % 65536),
                          .server_port = port};
}

void made_free(struct made *made)
{
    for (size_t i = 0; i < MADE_SCRIPTS; i++) {
        script_free(&made->script[i]);
    }
}
