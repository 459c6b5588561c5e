#define _POSIX_C_SOURCE 200809L /* folders, strdup(), lstat() */

#include "capture/inputs.h"

#include "capture/capture.h"
#include "capture/expand.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* A million paths take about 100 MiB; whoever has more captures has several runs. It also ends a
 * walk through a file system that makes up folders as it is walked. */
enum { PATH_LIMIT = 1000000 };

/* The longest path that the system opens: PATH_MAX. */
enum { PATH_LENGTH = 4096 };

static void complain(struct inputs *inputs, const char *path, const char *reason)
{
    char text[CAPTURE_ERROR];
    capture_complain(text, path, reason);
    fprintf(stderr, "tlswhy: %s\n", text);
    inputs->refused++;
}

/* Appends a copy of `path`; false when there is no room for it. */
static bool add(struct inputs *list, const char *path)
{
    if (list->count >= PATH_LIMIT) {
        return false;
    }
    if (list->count == list->room) {
        size_t room = list->room > 0 ? list->room * 2 : 16;
        char **paths = realloc(list->paths, room * sizeof *paths);
        if (paths == NULL) {
            return false;
        }
        list->paths = paths;
        list->room = room;
    }
    char *copy = strdup(path);
    if (copy == NULL) {
        return false;
    }
    list->paths[list->count++] = copy;
    return true;
}

static void add_or_complain(struct inputs *inputs, struct inputs *list, const char *path)
{
    if (!add(list, path)) {
        complain(inputs, path, "too many files");
    }
}

static bool ends_with(const char *name, size_t length, const char *suffix)
{
    size_t size = strlen(suffix);
    return length > size && strncasecmp(name + length - size, suffix, size) == 0;
}

/* True when the file is named as captures are, compressed or not. */
static bool has_suffix(const char *name)
{
    static const char *const compressions[] = {".gz", ".zst", ".zstd"};
    static const char *const suffixes[] = {".pcap", ".pcapng", ".cap"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof compressions / sizeof compressions[0]; i++) {
        if (ends_with(name, length, compressions[i])) {
            length -= strlen(compressions[i]);
            break;
        }
    }
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (ends_with(name, length, suffixes[i])) {
            return true;
        }
    }
    return false;
}

/* True unless it can be read and begins as no capture does. */
static bool may_be_capture(const char *path)
{
    char words[EXPAND_ERROR];
    struct expand *expand = expand_open(path, words);
    if (expand == NULL) {
        return true;
    }
    bool capture = capture_format(expand_peek(expand)) != CAPTURE_FORMAT_NONE;
    expand_close(expand);
    return capture;
}

/* Lists a capture, and what there is to be read of it. */
static void add_capture(struct inputs *inputs, const char *path, const struct stat *status)
{
    add_or_complain(inputs, inputs, path);
    if (S_ISREG(status->st_mode)) {
        inputs->bytes += (uint64_t)status->st_size;
    } else {
        inputs->endless = true;
    }
}

/* Puts what `path` is on the list that it belongs to. */
static void sort_out(struct inputs *inputs, struct inputs *folders, const char *path)
{
    struct stat status;
    if (lstat(path, &status) != 0) {
        complain(inputs, path, strerror(errno));
        return;
    }
    if (S_ISDIR(status.st_mode)) {
        add_or_complain(inputs, folders, path);
        return;
    }
    if (S_ISLNK(status.st_mode) && stat(path, &status) != 0) {
        if (has_suffix(path)) {
            complain(inputs, path, strerror(errno));
        }
        return;
    }
    if (S_ISREG(status.st_mode) && (has_suffix(path) || may_be_capture(path))) {
        add_capture(inputs, path, &status);
    }
}

/* Lists one folder's captures, and the folders in it. */
static void read_folder(struct inputs *inputs, struct inputs *folders, const char *folder)
{
    DIR *directory = opendir(folder);
    if (directory == NULL) {
        complain(inputs, folder, strerror(errno));
        return;
    }
    size_t length = strlen(folder);
    const char *slash = length > 0 && folder[length - 1] == '/' ? "" : "/";
    for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[PATH_LENGTH];
        int size = snprintf(path, sizeof path, "%s%s%s", folder, slash, entry->d_name);
        if (size < 0 || (size_t)size >= sizeof path) {
            complain(inputs, folder, strerror(ENAMETOOLONG));
            continue;
        }
        sort_out(inputs, folders, path);
    }
    (void)closedir(directory);
}

static int by_name(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Lists every capture in `folder`: the folders in it wait on a list of their own. */
static void walk(struct inputs *inputs, const char *folder)
{
    struct inputs folders = {0};
    size_t first = inputs->count;
    size_t refused = inputs->refused;
    add_or_complain(inputs, &folders, folder);
    for (size_t i = 0; i < folders.count; i++) {
        read_folder(inputs, &folders, folders.paths[i]);
    }
    if (inputs->count > first) {
        qsort(inputs->paths + first, inputs->count - first, sizeof *inputs->paths, by_name);
    } else if (inputs->refused == refused) {
        complain(inputs, folder, "no captures in this folder");
    }
    inputs_free(&folders);
}

void inputs_expand(struct inputs *inputs, const char *const arguments[], size_t count)
{
    *inputs = (struct inputs){0};
    for (size_t i = 0; i < count; i++) {
        struct stat status;
        if (strcmp(arguments[i], "-") == 0) {
            add_or_complain(inputs, inputs, arguments[i]);
            inputs->endless = true;
        } else if (stat(arguments[i], &status) != 0) {
            complain(inputs, arguments[i], strerror(errno));
        } else if (S_ISDIR(status.st_mode)) {
            walk(inputs, arguments[i]);
        } else {
            add_capture(inputs, arguments[i], &status);
        }
    }
}

void inputs_free(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++) {
        free(inputs->paths[i]);
    }
    free(inputs->paths);
    *inputs = (struct inputs){0};
}
