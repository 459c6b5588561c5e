#include "tracking/classify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct wire text(const char *bytes)
{
    return wire_over(bytes, strlen(bytes));
}

static int open_classifier(void **state)
{
    *state = classify_new();
    return *state == NULL;
}

static int close_classifier(void **state)
{
    classify_free(*state);
    return 0;
}

static void what_was_spoken_has_a_name(void **state)
{
    static const struct {
        const char *client, *server, *name;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: www.facebook.com\r\n\r\n", "", "http"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request\r\n\r\n", "http"},
        {"", "SSH-2.0-OpenSSH_9.2p1\r\n", "ssh"},
        {"SSH-2.0-x\r\n", "SSH-2.0-OpenSSH_9.2p1\r\n", "ssh"},
        {"EHLO a\r\nMAIL FROM:<a@b>\r\n", "220 a ESMTP\r\n250 a\r\n250 OK\r\n", "smtp"},
        {"a LOGIN b c\r\nd SELECT e\r\n", "* OK ready\r\na OK\r\nd OK\r\n", "imap"},
        {"USER a\r\nPASS b\r\nSTAT\r\n", "+OK ready\r\n+OK\r\n+OK\r\n+OK 0 0\r\n", "pop3"},
        {"USER a\r\nPASS b\r\n", "220 ready\r\n331 password\r\n230 in\r\n", "ftp"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *name = classify_cleartext(*state, text(rows[i].client), text(rows[i].server));
        assert_non_null(name);
        assert_string_equal(name, rows[i].name);
    }
}

static void what_was_spoken_before_changes_nothing(void **state)
{
    for (int i = 0; i < 1000; i++) {
        (void)classify_cleartext(*state, text("\023BitTorrent protocol"),
                                 text("\023BitTorrent protocol"));
        assert_null(classify_cleartext(*state, text("hello"), text("world")));
    }
}

static void nothing_and_nonsense_have_no_name(void **state)
{
    assert_null(classify_cleartext(*state, wire_over(NULL, 0), wire_over(NULL, 0)));
    assert_null(classify_cleartext(*state, text("hello"), wire_over(NULL, 0)));
    assert_null(classify_cleartext(*state, wire_over(NULL, 0), text("world")));
}

static void tls_has_no_name_here(void **state)
{
    static const uint8_t hello[] = {0x16, 3,        1, 0, 49,   1, 0, 0, 45, 3,
                                    3,    [43] = 0, 0, 2, 0x13, 1, 1, 0, 0,  0};
    assert_null(classify_cleartext(*state, wire_over(hello, sizeof hello), wire_over(NULL, 0)));
}

static void more_than_a_segment_is_cut(void **state)
{
    static char bytes[1 << 20];
    memset(bytes, 'A', sizeof bytes);
    memcpy(bytes, "SSH-2.0-", 8);
    assert_string_equal(
        classify_cleartext(*state, wire_over(NULL, 0), wire_over(bytes, sizeof bytes)), "ssh");
}

/* Lines, numbers and words that nDPI's dissectors look for, in an order that is always the same. */
static void hostile_bytes_do_no_harm(void **state)
{
    static const char *const words[] = {"GET ",           "HTTP/1.1",     "\r\n",
                                        "Host: ",         "SSH-",         "220 ",
                                        "USER ",          "\x16\x03\x01", "Content-Length: ",
                                        "\023BitTorrent", "RTSP/",        "SIP/2.0",
                                        "\x05\x01",       "<?xml",        "\n\n"};
    uint8_t bytes[2][2000];
    uint32_t random = 1;
    for (int round = 0; round < 3000; round++) {
        size_t length[2];
        for (int side = 0; side < 2; side++) {
            random = random * 1664525 + 1013904223;
            length[side] = (random >> 8) % sizeof bytes[0];
            for (size_t i = 0; i < length[side]; i++) {
                random = random * 1664525 + 1013904223;
                bytes[side][i] = (uint8_t)(random >> 24);
                const char *word = words[(random >> 8) % (sizeof words / sizeof words[0])];
                if ((i == 0 || (random >> 16) % 16 == 0) && length[side] - i > strlen(word)) {
                    memcpy(bytes[side] + i, word, strlen(word));
                    i += strlen(word) - 1;
                }
            }
        }
        (void)classify_cleartext(*state, wire_over(bytes[0], length[0]),
                                 wire_over(bytes[1], length[1]));
    }
}

static void a_server_name_leads_to_its_application(void **state)
{
    assert_string_equal(classify_name(*state, "www.facebook.com"), "facebook");
    assert_string_equal(classify_name(*state, "WWW.NETFLIX.COM"), "netflix");
    assert_ptr_equal(classify_name(*state, "a.facebook.com"),
                     classify_name(*state, "b.facebook.com"));
}

static void another_server_name_leads_to_none(void **state)
{
    char longest[400];
    memset(longest, 'a', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_null(classify_name(*state, "example.org"));
    assert_null(classify_name(*state, "notfacebook.com"));
    assert_null(classify_name(*state, "www.facebook.com.example.org"));
    assert_null(classify_name(*state, ""));
    assert_null(classify_name(*state, longest));
    assert_null(classify_name(*state, longest + sizeof longest - 1 - CLASSIFY_NAME));
}

/* More names than are remembered, so that they take each other's places. */
static void a_name_that_is_asked_for_again_leads_to_the_same(void **state)
{
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 4000; i++) {
            char name[64];
            (void)snprintf(name, sizeof name, "host%u.%s", i,
                           i % 2 == 0 ? "facebook.com" : "example.org");
            const char *application = classify_name(*state, name);
            assert_true((application != NULL) == (i % 2 == 0));
        }
    }
    assert_string_equal(classify_name(*state, "host0.facebook.com"), "facebook");
}

static void hostile_names_do_no_harm(void **state)
{
    char name[CLASSIFY_NAME + 1];
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        size_t length = random % sizeof name;
        for (size_t i = 0; i < length; i++) {
            random = random * 1664525 + 1013904223;
            name[i] = (random >> 24) % 4 == 0 ? '.' : (char)((random >> 16) % 255 + 1);
        }
        name[length] = '\0';
        (void)classify_name(*state, name);
        random++;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_spoken_has_a_name),
        cmocka_unit_test(what_was_spoken_before_changes_nothing),
        cmocka_unit_test(nothing_and_nonsense_have_no_name),
        cmocka_unit_test(tls_has_no_name_here),
        cmocka_unit_test(more_than_a_segment_is_cut),
        cmocka_unit_test(hostile_bytes_do_no_harm),
        cmocka_unit_test(a_server_name_leads_to_its_application),
        cmocka_unit_test(another_server_name_leads_to_none),
        cmocka_unit_test(a_name_that_is_asked_for_again_leads_to_the_same),
        cmocka_unit_test(hostile_names_do_no_harm),
    };
    return cmocka_run_group_tests(tests, open_classifier, close_classifier);
}
