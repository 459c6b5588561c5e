#define _DEFAULT_SOURCE /* nDPI's header uses u_int8_t and its like */

#include "tracking/classify.h"

#include "tracking/siphash.h"

#include <ndpi_api.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    IP_HEADER = 20,
    TCP_HEADER = 20,
    HEADERS = IP_HEADER + TCP_HEADER,
    NAME_TEXT = 32, /* bytes of a protocol's name; nDPI's longest has 19 */
    TURNS = 8,      /* lines of each side; nDPI gives up after some ten segments */
    ANSWERS = 1024, /* names that are remembered, which are some 70 KB: most are asked for again */
    ANSWERED = 64   /* bytes of a name that is, with its NUL; most have 10 to 40 */
};

/* Who was asked for, as nDPI was, and what it said. */
struct answer {
    char server_name[ANSWERED]; /* empty: nobody was */
    const char *application;
};

struct classifier {
    struct ndpi_detection_module_struct *ndpi;
    char (*names)[NAME_TEXT]; /* lower case, by nDPI's number */
    size_t count;
    uint16_t connections; /* that were made up so far */
    struct siphash_key seed;
    struct answer answers[ANSWERS]; /* by the hash of the name; the last one stays */
};

/* nDPI's own names have capitals. */
static void take_name(char kept[NAME_TEXT], const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length && i + 1 < NAME_TEXT; i++) {
        kept[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    }
}

/* Where nDPI's name says more than the bytes do: it takes a mail service that offers STARTTLS for
 * one that spoke it. */
static const struct other_name {
    uint16_t protocol;
    const char *name;
} other_names[] = {
    {NDPI_PROTOCOL_MAIL_IMAPS, "imap"},
    {NDPI_PROTOCOL_MAIL_POPS, "pop3"},
    {NDPI_PROTOCOL_MAIL_SMTPS, "smtp"},
    {NDPI_PROTOCOL_FTP_CONTROL, "ftp"},
};

static void take_names(struct classifier *classifier)
{
    for (size_t i = 0; i < classifier->count; i++) {
        const char *name = ndpi_get_proto_name(classifier->ndpi, (uint16_t)i);
        take_name(classifier->names[i], name != NULL ? name : "");
    }
    for (size_t i = 0; i < sizeof other_names / sizeof other_names[0]; i++) {
        if (other_names[i].protocol < classifier->count) {
            char *kept = classifier->names[other_names[i].protocol];
            memset(kept, 0, NAME_TEXT);
            take_name(kept, other_names[i].name);
        }
    }
}

struct classifier *classify_new(void)
{
    NDPI_PROTOCOL_BITMASK all;
    struct classifier *classifier = calloc(1, sizeof *classifier);
    if (classifier == NULL) {
        return NULL;
    }
    siphash_seed(&classifier->seed);
    /* Neither QUIC's keys nor the addresses of Tor are needed for what is asked here. */
    classifier->ndpi =
        ndpi_init_detection_module(ndpi_dont_init_libgcrypt | ndpi_dont_load_tor_hosts);
    if (classifier->ndpi == NULL) {
        free(classifier);
        return NULL;
    }
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(classifier->ndpi, &all);
    ndpi_finalize_initialization(classifier->ndpi);
    classifier->count = ndpi_get_num_supported_protocols(classifier->ndpi);
    classifier->names = calloc(classifier->count + 1, sizeof *classifier->names);
    if (classifier->names == NULL) {
        classify_free(classifier);
        return NULL;
    }
    take_names(classifier);
    return classifier;
}

void classify_free(struct classifier *classifier)
{
    if (classifier != NULL) {
        ndpi_exit_detection_module(classifier->ndpi);
        free(classifier->names);
        free(classifier);
    }
}

/* The name of a protocol; NULL where there is none to tell. */
static const char *name_of(const struct classifier *classifier, uint32_t protocol)
{
    if (protocol == NDPI_PROTOCOL_UNKNOWN || protocol == NDPI_PROTOCOL_TLS ||
        protocol >= classifier->count || classifier->names[protocol][0] == '\0') {
        return NULL;
    }
    return classifier->names[protocol];
}

/* ---- what was spoken ---- */

/* A connection that is made up for nDPI: it takes packets. */
struct made_up {
    struct classifier *classifier;
    struct ndpi_flow_struct *flow;
    uint32_t next[2]; /* sequence numbers of client and server */
    uint64_t time;    /* milliseconds */
};

static void put16(uint8_t *at, uint32_t number)
{
    at[0] = (uint8_t)(number >> 8);
    at[1] = (uint8_t)number;
}

static void put32(uint8_t *at, uint32_t number)
{
    put16(at, number >> 16);
    put16(at + 2, number);
}

/* Gives nDPI a segment. The addresses are from the range for measurements (RFC 2544), others for
 * every connection, since nDPI remembers some; the ports are nobody's, so that only the bytes
 * speak. */
static ndpi_protocol say(struct made_up *made_up, bool from_server, uint8_t flags,
                         struct wire payload)
{
    enum { CLIENT_PORT = 61234, SERVER_PORT = 61123 };
    uint8_t packet[HEADERS + CLASSIFY_BYTES] = {0x45, [8] = 64, [9] = 6};
    uint8_t *tcp = packet + IP_HEADER;
    uint32_t client = 0xc6120000U + made_up->classifier->connections;
    uint32_t server = 0xc6130000U + made_up->classifier->connections;
    struct wire piece = wire_take_most(&payload, CLASSIFY_BYTES);

    put16(packet + 2, (uint32_t)(HEADERS + piece.left));
    put32(packet + 12, from_server ? server : client);
    put32(packet + 16, from_server ? client : server);
    put16(tcp, from_server ? SERVER_PORT : CLIENT_PORT);
    put16(tcp + 2, from_server ? CLIENT_PORT : SERVER_PORT);
    put32(tcp + 4, made_up->next[from_server]);
    put32(tcp + 8, made_up->next[!from_server]);
    tcp[12] = TCP_HEADER / 4 << 4;
    tcp[13] = flags;
    put16(tcp + 14, 0xffff);
    if (piece.left > 0) {
        memcpy(packet + HEADERS, piece.at, piece.left);
    }
    made_up->next[from_server] += (uint32_t)piece.left + ((flags & TH_SYN) != 0);
    made_up->time++;
    return ndpi_detection_process_packet(made_up->classifier->ndpi, made_up->flow, packet,
                                         (uint16_t)(HEADERS + piece.left), made_up->time);
}

static bool is_known(ndpi_protocol found)
{
    return found.master_protocol != NDPI_PROTOCOL_UNKNOWN ||
           found.app_protocol != NDPI_PROTOCOL_UNKNOWN;
}

/* The next line with its end, or what is left. */
static struct wire take_line(struct wire *bytes)
{
    size_t length = 0;
    while (length < bytes->left && wire_peek(bytes, length) != '\n') {
        length++;
    }
    return wire_take_most(bytes, length + 1);
}

/* All that the client said, and then all that the server said. */
static ndpi_protocol ask_and_answer(struct made_up *made_up, struct wire client, struct wire server)
{
    ndpi_protocol found = NDPI_PROTOCOL_NULL;
    if (client.left > 0) {
        found = say(made_up, false, TH_PUSH | TH_ACK, client);
    }
    if (server.left > 0) {
        found = say(made_up, true, TH_PUSH | TH_ACK, server);
    }
    return found;
}

/* Line by line in turn, with a server that greets its client. */
static ndpi_protocol converse(struct made_up *made_up, struct wire client, struct wire server)
{
    ndpi_protocol found = NDPI_PROTOCOL_NULL;
    for (size_t i = 0; i < TURNS && !is_known(found) && client.left + server.left > 0; i++) {
        if (server.left > 0) {
            found = say(made_up, true, TH_PUSH | TH_ACK, take_line(&server));
        }
        if (client.left > 0 && !is_known(found)) {
            found = say(made_up, false, TH_PUSH | TH_ACK, take_line(&client));
        }
    }
    return found;
}

/* What nDPI makes of a connection on which this was said. */
static const char *listen_to(struct classifier *classifier, bool greets, struct wire client,
                             struct wire server)
{
    struct made_up made_up = {.classifier = classifier, .next = {1000, 2000}, .time = 1000};
    const struct wire nothing = wire_over(NULL, 0);
    made_up.flow = ndpi_flow_malloc(SIZEOF_FLOW_STRUCT);
    if (made_up.flow == NULL) {
        return NULL;
    }
    memset(made_up.flow, 0, SIZEOF_FLOW_STRUCT);
    classifier->connections++;
    (void)say(&made_up, false, TH_SYN, nothing);
    (void)say(&made_up, true, TH_SYN | TH_ACK, nothing);
    (void)say(&made_up, false, TH_ACK, nothing);
    ndpi_protocol found =
        greets ? converse(&made_up, client, server) : ask_and_answer(&made_up, client, server);
    if (!is_known(found)) {
        uint8_t guessed = 0;
        found = ndpi_detection_giveup(classifier->ndpi, made_up.flow, 0, &guessed);
    }
    ndpi_free_flow(made_up.flow);
    bool has_master = found.master_protocol != NDPI_PROTOCOL_UNKNOWN;
    return name_of(classifier, has_master ? found.master_protocol : found.app_protocol);
}

const char *classify_cleartext(struct classifier *classifier, struct wire client,
                               struct wire server)
{
    const char *name = listen_to(classifier, false, client, server);
    if (name == NULL && server.left > 0) {
        name = listen_to(classifier, true, client, server);
    }
    return name;
}

/* ---- who was asked for ---- */

static const char *ask(struct classifier *classifier, const char *server_name, size_t length)
{
    ndpi_protocol_match_result result = {0};
    char name[CLASSIFY_NAME + 1];
    for (size_t i = 0; i <= length; i++) {
        char letter = server_name[i];
        name[i] = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
    }
    (void)ndpi_match_string_subprotocol(classifier->ndpi, name, (unsigned)length, &result);
    return name_of(classifier, result.protocol_id);
}

static struct answer *answer_to(struct classifier *classifier, const char *server_name,
                                size_t length)
{
    uint64_t words[ANSWERED / sizeof(uint64_t)] = {0};
    memcpy(words, server_name, length);
    return &classifier
                ->answers[siphash_words(&classifier->seed, words, length / sizeof words[0] + 1) %
                          ANSWERS];
}

const char *classify_name(struct classifier *classifier, const char *server_name)
{
    size_t length = strlen(server_name);
    if (length == 0 || length > CLASSIFY_NAME) {
        return NULL;
    }
    if (length >= ANSWERED) {
        return ask(classifier, server_name, length);
    }
    struct answer *answer = answer_to(classifier, server_name, length);
    if (strcmp(answer->server_name, server_name) != 0) {
        answer->application = ask(classifier, server_name, length);
        memcpy(answer->server_name, server_name, length + 1);
    }
    return answer->application;
}
