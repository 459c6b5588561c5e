#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "record.h"
#include "scene.h"

static void versions_are_written_as_ecs_has_them(void **state)
{
    (void)state;
    assert_string_equal(report_version(0x0304), "1.3");
    assert_string_equal(report_version(0x0301), "1.0");
    assert_string_equal(report_version(0x0300), "3.0");
    assert_string_equal(report_version(0x0002), "2.0");
    assert_null(report_version(0));
    assert_null(report_version(0x0a0a));
}

static void addresses_are_written_as_rfc_5952_has_them(void **state)
{
    (void)state;
    char text[REPORT_ADDRESS];
    struct address address = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}, 6};
    report_address(text, &address, 443);
    assert_string_equal(text, "[2001:db8::1]:443");
    report_address(text, &address, 0);
    assert_string_equal(text, "2001:db8::1");
    address = (struct address){{192, 0, 2, 255}, 4};
    report_address(text, &address, 65535);
    assert_string_equal(text, "192.0.2.255:65535");
}

static void times_are_right_before_1970_and_beyond_2038(void **state)
{
    (void)state;
    char text[REPORT_TIME];
    report_time(text, 951782399, -1);
    assert_string_equal(text, "2000-02-28T23:59:59Z");
    report_time(text, 951782400, 7);
    assert_string_equal(text, "2000-02-29T00:00:00.000007Z");
    report_time(text, -1, 999999);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    report_time(text, 253402300800, -1);
    assert_string_equal(text, "10000-01-01T00:00:00Z");
    report_time(text, INT64_MAX, -1);
    report_time(text, INT64_MIN, -1);
}

static void expect_step(const struct facts *facts, struct step step, const char *text)
{
    char is[200];
    report_step_text(is, sizeof(is), facts, &step);
    assert_string_equal(is, text);
}

static void every_step_has_words(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct facts *facts = &scene.facts;
    expect_step(facts, (struct step){.what = STEP_CHANGE_CIPHER_SPEC}, "ChangeCipherSpec");
    expect_step(facts, (struct step){.what = STEP_MESSAGE, .a = 12}, "ServerKeyExchange");
    expect_step(facts, (struct step){.what = STEP_MESSAGE, .a = 250},
                "handshake message of type 250");
    expect_step(facts, (struct step){.what = STEP_ALERT, .b = 255, .size = 26},
                "Alert, sealed, 26 bytes");
    expect_step(facts, (struct step){.what = STEP_ALERT, .a = 1, .b = 112},
                "Alert warning unrecognized_name (112)");
    expect_step(
        facts,
        (struct step){.what = STEP_SEALED, .a = RECORD_APPLICATION_DATA, .size = 9, .repeats = 2},
        "sealed record, 9 bytes, 2 more");
    expect_step(facts, (struct step){.what = STEP_ICMP, .a = 3, .b = 4},
                "ICMP fragmentation needed");
    expect_step(facts, (struct step){.what = STEP_ICMP, .a = 99, .b = 1}, "ICMP type 99, code 1");
    expect_step(facts, (struct step){.what = STEP_RST}, "RST");
    expect_step(facts, (struct step){.what = STEP_CLEARTEXT, .size = 1}, "cleartext, 1 byte");
    expect_step(facts, (struct step){.what = STEP_MALFORMED, .a = 22}, "malformed handshake");
    expect_step(facts, (struct step){.what = STEP_GAP}, "(bytes are missing from the capture)");
    expect_step(facts, (struct step){.what = 200}, "?");
}

static void cleartext_shows_its_first_line(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.cleartext[CLIENT] = "GET / HTTP/1.1\\x0D\\x0AHost: a";
    scene.facts.preface_at[CLIENT] = (struct moment)AT(4, 0);
    expect_step(&scene.facts, (struct step){.at = AT(4, 0), .what = STEP_CLEARTEXT, .size = 40},
                "cleartext, 40 bytes: GET / HTTP/1.1");
    expect_step(&scene.facts, (struct step){.at = AT(5, 0), .what = STEP_CLEARTEXT, .size = 40},
                "cleartext, 40 bytes");
}

static void a_dialogue_before_tls_has_words(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct preface preface = {.protocol = PREFACE_SMTP, .state = PREFACE_REFUSED};
    scene.facts.preface = &preface;
    scene.facts.preface_asked = "STARTTLS";
    scene.facts.preface_words = "454 TLS not available";
    scene.facts.preface_decided = (struct moment)AT(7, 1);
    expect_step(&scene.facts, (struct step){.what = STEP_PREFACE, .a = PREFACE_ASKED},
                "SMTP, asks for TLS: STARTTLS");
    expect_step(&scene.facts,
                (struct step){.at = AT(7, 1), .what = STEP_PREFACE, .a = PREFACE_REFUSED},
                "SMTP, refuses TLS: 454 TLS not available");
    expect_step(&scene.facts, (struct step){.what = STEP_PREFACE, .a = 99}, "SMTP, speaks");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_written_as_ecs_has_them),
        cmocka_unit_test(addresses_are_written_as_rfc_5952_has_them),
        cmocka_unit_test(times_are_right_before_1970_and_beyond_2038),
        cmocka_unit_test(every_step_has_words),
        cmocka_unit_test(cleartext_shows_its_first_line),
        cmocka_unit_test(a_dialogue_before_tls_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
