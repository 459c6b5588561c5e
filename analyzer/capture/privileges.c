#define _GNU_SOURCE /* setresuid()'s family, eaccess() is not in POSIX */

#include "capture/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The user that owns nothing, and the number that it has where nobody gave it a name. */
static const char nobody[] = "nobody";
enum { NOBODY = 65534 };

bool privileges_are_borrowed(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}

bool privileges_find(struct privileges *privileges, const char *user, char error[PRIVILEGES_TEXT])
{
    *privileges = (struct privileges){.user = user != NULL ? user : nobody,
                                      .uid = geteuid(),
                                      .gid = getegid(),
                                      .root = geteuid() == 0,
                                      .chosen = user != NULL};
    error[0] = '\0';
    errno = 0;
    const struct passwd *entry = getpwnam(privileges->user);
    if (entry == NULL && privileges->chosen) {
        (void)snprintf(error, PRIVILEGES_TEXT, "-Z %.200s: %s", user,
                       errno != 0 && errno != ENOENT ? strerror(errno) : "no such user");
        return false;
    }
    if (privileges->root) {
        privileges->uid = entry != NULL ? entry->pw_uid : NOBODY;
        privileges->gid = entry != NULL ? entry->pw_gid : NOBODY;
        privileges->nameless = entry == NULL;
    }
    return true;
}

void privileges_hand_over(const struct privileges *privileges, const char *path)
{
    struct stat status;
    bool wanted = privileges->root && privileges->uid != 0;
    int file = wanted ? open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;
    if (file < 0) {
        return;
    }
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == 0 &&
        status.st_nlink == 1) {
        /* What could not be given is told of when it cannot be opened again. */
        (void)!fchownat(file, "", privileges->uid, privileges->gid, AT_EMPTY_PATH);
    }
    (void)close(file);
}

/* The folder in which `path` is. */
static int open_folder(const char *path)
{
    char folder[4096]; /* PATH_MAX: the longest path that the system opens */
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (length >= sizeof folder) {
        return -1;
    }
    memcpy(folder, path, length);
    folder[length] = '\0';
    return open(length > 0 ? folder : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

bool privileges_can_create(const struct privileges *privileges, const char *path)
{
    struct stat status;
    int folder = open_folder(path);
    bool found = folder >= 0 && fstat(folder, &status) == 0;
    if (folder >= 0) {
        (void)close(folder);
    }
    if (!found || !privileges->root || privileges->uid == 0) {
        return found;
    }
    mode_t needed = S_IWOTH | S_IXOTH;
    if (status.st_uid == privileges->uid) {
        needed = S_IWUSR | S_IXUSR;
    } else if (status.st_gid == privileges->gid) {
        needed = S_IWGRP | S_IXGRP;
    }
    return (status.st_mode & needed) == needed;
}

/* The capability to read any file: the narrow one, or the one that containers are commonly given.
 * -1: neither. The sandbox lets files be opened for reading alone, so that they come to the same.
 */
static int right_to_read(void)
{
    if (capng_have_capability(CAPNG_PERMITTED, CAP_DAC_READ_SEARCH)) {
        return CAP_DAC_READ_SEARCH;
    }
    return capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE) ? CAP_DAC_OVERRIDE : -1;
}

/* Clears all sets, but for `kept` (-1: none); the bounding set where that is allowed. */
static bool clear_capabilities(int kept)
{
    bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
    capng_clear(CAPNG_SELECT_ALL);
    if (kept >= 0) {
        (void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)kept);
    }
    (void)capng_apply(CAPNG_SELECT_AMBIENT); /* kernels before 4.3 have none */
    return capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) == 0;
}

/* Becomes the user, keeping the capability `kept` (-1: none). */
static bool become(const struct privileges *privileges, int kept)
{
    bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
    capng_flags_t flags = CAPNG_CLEAR_AMBIENT |
                          (privileges->nameless ? CAPNG_DROP_SUPP_GRP : CAPNG_INIT_SUPP_GRP) |
                          (bounds ? CAPNG_CLEAR_BOUNDING : CAPNG_NO_FLAG);
    capng_clear(CAPNG_SELECT_ALL);
    if (kept >= 0) {
        (void)capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, (unsigned)kept);
    }
    return capng_change_id((int)privileges->uid, (int)privileges->gid, flags) == 0;
}

/* What the kernel says now, not what was asked of it. */
static bool has_become(const struct privileges *privileges)
{
    uid_t real = 0;
    uid_t effective = 0;
    uid_t saved = 0;
    return getresuid(&real, &effective, &saved) == 0 && real == privileges->uid &&
           effective == privileges->uid && saved == privileges->uid && getegid() == privileges->gid;
}

/* True when no capability is left but `kept`. */
static bool is_bare(int kept)
{
    if (capng_get_caps_process() != 0) {
        return false;
    }
    for (int capability = 0; capability <= CAP_LAST_CAP; capability++) {
        if (capability != kept && capng_have_capability(CAPNG_PERMITTED, (unsigned)capability)) {
            return false;
        }
    }
    return true;
}

bool privileges_drop(const struct privileges *privileges, bool reads, char text[PRIVILEGES_TEXT])
{
    text[0] = '\0';
    bool known = capng_get_caps_process() == 0;
    int kept = reads && privileges->root && known ? right_to_read() : -1;
    bool changes = privileges->root && privileges->uid != 0;
    if (changes && reads && kept < 0 && !privileges->chosen) {
        (void)snprintf(text, PRIVILEGES_TEXT,
                       "root is kept, without capabilities: %s could not read the captures",
                       privileges->user);
        changes = false;
    }
    if (changes && !(become(privileges, kept) && has_become(privileges))) {
        (void)snprintf(text, PRIVILEGES_TEXT, "-Z %.200s: cannot become that user",
                       privileges->user);
        if (privileges->chosen || geteuid() != 0) {
            return false;
        }
        (void)capng_get_caps_process();
        (void)snprintf(text, PRIVILEGES_TEXT,
                       "root is kept, without capabilities: cannot become %s here",
                       privileges->user);
        changes = false;
    }
    if (!changes) {
        (void)clear_capabilities(kept);
    }
    if (!is_bare(kept)) {
        (void)snprintf(text, PRIVILEGES_TEXT, "capabilities cannot be given up");
        return false;
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* kernels before 3.5 have none */
    return true;
}

bool privileges_stay(const struct privileges *privileges, char text[PRIVILEGES_TEXT])
{
    text[0] = '\0';
    bool known = capng_get_caps_process() == 0;
    bool writes =
        known && privileges->root && capng_have_capability(CAPNG_PERMITTED, CAP_DAC_OVERRIDE) != 0;
    int kept = writes ? CAP_DAC_OVERRIDE : -1;
    (void)clear_capabilities(kept);
    if (!is_bare(kept)) {
        (void)snprintf(text, PRIVILEGES_TEXT, "capabilities cannot be given up");
        return false;
    }
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return true;
}

void privileges_end_reading(void)
{
    capng_clear(CAPNG_SELECT_CAPS);
    (void)capng_apply(CAPNG_SELECT_CAPS);
}
