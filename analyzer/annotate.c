#include "annotate.h"

#include "report/phrase.h"

#include <inttypes.h>

static bool is_kept(const struct kept *kept, uint64_t frame)
{
    const struct kept_packet *packet = kept_first(kept);
    while (packet != NULL && packet->at.frame != frame) {
        packet = packet->next;
    }
    return packet != NULL;
}

static void begin_line(struct phrase *phrase)
{
    phrase_add(phrase, "%stlswhy: ", phrase->length == 0 ? "" : "\n");
}

static void say_verdict(struct phrase *phrase, const struct verdict *verdict)
{
    begin_line(phrase);
    phrase_add(phrase, "%s", diagnose_status_name(verdict->status));
    if (verdict->cause == NULL) {
        phrase_add(phrase, "; no cause is known");
        return;
    }
    phrase_add(phrase, ": %s (%s): %s", verdict->cause->id,
               diagnose_confidence_name(verdict->confidence), verdict->argument.summary);
    for (size_t i = 0; i < verdict->alternatives; i++) {
        const struct alternative *other = &verdict->alternative[i];
        begin_line(phrase);
        phrase_add(phrase, "or %s (%s): %s", other->cause->id,
                   diagnose_confidence_name(other->confidence), other->summary);
    }
}

/* What can stand on no other packet. */
static void say_unplaced(struct phrase *phrase, const struct kept *kept,
                         const struct argument *argument)
{
    for (size_t i = 0; i < argument->count; i++) {
        uint64_t frame = argument->item[i].frame;
        if (frame != 0 && is_kept(kept, frame)) {
            continue;
        }
        begin_line(phrase);
        phrase_add(phrase, "%s%s", argument->item[i].text,
                   frame == 0 ? "" : " (in a packet that is not here)");
    }
    uint64_t lost = kept_lost(kept);
    if (lost > 0) {
        begin_line(phrase);
        phrase_add(phrase, "%" PRIu64 " %s of this connection %s not kept", lost,
                   lost == 1 ? "packet" : "packets", lost == 1 ? "was" : "were");
    }
}

const char *annotate_comment(char text[ANNOTATE_TEXT], const struct kept *kept,
                             const struct kept_packet *packet, const struct verdict *verdict)
{
    struct phrase phrase = phrase_in(text, ANNOTATE_TEXT);
    const struct argument *argument = &verdict->argument;
    if (packet == kept_first(kept)) {
        say_verdict(&phrase, verdict);
        say_unplaced(&phrase, kept, argument);
    }
    for (size_t i = 0; i < argument->count; i++) {
        if (argument->item[i].frame == packet->at.frame) {
            begin_line(&phrase);
            phrase_add(&phrase, "%s", argument->item[i].text);
        }
    }
    return text;
}

void annotate_save(struct saver *saver, const struct kept *kept, const struct verdict *verdict,
                   int64_t now)
{
    char text[ANNOTATE_TEXT];
    saver_begin(saver, now);
    for (const struct kept_packet *from = kept_first(kept); from != NULL; from = from->next) {
        struct packet packet = {.number = from->at.frame,
                                .time = from->at.time,
                                .link = from->link,
                                .bytes = wire_over(from->bytes, from->captured),
                                .length = from->length};
        const char *comment = annotate_comment(text, kept, from, verdict);
        saver_add(saver, &packet, comment[0] != '\0' ? comment : NULL);
    }
    saver_end(saver);
}
