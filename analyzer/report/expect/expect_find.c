/* Which file the expectations of a capture stand in. */
#define _POSIX_C_SOURCE 200809L /* stat(), strncasecmp() */

#include "report/expect/expect.h"

#include "report/phrase.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const char suffix[] = ".expect.json";
static const char *const formats[] = {".pcap", ".pcapng", ".cap"};
static const char *const compressions[] = {"", ".gz", ".zst", ".zstd"};

enum {
    FORMATS = sizeof(formats) / sizeof(formats[0]),
    COMPRESSIONS = sizeof(compressions) / sizeof(compressions[0])
};

/* `length` without `ending`, where the name has it and more. */
static size_t without(const char *path, size_t length, const char *ending)
{
    size_t size = strlen(ending);
    bool has = length > size && strncasecmp(path + length - size, ending, size) == 0;
    return has ? length - size : length;
}

/* How many bytes of a capture's path are left without what says that it is one. */
static size_t stem_length(const char *path)
{
    size_t length = strlen(path), whole = length;
    for (size_t i = COMPRESSIONS - 1; i > 0 && length == whole; i--) {
        length = without(path, length, compressions[i]);
    }
    whole = length;
    for (size_t i = 0; i < FORMATS && length == whole; i++) {
        length = without(path, length, formats[i]);
    }
    return length;
}

/* Whether another capture has the same name up to its suffix. */
static bool is_shared(const char *path, size_t stem)
{
    size_t there = 0;
    for (size_t i = 0; i < FORMATS; i++) {
        for (size_t j = 0; j < COMPRESSIONS; j++) {
            char other[EXPECT_PATH];
            struct stat status;
            struct phrase phrase = phrase_in(other, sizeof(other));
            phrase_add(&phrase, "%.*s%s%s", (int)stem, path, formats[i], compressions[j]);
            there += !phrase.cut && stat(other, &status) == 0;
        }
    }
    return there > 1;
}

static bool set_path(struct expect_file *file, const char *path, size_t length)
{
    struct phrase phrase = phrase_in(file->path, sizeof(file->path));
    phrase_add(&phrase, "%.*s%s", (int)length, path, suffix);
    return !phrase.cut;
}

enum expect_result expect_find(struct expect_file *file, const char *capture,
                               char error[EXPECT_ERROR])
{
    size_t stem = stem_length(capture), whole = strlen(capture);
    enum expect_result result = EXPECT_NONE;
    *file = (struct expect_file){.folder = false};
    if (set_path(file, capture, whole)) {
        result = expect_file_read(file, error);
    }
    if (result == EXPECT_NONE && set_path(file, capture, stem)) {
        result = expect_file_read(file, error);
    }
    if (result == EXPECT_NONE && is_shared(capture, stem)) {
        (void)set_path(file, capture, whole);
    }
    return result;
}

size_t expect_folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash - path) + 1;
}
