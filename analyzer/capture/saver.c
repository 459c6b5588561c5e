/* The files: POSIX' open() and its like. */
#define _POSIX_C_SOURCE 200809L

#include "capture/saver.h"

#include "capture/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    NAME = 4096, /* Linux' PATH_MAX */
    REASON = 256,
    ETHERNET = 1 /* what the header of a pcap file without packets says */
};

struct saver {
    struct saver_options options;
    const struct savefile_format *format;
    struct draft draft;
    char *path;          /* as given */
    char name[NAME];     /* of the file at hand */
    char reason[REASON]; /* why the last connection could not be written; "": it could */
    struct saver_counts counts;
    struct saver_counts drafted; /* what the draft would add */
    uint64_t lost_since;         /* connections, since it stopped working */
    uint64_t written;            /* bytes of the file; all of them whole */
    int64_t since;               /* when the period of -G began */
    uint32_t number;             /* of -C */
    int link[SAVEFILE_LINKS];    /* in the file, as interfaces from 0 */
    size_t links, drafted_links;
    int file;          /* -1: could not be opened */
    bool refused;      /* the draft has a link type that the file cannot hold */
    bool broken;       /* a pipe that got a part of a connection: nothing can follow */
    bool told_failing; /* the operator knows */
    bool told_link;
    bool told_empty;
};

/* ---- names ---- */

/* The name of the next file, as tcpdump makes it: strftime() with -G, and behind it the number of
 * -C, but for the first. False when it is too long, or empty. */
static bool make_name(struct saver *saver)
{
    char name[NAME];
    int length = 0;
    if (saver->options.seconds != 0) {
        time_t since = (time_t)saver->since;
        struct tm parts;
        struct tm *local = localtime_r(&since, &parts);
        /* The format is the operator's: -G says that it is one. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        length = local == NULL ? 0 : (int)strftime(name, sizeof name, saver->path, local);
#pragma GCC diagnostic pop
    } else {
        length = snprintf(name, sizeof name, "%s", saver->path);
    }
    if (length <= 0 || (size_t)length >= sizeof name) {
        return false;
    }
    size_t room = sizeof saver->name;
    int whole = saver->number == 0 ? snprintf(saver->name, room, "%s", name)
                                   : snprintf(saver->name, room, "%s%" PRIu32, name, saver->number);
    return whole > 0 && (size_t)whole < room;
}

static bool is_stream(const struct saver *saver)
{
    return strcmp(saver->path, "-") == 0;
}

bool saver_same_file(const char *one, const char *other)
{
    struct stat first, second;
    return stat(one, &first) == 0 && stat(other, &second) == 0 && S_ISREG(first.st_mode) &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/* ---- bytes ---- */

static void say_why(struct saver *saver, const char *why)
{
    (void)snprintf(saver->reason, sizeof saver->reason, "%s", why);
}

/* Waits for a reader that is slower than we are, as a blocking write would. */
static bool wait_for_room(int file)
{
    struct pollfd ready = {.fd = file, .events = POLLOUT};
    return poll(&ready, 1, -1) > 0 || errno == EINTR;
}

/* Takes back what was written in part, so that the file stays whole; where that is not possible (a
 * pipe; standard output, which may have begun with somebody else's bytes), nothing may follow. */
static void take_back(struct saver *saver, size_t written)
{
    if (written == 0) {
        return;
    }
    bool back = !is_stream(saver) && ftruncate(saver->file, (off_t)saver->written) == 0 &&
                lseek(saver->file, (off_t)saver->written, SEEK_SET) >= 0;
    saver->broken = !back;
}

/* Writes the draft, whole or not at all. */
static bool write_draft(struct saver *saver)
{
    const struct draft *draft = &saver->draft;
    size_t done = 0;
    while (done < draft->length) {
        ssize_t got = write(saver->file, draft->at + done, draft->length - done);
        if (got > 0) {
            done += (size_t)got;
        } else if (got == 0 ||
                   (errno != EINTR && !(errno == EAGAIN && wait_for_room(saver->file)))) {
            say_why(saver, got == 0 ? "nothing more can be written" : strerror(errno));
            take_back(saver, done);
            return false;
        }
    }
    saver->written += draft->length;
    saver->links = saver->drafted_links;
    return true;
}

static void write_header(struct saver *saver)
{
    draft_clear(&saver->draft);
    saver->drafted_links = 0;
    saver->format->begin(&saver->draft, ETHERNET);
    (void)(saver->draft.failed || write_draft(saver));
}

/* A file without a connection is a capture, too: readers ask for a header and a link type. */
static void write_nothing(struct saver *saver)
{
    if (saver->links > 0 || saver->broken) {
        return;
    }
    draft_clear(&saver->draft);
    saver->drafted_links = 1;
    if (saver->written == 0) {
        saver->format->begin(&saver->draft, ETHERNET);
    }
    saver->format->declare(&saver->draft, ETHERNET);
    (void)(saver->draft.failed || write_draft(saver));
}

/* ---- files ---- */

static void forget_file(struct saver *saver)
{
    saver->written = 0;
    saver->links = 0;
    saver->drafted_links = 0;
    saver->broken = false;
}

static void close_file(struct saver *saver)
{
    if (saver->file < 0) {
        return;
    }
    write_nothing(saver);
    if (close(saver->file) != 0) {
        say_why(saver, strerror(errno)); /* some file systems only now notice that they are full */
    }
    saver->file = -1;
}

static bool open_file(struct saver *saver)
{
    forget_file(saver);
    if (is_stream(saver)) {
        saver->file = dup(STDOUT_FILENO);
    } else {
        saver->file = open(saver->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
    if (saver->file < 0) {
        say_why(saver, strerror(errno));
        return false;
    }
    if (!saver->format->late) {
        write_header(saver);
    }
    return true;
}

static void next_file(struct saver *saver)
{
    close_file(saver);
    if (make_name(saver)) {
        (void)open_file(saver);
    } else {
        say_why(saver, "this name and a time are too long for a file's name");
    }
}

/* Whether the name still leads to the file that is open. */
static bool is_in_place(const struct saver *saver)
{
    struct stat named, open;
    return stat(saver->name, &named) == 0 && fstat(saver->file, &open) == 0 &&
           named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

void saver_reopen(struct saver *saver)
{
    if (!is_stream(saver) && (saver->file < 0 || !is_in_place(saver))) {
        close_file(saver);
        (void)open_file(saver);
    }
}

/* ---- a connection ---- */

static void rotate(struct saver *saver, int64_t now)
{
    const struct saver_options *options = &saver->options;
    if (options->seconds != 0 && now - saver->since >= options->seconds) {
        saver->since = now;
        saver->number = 0;
        next_file(saver);
    } else if (options->bytes != 0 && saver->written > options->bytes) {
        saver->number++;
        next_file(saver);
    } else if (saver->file < 0) {
        next_file(saver);
    }
}

void saver_begin(struct saver *saver, int64_t now)
{
    rotate(saver, now);
    draft_clear(&saver->draft);
    saver->drafted = (struct saver_counts){.connections = 1};
    saver->drafted_links = saver->links;
    saver->refused = false;
}

/* The interface of a link type, which is declared when it is new; false: the file cannot hold it.
 */
static bool find_interface(struct saver *saver, uint32_t *interface, int link)
{
    for (size_t i = 0; i < saver->drafted_links; i++) {
        if (saver->link[i] == link) {
            *interface = (uint32_t)i;
            return true;
        }
    }
    if (saver->drafted_links == saver->format->links) {
        return false;
    }
    if (saver->written == 0 && saver->draft.length == 0) {
        saver->format->begin(&saver->draft, link);
    }
    *interface = (uint32_t)saver->drafted_links;
    saver->link[saver->drafted_links++] = link;
    saver->format->declare(&saver->draft, link);
    return true;
}

void saver_add(struct saver *saver, const struct packet *packet, const char *comment)
{
    uint32_t interface = 0;
    if (!find_interface(saver, &interface, packet->link)) {
        saver->refused = true;
        return;
    }
    saver->format->packet(&saver->draft, interface, packet, comment);
    saver->drafted.packets++;
}

static bool commit(struct saver *saver)
{
    if (saver->file < 0 || saver->broken) {
        return false; /* why was said when that happened */
    }
    if (saver->draft.failed) {
        say_why(saver, "out of memory");
        return false;
    }
    return write_draft(saver);
}

void saver_end(struct saver *saver)
{
    if (saver->refused) {
        saver->counts.other_link++;
        return;
    }
    if (saver->drafted.packets == 0) {
        saver->counts.empty++;
        return;
    }
    if (!commit(saver)) {
        saver->counts.lost++;
        saver->lost_since++;
        return;
    }
    saver->counts.connections += saver->drafted.connections;
    saver->counts.packets += saver->drafted.packets;
    saver->reason[0] = '\0';
}

/* ---- what the operator hears ---- */

static const char *shown_name(const struct saver *saver)
{
    return is_stream(saver) ? "standard output" : saver->name;
}

bool saver_news(struct saver *saver, char text[CAPTURE_ERROR])
{
    char line[REASON + 128];
    bool failing = saver->reason[0] != '\0';
    if (failing != saver->told_failing) {
        saver->told_failing = failing;
        if (failing) {
            (void)snprintf(line, sizeof line,
                           "%s; failed handshakes are not saved until it can be written",
                           saver->reason);
        } else {
            (void)snprintf(
                line, sizeof line, "can be written again; %" PRIu64 " failed %s not saved",
                saver->lost_since, saver->lost_since == 1 ? "handshake was" : "handshakes were");
            saver->lost_since = 0;
        }
    } else if (saver->counts.other_link > 0 && !saver->told_link) {
        saver->told_link = true;
        (void)snprintf(line, sizeof line,
                       "a pcap file holds one link type, and failed handshakes of another are not "
                       "saved; a name that ends in .pcapng holds all");
    } else if (saver->counts.empty > 0 && !saver->told_empty) {
        saver->told_empty = true;
        (void)snprintf(line, sizeof line,
                       "there was no room to keep the packets of a failed handshake, and perhaps "
                       "of more");
    } else {
        return false;
    }
    capture_complain(text, shown_name(saver), line);
    return true;
}

const struct saver_counts *saver_counts(const struct saver *saver)
{
    return &saver->counts;
}

/* ---- beginning and end ---- */

static bool begin(struct saver *saver, const struct saver_options *options, int64_t now)
{
    size_t size = strlen(options->path) + 1;
    saver->path = malloc(size);
    if (saver->path == NULL) {
        say_why(saver, "out of memory");
        return false;
    }
    memcpy(saver->path, options->path, size);
    saver->format = savefile_by_name(options->path);
    saver->since = now;
    if (is_stream(saver) && (options->bytes != 0 || options->seconds != 0)) {
        say_why(saver, "-C and -G need a file");
        return false;
    }
    if (is_stream(saver) && isatty(STDOUT_FILENO) != 0) {
        say_why(saver, "is a terminal; a capture is for a file or a pipe");
        return false;
    }
    tzset(); /* reads the time zone now: later, the sandbox may hide it */
    if (!make_name(saver)) {
        say_why(saver, "is too long for a file's name");
        return false;
    }
    return open_file(saver);
}

struct saver *saver_open(const struct saver_options *options, int64_t now,
                         char error[CAPTURE_ERROR])
{
    error[0] = '\0';
    struct saver *saver = calloc(1, sizeof *saver);
    if (saver == NULL) {
        capture_complain(error, options->path, "out of memory");
        return NULL;
    }
    saver->options = *options;
    saver->file = -1;
    if (begin(saver, options, now)) {
        return saver;
    }
    bool stream = saver->path != NULL && is_stream(saver);
    capture_complain(error, stream ? "standard output" : options->path, saver->reason);
    free(saver->path);
    free(saver);
    return NULL;
}

bool saver_close(struct saver *saver, char error[CAPTURE_ERROR])
{
    error[0] = '\0';
    if (saver == NULL) {
        return true;
    }
    saver->reason[0] = '\0';
    close_file(saver);
    uint64_t lost = saver->counts.lost;
    char line[REASON + 128];
    if (lost > 0) {
        (void)snprintf(line, sizeof line, "%" PRIu64 " failed %s could not be saved", lost,
                       lost == 1 ? "handshake" : "handshakes");
    } else {
        (void)snprintf(line, sizeof line, "%s", saver->reason);
    }
    bool whole = line[0] == '\0';
    if (!whole) {
        capture_complain(error, shown_name(saver), line);
    }
    draft_release(&saver->draft);
    free(saver->path);
    free(saver);
    return whole;
}
