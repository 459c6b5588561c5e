/* The three answers of whatever finds where a unit begins and ends in a stream of bytes. Only
 * framing has the third, "not whole yet"; a dissector of a whole unit says well-formed or not. */
#ifndef DISSECTORS_FRAMING_H
#define DISSECTORS_FRAMING_H

enum framing {
    FRAMING_WHOLE,   /* a unit was taken from the wire */
    FRAMING_PARTIAL, /* what is there may be the beginning of one; nothing was taken */
    FRAMING_NONE     /* what is there is not one; nothing was taken */
};

#endif
