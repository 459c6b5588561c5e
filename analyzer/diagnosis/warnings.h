/* Warnings: what is worth saying of a connection whether it failed or not. */
#ifndef DIAGNOSIS_WARNINGS_H
#define DIAGNOSIS_WARNINGS_H

#include "diagnosis/diagnose.h"

/* Adds to the verdict's warnings, the gravest first. What does not fit is left out, and so is what
 * the verdict's own cause says already. `server`: what others were given, or NULL. */
void warnings_collect(struct verdict *verdict, const struct facts *facts,
                      const struct server *server);

/* The codes that there are: `index` from 0; NULL behind the last. */
const char *warnings_code(size_t index);

/* ---- between the files of this room ---- */

void warnings_add(struct verdict *verdict, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void warnings_of_certificate(struct verdict *verdict, const struct facts *facts);

#endif
