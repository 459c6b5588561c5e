/* Scenario 5 as facts and verdict, for the tests of reports: the client allows TLS 1.1 and 1.2, the
 * server speaks at most TLS 1.0. Tests change what they are about. */
#ifndef TESTS_SCENE_H
#define TESTS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/report.h"

#define MILLISECOND INT64_C(1000000)
#define START (INT64_C(1795293660) * 1000 * MILLISECOND + 123456 * INT64_C(1000))
#define AT(number, after)                                                                          \
    {                                                                                              \
        (number), START + (after)*MILLISECOND                                                      \
    }
#define LIST(array)                                                                                \
    {                                                                                              \
        (array), sizeof(array) / sizeof((array)[0])                                                \
    }

static const uint16_t suites[] = {0xc02f, 0xc030, 0xc02b, 0xc02c, 0xc013, 0xc014, 0xc009, 0xc00a,
                                  0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, 0x00ff};
static const uint16_t versions[] = {0x0303, 0x0302};
static const uint16_t groups[] = {29, 23, 24};
static const uint16_t schemes[] = {0x0403, 0x0804, 0x0401};
static const char *const protocols[] = {"h2", "http/1.1"};

static const struct offer offer = {
    .legacy_version = 0x0303,
    .has_extensions = true,
    .suites = LIST(suites),
    .versions = LIST(versions),
    .groups = LIST(groups),
    .schemes = LIST(schemes),
    .ja3 = "0123456789abcdef0123456789abcdef",
    .ja4 = "t12d140500_0123456789ab_0123456789ab",
};

static const struct remedy remedies[] = {
    {"iis", "enable TLS 1.2: HKLM\\SYSTEM\\...\\SCHANNEL\\Protocols\\TLS 1.2\\Server Enabled=1, "
            "then restart"},
    {"nginx", "ssl_protocols TLSv1.2 TLSv1.3;"},
    {NULL, NULL},
};

static const struct cause server_too_old = {.id = "version.server_too_old",
                                            .title = "the server is too old",
                                            .meaning = "Its highest version is below the client's "
                                                       "lowest.",
                                            .remedies = remedies};
static const struct cause internal_error = {.id = "abort.internal_error",
                                            .title = "the peer gave up"};

struct scene {
    struct facts facts;
    struct step steps[6];
    struct alert_facts alert;
    struct server_hello_facts server_hello;
    struct verdict verdict;
    struct report_options options;
    struct totals totals;
    struct connection connection;
};

static inline void scene_steps(struct scene *scene)
{
    static const struct step steps[] = {
        {.at = AT(1, 0), .what = STEP_SYN, .from = CLIENT},
        {.at = AT(2, 0), .what = STEP_SYN_ACK, .from = SERVER},
        {.at = AT(4, 0), .what = STEP_CLIENT_HELLO, .from = CLIENT},
        {.at = AT(6, 12), .what = STEP_SERVER_HELLO, .from = SERVER},
        {.at = AT(8, 13), .what = STEP_ALERT, .from = CLIENT, .a = 2, .b = 70, .size = 2},
        {.at = AT(9, 13), .what = STEP_FIN, .from = CLIENT}};
    memcpy(scene->steps, steps, sizeof(steps));
    scene->alert = (struct alert_facts){.at = AT(8, 13), .from = CLIENT, .level = 2, .code = 70};
}

static inline void scene_facts(struct scene *scene)
{
    scene_steps(scene);
    scene->server_hello = (struct server_hello_facts){.at = AT(6, 12),
                                                      .legacy_version = 0x0301,
                                                      .version = 0x0301,
                                                      .suite = 0xc013,
                                                      .ja3s = "fedcba9876543210fedcba9876543210"};
    scene->facts = (struct facts){
        .address = {{{10, 77, 0, 2}, 4}, {{10, 77, 0, 1}, 4}},
        .port = {51044, 443},
        .tls_expected = true,
        .first = AT(1, 0),
        .last = AT(9, 13),
        .tls = true,
        .resumption_known = true,
        .tls_from = {true, true},
        .client_hellos = 1,
        .client_hello = {{.at = AT(4, 0),
                          .begins = AT(4, 0),
                          .offer = &offer,
                          .server_name = "www.contoso.test",
                          .length = 180}},
        .server_hello = &scene->server_hello,
        .version = 0x0301,
        .alert = &scene->alert,
        .alerts = 1,
        .step = scene->steps,
        .steps = 6,
    };
}

static inline void scenario(struct scene *scene)
{
    memset(scene, 0, sizeof(*scene));
    scene_facts(scene);
    scene->verdict = (struct verdict){
        .status = STATUS_FAILED,
        .cause = &server_too_old,
        .confidence = CERTAIN,
        .argument = {.summary = "The server speaks at most TLS 1.0; the client accepts TLS 1.1 "
                                "and 1.2.",
                     .item = {{6, "selects TLS 1.0"},
                              {8, "the client refuses it"},
                              {0, "3 other clients of this server were given TLS 1.0, none a later "
                                  "version"}},
                     .count = 3},
    };
    scene->totals = (struct totals){
        .packets = 100, .connections = 12, .established = 9, .failed = 2, .incomplete = 1};
    scene->connection = (struct connection){&scene->facts, &scene->verdict,         "a.pcap", 1,
                                            false,         "version.server_too_old"};
}

/* What `format` says of `count` times the scene's connection. The caller frees it. */
static inline char *told(const struct scene *scene, const struct report_format *format,
                         size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct report_options options = scene->options;
    options.out = out;
    struct report *report = format->begin(&options);
    assert_non_null(report);
    for (size_t i = 0; i < count; i++) {
        format->connection(report, &scene->connection);
    }
    format->end(report, &scene->totals);
    fclose(out);
    char *told = strdup(text); /* gcc 12 takes the stream's own buffer for a dangling pointer */
    free(text);
    return told;
}

static inline void expect(const struct scene *scene, const struct report_format *format,
                          const char *text)
{
    char *is = told(scene, format, 1);
    assert_string_equal(is, text);
    free(is);
}

static inline void expect_part(const struct scene *scene, const struct report_format *format,
                               const char *part)
{
    char *is = told(scene, format, 1);
    if (strstr(is, part) == NULL) {
        print_error("not there: %s\nin: %s\n", part, is);
    }
    assert_non_null(strstr(is, part));
    free(is);
}

static inline void expect_no_part(const struct scene *scene, const struct report_format *format,
                                  const char *part)
{
    char *is = told(scene, format, 1);
    assert_null(strstr(is, part));
    free(is);
}

#endif
