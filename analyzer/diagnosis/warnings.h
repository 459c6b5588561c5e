/* Warnings: what is worth saying of a connection whether it failed or not. */
#ifndef DIAGNOSIS_WARNINGS_H
#define DIAGNOSIS_WARNINGS_H

#include "diagnosis/diagnose.h"

/* Adds to the verdict's warnings, the gravest first. What does not fit is left out. */
void warnings_collect(struct verdict *verdict, const struct facts *facts);

#endif
