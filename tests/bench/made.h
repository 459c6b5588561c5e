/* What is not TLS: scripts that are made up, and visits that play them. */
#ifndef BENCH_MADE_H
#define BENCH_MADE_H

#include "play.h"

enum { MADE_SCRIPTS = 8 };

struct made {
    struct script script[MADE_SCRIPTS];
    uint64_t expected; /* probes of ports of TLS */
};

/* DNS, HTTP, SSH, a database, UDP, ARP. */
void made_noise(struct made *made);
struct visit made_visit(struct made *made, uint64_t number);

/* Half-open connections: a SYN to a port by chance, a few of which are answered by a SYN-ACK and
 * nothing more. A port of TLS is only asked where it is `allowed`, and then not answered, so that
 * what is to be said of it is certain. */
void made_scan(struct made *made);
struct visit made_probe(struct made *made, uint64_t number, bool allowed);

void made_free(struct made *made);

#endif
