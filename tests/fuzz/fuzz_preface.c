/* Pieces of a dialogue: a byte says who speaks (its lowest bit) and how much (the rest). */
#include "preface.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold after each step, whatever was said. */
static void check(const struct preface *preface)
{
    for (int i = 0; i < SPEAKERS; i++) {
        const struct preface_voice *voice = &preface->voice[i];
        if (voice->held > PREFACE_LINE || voice->skip > 1U << 17 || voice->body > 1U << 17) {
            abort();
        }
    }
    bool ended = memchr(preface->words, 0, PREFACE_WORDS) != NULL &&
                 memchr(preface->asked, 0, PREFACE_WORDS) != NULL;
    if (!ended || preface->protocol > PREFACE_SSH || preface->tunnel > PREFACE_SSH ||
        preface->state > PREFACE_NOT_OFFERED) {
        abort();
    }
    if (preface->protocol != PREFACE_UNKNOWN && preface_name(preface->protocol) == NULL) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct preface preface = {0};
    struct wire input = wire_over(data, size);
    while (input.left > 0) {
        uint8_t turn = wire_u8(&input);
        enum speaker from = (turn & 1) != 0 ? SERVER : CLIENT;
        struct wire piece = wire_take_most(&input, (size_t)(turn >> 1) + 1);
        while (piece.left > 0) {
            size_t left = piece.left;
            bool end = preface_read(&preface, from, &piece);
            if (piece.left >= left || end != preface_at_unit_end(&preface, from)) {
                abort();
            }
            check(&preface);
        }
    }
    return 0;
}
