/* What the operator named, as a list of captures to open: files, "-", and every capture in a
 * folder.
 *
 * Owns the list until inputs_free(). What cannot be expanded is told on stderr, one line each
 * ("tlswhy: PATH: reason"), and counted, so that the good inputs go on.
 */
#ifndef ANALYZER_CAPTURE_INPUTS_H
#define ANALYZER_CAPTURE_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct inputs {
    char **paths;   /* in the order of the arguments; those of one folder sorted by name */
    size_t count;   /* of paths */
    uint64_t bytes; /* of all of them; of pipes it is not known */
    bool endless;   /* pipes are among them */
    size_t refused; /* error lines that were written: each is an input that is lost */
    size_t room;    /* for paths */
};

/* Expands `count` arguments. A file is listed as it is: whether it is a capture is capture_open()'s
 * to say. A folder is walked whole: a file in it is listed when it begins as a capture does
 * (expanded, if compressed), when it has a capture's suffix (so that a damaged one is an error, not
 * a silence) or when it cannot be read (so is that). Names that begin with a dot are passed over,
 * symbolic links to folders not followed. A folder without a capture is an error, and so is an
 * argument that does not exist. */
void inputs_expand(struct inputs *inputs, const char *const arguments[], size_t count);

void inputs_free(struct inputs *inputs);

#endif
