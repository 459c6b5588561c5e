/* --check: what captures show, held against what is expected of them.
 *
 * For a/NAME.pcap the expectations stand in a/NAME.expect.json (in a/NAME.pcap.expect.json, where
 * several captures have that NAME) or, where there is neither, in a/expect.json under "NAME.pcap".
 * Every expectation must be met by a connection of its own. A connection that none names is no
 * fault unless it counts as failed (struct connection) or the check is strict.
 *
 * Owns the folder's file that it read last. Everything that it finds goes to the reports.
 */
#ifndef REPORT_EXPECT_H
#define REPORT_EXPECT_H

#include "report/expect/expect_file.h"
#include "report/json/json_collection.h"

struct reports;

struct expect {
    struct reports *reports; /* that are told; set by the caller, as the next two */
    bool update;             /* write the expectations anew, where they are not met */
    bool strict;             /* what has no expectation is a failure */
    size_t unmet;            /* findings that are failures */
    struct expect_file folder;
    bool folder_known;   /* `folder` is of a folder that was looked at */
    bool folder_broken;  /* and is not what it should be, which was told of */
    bool folder_changed; /* --update: is to be written */
};

/* Holds one capture's connections against its expectations. False, with one line in `error`, where
 * that could not be done: the expectations are not what they should be, or cannot be written. */
bool expect_capture(struct expect *expect, const char *capture,
                    const struct json_collection *connections, char error[EXPECT_ERROR]);

/* Ends the check, and gives back what it holds; false as above. */
bool expect_end(struct expect *expect, char error[EXPECT_ERROR]);

/* ---- between the files of this room ---- */

/* One capture, while it is held against its expectations. */
struct expect_case {
    struct expect *expect;
    const char *capture;
    const char *key;                          /* its name in the folder's file */
    const struct expect_file *file;           /* where its expectations stand; NULL: nowhere */
    struct json_object *expectations;         /* the list; NULL: none */
    const struct json_collection *collection; /* what the capture shows */
};

/* Tells of it: expectation `index`, connection `connection`, or EXPECT_NOBODY. */
void expect_tell(const struct expect_case *one, enum finding_kind kind, long index,
                 long connection);

/* Which file holds a capture's expectations: `file`->path is set, and the file read. A new one
 * would be made there. */
enum expect_result expect_find(struct expect_file *file, const char *capture,
                               char error[EXPECT_ERROR]);

/* The folder that `path` is in, with its slash, "" for none: how many bytes of it. */
size_t expect_folder_length(const char *path);

#endif
