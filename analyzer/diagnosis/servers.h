/* What each server (address and port) was seen to accept, refuse and serve, over all connections of
 * the run: where a connection itself does not decide, this may.
 *
 * One table, bounded (see servers.c); it copies what it keeps out of facts, but for certificates,
 * which belong to the chain store and must outlive the table. A server's row stays where it is
 * until servers_free().
 */
#ifndef DIAGNOSIS_SERVERS_H
#define DIAGNOSIS_SERVERS_H

#include "tracking/facts.h"

enum {
    SERVER_SUITES = 16, /* different suites, groups, names remembered of a server */
    SERVER_GROUPS = 8,
    SERVER_NAMES = 8,
    SERVER_SERVED = 16 /* names that are only known again */
};

/* Bits for versions: SSL 2.0, SSL 3.0, TLS 1.0 ... 1.3. */
enum version_bit {
    BIT_SSL2 = 1,
    BIT_SSL3 = 2,
    BIT_TLS10 = 4,
    BIT_TLS11 = 8,
    BIT_TLS12 = 16,
    BIT_TLS13 = 32
};

/* The bit of a version code (0x0002, 0x0300 ... 0x0304); 0 for any other. */
unsigned servers_version_bit(uint16_t version);

struct server {
    struct address address;
    uint16_t port;
    uint32_t connections; /* TLS ones, whatever became of them */
    uint32_t established;
    uint32_t
        selected[6]; /* ServerHellos by version: SSL 2.0 ... TLS 1.3, in the order of the bits */
    uint32_t refused_silently; /* ClientHellos that were reset or closed without a TLS message */
    unsigned offered_and_answered; /* bits: versions that were a ClientHello's highest and got a
                                      ServerHello */
    uint16_t highest_selected, lowest_selected; /* versions; 0: none */
    uint16_t suites[SERVER_SUITES];
    uint16_t groups[SERVER_GROUPS];
    size_t suite_count, group_count;
    uint32_t largest_answered_hello; /* bytes: the largest ClientHello that got a ServerHello */
    uint32_t smallest_silent_hello;  /* bytes: the smallest one that got none; 0: none */
    uint32_t with_name_established,
        without_name_established;        /* handshakes with and without SNI that worked */
    uint32_t without_renegotiation_info; /* ServerHellos without it to clients that asked */
    uint32_t asked_client_certificate;   /* CertificateRequests in clear */
    const struct certificate
        *certificate[SERVER_NAMES]; /* leaf certificates in clear, the first few different ones */
    char certificate_name[SERVER_NAMES][256]; /* the SNI under which it was served; "" without */
    struct moment certificate_at[SERVER_NAMES];
    size_t certificate_count;
    uint64_t served[SERVER_SERVED]; /* hashes of the names under which handshakes worked */
    size_t served_count;
    bool served_more; /* and others, for which there was no room */
};

struct servers;

/* An empty table; NULL when there is no memory. */
struct servers *servers_new(void);
void servers_free(struct servers *servers);

/* Takes note of a connection that has ended. */
void servers_note(struct servers *servers, const struct facts *facts);

/* Whether a handshake with this name worked, or may have: more names than are remembered did. */
bool servers_may_serve(const struct server *server, const char *name);

/* The row of the connection's server; NULL when nothing is known of it. */
const struct server *servers_find(const struct servers *servers, const struct facts *facts);

#endif
