/* What the process may do that others may not: root and capabilities, which are needed to open
 * interfaces and files, and are given up before the first packet is looked at.
 *
 * Started as root, it becomes another user, with that user's groups and without any capability;
 * started with capabilities, as by setcap or by systemd, it gives them up. Both are for ever: no
 * program that it could run would get more (no_new_privs). Whatever is still to be created belongs
 * to the new user, who must be able to create it.
 *
 * The order: privileges_find(), open everything, privileges_hand_over() what will be opened again,
 * privileges_drop(), then the sandbox. One thread: capabilities are a thread's.
 */
#ifndef ANALYZER_CAPTURE_PRIVILEGES_H
#define ANALYZER_CAPTURE_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Room for a note or an error, on one line. */
enum { PRIVILEGES_TEXT = 512 };

struct privileges {
    const char *user; /* whom to become; borrowed */
    uid_t uid;
    gid_t gid;
    bool root;     /* the process is root's */
    bool chosen;   /* -Z was given: not to become that user is an error */
    bool nameless; /* the system knows no such user, only the number */
};

/* True when the program was installed setuid or setgid: then a stranger's options would open files
 * with another's rights. It is not made for that (setcap is), and must end. */
bool privileges_are_borrowed(void);

/* Looks up whom to become: `user`, or nobody where it is NULL (by the number 65534, which is what
 * nobody has everywhere, where there is no such name). Only root becomes anybody. False: no such
 * user, told in `error`. */
bool privileges_find(struct privileges *privileges, const char *user, char error[PRIVILEGES_TEXT]);

/* Gives a regular file of root's to the new user, so that it can be opened again later, as tcpdump
 * does with its savefiles: only for what a rotation or a reopening writes again. A link, or a file
 * that has other names, too, is left alone: who can put those there could be given any file. */
void privileges_hand_over(const struct privileges *privileges, const char *path);

/* True when the new user can create files in the folder of `path`. To be asked before the drop, so
 * that a rotation that cannot work is told of at the start. */
bool privileges_can_create(const struct privileges *privileges, const char *path);

/* Gives everything up. `reads`: captures are still to be opened, which root may read and the new
 * user perhaps not: the right to read any file stays until privileges_end_reading(), and nothing
 * else; where there is no such right to keep, nor is the user changed. With false, told in `text`,
 * the process has more rights than it should and must end. With true, `text` is empty or says what
 * could not be given up, for -v. */
bool privileges_drop(const struct privileges *privileges, bool reads, char text[PRIVILEGES_TEXT]);

/* For a run that writes into the operator's own folders, as the operator: gives up every capability
 * but the one to read and write files (root's alone), and stays the same user. */
bool privileges_stay(const struct privileges *privileges, char text[PRIVILEGES_TEXT]);

/* The last capture is open: no capability is left from here on. Works in the sandbox, too. */
void privileges_end_reading(void);

#endif
