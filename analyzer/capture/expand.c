#define _GNU_SOURCE /* fopencookie() */
#define ZLIB_CONST

#include "capture/expand.h"

#include "capture/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* Large enough that system calls and the decoders' turns cost nothing beside the packets. */
enum { INPUT_ROOM = 128 * 1024, STREAM_ROOM = 128 * 1024 };

/* The longest magic number. */
enum { MAGIC_LENGTH = 4 };

/* A turn decodes from `unread` into `room` bytes at `bytes` and gives how many it wrote. It sets
 * `between` at the end of a member, and `error` when the data are damaged. */
struct codec {
    bool (*begins)(const struct wire *unread);
    bool (*begin)(struct expand *expand); /* a member; false when memory is short */
    size_t (*turn)(struct expand *expand, void *bytes, size_t room);
};

struct expand {
    int file;
    uint64_t taken;            /* bytes read of it, */
    uint64_t whole;            /* of so many; 0: not known */
    const struct codec *codec; /* NULL for plain bytes */
    struct wire unread;        /* of `input` */
    bool between;              /* before the first member, or behind a whole one */
    bool finished;             /* nothing more to expand */
    bool cut;
    bool gzip_ready;
    z_stream gzip;
    ZSTD_DStream *zstd;
    uint8_t head[EXPAND_PEEK]; /* what was peeked at, and how much of it was given out */
    size_t head_length;
    size_t head_given;
    struct secrets secrets;
    char error[EXPAND_ERROR];
    char *stream_buffer;
    uint8_t input[INPUT_ROOM];
};

/* Reads once more. Gives 0 at the end of the file and -1 on an error, which it keeps. */
static ssize_t read_file(struct expand *expand, void *bytes, size_t room)
{
    ssize_t got = 0;
    do {
        got = read(expand->file, bytes, room);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        snprintf(expand->error, sizeof expand->error, "%s", strerror(errno));
    }
    expand->taken += got > 0 ? (uint64_t)got : 0;
    return got;
}

/* Reads until at least `wanted` bytes are unread; false when the file has fewer. */
static bool fill(struct expand *expand, size_t wanted)
{
    size_t have = expand->unread.left;
    if (have >= wanted) {
        return true;
    }
    if (have > 0) {
        memmove(expand->input, expand->unread.at, have);
    }
    ssize_t got = 1;
    while (have < wanted && got > 0) {
        got = read_file(expand, expand->input + have, INPUT_ROOM - have);
        have += got > 0 ? (size_t)got : 0;
    }
    expand->unread = wire_over(expand->input, have);
    return have >= wanted;
}

/* RFC 1952, section 2.3.1: the magic number and deflate, the only method. */
static bool gzip_begins(const struct wire *unread)
{
    return wire_peek(unread, 0) == 0x1f && wire_peek(unread, 1) == 0x8b &&
           wire_peek(unread, 2) == 8;
}

static bool gzip_begin(struct expand *expand)
{
    if (expand->gzip_ready) {
        return inflateReset(&expand->gzip) == Z_OK;
    }
    expand->gzip_ready = inflateInit2(&expand->gzip, 16 + MAX_WBITS) == Z_OK;
    return expand->gzip_ready;
}

static size_t gzip_turn(struct expand *expand, void *bytes, size_t room)
{
    z_stream *gzip = &expand->gzip;
    uInt space = room < INPUT_ROOM ? (uInt)room : INPUT_ROOM;
    gzip->next_in = expand->unread.at;
    gzip->avail_in = (uInt)expand->unread.left;
    gzip->next_out = bytes;
    gzip->avail_out = space;
    int result = inflate(gzip, Z_NO_FLUSH);
    wire_skip(&expand->unread, expand->unread.left - gzip->avail_in);
    if (result == Z_STREAM_END) {
        expand->between = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
        snprintf(expand->error, sizeof expand->error, "damaged gzip data: %s",
                 gzip->msg != NULL ? gzip->msg : zError(result));
    }
    return space - gzip->avail_out;
}

/* RFC 8878, section 3.1: a frame, or one to be skipped. */
static bool zstd_begins(const struct wire *unread)
{
    struct wire magic = *unread;
    uint32_t number = wire_u32(&magic);
    return number == 0x28b52ffd || (number & 0xf0ffffff) == 0x502a4d18;
}

static bool zstd_begin(struct expand *expand)
{
    if (expand->zstd == NULL) {
        expand->zstd = ZSTD_createDStream();
    }
    return expand->zstd != NULL && !ZSTD_isError(ZSTD_initDStream(expand->zstd));
}

static size_t zstd_turn(struct expand *expand, void *bytes, size_t room)
{
    ZSTD_inBuffer in = {expand->unread.at, expand->unread.left, 0};
    ZSTD_outBuffer out = {bytes, room, 0};
    size_t result = ZSTD_decompressStream(expand->zstd, &out, &in);
    wire_skip(&expand->unread, in.pos);
    if (ZSTD_isError(result)) {
        snprintf(expand->error, sizeof expand->error, "damaged zstd data: %s",
                 ZSTD_getErrorName(result));
    } else if (result == 0) {
        expand->between = true;
    }
    return out.pos;
}

static const struct codec codecs[] = {
    {gzip_begins, gzip_begin, gzip_turn},
    {zstd_begins, zstd_begin, zstd_turn},
};

/* Looks for the next member; false, and finished, when there is none. */
static bool next_member(struct expand *expand)
{
    (void)fill(expand, MAGIC_LENGTH);
    if (expand->error[0] == '\0' && expand->codec->begins(&expand->unread)) {
        expand->between = false;
        if (expand->codec->begin(expand)) {
            return true;
        }
        snprintf(expand->error, sizeof expand->error, "%s", strerror(ENOMEM));
    }
    expand->finished = true;
    return false;
}

/* Gives up to `room` expanded bytes, 0 at the end, and -1 on an error. What was expanded before
 * the data turned out to be damaged is still given. */
static ssize_t decode(struct expand *expand, void *bytes, size_t room)
{
    while (!expand->finished) {
        if (expand->between && !next_member(expand)) {
            break;
        }
        size_t before = expand->unread.left;
        size_t made = expand->codec->turn(expand, bytes, room);
        expand->finished = expand->error[0] != '\0';
        if (made > 0) {
            return (ssize_t)made;
        }
        bool idle = expand->unread.left == before && !expand->between;
        if (!expand->finished && idle && !fill(expand, before + 1)) {
            expand->cut = true;
            expand->finished = true;
        }
    }
    return expand->error[0] != '\0' ? -1 : 0;
}

/* Gives up to `room` bytes of the input, expanded, as read() does. */
static ssize_t give(struct expand *expand, void *bytes, size_t room)
{
    if (expand->error[0] != '\0' && expand->finished) {
        return -1;
    }
    if (expand->codec != NULL) {
        return decode(expand, bytes, room);
    }
    struct wire taken = wire_take_most(&expand->unread, room);
    if (taken.left > 0) {
        memcpy(bytes, taken.at, taken.left);
        return (ssize_t)taken.left;
    }
    return read_file(expand, bytes, room);
}

/* First what was peeked at, and that alone. */
static ssize_t read_on(struct expand *expand, void *bytes, size_t room)
{
    struct wire head = wire_over(expand->head, expand->head_length);
    wire_skip(&head, expand->head_given);
    struct wire taken = wire_take_most(&head, room);
    if (taken.left > 0) {
        memcpy(bytes, taken.at, taken.left);
        expand->head_given += taken.left;
        return (ssize_t)taken.left;
    }
    return give(expand, bytes, room);
}

ssize_t expand_read(struct expand *expand, void *bytes, size_t room)
{
    ssize_t given = read_on(expand, bytes, room);
    if (given > 0) {
        secrets_watch(&expand->secrets, wire_over(bytes, (size_t)given));
    }
    return given;
}

/* The stream's reader. */
static ssize_t stream_read(void *cookie, char *bytes, size_t room)
{
    struct expand *expand = cookie;
    ssize_t given = expand_read(expand, bytes, room);
    if (given < 0) {
        errno = EIO;
    }
    return given;
}

/* Only a file has a size that says how much is to come. */
static uint64_t size_of(int file)
{
    struct stat status;
    bool known = fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0;
    return known ? (uint64_t)status.st_size : 0;
}

struct expand *expand_open(const char *path, char error[EXPAND_ERROR])
{
    error[0] = '\0';
    struct expand *expand = calloc(1, sizeof *expand);
    if (expand == NULL) {
        snprintf(error, EXPAND_ERROR, "%s", strerror(ENOMEM));
        return NULL;
    }
    bool standard_input = strcmp(path, "-") == 0;
    expand->file = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    expand->between = true;
    if (expand->file >= 0) {
        expand->whole = size_of(expand->file);
        (void)fill(expand, MAGIC_LENGTH);
    } else {
        snprintf(expand->error, sizeof expand->error, "%s", strerror(errno));
    }
    if (expand->error[0] != '\0') {
        snprintf(error, EXPAND_ERROR, "%s", expand->error);
        expand_close(expand);
        return NULL;
    }
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        if (codecs[i].begins(&expand->unread)) {
            expand->codec = &codecs[i];
        }
    }
    return expand;
}

struct wire expand_peek(struct expand *expand)
{
    ssize_t given = 1;
    while (expand->head_length < EXPAND_PEEK && given > 0) {
        given = give(expand, expand->head + expand->head_length, EXPAND_PEEK - expand->head_length);
        expand->head_length += given > 0 ? (size_t)given : 0;
    }
    return wire_over(expand->head, expand->head_length);
}

FILE *expand_stream(struct expand *expand)
{
    cookie_io_functions_t functions = {.read = stream_read};
    expand->stream_buffer = malloc(STREAM_ROOM);
    FILE *stream = expand->stream_buffer == NULL ? NULL : fopencookie(expand, "r", functions);
    if (stream != NULL) {
        (void)setvbuf(stream, expand->stream_buffer, _IOFBF, STREAM_ROOM);
    }
    return stream;
}

bool expand_secrets(struct expand *expand, struct wire *text)
{
    return secrets_take(&expand->secrets, text);
}

void expand_position(const struct expand *expand, uint64_t *read, uint64_t *whole)
{
    *read = expand->taken;
    *whole = expand->whole;
}

const char *expand_error(const struct expand *expand)
{
    return expand->error[0] != '\0' ? expand->error : NULL;
}

bool expand_cut(const struct expand *expand)
{
    return expand->cut;
}

void expand_close(struct expand *expand)
{
    if (expand == NULL) {
        return;
    }
    if (expand->file >= 0 && expand->file != STDIN_FILENO) {
        (void)close(expand->file);
    }
    if (expand->gzip_ready) {
        (void)inflateEnd(&expand->gzip);
    }
    (void)ZSTD_freeDStream(expand->zstd);
    secrets_release(&expand->secrets);
    free(expand->stream_buffer);
    free(expand);
}
