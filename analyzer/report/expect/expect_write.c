#define _POSIX_C_SOURCE 200809L /* fdopen(), fchmod(), mkstemp() */

#include "report/expect/expect_file.h"

#include "report/phrase.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READABLE = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH };

static const char *text_of(struct json_object *value)
{
    const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
                                                                 JSON_C_TO_STRING_NOSLASHESCAPE);
    return text != NULL ? text : "null";
}

static void write_list(FILE *out, struct json_object *list, const char *indent)
{
    size_t count = json_object_array_length(list);
    fputs("[", out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s\n%s  %s", i > 0 ? "," : "", indent,
                text_of(json_object_array_get_idx(list, i)));
    }
    fprintf(out, "%s%s]", count > 0 ? "\n" : "", count > 0 ? indent : "");
}

static void write_folder(FILE *out, struct json_object *root)
{
    struct json_object_iterator each = json_object_iter_begin(root);
    struct json_object_iterator end = json_object_iter_end(root);
    bool first = true;
    fputs("{", out);
    for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
        struct json_object *name = json_object_new_string(json_object_iter_peek_name(&each));
        fprintf(out, "%s\n  %s: ", first ? "" : ",", text_of(name));
        json_object_put(name);
        write_list(out, json_object_iter_peek_value(&each), "  ");
        first = false;
    }
    fputs(first ? "}" : "\n}", out);
}

/* The rights of the file that is there, else the customary ones. */
static mode_t mode_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_mode & 0777 : READABLE;
}

static bool write_whole(int descriptor, const char *path, struct json_object *root)
{
    FILE *out = fdopen(descriptor, "w");
    if (out == NULL) {
        close(descriptor);
        return false;
    }
    bool list = json_object_is_type(root, json_type_array);
    if (list) {
        write_list(out, root, "");
    } else {
        write_folder(out, root);
    }
    fputc('\n', out);
    bool written = fchmod(descriptor, mode_of(path)) == 0 && fflush(out) == 0 && !ferror(out);
    return fclose(out) == 0 && written;
}

bool expect_file_write(const char *path, struct json_object *root, char error[EXPECT_ERROR])
{
    char draft[EXPECT_PATH];
    int size = snprintf(draft, sizeof(draft), "%s.XXXXXX", path);
    errno = ENAMETOOLONG;
    int descriptor = size < 0 || (size_t)size >= sizeof(draft) ? -1 : mkstemp(draft);
    bool written = descriptor >= 0 && write_whole(descriptor, path, root);
    if (written && rename(draft, path) == 0) {
        return true;
    }
    int why = errno;
    if (descriptor >= 0) {
        (void)unlink(draft);
    }
    struct phrase phrase = phrase_in(error, EXPECT_ERROR);
    phrase_add_printable(&phrase, path);
    phrase_add(&phrase, ": %s", strerror(why));
    return false;
}
