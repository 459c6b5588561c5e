#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "handshake.h"
#include "report/phrase.h"
#include "scene.h"

#define HEAD                                                                                       \
    "✗ 10.77.0.2:51044 → 10.77.0.1:443  www.contoso.test     version.server_too_old  (certain)"
#define SENTENCE "  The server speaks at most TLS 1.0; the client accepts TLS 1.1 and 1.2.\n"
#define SUMMARY                                                                                    \
    "12 handshakes: 9 established, 2 failed, 1 incomplete\n"                                       \
    "  1  version.server_too_old    10.77.0.1:443\n"

static void scenario_5_reads_as_it_was_promised(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect(
        &scene, &report_text,
        HEAD
        "\n" SENTENCE "\n"
        "       client                                       server        2026-11-21T20:41:00Z\n"
        "   #4  ClientHello TLS 1.1-1.2, 14 suites    ──────▶              +0.000\n"
        "   #6                ◀──────  ServerHello TLS 1.0, ECDHE_RSA_WITH_AES_128_CBC_SHA   "
        "+0.012\n"
        "   #8  Alert fatal protocol_version (70)     ──────▶              +0.013    "
        "SEC_E 0x80090302\n"
        "\n"
        "  Why   #6 selects TLS 1.0; #8 the client refuses it\n"
        "        3 other clients of this server were given TLS 1.0, none a later version\n"
        "  Fix   IIS      enable TLS 1.2: HKLM\\SYSTEM\\...\\SCHANNEL\\Protocols\\TLS "
        "1.2\\Server Enabled=1, then\n"
        "                 restart\n"
        "        nginx    ssl_protocols TLSv1.2 TLSv1.3;\n"
        "  Try   openssl s_client -connect 10.77.0.1:443 -servername www.contoso.test -tls1_2\n"
        "\n" SUMMARY);
}

static void quiet_leaves_the_verdict_alone(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.options.quiet = true;
    expect(&scene, &report_text, HEAD "\n" SENTENCE);
}

static void a_summary_alone_tells_of_no_connection(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.options.summary = true;
    expect(&scene, &report_text,
           "12 handshakes: 9 established, 2 failed, 1 incomplete\n"
           "\n"
           "by cause\n"
           "  1  version.server_too_old    the server is too old\n"
           "\n"
           "by server\n"
           "  1  10.77.0.1:443    version.server_too_old\n"
           "\n"
           "by client\n"
           "  1  10.77.0.2    version.server_too_old\n");
}

static void several_captures_are_named_and_cannot_write_to_the_terminal(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.options.quiet = true;
    scene.connection.inputs = 2;
    scene.connection.input = "a\033[31m\xff.pcap";
    expect(&scene, &report_text, HEAD "  a\xef\xbf\xbd[31m\xef\xbf\xbd.pcap\n" SENTENCE);
}

static void colours_are_written_only_when_they_are_wanted(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_no_part(&scene, &report_text, "\033");
    scene.options.color = true;
    expect_part(&scene, &report_text, "\033[1;31m✗\033[0m 10.77.0.2:51044");
}

static void verbose_draws_every_step(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.options.verbose = true;
    expect_part(&scene, &report_text,
                "   #1  SYN                                   ──────▶              +0.000\n"
                "   #2                ◀──────  SYN, ACK                            +0.000\n");
    expect_part(&scene, &report_text,
                "   #9  FIN                                   ──────▶              +0.013\n");
}

static void a_narrow_terminal_gets_narrow_lines(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.options.width = 80;
    char *text = told(&scene, &report_text, 1);
    for (char *line = strchr(text, '\n') + 1; *line != '\0';) {
        char *end = strchr(line, '\n');
        *end = '\0';
        bool command = strstr(line, "openssl") != NULL;
        assert_true(command || phrase_columns(line) <= 80);
        line = end + 1;
    }
    free(text);
}

static void wide_packet_numbers_keep_the_ladder_straight(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.step[4].at.frame = 1234567;
    expect_part(&scene, &report_text,
                "             client                                       server        "
                "2026-11-21T20:41:00Z\n"
                "         #4  ClientHello TLS 1.1-1.2, 14 suites    ──────▶              +0.000\n");
    expect_part(&scene, &report_text,
                "   #1234567  Alert fatal protocol_version (70)     ──────▶              +0.013");
}

static void a_long_name_is_cut_and_not_the_ladder(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    static const char *const names[] = {
        "ä-very-long-name-ä-very-long-name-ä-very-long-name-ä-very-long-name-ä-very-long-name"};
    const struct certificate leaf = {.subject_common_names = LIST(names)};
    const struct certificate *const chained[] = {&leaf};
    const struct chain chain = {.at = AT(6, 12), .certificates = chained, .count = 1};
    scene.facts.chain[SERVER] = &chain;
    scene.facts.step[3] = (struct step){
        .at = AT(6, 12), .from = SERVER, .what = STEP_MESSAGE, .a = HANDSHAKE_CERTIFICATE};
    expect_part(&scene, &report_text,
                "   #6    ◀──────  Certificate "
                "ä-very-long-name-ä-very-long-name-ä-very-long-name-ä-very-lo…   +0.012\n");
}

static void a_long_suite_moves_the_arrow_and_is_not_cut(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.server_hello.suite = 0xcca9;
    expect_part(&scene, &report_text,
                "   #6               ◀──────  ServerHello TLS 1.0, "
                "ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256   +0.012\n");
}

static void an_established_connection_is_one_line_and_only_with_all(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict = (struct verdict){.status = STATUS_ESTABLISHED,
                                     .warning = {{"version.obsolete", "TLS 1.0 is obsolete"}},
                                     .warnings = 1};
    scene.facts.established = (struct moment)AT(8, 13);
    scene.facts.group = 29;
    scene.facts.resumed = true;
    scene.server_hello.alpn = "h2";
    scene.totals = (struct totals){.established = 1};
    scene.connection.fails = NULL;
    expect(&scene, &report_text, "1 handshake: 1 established, 0 failed\n");
    scene.options.all = true;
    expect(&scene, &report_text,
           "✓ 10.77.0.2:51044 → 10.77.0.1:443  www.contoso.test     TLS 1.0, "
           "ECDHE_RSA_WITH_AES_128_CBC_SHA, x25519, h2, resumed  ! version.obsolete\n"
           "\n"
           "1 handshake: 1 established, 0 failed\n");
}

static void an_incomplete_connection_says_what_could_not_be_seen(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict = (struct verdict){.status = STATUS_INCOMPLETE};
    scene.facts.ended_open = true;
    scene.options.all = true;
    scene.totals = (struct totals){.incomplete = 1, .cut_packets = 3, .evicted = 2, .forgotten = 4};
    expect(&scene, &report_text,
           "? 10.77.0.2:51044 → 10.77.0.1:443  www.contoso.test     incomplete: the capture ends "
           "with the connection open\n"
           "\n"
           "1 handshake: 0 established, 0 failed, 1 incomplete\n"
           "  Unseen  3 packets cut by the snap length, 2 connections given up for lack of room, 4 "
           "half-open or\n          plain connections forgotten for lack of room\n");
}

static void a_capture_without_tls_says_so(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.connection.fails = NULL;
    scene.verdict = (struct verdict){.status = STATUS_NOT_TLS};
    scene.totals = (struct totals){.packets = 7, .not_tls = 2};
    expect(&scene, &report_text,
           "no TLS handshake in 7 packets; 2 connections to a TLS port without TLS\n");
}

static void what_is_in_doubt_stands_under_the_remedies(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.confidence = LIKELY;
    scene.verdict.alternatives = 1;
    scene.verdict.alternative[0] =
        (struct alternative){&internal_error, POSSIBLE, "The server gave up."};
    scene.verdict.warnings = 1;
    scene.verdict.warning[0] = (struct warning){"version.obsolete", "TLS 1.0 is obsolete"};
    scene.facts.transport.side[SERVER].missing = true;
    expect_part(&scene, &report_text,
                "-tls1_2\n"
                "  Or    abort.internal_error  (possible)  The server gave up.\n"
                "  Unseen  bytes from the server are missing from the capture\n"
                "  Also  version.obsolete  TLS 1.0 is obsolete\n"
                "\n");
}

static void failures_are_grouped_and_the_frequent_come_first(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct scene scene;
    scenario(&scene);
    scene.options.out = out;
    struct report *report = report_text.begin(&scene.options);
    assert_non_null(report);
    report_text.connection(report, &scene.connection);
    scene.verdict.cause = &internal_error;
    for (size_t i = 0; i < 10; i++) {
        report_text.connection(report, &scene.connection);
    }
    report_text.end(report, &scene.totals);
    fclose(out);
    const char *end = strstr(text, "12 handshakes");
    assert_non_null(end);
    assert_string_equal(end, "12 handshakes: 9 established, 2 failed, 1 incomplete\n"
                             "  10  abort.internal_error      10.77.0.1:443\n"
                             "   1  version.server_too_old    10.77.0.1:443\n");
    free(text);
}

static void more_groups_than_there_is_room_for_are_confessed(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct scene scene;
    scenario(&scene);
    scene.options.out = out;
    struct report *report = report_text.begin(&scene.options);
    assert_non_null(report);
    for (uint16_t port = 1; port <= 1005; port++) {
        scene.facts.port[SERVER] = port;
        report_text.connection(report, &scene.connection);
    }
    report_text.end(report, &scene.totals);
    fclose(out);
    assert_non_null(strstr(text, "  1  version.server_too_old    10.77.0.1:1000\n"));
    assert_null(strstr(text, "10.77.0.1:1001\n"));
    assert_non_null(
        strstr(text, "\n  and 5 more failures, of other causes or servers than these 1000\n"));
    free(text);
}

static void a_cause_can_be_explained(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    report_explain(out, &server_too_old, 0);
    fclose(out);
    assert_string_equal(text, "version.server_too_old: the server is too old\n"
                              "\n"
                              "Its highest version is below the client's lowest.\n"
                              "\n"
                              "  Fix   IIS      enable TLS 1.2: HKLM\\SYSTEM\\...\\SCHANNEL"
                              "\\Protocols\\TLS 1.2\\Server Enabled=1, then\n"
                              "                 restart\n"
                              "        nginx    ssl_protocols TLSv1.2 TLSv1.3;\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scenario_5_reads_as_it_was_promised),
        cmocka_unit_test(quiet_leaves_the_verdict_alone),
        cmocka_unit_test(a_summary_alone_tells_of_no_connection),
        cmocka_unit_test(several_captures_are_named_and_cannot_write_to_the_terminal),
        cmocka_unit_test(colours_are_written_only_when_they_are_wanted),
        cmocka_unit_test(verbose_draws_every_step),
        cmocka_unit_test(a_narrow_terminal_gets_narrow_lines),
        cmocka_unit_test(wide_packet_numbers_keep_the_ladder_straight),
        cmocka_unit_test(a_long_name_is_cut_and_not_the_ladder),
        cmocka_unit_test(a_long_suite_moves_the_arrow_and_is_not_cut),
        cmocka_unit_test(an_established_connection_is_one_line_and_only_with_all),
        cmocka_unit_test(an_incomplete_connection_says_what_could_not_be_seen),
        cmocka_unit_test(a_capture_without_tls_says_so),
        cmocka_unit_test(what_is_in_doubt_stands_under_the_remedies),
        cmocka_unit_test(failures_are_grouped_and_the_frequent_come_first),
        cmocka_unit_test(more_groups_than_there_is_room_for_are_confessed),
        cmocka_unit_test(a_cause_can_be_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
