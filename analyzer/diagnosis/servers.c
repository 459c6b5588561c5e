/* Servers: a table of rows by address and port, open-addressed over pointers, so that a row never
 * moves. */
#include "diagnosis/servers.h"

#include "tracking/siphash.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* Rows: more servers than one site has, and about 80 MB at worst. A scan over more of them than
     * this teaches nothing about any; then the first ones are kept. */
    SERVERS_MAX = 32768,
    SLOTS = SERVERS_MAX * 2, /* half empty at least, so that a search is short */
    VERSIONS = 6,
    TLS13 = 0x0304,
    EXTENSION_RENEGOTIATION = 0xff01,
    SCSV_RENEGOTIATION = 0x00ff,
    UNKNOWN_SUITE = 0xffff /* SSL 2.0's */
};

struct servers {
    struct siphash_key key;
    size_t count;
    struct server *slot[SLOTS];
};

/* In the order of the bits. */
static const uint16_t VERSION_CODES[VERSIONS] = {0x0002, 0x0300, 0x0301, 0x0302, 0x0303, 0x0304};

unsigned servers_version_bit(uint16_t version)
{
    for (unsigned i = 0; i < VERSIONS; i++) {
        if (VERSION_CODES[i] == version) {
            return 1U << i;
        }
    }
    return 0;
}

struct servers *servers_new(void)
{
    struct servers *servers = calloc(1, sizeof *servers);
    if (servers != NULL) {
        siphash_seed(&servers->key);
    }
    return servers;
}

void servers_free(struct servers *servers)
{
    if (servers == NULL) {
        return;
    }
    for (size_t i = 0; i < SLOTS; i++) {
        free(servers->slot[i]);
    }
    free(servers);
}

/* The slot that holds the server, or the empty one where it belongs. There always is an empty one.
 */
static size_t place_of(const struct servers *servers, const struct address *address, uint16_t port)
{
    uint64_t words[3] = {0, 0, (uint64_t)address->version << 16 | port};
    memcpy(words, address->bytes, sizeof address->bytes);
    size_t place = (size_t)(siphash_words(&servers->key, words, 3) % SLOTS);
    while (servers->slot[place] != NULL) {
        const struct server *row = servers->slot[place];
        if (row->port == port && row->address.version == address->version &&
            memcmp(row->address.bytes, address->bytes, sizeof address->bytes) == 0) {
            break;
        }
        place = (place + 1) % SLOTS;
    }
    return place;
}

const struct server *servers_find(const struct servers *servers, const struct facts *facts)
{
    return servers->slot[place_of(servers, &facts->address[SERVER], facts->port[SERVER])];
}

/* The row, made where there is room; NULL when there is none. */
static struct server *row_for(struct servers *servers, const struct facts *facts)
{
    const struct address *address = &facts->address[SERVER];
    uint16_t port = facts->port[SERVER];
    size_t place = place_of(servers, address, port);
    if (servers->slot[place] != NULL || servers->count >= SERVERS_MAX) {
        return servers->slot[place];
    }
    struct server *row = calloc(1, sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    row->address = *address;
    row->port = port;
    servers->slot[place] = row;
    servers->count++;
    return row;
}

static void remember(uint16_t *list, size_t *count, size_t room, uint16_t code)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] == code) {
            return;
        }
    }
    if (*count < room) {
        list[(*count)++] = code;
    }
}

/* Without a key: who aims at a name's hash makes the server seem to serve that name, too, which
 * only weakens what is said of it. */
static uint64_t name_hash(const char *name)
{
    static const struct siphash_key none = {{0, 0}};
    uint64_t words[32] = {0};
    size_t length = strlen(name);
    length = length < sizeof words ? length : sizeof words;
    memcpy(words, name, length);
    return siphash_words(&none, words, (length + sizeof words[0] - 1) / sizeof words[0]);
}

bool servers_may_serve(const struct server *server, const char *name)
{
    uint64_t hash = name_hash(name);
    for (size_t i = 0; i < server->served_count; i++) {
        if (server->served[i] == hash) {
            return true;
        }
    }
    return server->served_more;
}

static void note_served(struct server *row, const char *name)
{
    if (servers_may_serve(row, name)) {
        return;
    }
    if (row->served_count < SERVER_SERVED) {
        row->served[row->served_count++] = name_hash(name);
    } else {
        row->served_more = true;
    }
}

/* A handshake that came to its end; the tracking's word is enough, a refusal behind it does not
 * matter here. */
static bool worked(const struct facts *facts)
{
    return facts->established.frame != 0;
}

static void note_server_hello(struct server *row, const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    if (hello == NULL || hello->malformed) {
        return;
    }
    for (size_t i = 0; i < VERSIONS; i++) {
        row->selected[i] += hello->version == VERSION_CODES[i];
    }
    if (servers_version_bit(hello->version) != 0) {
        if (row->highest_selected < hello->version) {
            row->highest_selected = hello->version;
        }
        if (row->lowest_selected == 0 || row->lowest_selected > hello->version) {
            row->lowest_selected = hello->version;
        }
    }
    if (hello->suite != UNKNOWN_SUITE) {
        remember(row->suites, &row->suite_count, SERVER_SUITES, hello->suite);
    }
    uint16_t group = facts->group != 0 ? facts->group : hello->group;
    if (group != 0) {
        remember(row->groups, &row->group_count, SERVER_GROUPS, group);
    }
}

/* ServerHellos up to TLS 1.2 without renegotiation_info to clients that asked for it. */
static bool lacks_renegotiation_info(const struct facts *facts, const struct offer *offer)
{
    const struct server_hello_facts *hello = facts->server_hello;
    return hello != NULL && hello->version >= 0x0300 && hello->version < TLS13 &&
           !hello->renegotiation_info && offer != NULL &&
           (facts_lists(offer->extensions, EXTENSION_RENEGOTIATION) ||
            facts_lists(offer->suites, SCSV_RENEGOTIATION));
}

static void note_client_hello(struct server *row, const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL) {
        return;
    }
    bool answered = facts->server_hello != NULL || facts->retry != NULL;
    if (answered) {
        if (hello->offer != NULL && !hello->incomplete) {
            row->offered_and_answered |= servers_version_bit(facts_offer_highest(hello->offer));
        }
        if (row->largest_answered_hello < hello->length) {
            row->largest_answered_hello = hello->length;
        }
    } else if (facts->alerts == 0 && facts_absent(facts, SERVER) &&
               facts->transport.side[SERVER].first_data.frame == 0) {
        bool closed = facts_close(facts, SERVER).frame != 0;
        row->refused_silently += closed;
        if (row->smallest_silent_hello == 0 || row->smallest_silent_hello > hello->length) {
            row->smallest_silent_hello = hello->length;
        }
    }
    if (worked(facts) && !hello->incomplete) {
        bool named = hello->server_name != NULL && hello->server_name[0] != '\0';
        row->with_name_established += named;
        row->without_name_established += !named;
        if (named) {
            note_served(row, hello->server_name);
        }
    }
    row->without_renegotiation_info += lacks_renegotiation_info(facts, hello->offer);
}

static void note_certificate(struct server *row, const struct facts *facts)
{
    const struct chain *chain = facts->chain[SERVER];
    if (chain == NULL || chain->count == 0 || row->certificate_count >= SERVER_NAMES) {
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    if (leaf->malformed || leaf->number == 0) {
        return; /* what is not remembered goes with its connection */
    }
    for (size_t i = 0; i < row->certificate_count; i++) {
        if (memcmp(row->certificate[i]->sha256, leaf->sha256, sizeof leaf->sha256) == 0) {
            return;
        }
    }
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const char *name = hello != NULL && hello->server_name != NULL ? hello->server_name : "";
    size_t place = row->certificate_count++;
    row->certificate[place] = leaf;
    row->certificate_at[place] = chain->at;
    strncpy(row->certificate_name[place], name, sizeof row->certificate_name[place] - 1);
}

void servers_note(struct servers *servers, const struct facts *facts)
{
    if (!facts->tls) {
        return;
    }
    struct server *row = row_for(servers, facts);
    if (row == NULL) {
        return;
    }
    row->connections++;
    row->established += worked(facts);
    row->asked_client_certificate += facts->certificate_request.frame != 0;
    note_client_hello(row, facts);
    note_server_hello(row, facts);
    note_certificate(row, facts);
}
