#define _GNU_SOURCE /* syscall(), O_PATH */

#include "capture/landlock.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The numbers are the same on every architecture but Alpha, whose headers then know them. */
enum {
#ifdef SYS_landlock_create_ruleset
    CREATE_RULESET = SYS_landlock_create_ruleset,
    ADD_RULE = SYS_landlock_add_rule,
    RESTRICT_SELF = SYS_landlock_restrict_self,
#else
    CREATE_RULESET = 444,
    ADD_RULE = 445,
    RESTRICT_SELF = 446,
#endif
    ASK_VERSION = 1, /* LANDLOCK_CREATE_RULESET_VERSION */
    PATH_BENEATH = 1 /* LANDLOCK_RULE_PATH_BENEATH */
};

/* The accesses that each ABI knows; a later one knows at least the last one's. */
static const uint64_t known_accesses[] = {
    [0] = 0,
    [1] = LANDLOCK_REFER - 1,
    [2] = LANDLOCK_TRUNCATE - 1,
    [3] = LANDLOCK_IOCTL_DEV - 1,
    [4] = LANDLOCK_IOCTL_DEV - 1,
    [5] = LANDLOCK_IOCTL_DEV * 2 - 1,
};
enum { ABI_KNOWN = sizeof known_accesses / sizeof known_accesses[0] - 1 };

/* What may be asked of a file; all else is a folder's. */
enum {
    FILE_ACCESSES = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE |
                    LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV
};

/* struct landlock_ruleset_attr: it grew with the ABIs, and its size says which one is meant. */
struct ruleset {
    uint64_t files;
    uint64_t network; /* since ABI 4 */
    uint64_t scoped;  /* since ABI 6 */
};

/* struct landlock_path_beneath_attr is packed: 12 bytes, which the kernel copies from the first. */
struct beneath {
    uint64_t allowed;
    int32_t parent;
};

static size_t ruleset_size(int abi)
{
    return abi >= 6   ? sizeof(struct ruleset)
           : abi >= 4 ? offsetof(struct ruleset, scoped)
                      : offsetof(struct ruleset, network);
}

void landlock_begin(struct landlock *landlock)
{
    long abi = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    *landlock = (struct landlock){.rules = -1, .abi = abi > 0 ? (int)abi : 0};
    if (landlock->abi == 0) {
        return;
    }
    landlock->handled = known_accesses[landlock->abi < ABI_KNOWN ? landlock->abi : ABI_KNOWN];
    const struct ruleset ruleset = {
        .files = landlock->handled,
        .network = 3, /* LANDLOCK_ACCESS_NET_BIND_TCP, _CONNECT_TCP */
        .scoped = 3,  /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, _SIGNAL */
    };
    landlock->rules = (int)syscall(CREATE_RULESET, &ruleset, ruleset_size(landlock->abi), 0);
}

void landlock_allow(struct landlock *landlock, const char *path, uint32_t access)
{
    struct stat status;
    int parent = landlock->rules < 0 ? -1 : open(path, O_PATH | O_CLOEXEC);
    if (parent < 0) {
        return;
    }
    if (fstat(parent, &status) == 0) {
        uint64_t possible = S_ISDIR(status.st_mode) ? UINT64_MAX : FILE_ACCESSES;
        const struct beneath rule = {access & landlock->handled & possible, parent};
        (void)syscall(ADD_RULE, landlock->rules, PATH_BENEATH, &rule, 0);
    }
    (void)close(parent);
}

bool landlock_enforce(struct landlock *landlock)
{
    bool enforced = landlock->rules >= 0 && syscall(RESTRICT_SELF, landlock->rules, 0) == 0;
    if (landlock->rules >= 0) {
        (void)close(landlock->rules);
        landlock->rules = -1;
    }
    return enforced;
}
