#define _POSIX_C_SOURCE 200809L /* getcwd() */

#include "report/place.h"

#include "report/phrase.h"

#include <string.h>
#include <unistd.h>

void place_find(struct place *place)
{
    if (getcwd(place->folder, sizeof(place->folder) - 1) == NULL || place->folder[0] != '/') {
        place->folder[0] = '\0';
        return;
    }
    size_t length = strlen(place->folder);
    if (place->folder[length - 1] != '/') {
        memcpy(place->folder + length, "/", 2);
    }
}

/* Copies the segments of `name` that say something. */
static void copy_segments(struct phrase *path, const char *name)
{
    bool absolute = name[0] == '/', first = true;
    while (*name != '\0') {
        size_t length = strcspn(name, "/");
        bool here = length == 0 || (length == 1 && name[0] == '.');
        if (!here) {
            phrase_add(path, "%s%.*s", first && !absolute ? "" : "/", (int)length, name);
            first = false;
        }
        name += length + (name[length] == '/');
    }
}

void place_path(char path[PLACE_PATH], const struct place *place, const char *name)
{
    struct phrase phrase = phrase_in(path, PLACE_PATH);
    copy_segments(&phrase, name);
    size_t folder = strlen(place->folder);
    if (folder > 0 && strncmp(path, place->folder, folder) == 0) {
        memmove(path, path + folder, strlen(path + folder) + 1);
    }
}

bool place_is_inside(const char *path)
{
    return path != NULL && path[0] != '\0' && path[0] != '/' && strcmp(path, "-") != 0 &&
           strcmp(path, "..") != 0 && strncmp(path, "../", 3) != 0;
}

void place_uri(char *uri, size_t size, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-._~/";
    struct phrase phrase = phrase_in(uri, size);
    phrase_add(&phrase, "%s", path[0] == '/' ? "file://" : "");
    for (; *path != '\0'; path++) {
        if (strchr(plain, *path) != NULL) {
            phrase_add(&phrase, "%c", *path);
        } else {
            phrase_add(&phrase, "%%%02X", (unsigned)(unsigned char)*path);
        }
    }
}
