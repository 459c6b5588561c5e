/* Memory that runs out: preloaded, it lets the n-th allocation of the program fail, and those
 * behind it too where asked, as tests/check_memory.py wants it.
 *
 *     TLSWHY_FAIL_AT=N         the N-th allocation fails, from 1; 0: none, and how many there were
 * is written at the end, with the most bytes that were held at once: "allocations N peak BYTES"
 *     TLSWHY_FAIL_COUNT=M      M allocations fail from there on
 *     TLSWHY_FAIL_SKIP=A,B     those that A and B (parts of libraries' names) make do not count
 *
 * glibc's own functions do the work, so that nothing has to be looked up while a library is being
 * loaded; counting begins when all are.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <grp.h>
#include <link.h>
#include <malloc.h>
#include <pwd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

enum { RANGES = 32 };

static unsigned long calls, fail_at, fail_count; /* fail_at 0: none fails */
static size_t held, peak;
static bool begun;
static struct {
    uintptr_t begin, end;
} skipped[RANGES];
static size_t skipped_count;

/* Whether a name holds one of the words between commas. */
static bool is_named(const char *name, const char *words)
{
    while (*words != '\0') {
        size_t length = strcspn(words, ",");
        if (length > 0 && memmem(name, strlen(name), words, length) != NULL) {
            return true;
        }
        words += length + (words[length] == ',');
    }
    return false;
}

static int skip(struct dl_phdr_info *object, size_t size, void *words)
{
    (void)size;
    for (size_t i = 0; is_named(object->dlpi_name, words) && i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) != 0 && skipped_count < RANGES) {
            skipped[skipped_count].begin = object->dlpi_addr + part->p_vaddr;
            skipped[skipped_count++].end = object->dlpi_addr + part->p_vaddr + part->p_memsz;
        }
    }
    return 0;
}

static __attribute__((constructor)) void begin(void)
{
    const char *at = getenv("TLSWHY_FAIL_AT");
    const char *count = getenv("TLSWHY_FAIL_COUNT");
    char *words = getenv("TLSWHY_FAIL_SKIP");
    static char nothing[1];
    if (at != NULL) {
        fail_at = strtoul(at, NULL, 10);
        fail_count = count == NULL ? 1 : strtoul(count, NULL, 10);
        dl_iterate_phdr(skip, words == NULL ? nothing : words);
        begun = true;
    }
}

/* Whether the allocation that is asked for from `caller` is to fail. */
static bool fails(void *caller)
{
    uintptr_t from = (uintptr_t)caller;
    for (size_t i = 0; i < skipped_count; i++) {
        if (from >= skipped[i].begin && from < skipped[i].end) {
            return false;
        }
    }
    calls += begun;
    bool now = fail_at != 0 && calls >= fail_at && calls - fail_at < fail_count;
    if (now) {
        errno = ENOMEM;
    }
    return now;
}

static void *hold(void *memory)
{
    held += memory == NULL ? 0 : malloc_usable_size(memory);
    peak = held > peak ? held : peak;
    return memory;
}

static void let_go(void *memory)
{
    held -= memory == NULL ? 0 : malloc_usable_size(memory);
}

void *malloc(size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : hold(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : hold(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
    if (fails(__builtin_return_address(0))) {
        return NULL;
    }
    let_go(old);
    return hold(__libc_realloc(old, size));
}

void *reallocarray(void *old, size_t count, size_t size)
{
    if ((size != 0 && count > SIZE_MAX / size) || fails(__builtin_return_address(0))) {
        errno = ENOMEM;
        return NULL;
    }
    let_go(old);
    return hold(__libc_realloc(old, count * size));
}

void *memalign(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : hold(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails(__builtin_return_address(0)) ? NULL : hold(__libc_memalign(alignment, size));
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    bool failed = fails(__builtin_return_address(0));
    *memory = failed ? NULL : hold(__libc_memalign(alignment, size));
    return *memory == NULL ? ENOMEM : 0;
}

void free(void *memory)
{
    let_go(memory);
    __libc_free(memory);
}

/* glibc's own ones crash where they find no memory, so that nobody is looked up. */
static struct passwd *nobody(void)
{
    static char name[] = "nobody", folder[] = "/";
    static struct passwd entry = {
        .pw_name = name, .pw_dir = folder, .pw_uid = 65534, .pw_gid = 65534};
    return &entry;
}

struct passwd *getpwnam(const char *name)
{
    (void)name;
    return nobody();
}

struct passwd *getpwuid(uid_t user)
{
    (void)user;
    return nobody();
}

int initgroups(const char *user, gid_t group)
{
    (void)user;
    return setgroups(1, &group);
}

static __attribute__((destructor)) void end(void)
{
    char text[96];
    if (begun && fail_at == 0) {
        int length = snprintf(text, sizeof text, "allocations %lu peak %zu\n", calls, peak);
        (void)!write(STDERR_FILENO, text, (size_t)length);
    }
}
