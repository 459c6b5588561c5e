#include "tracking/lines.h"

#include <stdint.h>
#include <stdlib.h>

/* Not aligned_alloc(): to zero what it gives would touch all of it. */
struct lines lines_new(size_t bytes)
{
    char *memory = calloc(1, bytes + LINE - 1);
    size_t beyond = (uintptr_t)memory % LINE;
    return (struct lines){memory, memory == NULL ? NULL : memory + (LINE - beyond) % LINE};
}

void lines_free(struct lines *lines)
{
    free(lines->memory);
    *lines = (struct lines){NULL, NULL};
}
