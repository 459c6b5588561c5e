/* A saved capture: pcap or pcapng, plain or compressed, from a file or standard input.
 *
 * Owned by struct capture, which hands out its words with the path before them. The packets of
 * plain pcap files, of which libpcap reads the header, of pcapng and of NetMon files come from
 * blocks of the file (classic.h, pcapng.h, netmon.h), many at a time and without a copy; those of
 * pcap's history come from libpcap, and are copied to be taken together. libpcap's are the bounds:
 * packets of at most 256 KiB and pcapng blocks of at most 16 MiB.
 */
#ifndef ANALYZER_CAPTURE_SAVED_H
#define ANALYZER_CAPTURE_SAVED_H

#include "capture/source.h"

struct saved;

/* Opens `path`, "-" for standard input; NULL and a reason when it cannot. */
struct saved *saved_open(const char *path, const char *filter, char reason[SOURCE_REASON]);

/* The next packets that the filter lets through, as capture_next_batch(). END with a text in
 * `reason` means that the input was cut short; FAILED always has one. */
enum capture_result saved_next(struct saved *saved, struct packet packets[], size_t most,
                               size_t *count, char reason[SOURCE_REASON]);

/* As capture_next_secrets(). */
bool saved_secrets(struct saved *saved, struct wire *text);

/* Packets so far, whether the filter let them through or not. */
uint64_t saved_count(const struct saved *saved);

/* As capture_progress(). */
void saved_progress(const struct saved *saved, uint64_t *read, uint64_t *whole);

const struct source *saved_source(const struct saved *saved);

/* NULL is allowed. */
void saved_close(struct saved *saved);

#endif
