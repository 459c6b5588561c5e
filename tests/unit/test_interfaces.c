/* Interfaces in a network namespace of the test's own: two pairs of virtual Ethernet, packets sent
 * into one end, captured at the other. Skipped where one may not make namespaces. */
#define _GNU_SOURCE

#include "capture/capture.h"

#include <arpa/inet.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FRAME = 60, TCP = 6, UDP = 17 };

static bool run(const char *command)
{
    char quiet[512];
    snprintf(quiet, sizeof quiet, "{ %s; } >/dev/null 2>&1", command);
    return system(quiet) == 0;
}

/* Without ARP and addresses of IPv6 nothing is sent but what the tests send. */
static const char make_links[] =
    "set -e; for n in 0 1; do"
    " ip link add test$n type veth peer name peer$n;"
    " for i in test$n peer$n; do ip link set $i addrgenmode none arp off up; done; done;"
    "ip link set lo up";

static bool is_running(const char *name)
{
    struct ifreq request = {0};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int descriptor = socket(AF_INET, SOCK_DGRAM, 0);
    bool running =
        ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_RUNNING) != 0;
    close(descriptor);
    return running;
}

/* What is sent before the kernel has seen the carrier of both ends is lost; it does so in its own
 * time. A command of ip waits until the kernel is done with the ones before. */
static bool bring_up(const char *command)
{
    static const char *const names[] = {"test0", "peer0", "test1", "peer1"};
    bool done = run(command);
    for (size_t i = 0; i < 4; i++) {
        for (int tries = 0; tries < 300 && !is_running(names[i]); tries++) {
            usleep(10000);
        }
        done = done && is_running(names[i]);
    }
    return done && run("ip link set lo up");
}

/* As root, or as the root of a namespace of one's own. */
static bool enter(void)
{
    unsigned user = geteuid();
    if (unshare(CLONE_NEWNET) == 0) {
        return true;
    }
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
        return false;
    }
    FILE *map = fopen("/proc/self/uid_map", "w");
    bool mapped = map != NULL && fprintf(map, "0 %u 1", user) > 0;
    return map != NULL && fclose(map) == 0 && mapped;
}

static int enter_namespace(void **state)
{
    static const int yes = 1;
    bool entered = enter();
    *state = NULL;
    if (entered && bring_up(make_links)) {
        *state = (void *)(uintptr_t)&yes;
    } else {
        print_message("skipped: interfaces: needs network namespaces, and ip(8)\n");
    }
    return 0;
}

static void needs_namespace(void **state)
{
    if (*state == NULL) {
        skip();
    }
}

/* ---- sending and capturing ---- */

static int sender_on(const char *name)
{
    int sender = socket(AF_PACKET, SOCK_RAW, 0);
    assert_true(sender >= 0);
    struct sockaddr_ll address = {.sll_family = AF_PACKET,
                                  .sll_ifindex = (int)if_nametoindex(name)};
    assert_int_equal(bind(sender, (const struct sockaddr *)&address, sizeof address), 0);
    return sender;
}

/* A frame of IPv4 that ends in `number`. */
static void send_one(int sender, uint8_t protocol, uint32_t number)
{
    uint8_t frame[FRAME] = {0};
    memset(frame, 0xff, 6);
    frame[12] = 0x08;
    frame[14] = 0x45;
    frame[23] = protocol;
    memcpy(frame + FRAME - 4, &number, 4);
    assert_int_equal(send(sender, frame, sizeof frame, 0), sizeof frame);
}

static void send_some(const char *name, uint8_t protocol, uint32_t count)
{
    int sender = sender_on(name);
    for (uint32_t i = 0; i < count; i++) {
        send_one(sender, protocol, i);
    }
    close(sender);
}

static uint32_t number_in(const struct packet *packet)
{
    struct wire bytes = packet->bytes;
    assert_int_equal(bytes.left, FRAME);
    uint32_t number;
    memcpy(&number, bytes.at + FRAME - 4, 4);
    return number;
}

static struct capture *open_on(const char *const names[], size_t count,
                               const struct capture_options *options)
{
    char error[CAPTURE_ERROR];
    struct capture *capture = capture_open_interfaces(names, count, options, error);
    if (capture == NULL) {
        print_error("%s\n", error);
    }
    assert_non_null(capture);
    return capture;
}

static struct capture *open_one(const struct capture_options *options)
{
    const char *const names[] = {"peer0"};
    return open_on(names, 1, options);
}

/* The next packet, however long it takes. */
static enum capture_result next(struct capture *capture, struct packet *packet)
{
    enum capture_result result = capture_next(capture, packet);
    for (int i = 0; i < 100 && result == CAPTURE_QUIET; i++) {
        result = capture_next(capture, packet);
    }
    return result;
}

/* Reads up to the end; gives how many packets came, which must be 0, 1, 2 ... */
static uint32_t read_to_the_end(struct capture *capture)
{
    struct packet packet;
    uint32_t count = 0;
    while (next(capture, &packet) == CAPTURE_PACKET) {
        assert_int_equal(number_in(&packet), count);
        count++;
        assert_int_equal(packet.number, count);
    }
    return count;
}

/* The next line of news, within some seconds. */
static const char *wait_for_news(struct capture *capture)
{
    struct packet packet;
    const char *news = capture_news(capture);
    for (int i = 0; i < 100 && news == NULL; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
        news = capture_news(capture);
    }
    assert_non_null(news);
    return news;
}

/* ---- the tests ---- */

static void packets_come_with_number_time_and_link_type(void **state)
{
    needs_namespace(state);
    struct capture *capture = open_one(NULL);
    struct packet packet;
    time_t before = time(NULL);
    send_some("test0", UDP, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(packet.number, i + 1);
        assert_int_equal(packet.link, 1);
        assert_int_equal(packet.length, FRAME);
        assert_int_equal(number_in(&packet), i);
        assert_in_range(packet.time / 1000000000, before, time(NULL));
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
    assert_string_equal(capture_path(capture), "peer0");
    assert_int_equal(capture_link(capture), 1);
    assert_int_equal(capture_snap_length(capture), CAPTURE_SNAP_LENGTH);
    assert_null(capture_news(capture));
    capture_close(capture);
}

static void stopping_loses_nothing_that_was_sent_before(void **state)
{
    needs_namespace(state);
    for (uint32_t round = 0; round < 8; round++) {
        struct capture *capture = open_one(NULL);
        struct capture_counts counts;
        usleep(round * 13000); /* in another phase of the kernel's timer */
        uint32_t sent = round * 300 + 1;
        send_some("test0", UDP, sent);
        capture_stop(capture);
        send_some("test0", UDP, 10); /* too late */
        assert_int_equal(read_to_the_end(capture), sent);
        struct packet packet;
        assert_int_equal(capture_next(capture, &packet), CAPTURE_END);
        capture_count(capture, &counts);
        assert_int_equal(counts.captured, sent);
        assert_int_equal(counts.received, sent);
        assert_int_equal(counts.dropped, 0);
        assert_int_equal(counts.dropped_by_interface, 0);
        assert_null(capture_warning(capture));
        assert_string_equal(capture_error(capture), "");
        capture_close(capture);
    }
}

static void immediate_mode_gives_packets_one_by_one(void **state)
{
    needs_namespace(state);
    const struct capture_options options = {.immediate = true, .snap_length = 2048};
    struct capture *capture = open_one(&options);
    send_some("test0", UDP, 20);
    capture_stop(capture);
    assert_int_equal(read_to_the_end(capture), 20);
    capture_close(capture);
}

static void a_packet_longer_than_the_snap_length_is_cut(void **state)
{
    needs_namespace(state);
    const struct capture_options options = {.snap_length = 40};
    struct capture *capture = open_one(&options);
    struct packet packet;
    send_some("test0", UDP, 1);
    assert_int_equal(next(capture, &packet), CAPTURE_PACKET);
    assert_int_equal(packet.bytes.left, 40);
    assert_int_equal(packet.length, FRAME);
    capture_close(capture);
}

static void a_filter_lets_through_and_counts_what_it_should(void **state)
{
    needs_namespace(state);
    const struct capture_options options = {.filter = "tcp"};
    struct capture *capture = open_one(&options);
    struct capture_counts counts;
    send_some("test0", UDP, 50);
    send_some("test0", TCP, 5);
    send_some("test0", UDP, 50);
    capture_stop(capture);
    assert_int_equal(read_to_the_end(capture), 5);
    capture_count(capture, &counts);
    assert_int_equal(counts.received, 5);
    capture_close(capture);
}

static void a_full_ring_drops_and_every_packet_is_accounted_for(void **state)
{
    needs_namespace(state);
    const struct capture_options options = {.buffer_kib = 512};
    const uint32_t sent = 50000;
    struct capture *capture = open_one(&options);
    struct capture_counts counts;
    send_some("test0", UDP, sent);
    capture_stop(capture);
    uint32_t seen = read_to_the_end(capture);
    capture_count(capture, &counts);
    assert_in_range(seen, 1, sent - 1);
    assert_int_equal(counts.captured, seen);
    assert_int_equal(counts.received, sent);
    assert_int_equal(counts.dropped, sent - seen);
    capture_close(capture);
}

static bool is_promiscuous(void)
{
    return run("ip -details link show peer0 | grep -q 'promiscuity [1-9]'");
}

static void an_interface_is_promiscuous_only_while_it_is_asked_to_be(void **state)
{
    needs_namespace(state);
    const struct capture_options options = {.promiscuous = true};
    struct capture *capture = open_one(NULL);
    assert_false(is_promiscuous());
    capture_close(capture);
    capture = open_one(&options);
    assert_true(is_promiscuous());
    capture_close(capture);
    assert_false(is_promiscuous());
}

static void loopback_shows_and_counts_a_packet_once(void **state)
{
    needs_namespace(state);
    const char *const names[] = {"lo"};
    struct capture *capture = open_on(names, 1, NULL);
    struct capture_counts counts;
    send_some("lo", UDP, 7);
    capture_stop(capture);
    assert_int_equal(read_to_the_end(capture), 7);
    capture_count(capture, &counts);
    assert_int_equal(counts.received, 7);
    capture_close(capture);
}

static void packets_of_several_interfaces_come_in_the_order_of_their_times(void **state)
{
    needs_namespace(state);
    const char *const names[] = {"peer0", "peer1"};
    struct capture *capture = open_on(names, 2, NULL);
    int senders[] = {sender_on("test0"), sender_on("test1")};
    const uint32_t sent = 600;
    for (uint32_t i = 0; i < sent; i++) {
        send_one(senders[i % 7 < 3], UDP, i);
        if (i % 100 == 0) {
            usleep(7000);
        }
    }
    capture_stop(capture);
    assert_int_equal(read_to_the_end(capture), sent);
    close(senders[0]);
    close(senders[1]);
    capture_close(capture);
}

static void a_busy_interface_does_not_wait_for_a_silent_one(void **state)
{
    needs_namespace(state);
    const char *const names[] = {"peer1", "peer0"};
    struct capture *capture = open_on(names, 2, NULL);
    struct packet packet;
    send_some("test0", UDP, 100);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(number_in(&packet), i);
    }
    assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
    capture_close(capture);
}

static void any_shows_every_interface_with_a_link_type_of_its_own(void **state)
{
    needs_namespace(state);
    const char *const names[] = {"any"};
    const struct capture_options options = {.promiscuous = true};
    struct capture *capture = open_on(names, 1, &options);
    struct packet packet;
    send_some("test0", UDP, 1);
    send_some("test1", UDP, 1);
    capture_stop(capture);
    for (int i = 0; i < 4; i++) { /* on its way out, and in */
        assert_int_equal(next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(packet.link, 113);
    }
    assert_int_equal(next(capture, &packet), CAPTURE_END);
    capture_close(capture);
}

static void ignore_signal(int number)
{
    (void)number;
}

static void a_signal_or_another_descriptor_ends_the_waiting(void **state)
{
    needs_namespace(state);
    struct capture *capture = open_one(NULL);
    struct packet packet;
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(write(pipes[1], "x", 1), 1);
    assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
    capture_also_wait_for(capture, pipes[0]);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (int i = 0; i < 1000; i++) { /* each of which would take 50 ms */
        assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec < 25);
    capture_also_wait_for(capture, 0);
    close(pipes[0]);
    close(pipes[1]);

    struct sigaction action = {.sa_handler = ignore_signal};
    struct itimerval often = {{0, 2000}, {0, 2000}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    clock_gettime(CLOCK_MONOTONIC, &before);
    for (int i = 0; i < 500; i++) {
        assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
    }
    clock_gettime(CLOCK_MONOTONIC, &after);
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(after.tv_sec - before.tv_sec < 20);
    capture_close(capture);
}

/* ---- interfaces that go away ---- */

static void what_was_sent_before_an_interface_went_down_is_given_before_the_end(void **state)
{
    needs_namespace(state);
    static const char *const ways[][3] = {
        {"ip link set peer0 down", "ip link set peer0 up",
         "peer0: the interface went down, after packet 100"},
        {"ip link delete peer0", make_links, "peer0: the interface disappeared, after packet 100"},
    };
    for (size_t i = 0; i < 2; i++) {
        const struct capture_options options = {.promiscuous = true};
        struct capture *capture = open_one(&options);
        send_some("test0", UDP, 100);
        assert_true(run(ways[i][0]));
        assert_int_equal(read_to_the_end(capture), 100);
        struct packet packet;
        assert_int_equal(capture_next(capture, &packet), CAPTURE_FAILED);
        assert_string_equal(capture_error(capture), ways[i][2]);
        capture_close(capture);
        if (i == 1) {
            assert_true(run("ip link delete test1"));
        }
        assert_true(bring_up(ways[i][1]));
    }
}

static void one_of_several_interfaces_may_go_down_and_the_others_go_on(void **state)
{
    needs_namespace(state);
    const char *const names[] = {"peer0", "peer1"};
    struct capture *capture = open_on(names, 2, NULL);
    struct packet packet;
    assert_true(run("ip link set peer0 down"));
    assert_string_equal(wait_for_news(capture), "peer0: the interface went down");
    assert_null(capture_news(capture));
    send_some("test1", UDP, 1);
    assert_int_equal(next(capture, &packet), CAPTURE_PACKET);
    assert_true(run("ip link set peer1 down"));
    assert_int_equal(next(capture, &packet), CAPTURE_FAILED);
    capture_close(capture);
    assert_true(bring_up("ip link set peer0 up; ip link set peer1 up"));
}

/* Gives up every capability in this thread, until kept_capabilities() is given back. */
static struct __user_cap_data_struct *capabilities(struct __user_cap_data_struct data[2], bool set)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    assert_int_equal(syscall(set ? SYS_capset : SYS_capget, &header, data), 0);
    return data;
}

/* Waits without any capability, as after privileges were given up. */
static const char *wait_unprivileged(struct capture *capture)
{
    struct __user_cap_data_struct kept[2];
    struct __user_cap_data_struct none[2];
    memcpy(none, capabilities(kept, false), sizeof none);
    none[0].effective = 0;
    none[1].effective = 0;
    (void)capabilities(none, true);
    const char *news = wait_for_news(capture);
    (void)capabilities(kept, true);
    return news;
}

static void an_interface_is_waited_for_without_privileges(void **state)
{
    needs_namespace(state);
    const struct capture_options options = {.filter = "tcp", .wait = true, .promiscuous = true};
    struct capture *capture = open_one(&options);
    struct packet packet;
    assert_true(run("ip link set peer0 down"));
    assert_string_equal(wait_unprivileged(capture), "peer0: the interface went down; waiting");
    assert_true(bring_up("ip link set peer0 up"));
    assert_string_equal(wait_unprivileged(capture),
                        "peer0: the interface is up again; what passed meanwhile is unseen");
    send_some("test0", TCP, 1);
    assert_int_equal(next(capture, &packet), CAPTURE_PACKET);

    assert_true(run("ip link delete peer0; ip link delete peer1"));
    assert_string_equal(wait_unprivileged(capture), "peer0: the interface disappeared; waiting");
    assert_int_equal(capture_next(capture, &packet), CAPTURE_QUIET);
    assert_true(bring_up(make_links));
    assert_string_equal(
        wait_unprivileged(capture),
        "peer0: the interface is up again; what passed meanwhile is unseen (it was made anew)");
    assert_true(is_promiscuous());
    send_some("test0", UDP, 3); /* the filter stays */
    send_some("test0", TCP, 5);
    capture_stop(capture);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(next(capture, &packet), CAPTURE_PACKET);
        assert_int_equal(number_in(&packet), i);
    }
    assert_int_equal(next(capture, &packet), CAPTURE_END);
    capture_close(capture);
}

static void a_renamed_interface_is_still_watched(void **state)
{
    needs_namespace(state);
    struct capture *capture = open_one(NULL);
    struct packet packet;
    assert_true(run("ip link set peer0 down && ip link set peer0 name other0 up"));
    enum capture_result result = CAPTURE_QUIET;
    for (int i = 0; i < 100 && result == CAPTURE_QUIET; i++) {
        send_some("test0", UDP, 1);
        result = capture_next(capture, &packet);
    }
    assert_true(bring_up("ip link set other0 down && ip link set other0 name peer0 up"));
    assert_int_equal(result, CAPTURE_PACKET);
    capture_close(capture);
}

/* ---- what is refused ---- */

static void refused(const char *name, const struct capture_options *options, const char *error)
{
    char words[CAPTURE_ERROR];
    const char *const names[] = {"lo", name};
    assert_null(capture_open_interfaces(names, 2, options, words));
    if (strncmp(words, error, strlen(error)) != 0) {
        assert_string_equal(words, error);
    }
}

static void what_cannot_be_captured_is_refused_with_the_reason(void **state)
{
    needs_namespace(state);
    const struct capture_options bad_filter = {.filter = "tcp prot 443"};
    char long_name[300] = {0};
    memset(long_name, 'x', sizeof long_name - 1);
    refused("eth99", NULL, "eth99: no such interface; -D lists those that there are");
    refused(long_name, NULL, "xxxx");
    refused("", NULL, ": ");
    refused("peer0", &bad_filter, "lo: filter 'tcp prot 443': ");
    assert_true(run("ip link set peer0 down"));
    refused("peer0", NULL,
            "peer0: the interface is down; to bring it up: sudo ip link set peer0 up");
    assert_true(bring_up("ip link set peer0 up"));
    refused("nflog", NULL, "nflog: ");

    struct __user_cap_data_struct kept[2];
    struct __user_cap_data_struct none[2];
    memcpy(none, capabilities(kept, false), sizeof none);
    none[0].effective = 0;
    none[1].effective = 0;
    (void)capabilities(none, true);
    char words[CAPTURE_ERROR];
    const char *const names[] = {"peer0"};
    struct capture *capture = capture_open_interfaces(names, 1, NULL, words);
    (void)capabilities(kept, true);
    assert_null(capture);
    assert_string_equal(words,
                        "peer0: capturing takes the capability CAP_NET_RAW: run as root, or grant "
                        "it once: sudo setcap cap_net_raw+ep $(command -v tlswhy)");
}

static void interfaces_are_listed_with_state_and_addresses(void **state)
{
    needs_namespace(state);
    char error[CAPTURE_ERROR];
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    assert_true(capture_list_interfaces(out, error));
    fclose(out);
    assert_non_null(strstr(text, "peer0 [Up, Running, Connected]\n"));
    assert_non_null(strstr(text, "lo [Up, Running, Loopback] 127.0.0.1"));
    assert_int_equal(strncmp(text, "1.", 2), 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_with_number_time_and_link_type),
        cmocka_unit_test(stopping_loses_nothing_that_was_sent_before),
        cmocka_unit_test(immediate_mode_gives_packets_one_by_one),
        cmocka_unit_test(a_packet_longer_than_the_snap_length_is_cut),
        cmocka_unit_test(a_filter_lets_through_and_counts_what_it_should),
        cmocka_unit_test(a_full_ring_drops_and_every_packet_is_accounted_for),
        cmocka_unit_test(an_interface_is_promiscuous_only_while_it_is_asked_to_be),
        cmocka_unit_test(loopback_shows_and_counts_a_packet_once),
        cmocka_unit_test(packets_of_several_interfaces_come_in_the_order_of_their_times),
        cmocka_unit_test(a_busy_interface_does_not_wait_for_a_silent_one),
        cmocka_unit_test(any_shows_every_interface_with_a_link_type_of_its_own),
        cmocka_unit_test(a_signal_or_another_descriptor_ends_the_waiting),
        cmocka_unit_test(what_was_sent_before_an_interface_went_down_is_given_before_the_end),
        cmocka_unit_test(one_of_several_interfaces_may_go_down_and_the_others_go_on),
        cmocka_unit_test(an_interface_is_waited_for_without_privileges),
        cmocka_unit_test(a_renamed_interface_is_still_watched),
        cmocka_unit_test(what_cannot_be_captured_is_refused_with_the_reason),
        cmocka_unit_test(interfaces_are_listed_with_state_and_addresses),
    };
    return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
