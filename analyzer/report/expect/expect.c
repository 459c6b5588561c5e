#define _POSIX_C_SOURCE 200809L /* stat() */

#include "report/expect/expect.h"

#include "report/expect/expect_match.h"
#include "report/expect/expect_update.h"
#include "report/phrase.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char folder_name[] = "expect.json";

static size_t count_of(struct json_object *list)
{
    return list == NULL ? 0 : json_object_array_length(list);
}

/* ---- a folder's file ---- */

static int by_name(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The same lists under the same names, in the names' order. */
static struct json_object *sorted(struct json_object *root)
{
    size_t count = (size_t)json_object_object_length(root), i = 0;
    const char **names = calloc(count + 1, sizeof(*names));
    struct json_object *result = json_object_new_object();
    if (names == NULL || result == NULL) {
        free(names);
        json_object_put(result);
        return json_object_get(root);
    }
    struct json_object_iterator each = json_object_iter_begin(root);
    struct json_object_iterator end = json_object_iter_end(root);
    for (; i < count && !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
        names[i++] = json_object_iter_peek_name(&each);
    }
    qsort(names, i, sizeof(*names), by_name);
    for (size_t j = 0; j < i; j++) {
        struct json_object *list = NULL;
        json_object_object_get_ex(root, names[j], &list);
        json_object_object_add(result, names[j], json_object_get(list));
    }
    free(names);
    return result;
}

/* A name in the folder's file that no capture has: somebody renamed it, or took it away. */
static bool is_orphan(const struct expect *expect, const char *name)
{
    char path[2 * EXPECT_PATH];
    snprintf(path, sizeof(path), "%.*s%s", (int)expect_folder_length(expect->folder.path),
             expect->folder.path, name);
    struct stat status;
    return stat(path, &status) != 0;
}

static void tell_orphan(struct expect *expect, const char *name)
{
    struct expect_case one = {
        .expect = expect, .capture = name, .key = name, .file = &expect->folder};
    json_object_object_get_ex(expect->folder.root, name, &one.expectations);
    for (size_t i = 0; i < count_of(one.expectations); i++) {
        expect_tell(&one, FINDING_MISSING, (long)i, EXPECT_NOBODY);
    }
}

static void look_for_orphans(struct expect *expect)
{
    struct json_object *kept = json_object_new_object();
    struct json_object_iterator each = json_object_iter_begin(expect->folder.root);
    struct json_object_iterator end = json_object_iter_end(expect->folder.root);
    for (; !json_object_iter_equal(&each, &end); json_object_iter_next(&each)) {
        const char *name = json_object_iter_peek_name(&each);
        if (!is_orphan(expect, name)) {
            json_object_object_add(kept, name, json_object_get(json_object_iter_peek_value(&each)));
        } else if (expect->update) {
            expect->folder_changed = true;
        } else {
            tell_orphan(expect, name);
        }
    }
    json_object_put(expect->folder.root);
    expect->folder.root = kept;
}

static bool leave_folder(struct expect *expect, char error[EXPECT_ERROR])
{
    bool good = true;
    if (expect->folder.there) {
        look_for_orphans(expect);
    }
    if (expect->folder_changed) {
        struct json_object *root = sorted(expect->folder.root);
        good = expect_file_write(expect->folder.path, root, error);
        json_object_put(root);
        struct expect_case one = {.expect = expect, .file = &expect->folder};
        if (good) {
            expect_tell(&one, FINDING_WRITTEN, EXPECT_NOBODY, EXPECT_NOBODY);
        }
    }
    expect_file_release(&expect->folder);
    expect->folder_known = expect->folder_broken = expect->folder_changed = false;
    return good;
}

/* Makes `folder` that of the capture's folder. Its file is read once, and told of once when it is
 * broken; its captures are then without expectations. */
static bool enter_folder(struct expect *expect, const char *capture, char error[EXPECT_ERROR])
{
    char path[EXPECT_PATH];
    struct phrase phrase = phrase_in(path, sizeof(path));
    phrase_add(&phrase, "%.*s%s", (int)expect_folder_length(capture), capture, folder_name);
    if (expect->folder_known && strcmp(path, expect->folder.path) == 0) {
        return true;
    }
    if (!leave_folder(expect, error)) {
        return false;
    }
    memcpy(expect->folder.path, path, sizeof(path));
    expect->folder.folder = true;
    expect->folder_known = true;
    expect->folder_broken = phrase.cut || expect_file_read(&expect->folder, error) == EXPECT_BROKEN;
    return !expect->folder_broken;
}

/* ---- a capture ---- */

static void tell_all(const struct expect_case *one, const struct expect_match *match)
{
    size_t told = count_of(one->expectations);
    for (size_t i = 0; i < count_of(one->expectations); i++) {
        long connection = match->connection[i];
        enum finding_kind kind = connection == EXPECT_NOBODY ? FINDING_MISSING
                                 : match->met[i]             ? FINDING_MET
                                                             : FINDING_DIFFERS;
        expect_tell(one, kind, (long)i, connection);
    }
    for (size_t j = 0; j < count_of(one->collection->list); j++) {
        bool counts = one->collection->fails[j] || one->expect->strict;
        if (match->expectation[j] == EXPECT_NOBODY && counts) {
            expect_tell(one, FINDING_UNEXPECTED, EXPECT_NOBODY, (long)j);
            told++;
        }
    }
    if (told == 0) { /* nothing is expected, and nothing is there */
        expect_tell(one, FINDING_MET, EXPECT_NOBODY, EXPECT_NOBODY);
    }
}

/* The list that this capture would meet; NULL where it meets the one that there is. */
static struct json_object *updated(const struct expect_case *one, const struct expect_match *match)
{
    struct json_object *list = json_object_new_array();
    bool changed = one->expectations == NULL;
    for (size_t i = 0; i < count_of(one->expectations); i++) {
        struct json_object *expectation = json_object_array_get_idx(one->expectations, i);
        long connection = match->connection[i];
        changed = changed || !match->met[i];
        if (match->met[i]) {
            json_object_array_add(list, json_object_get(expectation));
        } else if (connection != EXPECT_NOBODY) {
            struct json_object *found =
                json_object_array_get_idx(one->collection->list, (size_t)connection);
            json_object_array_add(list, expect_mended(expectation, found));
        }
    }
    for (size_t j = 0; j < count_of(one->collection->list); j++) {
        bool named = one->expectations == NULL || one->collection->fails[j] || one->expect->strict;
        if (match->expectation[j] == EXPECT_NOBODY && named) {
            struct json_object *found = json_object_array_get_idx(one->collection->list, j);
            json_object_array_add(list, expect_new_one(found));
            changed = true;
        }
    }
    if (changed) {
        return list;
    }
    json_object_put(list);
    return NULL;
}

/* Puts a new list where the old one is, or would be. */
static bool write_list(const struct expect_case *one, const struct expect_file *own,
                       struct json_object *list, char error[EXPECT_ERROR])
{
    struct expect *expect = one->expect;
    if (!own->there && expect->folder.there) {
        json_object_object_add(expect->folder.root, one->key, json_object_get(list));
        expect->folder_changed = true;
        return true;
    }
    if (!expect_file_write(own->path, list, error)) {
        return false;
    }
    struct expect_case written = *one;
    written.file = own;
    expect_tell(&written, FINDING_WRITTEN, EXPECT_NOBODY, EXPECT_NOBODY);
    return true;
}

static bool settle(const struct expect_case *one, const struct expect_file *own,
                   char error[EXPECT_ERROR])
{
    struct expect_match match;
    struct json_object *none = json_object_new_array();
    bool good = expect_match(&match, one->expectations != NULL ? one->expectations : none,
                             one->collection->list != NULL ? one->collection->list : none);
    if (!good) {
        snprintf(error, EXPECT_ERROR, "out of memory");
    } else if (one->expect->update) {
        struct json_object *list = updated(one, &match);
        good = list == NULL || write_list(one, own, list, error);
        json_object_put(list);
    } else if (one->expectations == NULL) {
        expect_tell(one, FINDING_UNNAMED, EXPECT_NOBODY, EXPECT_NOBODY);
    } else {
        tell_all(one, &match);
    }
    expect_match_release(&match);
    json_object_put(none);
    return good;
}

bool expect_capture(struct expect *expect, const char *capture,
                    const struct json_collection *collection, char error[EXPECT_ERROR])
{
    struct expect_file own;
    struct expect_case one = {.expect = expect,
                              .capture = capture,
                              .key = capture + expect_folder_length(capture),
                              .collection = collection};
    if (collection->omitted > 0) {
        struct phrase phrase = phrase_in(error, EXPECT_ERROR);
        phrase_add_printable(&phrase, capture);
        phrase_add(&phrase, ": more than %d connections: too many to be held against expectations",
                   JSON_COLLECTION);
        return false;
    }
    enum expect_result result = expect_find(&own, capture, error);
    bool good =
        result == EXPECT_READ || (result == EXPECT_NONE && enter_folder(expect, capture, error));
    bool nowhere = !own.there && expect->folder_broken; /* which was told of */
    if (good && own.there) {
        one.file = &own;
        one.expectations = own.root;
    } else if (good && expect->folder.there) {
        one.file = &expect->folder;
        json_object_object_get_ex(expect->folder.root, one.key, &one.expectations);
    }
    good = good && (nowhere || settle(&one, &own, error));
    expect_file_release(&own);
    return good;
}

bool expect_end(struct expect *expect, char error[EXPECT_ERROR])
{
    return leave_folder(expect, error);
}
