/* The captures are written by the tests into a folder of their own, which goes away with them. */
#define _POSIX_C_SOURCE 200809L

#include "capture/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

enum { ROOM = 1 << 16, FRAME = 60, PACKETS = 5, FILE_HEADER = 24, PACKET_HEADER = 16 };

/* A file as it is written. */
struct file {
    uint8_t bytes[ROOM];
    size_t length;
    bool little;
};

struct fixture {
    char folder[64];
    char path[512];
    char error[CAPTURE_ERROR];
};

static void put(struct file *file, uint32_t number, size_t size)
{
    assert_true(file->length + size <= ROOM);
    for (size_t i = 0; i < size; i++) {
        size_t shift = file->little ? i : size - 1 - i;
        file->bytes[file->length++] = (uint8_t)(number >> shift * 8);
    }
}

/* Packet `i` (from 0) is a frame of IPv4 and UDP (odd) or TCP (even) whose last byte is `i`. */
static void put_frame(struct file *file, unsigned i)
{
    size_t start = file->length;
    for (size_t j = 0; j < FRAME; j++) {
        put(file, 0, 1);
    }
    file->bytes[start + 12] = 0x08;
    file->bytes[start + 14] = 0x45;
    file->bytes[start + 23] = i % 2 == 0 ? 6 : 17;
    file->bytes[start + FRAME - 1] = (uint8_t)i;
}

static void put_pcap_header(struct file *file, uint32_t magic, uint32_t link)
{
    put(file, magic, 4);
    put(file, 2, 2);
    put(file, 4, 2);
    put(file, 0, 4);
    put(file, 0, 4);
    put(file, 1000, 4);
    put(file, link, 4);
}

/* Five packets, a second apart, each of 60 bytes of which 100 were sent. */
static void put_pcap(struct file *file, uint32_t magic, uint32_t link)
{
    put_pcap_header(file, magic, link);
    for (unsigned i = 0; i < PACKETS; i++) {
        put(file, 1000 + i, 4);
        put(file, 123456, 4);
        put(file, FRAME, 4);
        put(file, 100, 4);
        put_frame(file, i);
    }
}

static void put_interface(struct file *file, uint32_t link)
{
    put(file, 1, 4);
    put(file, 20, 4);
    put(file, link, 2);
    put(file, 0, 2);
    put(file, 1000, 4);
    put(file, 20, 4);
}

static void put_pcapng(struct file *file)
{
    put(file, 0x0a0d0d0a, 4);
    put(file, 28, 4);
    put(file, 0x1a2b3c4d, 4);
    put(file, 1, 2);
    put(file, 0, 2);
    put(file, UINT32_MAX, 4);
    put(file, UINT32_MAX, 4);
    put(file, 28, 4);
    put_interface(file, 1);
    for (unsigned i = 0; i < PACKETS; i++) {
        uint64_t time = (1000 + (uint64_t)i) * 1000000 + 123456;
        put(file, 6, 4);
        put(file, 32 + FRAME, 4);
        put(file, 0, 4);
        put(file, (uint32_t)(time >> 32), 4);
        put(file, (uint32_t)time, 4);
        put(file, FRAME, 4);
        put(file, 100, 4);
        put_frame(file, i);
        put(file, 32 + FRAME, 4);
    }
}

static void write_bytes(const char *path, const void *bytes, size_t length)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, length, out), length);
    assert_int_equal(fclose(out), 0);
}

/* Sets `path` to `name` in the test's folder. */
static const char *name(struct fixture *fixture, const char *name)
{
    snprintf(fixture->path, sizeof fixture->path, "%s/%s", fixture->folder, name);
    return fixture->path;
}

static void write_file(struct fixture *fixture, const char *called, const struct file *file,
                       size_t length)
{
    write_bytes(name(fixture, called), file->bytes, length);
}

static struct file *new_file(bool little)
{
    struct file *file = calloc(1, sizeof *file);
    assert_non_null(file);
    file->little = little;
    return file;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->folder, "/tmp/tlswhy-test-XXXXXX");
    *state = fixture;
    return mkdtemp(fixture->folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    int result = system(command);
    free(fixture);
    return result;
}

/* Opens the file at `path` and expects it to open. */
static struct capture *opened(struct fixture *fixture, const char *filter)
{
    struct capture_options options = {.filter = filter};
    struct capture *capture = capture_open(fixture->path, &options, fixture->error);
    if (capture == NULL) {
        print_error("%s\n", fixture->error);
    }
    assert_non_null(capture);
    assert_string_equal(fixture->error, "");
    assert_string_equal(capture_path(capture), fixture->path);
    return capture;
}

/* Expects `count` whole packets at `fraction` nanoseconds of their second, and then the end. */
static void gives(struct capture *capture, unsigned count, int64_t fraction)
{
    struct packet packet;
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(packet.number, i + 1);
        assert_int_equal(packet.time, (1000 + i) * INT64_C(1000000000) + fraction);
        assert_int_equal(packet.link, 1);
        assert_int_equal(packet.bytes.left, FRAME);
        assert_int_equal(packet.length, 100);
        assert_int_equal(wire_peek(&packet.bytes, FRAME - 1), i);
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    assert_string_equal(capture_error(capture), "");
}

/* Reads the file at `path` and expects it whole. */
static void is_whole(struct fixture *fixture, int64_t fraction, size_t snap_length)
{
    struct capture *capture = opened(fixture, NULL);
    gives(capture, PACKETS, fraction);
    assert_null(capture_warning(capture));
    assert_int_equal(capture_link(capture), 1);
    assert_int_equal(capture_snap_length(capture), snap_length);
    capture_close(capture);
}

/* Expects that the file at `path` does not open, for a reason that begins so. */
static void is_refused(struct fixture *fixture, const char *filter, const char *reason)
{
    struct capture_options options = {.filter = filter};
    char expected[1024];
    snprintf(expected, sizeof expected, "%s: %s", fixture->path, reason);
    assert_null(capture_open(fixture->path, &options, fixture->error));
    if (strncmp(fixture->error, expected, strlen(expected)) != 0) {
        fail_msg("'%s' does not begin with '%s'", fixture->error, expected);
    }
    assert_null(strchr(fixture->error, '\n'));
}

/* Expects the whole packets of the file at `path`, and the warning that it was cut short. */
static void is_cut(struct fixture *fixture, unsigned packets, const char *where)
{
    struct capture *capture = opened(fixture, NULL);
    gives(capture, packets, 123456000);
    char expected[1024];
    snprintf(expected, sizeof expected, "%s: cut short %s, after packet %u; what is whole was read",
             fixture->path, where, packets);
    assert_string_equal(capture_warning(capture), expected);
    capture_close(capture);
}

static void pcap_is_read_in_both_byte_orders_and_precisions(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 4; i++) {
        struct file *file = new_file(i % 2 == 0);
        bool nano = i >= 2;
        put_pcap(file, nano ? 0xa1b23c4d : 0xa1b2c3d4, 1);
        write_file(fixture, "any name", file, file->length);
        is_whole(fixture, nano ? 123456 : 123456000, 1000);
        free(file);
    }
}

static void pcapng_is_read_in_both_byte_orders(void **state)
{
    struct fixture *fixture = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct file *file = new_file(i == 0);
        put_pcapng(file);
        write_file(fixture, "a.pcapng", file, file->length);
        is_whole(fixture, 123456000, CAPTURE_SNAP_LENGTH);
        free(file);
    }
}

/* Compresses `file` as one member at the end of `out`. */
static void add_gzip(struct file *out, const uint8_t *bytes, size_t length)
{
    z_stream gzip = {0};
    assert_int_equal(deflateInit2(&gzip, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uint8_t copy[ROOM];
    memcpy(copy, bytes, length);
    gzip.next_in = copy;
    gzip.avail_in = (uInt)length;
    gzip.next_out = out->bytes + out->length;
    gzip.avail_out = (uInt)(ROOM - out->length);
    assert_int_equal(deflate(&gzip, Z_FINISH), Z_STREAM_END);
    out->length = ROOM - gzip.avail_out;
    deflateEnd(&gzip);
}

static void add_zstd(struct file *out, const uint8_t *bytes, size_t length)
{
    size_t size = ZSTD_compress(out->bytes + out->length, ROOM - out->length, bytes, length, 3);
    assert_false(ZSTD_isError(size));
    out->length += size;
}

static void compressed_captures_are_expanded(void **state)
{
    struct fixture *fixture = *state;
    void (*const add[])(struct file *, const uint8_t *, size_t) = {add_gzip, add_zstd};
    struct file *file = new_file(true);
    put_pcap(file, 0xa1b2c3d4, 1);
    for (size_t i = 0; i < 2; i++) {
        struct file *packed = new_file(true);
        add[i](packed, file->bytes, file->length);
        write_file(fixture, "misnamed.pcap", packed, packed->length);
        is_whole(fixture, 123456000, 1000);

        packed->length = 0; /* in two members, cut within a packet, and garbage behind them */
        add[i](packed, file->bytes, 130);
        add[i](packed, file->bytes + 130, file->length - 130);
        put(packed, 0, 1);
        put(packed, 0xdeadbeef, 4);
        write_file(fixture, "two members", packed, packed->length);
        is_whole(fixture, 123456000, 1000);
        free(packed);
    }
    free(file);
}

static void an_expansion_larger_than_the_buffers_is_whole(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcap_header(file, 0xa1b2c3d4, 1);
    FILE *plain = fopen(name(fixture, "plain"), "wb");
    assert_int_equal(fwrite(file->bytes, 1, file->length, plain), file->length);
    gzFile gzip = gzopen(name(fixture, "gzip"), "wb");
    assert_int_equal(gzwrite(gzip, file->bytes, (unsigned)file->length), file->length);
    const unsigned count = 20000;
    for (unsigned i = 0; i < count; i++) {
        file->length = 0;
        put(file, i, 4);
        put(file, 0, 4);
        put(file, FRAME, 4);
        put(file, FRAME, 4);
        put_frame(file, i);
        assert_int_equal(fwrite(file->bytes, 1, file->length, plain), file->length);
        assert_int_equal(gzwrite(gzip, file->bytes, (unsigned)file->length), file->length);
    }
    fclose(plain);
    gzclose(gzip);
    free(file);
    for (unsigned i = 0; i < 2; i++) {
        name(fixture, i == 0 ? "plain" : "gzip");
        struct capture *capture = opened(fixture, NULL);
        struct packet packet = {0};
        unsigned seen = 0;
        while (capture_next(capture, &packet) == CAPTURE_PACKET) {
            assert_int_equal(packet.time, seen * INT64_C(1000000000));
            seen++;
        }
        assert_int_equal(seen, count);
        assert_null(capture_warning(capture));
        capture_close(capture);
    }
}

static void standard_input_is_read_also_compressed(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(false);
    struct file *packed = new_file(false);
    put_pcap(file, 0xa1b2c3d4, 1);
    add_gzip(packed, file->bytes, file->length);
    int before = dup(STDIN_FILENO);
    for (unsigned i = 0; i < 2; i++) {
        int pipes[2];
        const struct file *sent = i == 0 ? file : packed;
        assert_int_equal(pipe(pipes), 0);
        assert_int_equal(write(pipes[1], sent->bytes, sent->length), sent->length);
        close(pipes[1]);
        assert_int_equal(dup2(pipes[0], STDIN_FILENO), STDIN_FILENO);
        close(pipes[0]);
        strcpy(fixture->path, "-");
        is_whole(fixture, 123456000, 1000);
    }
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
    free(file);
    free(packed);
}

static void a_filter_leaves_packet_numbers_as_they_are(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcap(file, 0xa1b2c3d4, 1);
    write_file(fixture, "a.pcap", file, file->length);
    free(file);
    struct capture *capture = opened(fixture, "udp");
    struct packet packet;
    assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
    assert_int_equal(packet.number, 2);
    assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
    assert_int_equal(packet.number, 4);
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    capture_close(capture);
    is_refused(fixture, "tcp prot 443", "filter 'tcp prot 443': ");
}

static void a_filter_is_valid_when_any_link_type_takes_it(void **state)
{
    struct fixture *fixture = *state;
    assert_true(capture_filter_valid("tcp port 443 and not host 192.0.2.1", fixture->error));
    assert_true(capture_filter_valid("type mgt", fixture->error));
    assert_string_equal(fixture->error, "");
    assert_false(capture_filter_valid("tcp prot 443", fixture->error));
    assert_int_equal(strncmp(fixture->error, "filter: 'tcp prot 443': ", 24), 0);
}

static void a_cut_capture_gives_what_is_whole_and_says_where_it_ends(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcap(file, 0xa1b2c3d4, 1);
    for (size_t length = 0; length < file->length; length++) {
        write_file(fixture, "cut.pcap", file, length);
        size_t behind = length < FILE_HEADER ? 0 : length - FILE_HEADER;
        size_t part = behind % (PACKET_HEADER + FRAME);
        unsigned packets = (unsigned)(behind / (PACKET_HEADER + FRAME));
        if (length == 0) {
            is_refused(fixture, NULL, "empty, not a capture");
        } else if (length < 4) {
            is_refused(fixture, NULL, "not a capture: only ");
        } else if (length < FILE_HEADER) {
            is_refused(fixture, NULL, "cut short in its file header");
        } else if (part > 0) {
            is_cut(fixture, packets, part < PACKET_HEADER ? "in a packet's header" : "in a packet");
        }
    }
    free(file);
}

static void a_cut_pcapng_and_cut_compressed_data_are_warned_of(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcapng(file);
    write_file(fixture, "cut.pcapng", file, file->length - 10);
    is_cut(fixture, PACKETS - 1, "in a packet");

    struct file *packed = new_file(true);
    file->length = 0;
    put_pcap(file, 0xa1b2c3d4, 1);
    add_gzip(packed, file->bytes, file->length);
    write_file(fixture, "cut.gz", packed, packed->length - 3); /* only its check is missing */
    is_cut(fixture, PACKETS, "in its compressed data");
    write_file(fixture, "cut.gz", packed, 5);
    is_refused(fixture, NULL, "cut short in its compressed header");
    free(packed);
    free(file);
}

static void damaged_compressed_data_are_an_error(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    struct file *packed = new_file(true);
    put_pcap(file, 0xa1b2c3d4, 1);
    add_gzip(packed, file->bytes, file->length);
    packed->bytes[packed->length - 8] ^= 1; /* the check */
    write_file(fixture, "damaged.gz", packed, packed->length);
    struct capture *capture = opened(fixture, NULL);
    struct packet packet;
    enum capture_result result = CAPTURE_PACKET;
    while (result == CAPTURE_PACKET) {
        result = capture_next(capture, &packet);
    }
    assert_int_equal(result, CAPTURE_FAILED);
    assert_non_null(strstr(capture_error(capture), "damaged.gz: damaged gzip data: "));
    capture_close(capture);
    memset(packed->bytes + 10, 0xff, 20);
    write_file(fixture, "damaged.gz", packed, packed->length);
    is_refused(fixture, NULL, "damaged gzip data: ");
    free(packed);
    free(file);
}

static void what_is_no_capture_is_refused_with_the_reason(void **state)
{
    struct fixture *fixture = *state;
    name(fixture, "missing.pcap");
    is_refused(fixture, NULL, "No such file or directory");
    strcpy(fixture->path, fixture->folder);
    is_refused(fixture, NULL, "Is a directory");
    write_bytes(name(fixture, "hello.pcap"), "hello", 5);
    is_refused(fixture, NULL, "not a capture: begins with 68 65 6c 6c");
    write_bytes(name(fixture, "old.cap"), "GMBU\0\2", 6);
    is_refused(fixture, NULL, "cut short in its file header");
    write_bytes(name(fixture, "older.cap"), "RTSS\1\1", 6);
    is_refused(fixture, NULL, "cut short in its file header");
    struct file *file = new_file(true);
    put_pcap(file, 0xa1b2c3d4, 189);
    write_file(fixture, "usb.pcap", file, file->length);
    is_refused(fixture, NULL, "link type 189 (USB_LINUX) is not supported");
    free(file);
}

/* A packet of interface `number`: a SYN in 20 bytes of raw IP behind `head` bytes of link layer. */
static void put_one(struct file *file, uint32_t number, size_t head)
{
    size_t length = head + 20;
    size_t padding = -length % 4;
    put(file, 6, 4);
    put(file, (uint32_t)(32 + length + padding), 4);
    put(file, number, 4);
    put(file, 0, 4);
    put(file, 0, 4);
    put(file, (uint32_t)length, 4);
    put(file, (uint32_t)length, 4);
    for (size_t i = 0; i < length + padding; i++) {
        put(file, i == head ? 0x45 : i == head + 9 ? 17 : 0, 1);
    }
    put(file, (uint32_t)(32 + length + padding), 4);
}

/* Expects packets with these numbers, all of raw IP, and then the end with this warning. */
static void gives_raw(struct capture *capture, const uint64_t numbers[], size_t count,
                      const char *warning)
{
    struct packet packet;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(packet.number, numbers[i]);
        assert_int_equal(packet.link, 12);
        assert_int_equal(packet.bytes.left, 20);
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    if (warning == NULL) {
        assert_null(capture_warning(capture));
    } else {
        assert_non_null(capture_warning(capture));
        const char *text = strchr(capture_warning(capture), ':');
        assert_string_equal(text, warning);
    }
    capture_close(capture);
}

static void interfaces_may_have_different_link_types(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcapng(file);
    put_interface(file, 113);
    put_interface(file, 101);
    put_one(file, 1, 16);
    put_one(file, 2, 0);
    write_file(fixture, "mixed.pcapng", file, file->length);
    free(file);
    struct capture *capture = opened(fixture, NULL);
    struct packet packet;
    static const int links[PACKETS + 2] = {1, 1, 1, 1, 1, 113, 12};
    for (unsigned i = 0; i < PACKETS + 2; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(packet.number, i + 1);
        assert_int_equal(packet.link, links[i]);
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    assert_null(capture_warning(capture));
    capture_close(capture);
}

static void packets_of_link_types_that_we_do_not_read_are_left_out_and_told(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcapng(file);
    file->length = 28; /* the section alone */
    put_interface(file, 147);
    put_one(file, 0, 0);
    put_interface(file, 101);
    put_one(file, 1, 0);
    put_one(file, 0, 0);
    put_interface(file, 189);
    put_one(file, 2, 0);
    put_one(file, 1, 0);
    write_file(fixture, "some.pcapng", file, file->length);
    static const uint64_t numbers[] = {2, 5};
    gives_raw(opened(fixture, NULL), numbers, 2,
              ": 2 packets left out: link type 147 (which libpcap does not know) is not supported; "
              "1 packet left out: link type 189 (USB_LINUX) is not supported");
    write_file(fixture, "cut.pcapng", file, file->length - 1);
    gives_raw(opened(fixture, NULL), numbers, 1,
              ": cut short in a packet, after packet 4; what is whole was read; "
              "2 packets left out: link type 147 (which libpcap does not know) is not supported; "
              "1 packet left out: link type 189 (USB_LINUX) is not supported");
    write_file(fixture, "none.pcapng", file, 28 + 20 + 52);
    is_refused(fixture, NULL, "link type 147 (which libpcap does not know) is not supported");
    free(file);
}

static void a_filter_is_compiled_for_each_link_type_and_told_where_it_cannot_be(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(false); /* big-endian: loopback's header is, too */
    put_pcapng(file);
    put_interface(file, 101);
    put_one(file, 1, 0);
    put_interface(file, 0);
    size_t loopback = file->length + 28;
    put_one(file, 2, 4);
    file->bytes[loopback + 3] = 2;
    write_file(fixture, "mixed.pcapng", file, file->length);
    free(file);
    struct capture *capture = opened(fixture, "ip and udp");
    struct packet packet;
    static const uint64_t numbers[] = {2, 4, 6, 7};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(packet.number, numbers[i]);
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    capture_close(capture);
    capture = opened(fixture, "ether host 0:0:0:0:0:0");
    for (unsigned i = 0; i < PACKETS; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
    assert_non_null(
        strstr(capture_warning(capture), ": 1 packet left out: filter 'ether host 0:0:0:0:0:0': "));
    capture_close(capture);
}

static void times_that_cannot_be_are_clamped(void **state)
{
    struct fixture *fixture = *state;
    struct file *file = new_file(true);
    put_pcapng(file);
    memset(file->bytes + 28 + 20 + 12, 0xff, 8); /* the first packet's time */
    write_file(fixture, "late.pcapng", file, file->length);
    file->length = 0;
    put_pcap(file, 0xa1b2c3d4, 1);
    memset(file->bytes + FILE_HEADER, 0xff, 8);
    for (unsigned i = 0; i < 2; i++) {
        struct capture *capture = opened(fixture, NULL);
        struct packet packet;
        assert_int_equal(capture_next(capture, &packet), CAPTURE_PACKET);
        capture_close(capture);
        write_file(fixture, "late.pcap", file, file->length);
    }
    free(file);
}

static void complaints_are_one_printable_line(void **state)
{
    struct fixture *fixture = *state;
    capture_complain(fixture->error, "a\n\x1b[31mb\xc2\x9b\xc3\x9c", "no\r\nway");
    assert_string_equal(fixture->error, "a??[31mb\xc2?\xc3\x9c: no??way");
    capture_complain(fixture->error, "-", "empty");
    assert_string_equal(fixture->error, "standard input: empty");
    char *path = malloc(10000);
    memset(path, 'x', 9999);
    path[9999] = '\0';
    capture_complain(fixture->error, path, "too long");
    assert_non_null(strstr(fixture->error, "x: too long"));
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pcap_is_read_in_both_byte_orders_and_precisions, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pcapng_is_read_in_both_byte_orders, set_up, tear_down),
        cmocka_unit_test_setup_teardown(compressed_captures_are_expanded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expansion_larger_than_the_buffers_is_whole, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(standard_input_is_read_also_compressed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_filter_leaves_packet_numbers_as_they_are, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_filter_is_valid_when_any_link_type_takes_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_cut_capture_gives_what_is_whole_and_says_where_it_ends,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_pcapng_and_cut_compressed_data_are_warned_of, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(damaged_compressed_data_are_an_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_capture_is_refused_with_the_reason, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(interfaces_may_have_different_link_types, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            packets_of_link_types_that_we_do_not_read_are_left_out_and_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_filter_is_compiled_for_each_link_type_and_told_where_it_cannot_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(times_that_cannot_be_are_clamped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(complaints_are_one_printable_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
