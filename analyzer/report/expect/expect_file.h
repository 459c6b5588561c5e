/* A file of expectations: read, and found to be what it should be, before anything is held against
 * it; and written anew.
 *
 *     NAME.expect.json   [{...}, ...]                    those of the capture NAME.pcap beside it
 *     expect.json        {"NAME.pcap": [{...}, ...]}     those of all captures in its folder
 *
 * An expectation is any subset of a connection's object (json_connection.h).
 */
#ifndef REPORT_EXPECT_FILE_H
#define REPORT_EXPECT_FILE_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

enum {
    EXPECT_ERROR = 4096 + 512, /* bytes of a complaint: a path, and what is wrong */
    EXPECT_PATH = 4096 + 32,   /* bytes of a file's name: the system's longest path */
    EXPECT_BYTES = 64 << 20,   /* of a file: about 200,000 expectations */
    EXPECT_LIST = 4096         /* expectations of one capture; a capture with more connections is
                                  no sample, and each is held against each */
};

struct expect_file {
    char path[EXPECT_PATH];
    bool folder; /* it is of a folder */
    bool there;  /* it exists, and was read */
    char *text;
    size_t length;
    struct json_object *root; /* a list, or with `folder` an object of lists */
};

enum expect_result { EXPECT_READ, EXPECT_NONE, EXPECT_BROKEN };

/* Reads the file at file->path, which the caller sets with file->folder. EXPECT_NONE: there is no
 * such file. EXPECT_BROKEN, with "FILE:LINE: reason" in `error`: it cannot be read or is not what
 * it should be. Given back with expect_file_release() whatever the result. */
enum expect_result expect_file_read(struct expect_file *file, char error[EXPECT_ERROR]);
void expect_file_release(struct expect_file *file);

/* The line of the expectation with this index; `capture` is the name of the capture in a folder's
 * file. */
unsigned expect_file_line(const struct expect_file *file, const char *capture, size_t index);

/* Puts `root` in the file's place, or makes the file: whole or not at all. One expectation stands
 * on one line, so that a version control system shows which one changed. False, with what is wrong
 * in `error`, where that could not be done. */
bool expect_file_write(const char *path, struct json_object *root, char error[EXPECT_ERROR]);

#endif
