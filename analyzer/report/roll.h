/* The roll of names that were given in a report, so that no two test cases of a suite have the same
 * one: the second "10.0.0.2 to www.contoso.test" is called "(2)".
 */
#ifndef REPORT_ROLL_H
#define REPORT_ROLL_H

#include <stdint.h>

/* Names that are told apart by number; a suite with more of them is read by no person, and a
 * machine's client that opens thousands of connections shares one. 16 bytes each. */
enum { ROLL_NAMES = 4096 };

struct roll {
    struct roll_name {
        uint64_t name;  /* its digest */
        uint64_t count; /* 0: free */
    } name[ROLL_NAMES];
};

/* Forgets all names. */
void roll_clear(struct roll *roll);

/* How many times `name` was called before and now: 1 for the first time. 0: the roll is full, and
 * the name must be told apart by something else. */
uint64_t roll_call(struct roll *roll, const char *name);

#endif
