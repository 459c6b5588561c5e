#define _POSIX_C_SOURCE 200809L /* lstat()'s family, tzset() */

#include "capture/sandbox.h"

#include "capture/calls.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The one place that knows about sanitizers: their runtimes live in our process, read /proc and
 * stop it to look for leaks. */
#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif
#else
enum { SANITIZED = 0 };
#endif

enum {
    READING = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
    CREATING = LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE | LANDLOCK_MAKE_REG | LANDLOCK_REMOVE_FILE,
    PATH_LENGTH = 4096 /* PATH_MAX: the longest path that the system opens */
};

void sandbox_begin(struct sandbox *sandbox, enum sandbox_run run)
{
    *sandbox = (struct sandbox){.run = run};
    landlock_begin(&sandbox->landlock);
    if (SANITIZED) {
        sandbox_may_read(sandbox, "/proc");
    }
}

void sandbox_may_read(struct sandbox *sandbox, const char *path)
{
    if (strcmp(path, "-") != 0) {
        landlock_allow(&sandbox->landlock, path, READING);
    }
}

void sandbox_may_read_links(struct sandbox *sandbox, char *const paths[], size_t count)
{
    struct stat status;
    for (size_t i = 0; i < count; i++) {
        if (lstat(paths[i], &status) == 0 && S_ISLNK(status.st_mode)) {
            sandbox_may_read(sandbox, paths[i]);
        }
    }
}

void sandbox_may_create(struct sandbox *sandbox, const char *path)
{
    struct stat status;
    char folder[PATH_LENGTH] = ".";
    if (strcmp(path, "-") == 0) {
        return;
    }
    sandbox->creates = true;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        landlock_allow(&sandbox->landlock, path, LANDLOCK_WRITE_FILE | LANDLOCK_TRUNCATE);
        return;
    }
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (length >= sizeof folder) {
        return;
    }
    if (length > 0) {
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    landlock_allow(&sandbox->landlock, folder, CREATING);
    /* The names of rotated files tell the local time, whose rules are looked at ever again. */
    landlock_allow(&sandbox->landlock, "/etc/localtime", LANDLOCK_READ_FILE);
}

/* What is refused, for somebody who wants to know how well he sleeps. */
static const char *landlock_words(const struct landlock *landlock, bool enforced)
{
    return enforced && landlock->abi >= 6   ? "files, TCP and signals by Landlock"
           : enforced && landlock->abi >= 4 ? "files and TCP by Landlock"
           : enforced                       ? "files by Landlock"
           : landlock->abi == 0             ? "no Landlock in this kernel"
                                            : "no Landlock: the kernel refuses";
}

void sandbox_enter(struct sandbox *sandbox, char text[SANDBOX_TEXT])
{
    unsigned left = (sandbox->run == SANDBOX_LIVE ? CALLS_LIVE : 0U) |
                    (sandbox->creates ? CALLS_CREATE : 0U) | (SANITIZED ? CALLS_SANITIZE : 0U);
    tzset();
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!SANITIZED) {
        (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    int abi = sandbox->landlock.abi;
    bool files = landlock_enforce(&sandbox->landlock);
    bool calls = calls_restrict(left);
    (void)snprintf(text, SANDBOX_TEXT, "sandbox: %s; %s (ABI %d)%s",
                   calls ? "system calls by seccomp" : "no seccomp in this kernel or container",
                   landlock_words(&sandbox->landlock, files), abi,
                   SANITIZED ? "; wider than usual, for the sanitizers" : "");
}

void sandbox_renounce(struct sandbox *sandbox)
{
    if (sandbox->landlock.rules >= 0) {
        (void)close(sandbox->landlock.rules);
        sandbox->landlock.rules = -1;
    }
}
