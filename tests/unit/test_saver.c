/* mkdtemp(), setrlimit() and setenv() are POSIX'. */
#define _XOPEN_SOURCE 700

#include "capture/saver.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ETHERNET = 1, LOOPBACK = 108, PATH = 256, NOON = 1763812800 };

static const uint8_t BYTES[1000] = {0xaa};

struct folder {
    char path[PATH];
};

static int make_folder(void **state)
{
    static struct folder folder;
    strcpy(folder.path, "/tmp/tlswhy-saver-XXXXXX");
    *state = &folder;
    return mkdtemp(folder.path) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    const struct folder *folder = *state;
    return rmdir(folder->path);
}

static const char *in(char path[2 * PATH], void **state, const char *name)
{
    const struct folder *folder = *state;
    (void)snprintf(path, 2 * PATH, "%s/%s", folder->path, name);
    return path;
}

static struct saver *open_saver(const char *path, uint64_t bytes, uint32_t seconds)
{
    char error[CAPTURE_ERROR];
    struct saver *saver = saver_open(&(struct saver_options){path, bytes, seconds}, NOON, error);
    assert_non_null(saver);
    assert_string_equal(error, "");
    return saver;
}

static void add(struct saver *saver, int link, uint64_t number, size_t size)
{
    struct packet packet = {.number = number,
                            .time = (int64_t)NOON * 1000000000 + (int64_t)number,
                            .link = link,
                            .bytes = wire_over(BYTES, size),
                            .length = size};
    saver_add(saver, &packet, number == 1 ? "why" : NULL);
}

/* A connection of `packets` packets of `size` bytes. */
static void save(struct saver *saver, int64_t now, size_t packets, size_t size)
{
    saver_begin(saver, now);
    for (size_t i = 1; i <= packets; i++) {
        add(saver, ETHERNET, i, size);
    }
    saver_end(saver);
}

static void assert_news(struct saver *saver, const char *words)
{
    char text[CAPTURE_ERROR];
    assert_true(saver_news(saver, text));
    if (strstr(text, words) == NULL) {
        fail_msg("'%s' is not in '%s'", words, text);
    }
}

static void assert_no_news(struct saver *saver)
{
    char text[CAPTURE_ERROR];
    assert_false(saver_news(saver, text));
}

static void close_well(struct saver *saver)
{
    char error[CAPTURE_ERROR];
    assert_no_news(saver);
    assert_true(saver_close(saver, error));
    assert_string_equal(error, "");
}

/* The packets of a capture, which is removed; -1: there is no such file. */
static int packets_in(const char *path, int link)
{
    char error[CAPTURE_ERROR];
    struct capture *capture = capture_open(path, NULL, error);
    if (capture == NULL) {
        assert_int_equal(access(path, F_OK), -1);
        return -1;
    }
    int packets = 0;
    struct packet packet;
    while (capture_next(capture, &packet) == CAPTURE_PACKET) {
        packets++;
        assert_int_equal(packet.link, link);
    }
    assert_string_equal(capture_error(capture), "");
    assert_null(capture_warning(capture));
    capture_close(capture);
    assert_int_equal(unlink(path), 0);
    return packets;
}

static void connections_are_written_one_after_another(void **state)
{
    static const char *const names[] = {"failed.pcap", "failed.pcapng"};
    for (size_t i = 0; i < 2; i++) {
        char path[2 * PATH];
        struct saver *saver = open_saver(in(path, state, names[i]), 0, 0);
        save(saver, NOON, 3, 100);
        save(saver, NOON, 2, 50);
        assert_int_equal(saver_counts(saver)->connections, 2);
        assert_int_equal(saver_counts(saver)->packets, 5);
        close_well(saver);
        assert_int_equal(packets_in(path, ETHERNET), 5);
    }
}

static void a_file_is_a_capture_even_when_nothing_failed(void **state)
{
    static const char *const names[] = {"none.pcap", "none.pcapng"};
    for (size_t i = 0; i < 2; i++) {
        char path[2 * PATH];
        struct saver *saver = open_saver(in(path, state, names[i]), 0, 0);
        close_well(saver);
        assert_int_equal(packets_in(path, ETHERNET), 0);
    }
}

static void what_ended_is_in_the_file_at_once(void **state)
{
    char path[2 * PATH];
    struct stat there;
    struct saver *saver = open_saver(in(path, state, "at-once.pcap"), 0, 0);
    saver_begin(saver, NOON);
    add(saver, ETHERNET, 1, 100);
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_size, 0);
    saver_end(saver);
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_size, 24 + 16 + 100);
    close_well(saver);
    assert_int_equal(packets_in(path, ETHERNET), 1);
}

static void a_pcap_file_holds_one_link_type(void **state)
{
    char path[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "links.pcap"), 0, 0);
    saver_begin(saver, NOON);
    add(saver, LOOPBACK, 1, 100);
    saver_end(saver);
    assert_no_news(saver);
    save(saver, NOON, 2, 100);
    assert_news(saver, "link type");
    save(saver, NOON, 2, 100);
    assert_int_equal(saver_counts(saver)->other_link, 2);
    assert_int_equal(saver_counts(saver)->connections, 1);
    close_well(saver);
    assert_int_equal(packets_in(path, LOOPBACK), 1);
}

static void a_pcapng_file_holds_them_all(void **state)
{
    char path[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "links.pcapng"), 0, 0);
    save(saver, NOON, 2, 100);
    saver_begin(saver, NOON);
    add(saver, LOOPBACK, 1, 100);
    saver_end(saver);
    save(saver, NOON, 1, 100);
    assert_int_equal(saver_counts(saver)->connections, 3);
    assert_int_equal(saver_counts(saver)->packets, 4);
    close_well(saver);
    assert_int_equal(unlink(path), 0);
}

static void a_connection_without_packets_is_confessed_once(void **state)
{
    char path[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "empty.pcap"), 0, 0);
    save(saver, NOON, 0, 0);
    assert_news(saver, "no room");
    save(saver, NOON, 0, 0);
    assert_int_equal(saver_counts(saver)->empty, 2);
    assert_int_equal(saver_counts(saver)->connections, 0);
    close_well(saver);
    assert_int_equal(packets_in(path, ETHERNET), 0);
}

static void a_file_that_is_long_enough_is_followed_by_a_numbered_one(void **state)
{
    char path[2 * PATH], name[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "many.pcap"), 2000, 0);
    for (size_t i = 0; i < 5; i++) {
        save(saver, NOON, 3, 500); /* 24 + 3 * 516: the second goes beyond 2000 */
    }
    close_well(saver);
    assert_int_equal(packets_in(path, ETHERNET), 6);
    assert_int_equal(packets_in(in(name, state, "many.pcap1"), ETHERNET), 6);
    assert_int_equal(packets_in(in(name, state, "many.pcap2"), ETHERNET), 3);
    assert_int_equal(packets_in(in(name, state, "many.pcap3"), ETHERNET), -1);
}

static void a_file_that_is_old_enough_is_followed_by_one_named_by_the_time(void **state)
{
    char path[2 * PATH], name[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "at-%H%M%S.pcap"), 0, 60);
    save(saver, NOON + 59, 1, 100);
    save(saver, NOON + 60, 2, 100);
    save(saver, NOON + 119, 2, 100);
    save(saver, NOON + 500, 5, 100);
    close_well(saver);
    assert_int_equal(packets_in(in(name, state, "at-120000.pcap"), ETHERNET), 1);
    assert_int_equal(packets_in(in(name, state, "at-120100.pcap"), ETHERNET), 4);
    assert_int_equal(packets_in(in(name, state, "at-120820.pcap"), ETHERNET), 5);
}

static void by_length_and_time_the_numbers_begin_anew(void **state)
{
    char path[2 * PATH], name[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "at-%M.pcap"), 100, 60);
    save(saver, NOON, 1, 100);
    save(saver, NOON + 1, 2, 100);
    save(saver, NOON + 60, 3, 100);
    save(saver, NOON + 61, 4, 100);
    close_well(saver);
    assert_int_equal(packets_in(in(name, state, "at-00.pcap"), ETHERNET), 1);
    assert_int_equal(packets_in(in(name, state, "at-00.pcap1"), ETHERNET), 2);
    assert_int_equal(packets_in(in(name, state, "at-01.pcap"), ETHERNET), 3);
    assert_int_equal(packets_in(in(name, state, "at-01.pcap1"), ETHERNET), 4);
}

static void without_a_period_a_name_is_what_it_is(void **state)
{
    char path[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "100%s.pcap"), 0, 0);
    save(saver, NOON, 1, 100);
    close_well(saver);
    assert_int_equal(packets_in(path, ETHERNET), 1);
}

static void a_renamed_file_is_made_anew_and_one_in_place_goes_on(void **state)
{
    char path[2 * PATH], name[2 * PATH];
    struct saver *saver = open_saver(in(path, state, "log.pcapng"), 0, 0);
    save(saver, NOON, 1, 100);
    saver_reopen(saver);
    save(saver, NOON, 2, 100);
    assert_int_equal(rename(path, in(name, state, "log.pcapng.1")), 0);
    save(saver, NOON, 3, 100);
    saver_reopen(saver);
    save(saver, NOON, 4, 100);
    close_well(saver);
    assert_int_equal(packets_in(name, ETHERNET), 6);
    assert_int_equal(packets_in(path, ETHERNET), 4);
}

static void a_full_disk_costs_what_does_not_fit_and_no_more(void **state)
{
    static const char *const names[] = {"full.pcap", "full.pcapng"};
    struct rlimit before, small;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    for (size_t i = 0; i < 2; i++) {
        char path[2 * PATH], error[CAPTURE_ERROR];
        struct saver *saver = open_saver(in(path, state, names[i]), 0, 0);
        save(saver, NOON, 1, 100);
        small = (struct rlimit){1500, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        save(saver, NOON, 3, 900);
        assert_news(saver, "File too large");
        save(saver, NOON, 3, 900);
        assert_no_news(saver);
        save(saver, NOON, 1, 200); /* fits: it works again, for that */
        assert_news(saver, "2 failed handshakes were not saved");
        save(saver, NOON, 3, 900);
        assert_news(saver, names[i]);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        save(saver, NOON, 4, 900);
        assert_news(saver, "1 failed handshake was not saved");
        assert_int_equal(saver_counts(saver)->connections, 3);
        assert_int_equal(saver_counts(saver)->lost, 3);
        assert_false(saver_close(saver, error));
        assert_non_null(strstr(error, "3 failed handshakes could not be saved"));
        assert_int_equal(packets_in(path, ETHERNET), 6);
    }
    (void)signal(SIGXFSZ, SIG_DFL);
}

static void a_device_that_is_full_loses_everything_and_says_so(void **state)
{
    (void)state;
    if (access("/dev/full", W_OK) != 0) {
        skip();
    }
    char error[CAPTURE_ERROR];
    struct saver *saver = open_saver("/dev/full", 0, 0);
    save(saver, NOON, 1, 100);
    assert_news(saver, "/dev/full: No space left on device");
    save(saver, NOON, 1, 100);
    assert_no_news(saver);
    assert_false(saver_close(saver, error));
    assert_string_equal(error, "/dev/full: 2 failed handshakes could not be saved");
}

static void a_folder_that_is_gone_costs_the_next_file_alone(void **state)
{
    char folder[2 * PATH], path[3 * PATH], error[CAPTURE_ERROR];
    assert_int_equal(mkdir(in(folder, state, "gone"), 0700), 0);
    (void)snprintf(path, sizeof path, "%s/x.pcap", folder);
    struct saver *saver = open_saver(path, 50, 0);
    save(saver, NOON, 1, 100);
    assert_int_equal(packets_in(path, ETHERNET), 1);
    assert_int_equal(rmdir(folder), 0);
    save(saver, NOON, 1, 100);
    assert_news(saver, "No such file or directory");
    assert_int_equal(mkdir(folder, 0700), 0);
    save(saver, NOON, 2, 100);
    assert_news(saver, "written again");
    assert_false(saver_close(saver, error));
    (void)snprintf(path, sizeof path, "%s/x.pcap1", folder);
    assert_int_equal(packets_in(path, ETHERNET), 2);
    assert_int_equal(rmdir(folder), 0);
}

static void a_file_that_cannot_be_made_is_named(void **state)
{
    char path[2 * PATH], error[CAPTURE_ERROR];
    struct saver_options options = {in(path, state, "none/x.pcap"), 0, 0};
    assert_null(saver_open(&options, NOON, error));
    assert_non_null(strstr(error, "none/x.pcap: No such file or directory"));
    options = (struct saver_options){"-", 0, 60};
    assert_null(saver_open(&options, NOON, error));
    assert_string_equal(error, "standard output: -C and -G need a file");
}

static void two_names_of_one_file_are_found_out(void **state)
{
    char one[2 * PATH], other[2 * PATH];
    struct saver *saver = open_saver(in(one, state, "one.pcap"), 0, 0);
    close_well(saver);
    assert_int_equal(symlink(one, in(other, state, "other.pcap")), 0);
    assert_true(saver_same_file(one, other));
    assert_false(saver_same_file(one, "/dev/null"));
    assert_false(saver_same_file("/dev/null", "/dev/null"));
    assert_false(saver_same_file(one, "/nowhere"));
    assert_int_equal(unlink(one), 0);
    assert_int_equal(unlink(other), 0);
}

int main(void)
{
    (void)setenv("TZ", "UTC", 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_written_one_after_another),
        cmocka_unit_test(a_file_is_a_capture_even_when_nothing_failed),
        cmocka_unit_test(what_ended_is_in_the_file_at_once),
        cmocka_unit_test(a_pcap_file_holds_one_link_type),
        cmocka_unit_test(a_pcapng_file_holds_them_all),
        cmocka_unit_test(a_connection_without_packets_is_confessed_once),
        cmocka_unit_test(a_file_that_is_long_enough_is_followed_by_a_numbered_one),
        cmocka_unit_test(a_file_that_is_old_enough_is_followed_by_one_named_by_the_time),
        cmocka_unit_test(by_length_and_time_the_numbers_begin_anew),
        cmocka_unit_test(without_a_period_a_name_is_what_it_is),
        cmocka_unit_test(a_renamed_file_is_made_anew_and_one_in_place_goes_on),
        cmocka_unit_test(a_full_disk_costs_what_does_not_fit_and_no_more),
        cmocka_unit_test(a_device_that_is_full_loses_everything_and_says_so),
        cmocka_unit_test(a_folder_that_is_gone_costs_the_next_file_alone),
        cmocka_unit_test(a_file_that_cannot_be_made_is_named),
        cmocka_unit_test(two_names_of_one_file_are_found_out),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
