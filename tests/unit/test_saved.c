/* A capture as we read it is the one that libpcap reads, whatever was done to it. The samples, and
 * other projects' captures where they are at hand, and small captures of each kind that are cut and
 * damaged at every byte. */
#define _GNU_SOURCE /* memfd_create() */

#include "capture/capture.h"

#include "../fuzz/same_packets.h"
#include "build.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

/* A file in memory. */
struct fixture {
    char path[64];
    int file;
    struct both both;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    fixture->file = memfd_create("capture", 0);
    (void)snprintf(fixture->path, sizeof fixture->path, "/proc/self/fd/%d", fixture->file);
    *state = fixture;
    return fixture->file >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    (void)close(fixture->file);
    free(fixture);
    return 0;
}

/* Writes the file. */
static void write_file(struct fixture *fixture, const uint8_t *bytes, size_t length)
{
    assert_int_equal(ftruncate(fixture->file, 0), 0);
    assert_int_equal(pwrite(fixture->file, bytes, length, 0), (ssize_t)length);
}

static void agrees(struct fixture *fixture, const char *path, const char *filter, size_t together,
                   const char *what)
{
    if (!same_packets(&fixture->both, path, filter, together)) {
        fail_msg("%s: %s", what, fixture->both.difference);
    }
}

/* ---- captures of our own ---- */

struct kind {
    const char *name;
    uint32_t magic;
    uint32_t version; /* major and minor */
    uint32_t link;
    bool little;
};

static const struct kind kinds[] = {
    {"microseconds", 0xa1b2c3d4, 0x00020004, 1, true},
    {"nanoseconds", 0xa1b23c4d, 0x00020004, 1, true},
    {"big-endian microseconds", 0xa1b2c3d4, 0x00020004, 101, false},
    {"big-endian nanoseconds", 0xa1b23c4d, 0x00020004, 113, false},
    {"version 2.3", 0xa1b2c3d4, 0x00020003, 1, true},
    {"version 2.2", 0xa1b2c3d4, 0x00020002, 1, false},
    {"DG/UX", 0xa1b2c3d4, 0x021f0000, 1, true},
    {"Kuznetzov", 0xa1b2cd34, 0x00020004, 1, true},
    {"Navtel", 0xa12b3c4d, 0x00020004, 1, true},
};

static void put_u16(struct build *file, bool little, unsigned number)
{
    build_u16(file, little ? (number >> 8 | number << 8) & 0xffff : number);
}

static void put_u32(struct build *file, bool little, uint32_t number)
{
    put_u16(file, little, little ? number & 0xffff : number >> 16);
    put_u16(file, little, little ? number >> 16 : number & 0xffff);
}

static void put_file_header(struct build *file, const struct kind *kind, uint32_t snap_length)
{
    put_u32(file, kind->little, kind->magic);
    put_u16(file, kind->little, kind->version >> 16);
    put_u16(file, kind->little, kind->version & 0xffff);
    put_u32(file, kind->little, 0);
    put_u32(file, kind->little, 0);
    put_u32(file, kind->little, snap_length);
    put_u32(file, kind->little, kind->link);
}

static void put_packet(struct build *file, const struct kind *kind, unsigned i, uint32_t captured)
{
    put_u32(file, kind->little, 1700000000 + i);
    put_u32(file, kind->little, 999999 - i);
    put_u32(file, kind->little, captured);
    put_u32(file, kind->little, captured + i);
    for (unsigned more = 0; kind->magic == 0xa1b2cd34 && more < 2; more++) {
        put_u32(file, kind->little, 0);
    }
    build_filler(file, i, captured);
}

/* Packets of 40, 0, 44, 63 and 57 bytes, of which the snap length leaves 60 at most. */
static void put_small(struct build *file, const struct kind *kind)
{
    static const uint32_t lengths[] = {40, 0, 44, 63, 57};
    put_file_header(file, kind, 60);
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put_packet(file, kind, i, lengths[i]);
    }
}

/* ---- a pcapng of our own ---- */

/* Begins a block; gives where, for end_block(). */
static size_t begin_block(struct build *file, bool little, uint32_t type)
{
    size_t start = file->length;
    put_u32(file, little, type);
    put_u32(file, little, 0);
    return start;
}

static void end_block(struct build *file, bool little, size_t start)
{
    struct build length = {0};
    build_filler(file, 0, -(file->length - start) % 4);
    put_u32(&length, little, (uint32_t)(file->length - start) + 4);
    memcpy(file->bytes + start + 4, length.bytes, 4);
    build_bytes(file, length.bytes, 4);
    build_free(&length);
}

static void put_interface(struct build *file, bool little, uint8_t resolution, uint32_t offset)
{
    size_t start = begin_block(file, little, 1);
    put_u16(file, little, 1);
    put_u16(file, little, 0);
    put_u32(file, little, 60);
    put_u16(file, little, 9);
    put_u16(file, little, 1);
    build_u8(file, resolution);
    build_filler(file, 0, 3);
    put_u16(file, little, 14);
    put_u16(file, little, 8);
    put_u32(file, little, little ? offset : 0);
    put_u32(file, little, little ? 0 : offset);
    put_u16(file, little, 0);
    put_u16(file, little, 0);
    end_block(file, little, start);
}

/* A packet of the kind `type`, of interface `i` modulo 5. */
static void put_pcapng_packet(struct build *file, bool little, uint32_t type, unsigned i,
                              uint32_t captured)
{
    size_t start = begin_block(file, little, type);
    if (type == 6) {
        put_u32(file, little, i % 5);
    } else if (type == 2) {
        put_u16(file, little, i % 5);
        put_u16(file, little, 7);
    }
    if (type != 3) {
        put_u32(file, little, 0x00050000 + i);
        put_u32(file, little, 0xfedcba98 - i);
        put_u32(file, little, captured);
    }
    put_u32(file, little, captured + (type == 3 ? 0 : i));
    build_filler(file, i, captured);
    end_block(file, little, start);
}

/* A section, interfaces that count in different units, packets of all kinds, and other blocks. */
static void put_pcapng(struct build *file, bool little)
{
    static const uint8_t resolutions[] = {6, 9, 0, 12, 0x80 | 20};
    static const uint32_t lengths[] = {40, 0, 44, 60, 57, 41, 42};
    size_t start = begin_block(file, little, 0x0a0d0d0a);
    put_u32(file, little, 0x1a2b3c4d);
    put_u16(file, little, 1);
    put_u16(file, little, 0);
    build_filler(file, 0xff, 8);
    end_block(file, little, start);
    for (unsigned i = 0; i < sizeof resolutions; i++) {
        put_interface(file, little, resolutions[i], i == 1 ? 3600 : 0);
    }
    for (unsigned i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put_pcapng_packet(file, little, i % 3 == 2 ? 2 : i == 3 ? 3 : 6, i, lengths[i]);
        start = begin_block(file, little, 5);
        build_filler(file, i, i * 4);
        end_block(file, little, start);
    }
}

/* ---- tests ---- */

static void a_pcapng_that_is_cut_anywhere_is_libpcaps(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned little = 0; little < 2; little++) {
        struct build file = {0};
        put_pcapng(&file, little != 0);
        for (size_t length = 0; length <= file.length; length++) {
            write_file(fixture, file.bytes, length);
            agrees(fixture, fixture->path, NULL, 1 + length % 4, "pcapng");
        }
        build_free(&file);
    }
}

static void a_pcapng_that_is_damaged_anywhere_is_libpcaps(void **state)
{
    static const uint8_t damages[] = {0x01, 0x02, 0x80, 0xff};
    struct fixture *fixture = *state;
    for (unsigned little = 0; little < 2; little++) {
        struct build file = {0};
        put_pcapng(&file, little != 0);
        for (size_t at = 0; at < file.length * sizeof damages; at++) {
            uint8_t *byte = &file.bytes[at / sizeof damages];
            *byte ^= damages[at % sizeof damages];
            write_file(fixture, file.bytes, file.length);
            agrees(fixture, fixture->path, at % 3 == 0 ? "greater 50" : NULL, 1 + at % 7, "pcapng");
            *byte ^= damages[at % sizeof damages];
        }
        build_free(&file);
    }
}

static void a_large_pcapng_is_libpcaps(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned little = 0; little < 2; little++) {
        struct build file = {0};
        put_pcapng(&file, little != 0);
        for (unsigned i = 0; i < 5000; i++) {
            put_pcapng_packet(&file, little != 0, i % 7 == 0 ? 2 : 6, i, i % 61);
        }
        write_file(fixture, file.bytes, file.length);
        agrees(fixture, fixture->path, NULL, 32, "pcapng");
        agrees(fixture, fixture->path, "less 100", 32, "pcapng");
        write_file(fixture, file.bytes, file.length - 70001);
        agrees(fixture, fixture->path, NULL, 32, "pcapng");
        build_free(&file);
    }
}

static void a_capture_that_is_cut_anywhere_is_libpcaps(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct build file = {0};
        put_small(&file, &kinds[i]);
        for (size_t length = 0; length <= file.length; length++) {
            write_file(fixture, file.bytes, length);
            agrees(fixture, fixture->path, NULL, 1 + length % 4, kinds[i].name);
        }
        build_free(&file);
    }
}

/* Each byte of it in turn, some of them more than once; some also filtered. */
static void a_capture_that_is_damaged_anywhere_is_libpcaps(void **state)
{
    static const uint8_t damages[] = {0x01, 0x02, 0x80, 0xff};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct build file = {0};
        put_small(&file, &kinds[i]);
        for (size_t at = 0; at < file.length * sizeof damages; at++) {
            uint8_t *byte = &file.bytes[at / sizeof damages];
            *byte ^= damages[at % sizeof damages];
            write_file(fixture, file.bytes, file.length);
            agrees(fixture, fixture->path, at % 3 == 0 ? "greater 50" : NULL, 1 + at % 7,
                   kinds[i].name);
            *byte ^= damages[at % sizeof damages];
        }
        build_free(&file);
    }
}

/* Also around the ends of blocks, and packets that are larger than one. */
static void a_large_capture_is_libpcaps(void **state)
{
    struct fixture *fixture = *state;
    static const uint32_t lengths[] = {60, 1514, 262144, 0, 262143, 65535, 262000, 9000};
    enum { PACKETS = 300 };
    for (size_t i = 0; i < 5; i++) { /* the last one's packets are copied */
        struct build file = {0};
        put_file_header(&file, &kinds[i], 262144);
        for (unsigned packet = 0; packet < PACKETS; packet++) {
            uint32_t length = lengths[(packet / 9 + packet) % 8];
            put_packet(&file, &kinds[i], packet, packet % 13 == 0 ? length : length % 3000);
        }
        write_file(fixture, file.bytes, file.length);
        agrees(fixture, fixture->path, NULL, 32, kinds[i].name);
        agrees(fixture, fixture->path, "less 100", 32, kinds[i].name);
        write_file(fixture, file.bytes, file.length - 70000);
        agrees(fixture, fixture->path, NULL, 32, kinds[i].name);
        build_free(&file);
    }
}

static bool is_capture(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL &&
           (strcmp(dot, ".pcap") == 0 || strcmp(dot, ".pcapng") == 0 || strcmp(dot, ".cap") == 0);
}

/* Compares the captures of one folder; gives their number. */
static unsigned compare_folder(struct fixture *fixture, const char *folder)
{
    unsigned count = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry = open == NULL ? NULL : readdir(open); entry != NULL;
         entry = readdir(open)) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (is_capture(entry->d_name)) {
            agrees(fixture, path, NULL, 32, path);
            agrees(fixture, path, "tcp port 443 and greater 100", 5, path);
            count++;
        }
    }
    if (open != NULL) {
        (void)closedir(open);
    }
    return count;
}

static void every_sample_is_libpcaps(void **state)
{
    assert_true(compare_folder(*state, TLSWHY_SAMPLES) > 100);
}

static void other_projects_captures_are_libpcaps(void **state)
{
    struct fixture *fixture = *state;
    unsigned count = 0;
    DIR *open = opendir(TLSWHY_CORPUS);
    if (open == NULL) {
        skip();
    }
    for (struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", TLSWHY_CORPUS, entry->d_name);
        count += entry->d_name[0] != '.' ? compare_folder(fixture, path) : 0;
    }
    (void)closedir(open);
    assert_true(count > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_capture_that_is_cut_anywhere_is_libpcaps, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_capture_that_is_damaged_anywhere_is_libpcaps, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_large_capture_is_libpcaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pcapng_that_is_cut_anywhere_is_libpcaps, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_pcapng_that_is_damaged_anywhere_is_libpcaps, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_large_pcapng_is_libpcaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_sample_is_libpcaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_projects_captures_are_libpcaps, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
