#include "tracking/keylog.h"

#include "tracking/siphash.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ENTRIES_FIRST = 64, /* a power of 2, as KEYLOG_CONNECTIONS is */
    MASTER_LENGTH = 48,
    PIECE = 64 << 10 /* bytes read at a time */
};

static const struct label {
    const char *name;
    enum keylog_label label;
} labels[] = {
    {"CLIENT_RANDOM", KEYLOG_MASTER},
    {"CLIENT_EARLY_TRAFFIC_SECRET", KEYLOG_CLIENT_EARLY},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_CLIENT_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEYLOG_SERVER_HANDSHAKE},
    {"CLIENT_TRAFFIC_SECRET_0", KEYLOG_CLIENT_APPLICATION},
    {"SERVER_TRAFFIC_SECRET_0", KEYLOG_SERVER_APPLICATION},
};

struct entry {
    uint8_t random[KEYLOG_RANDOM];
    struct keylog_secrets secrets;
    uint32_t next; /* in its bucket: index + 1; 0: the last one */
};

/* A line that is not whole yet. */
struct line {
    char text[KEYLOG_LINE_MAX + 1];
    size_t length;
    bool too_long; /* its beginning is in `text`, the rest is lost */
};

struct keylog {
    struct entry *entries; /* in the order in which they came, until the bound: then a ring */
    uint32_t *buckets;     /* as many as there is room for entries; index + 1 of the first */
    uint32_t count, room;
    uint32_t oldest; /* that goes next, once the bound is reached */
    struct siphash_key key;
    uint64_t malformed;
    uint64_t taken; /* secrets */
    FILE *file;
    struct line of_file, of_text;
};

/* ---- the table ---- */

static uint32_t *bucket_of(const struct keylog *keylog, const uint8_t random[KEYLOG_RANDOM])
{
    uint64_t words[KEYLOG_RANDOM / sizeof(uint64_t)];
    memcpy(words, random, sizeof words);
    uint64_t hash = siphash_words(&keylog->key, words, sizeof words / sizeof words[0]);
    return &keylog->buckets[hash & (keylog->room - 1)];
}

static struct entry *find(const struct keylog *keylog, const uint8_t random[KEYLOG_RANDOM])
{
    uint32_t index = keylog->count == 0 ? 0 : *bucket_of(keylog, random);
    while (index != 0) {
        struct entry *entry = &keylog->entries[index - 1];
        if (memcmp(entry->random, random, KEYLOG_RANDOM) == 0) {
            return entry;
        }
        index = entry->next;
    }
    return NULL;
}

static void link_entry(struct keylog *keylog, uint32_t index)
{
    struct entry *entry = &keylog->entries[index];
    uint32_t *bucket = bucket_of(keylog, entry->random);
    entry->next = *bucket;
    *bucket = index + 1;
}

static void unlink_entry(struct keylog *keylog, uint32_t index)
{
    const struct entry *entry = &keylog->entries[index];
    uint32_t *link = bucket_of(keylog, entry->random);
    while (*link != index + 1) {
        link = &keylog->entries[*link - 1].next;
    }
    *link = entry->next;
}

/* Twice the room; what was is wiped before its memory goes. */
static bool grow(struct keylog *keylog)
{
    uint32_t room = keylog->room == 0 ? ENTRIES_FIRST : keylog->room * 2;
    uint32_t *buckets = calloc(room, sizeof *buckets);
    struct entry *entries = calloc(room, sizeof *entries);
    if (buckets == NULL || entries == NULL) {
        free(buckets);
        free(entries);
        return false;
    }
    if (keylog->count > 0) {
        memcpy(entries, keylog->entries, keylog->count * sizeof *entries);
        OPENSSL_cleanse(keylog->entries, keylog->count * sizeof *entries);
    }
    free(keylog->entries);
    free(keylog->buckets);
    keylog->entries = entries;
    keylog->buckets = buckets;
    keylog->room = room;
    for (uint32_t i = 0; i < keylog->count; i++) {
        link_entry(keylog, i);
    }
    return true;
}

/* The entry for `random`, a new one where there is none yet; NULL when there is no memory. */
static struct entry *entry_for(struct keylog *keylog, const uint8_t random[KEYLOG_RANDOM])
{
    struct entry *entry = find(keylog, random);
    if (entry != NULL) {
        return entry;
    }
    uint32_t index = keylog->count;
    if (index == KEYLOG_CONNECTIONS) {
        index = keylog->oldest;
        keylog->oldest = (index + 1) % KEYLOG_CONNECTIONS;
        unlink_entry(keylog, index);
        keylog_wipe(&keylog->entries[index].secrets);
    } else if (index == keylog->room && !grow(keylog)) {
        return NULL;
    } else {
        keylog->count++;
    }
    entry = &keylog->entries[index];
    memcpy(entry->random, random, KEYLOG_RANDOM);
    link_entry(keylog, index);
    return entry;
}

/* ---- a line ---- */

static int digit_of(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* The bytes of the hexadecimal word at `text`, which ends with a space or the line; 0 where it is
 * none, or has more than `most` bytes. */
static size_t read_hex(uint8_t *bytes, const char *text, size_t most)
{
    size_t digits = strcspn(text, " ");
    if (digits % 2 != 0 || digits / 2 > most) {
        return 0;
    }
    for (size_t i = 0; i < digits; i += 2) {
        int high = digit_of(text[i]);
        int low = digit_of(text[i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        bytes[i / 2] = (uint8_t)(high << 4 | low);
    }
    return digits / 2;
}

static bool is_length(enum keylog_label label, size_t length)
{
    return length == MASTER_LENGTH || (label != KEYLOG_MASTER && length == 32);
}

/* What stands behind a label: a random, a space and a secret, and nothing more. */
static bool read_secret(struct keylog *keylog, enum keylog_label label, const char *text)
{
    uint8_t random[KEYLOG_RANDOM];
    struct keylog_secret secret = {0};
    const char *second = text + strcspn(text, " ");
    bool read = *second == ' ' && read_hex(random, text, sizeof random) == sizeof random;
    if (read) {
        second++;
        secret.length = (uint8_t)read_hex(secret.bytes, second, sizeof secret.bytes);
        read = is_length(label, secret.length) && second[strcspn(second, " ")] == '\0';
    }
    struct entry *entry = read ? entry_for(keylog, random) : NULL;
    if (entry != NULL) {
        entry->secrets.of[label] = secret;
        keylog->taken++;
    }
    OPENSSL_cleanse(&secret, sizeof secret);
    return read;
}

/* Comments, empty lines and labels that are not ours are no mistakes (RFC 9850, section 2). */
static void read_line(struct keylog *keylog, struct line *line)
{
    while (line->length > 0 && strchr("\r\t ", line->text[line->length - 1]) != NULL) {
        line->length--;
    }
    line->text[line->length] = '\0';
    size_t name = strcspn(line->text, " ");
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strlen(labels[i].name) != name || strncmp(labels[i].name, line->text, name) != 0) {
            continue;
        }
        bool read = !line->too_long && line->text[name] == ' ' &&
                    read_secret(keylog, labels[i].label, line->text + name + 1);
        keylog->malformed += !read;
    }
    OPENSSL_cleanse(line, sizeof *line);
}

static void read_text(struct keylog *keylog, struct line *line, struct wire text)
{
    while (text.left > 0) {
        const uint8_t *end = memchr(text.at, '\n', text.left);
        size_t length = end == NULL ? text.left : (size_t)(end - text.at);
        struct wire part = wire_take(&text, length);
        struct wire kept = wire_take_most(&part, KEYLOG_LINE_MAX - line->length);
        line->too_long = line->too_long || part.left > 0;
        if (kept.left > 0) {
            memcpy(line->text + line->length, kept.at, kept.left);
            line->length += kept.left;
        }
        if (end != NULL) {
            wire_skip(&text, 1);
            read_line(keylog, line);
        }
    }
}

void keylog_read(struct keylog *keylog, struct wire text)
{
    read_text(keylog, &keylog->of_text, text);
}

void keylog_end(struct keylog *keylog)
{
    read_line(keylog, &keylog->of_text);
}

/* ---- the file ---- */

/* The last line may be whole although nothing ends it yet: it is read, and read again once it has
 * an end. */
static void try_last_line(struct keylog *keylog)
{
    uint64_t malformed = keylog->malformed;
    struct line line = keylog->of_file;
    read_line(keylog, &line);
    keylog->malformed = malformed;
}

/* Reads on to the end of the file; returns 0, or what errno said. */
static int read_file(struct keylog *keylog, size_t *length)
{
    uint8_t *piece = malloc(PIECE);
    int failure = piece == NULL ? ENOMEM : 0;
    *length = 0;
    clearerr(keylog->file); /* an end that was reached may have moved */
    size_t got = failure == 0 ? 1 : 0;
    while (got > 0) {
        errno = 0;
        got = fread(piece, 1, PIECE, keylog->file);
        failure = ferror(keylog->file) ? (errno != 0 ? errno : EIO) : 0;
        read_text(keylog, &keylog->of_file, wire_over(piece, got));
        *length += got;
        if (*length > KEYLOG_FILE_MAX) {
            failure = EFBIG;
            got = 0;
        }
    }
    if (piece != NULL) {
        OPENSSL_cleanse(piece, PIECE);
    }
    free(piece);
    try_last_line(keylog);
    return failure;
}

bool keylog_open(struct keylog *keylog, const char *path, char *error, size_t error_size)
{
    size_t length = 0;
    keylog->file = fopen(path, "rb");
    int failure = keylog->file == NULL ? errno : 0;
    if (failure == 0) {
        (void)setvbuf(keylog->file, NULL, _IONBF, 0); /* no copy of secrets that nobody wipes */
        failure = read_file(keylog, &length);
    }
    if (failure != 0) {
        (void)snprintf(error, error_size, "%s: %s", path, strerror(failure));
    }
    return failure == 0;
}

bool keylog_refresh(struct keylog *keylog)
{
    size_t length = 0;
    if (keylog->file == NULL) {
        return false;
    }
    long at = ftell(keylog->file);
    if (at > 0 && fseek(keylog->file, 0, SEEK_END) == 0) {
        long end = ftell(keylog->file);
        if (end < at) {
            OPENSSL_cleanse(&keylog->of_file, sizeof keylog->of_file);
            at = 0;
        }
        (void)fseek(keylog->file, at, SEEK_SET);
    }
    (void)read_file(keylog, &length);
    return length > 0;
}

/* ---- */

struct keylog *keylog_new(void)
{
    struct keylog *keylog = calloc(1, sizeof *keylog);
    if (keylog != NULL) {
        siphash_seed(&keylog->key);
    }
    return keylog;
}

void keylog_free(struct keylog *keylog)
{
    if (keylog == NULL) {
        return;
    }
    if (keylog->file != NULL) {
        (void)fclose(keylog->file);
    }
    if (keylog->count > 0) {
        OPENSSL_cleanse(keylog->entries, keylog->count * sizeof *keylog->entries);
    }
    free(keylog->entries);
    free(keylog->buckets);
    OPENSSL_cleanse(keylog, sizeof *keylog);
    free(keylog);
}

bool keylog_find(const struct keylog *keylog, struct keylog_secrets *secrets,
                 const uint8_t random[KEYLOG_RANDOM])
{
    const struct entry *entry = find(keylog, random);
    if (entry == NULL) {
        return false;
    }
    *secrets = entry->secrets;
    return true;
}

void keylog_wipe(struct keylog_secrets *secrets)
{
    OPENSSL_cleanse(secrets, sizeof *secrets);
}

size_t keylog_count(const struct keylog *keylog)
{
    return keylog->count;
}

uint64_t keylog_secrets_taken(const struct keylog *keylog)
{
    return keylog->taken;
}

uint64_t keylog_malformed(const struct keylog *keylog)
{
    return keylog->malformed;
}
