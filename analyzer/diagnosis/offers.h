/* Offers: what is unusual about a ClientHello, and what it holds in words.
 *
 * A server that refuses a ClientHello with handshake_failure does not say what it missed. So each
 * set that the client offers is weighed: would an ordinary server, whatever its certificate, find
 * something in it? The weights only rank: the set with the highest is the likeliest to have had
 * nothing in common with the server.
 */
#ifndef DIAGNOSIS_OFFERS_H
#define DIAGNOSIS_OFFERS_H

#include "tracking/facts.h"

/* 0: what every stack offers by default; up to 3: a little less; 4 and more: so little, or so
 * unusual, that servers are often without it; 10: nothing that could be selected at all. */
enum { PECULIAR_SLIGHTLY = 3, PECULIAR = 4, OFFERS_ONLY_ECDSA = 6, PECULIAR_EMPTY = 10 };

struct peculiarity {
    int weight;
    const char *
        what; /* "only one cipher suite": for "the client offers ..."; NULL where the weight is 0 */
};

struct peculiarity offers_suites(const struct offer *offer);
struct peculiarity offers_groups(const struct offer *offer);
struct peculiarity offers_schemes(const struct offer *offer);

/* Whether the offer is for TLS 1.3 alone and lacks an extension that this cannot do without, unless
 * by a pre-shared key (RFC 8446, section 9.2). The drafts' key_share had another number. */
bool offers_less_than_needed(const struct offer *offer);

/* Whether none of the three is peculiar and nothing is missing, so that a refusal must be about
 * something else (the version, too, is another matter). */
bool offers_ordinary(const struct offer *offer);

/* Whether a suite may be selected from the offer: it is one, and goes with a version that is
 * offered. */
bool offers_suite_usable(const struct offer *offer, uint16_t suite);

/* Whether the offer allows this version, as far as is known. */
bool offers_version(const struct offer *offer, uint16_t version);

enum { OFFERS_TEXT = 160 };

/* Sets in words. GREASE and signals are left out; what does not fit is counted: "x25519, secp256r1
 * and 3 more". "none" where nothing is left. */
void offers_write_versions(
    char text[OFFERS_TEXT],
    const struct offer *offer); /* "TLS 1.1 and TLS 1.2", "TLS 1.2 at most" */
void offers_write_suites(char text[OFFERS_TEXT], struct code_list suites);
void offers_write_groups(char text[OFFERS_TEXT], struct code_list groups);
void offers_write_schemes(char text[OFFERS_TEXT], struct code_list schemes);
void offers_write_alpn(char text[OFFERS_TEXT], struct text_list names);

#endif
