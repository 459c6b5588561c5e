#include "report/roll.h"

#include "report/digest.h"

#include <string.h>

enum {
    TRIED = 16 /* places looked at for one name, so that a full roll is not searched to its end */
};

void roll_clear(struct roll *roll)
{
    memset(roll, 0, sizeof(*roll));
}

uint64_t roll_call(struct roll *roll, const char *name)
{
    uint64_t digest = digest_of(name).word[0];
    for (uint64_t i = 0; i < TRIED; i++) {
        struct roll_name *place = &roll->name[(digest + i) % ROLL_NAMES];
        if (place->count == 0) {
            *place = (struct roll_name){digest, 0};
        }
        if (place->name == digest) {
            return ++place->count;
        }
    }
    return 0;
}
