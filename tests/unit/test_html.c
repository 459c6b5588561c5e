#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "diagnosis/faults.h"
#include "report/html/html.h"
#include "report/html/html_assets.h"
#include "scene.h"

/* What html_text() makes of a text. The caller frees it. */
static char *written(const char *text)
{
    char *is = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&is, &size);
    assert_non_null(out);
    html_text(out, text);
    fclose(out);
    char *copy = strdup(is);
    free(is);
    return copy;
}

static void expect_text(const char *text, const char *wanted)
{
    char *is = written(text);
    assert_string_equal(is, wanted);
    free(is);
}

static void markup_in_a_text_is_text(void **state)
{
    (void)state;
    expect_text("<script>alert(\"1\")</script>",
                "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
    expect_text("' onload='x()'", "&#39; onload=&#39;x()&#39;");
    expect_text("a && b &amp;", "a &amp;&amp; b &amp;amp;");
}

static void letters_of_all_languages_stay_as_they_are(void **state)
{
    (void)state;
    expect_text("bücher.example → 例え", "bücher.example → 例え");
}

static void what_cannot_be_shown_is_replaced(void **state)
{
    (void)state;
    expect_text("a\033[31mb", "a\xef\xbf\xbd[31mb");
    expect_text("a\nb\tc\x7f", "a\xef\xbf\xbd"
                               "b\xef\xbf\xbd"
                               "c\xef\xbf\xbd");
    expect_text("\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd");
}

static void nothing_turns_the_text_around(void **state)
{
    (void)state;
    static const char *const turns[] = {"\u061c", "\u200e", "\u200f", "\u202a",
                                        "\u202e", "\u2066", "\u2069"};
    for (size_t i = 0; i < sizeof(turns) / sizeof(turns[0]); i++) {
        char *is = written(turns[i]);
        assert_null(strstr(is, turns[i]));
        free(is);
    }
}

static void no_text_is_an_empty_one(void **state)
{
    (void)state;
    expect_text(NULL, "");
}

static void an_element_is_closed_by_its_name_alone(void **state)
{
    (void)state;
    char *is = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&is, &size);
    html_element(out, "td class=\"name\"", "<b>");
    html_name(out, "dd", "x");
    fclose(out);
    assert_string_equal(is, "<td class=\"name\">&lt;b&gt;</td><dd><bdi>x</bdi></dd>");
    free(is);
}

static void style_and_script_end_nowhere_within(void **state)
{
    (void)state;
    static const struct html_asset *const assets[] = {&html_style, &html_script};
    for (size_t i = 0; i < 2; i++) {
        assert_true(assets[i]->length > 1000);
        for (size_t j = 0; j + 1 < assets[i]->length; j++) {
            assert_false(assets[i]->bytes[j] == '<' && assets[i]->bytes[j + 1] == '/');
        }
    }
}

static void scenario_5_is_on_the_page(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_html, "2 of 12 handshakes failed</h1>");
    expect_part(&scene, &report_html, "<td><bdi>www.contoso.test</bdi></td>");
    expect_part(&scene, &report_html,
                "<summary>The server speaks at most TLS 1.0; the client accepts TLS 1.1 and "
                "1.2.</summary>");
    expect_part(&scene, &report_html, "<a href=\"#c1f6\">#6</a> selects TLS 1.0</li>");
    expect_part(&scene, &report_html, " id=\"c1f6\"");
    expect_part(&scene, &report_html, "<dt>nginx</dt><dd>ssl_protocols TLSv1.2 TLSv1.3;</dd>");
    expect_part(&scene, &report_html,
                "Alert fatal protocol_version (70) · SEC_E 0x80090302</text>");
}

static void what_the_server_selects_unasked_is_marked(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    expect_part(&scene, &report_html,
                "<li class=\"odd\"><bdi>TLS 1.0</bdi><em>not offered</em></li>");
    expect_part(&scene, &report_html,
                "<li class=\"both\"><bdi>ECDHE_RSA_WITH_AES_128_CBC_SHA</bdi></li>");
    scene.facts.client_hello[0].incomplete = true; /* what is missing may have offered it */
    expect_no_part(&scene, &report_html, "not offered");
}

static void hostile_names_stay_names(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.client_hello[0].server_name = "\"><script>x()</script>";
    scene.connection.input = "\"><img src=x>.pcap";
    expect_part(&scene, &report_html, "&quot;&gt;&lt;script&gt;x()&lt;/script&gt;");
    expect_no_part(&scene, &report_html, "<script>x()");
    expect_no_part(&scene, &report_html, "<img");
}

static void established_ones_are_there_when_they_are_asked_for(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.status = STATUS_ESTABLISHED;
    scene.verdict.cause = NULL;
    expect_no_part(&scene, &report_html, "<tbody class=\"connection");
    scene.options.all = true;
    expect_part(&scene, &report_html, "<tbody class=\"connection established\" id=\"c1\"");
}

/* How often `part` is in `text`. */
static size_t times(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static void what_is_beyond_the_bound_is_counted_and_confessed(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.totals.failed = 507;
    char *text = told(&scene, &report_html, 507);
    assert_int_equal(times(text, "<tbody class=\"connection"), 500);
    assert_non_null(strstr(text, "7 failed connections are counted in the charts"));
    assert_non_null(strstr(text, "<td class=\"number\">507</td>"));
    free(text);
}

static void established_ones_take_no_room_from_failed_ones(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.verdict.status = STATUS_ESTABLISHED;
    scene.verdict.cause = NULL;
    scene.options.all = true;
    char *text = told(&scene, &report_html, 255);
    assert_int_equal(times(text, "<tbody class=\"connection"), 250);
    assert_non_null(strstr(text, "5 connections that did not fail are not told of below"));
    free(text);
}

/* ---- chains ---- */

static const char *const leaf_names[] = {"www.contoso.test"};
static const char *const leaf_common[] = {"www.contoso.test"};
static const struct certificate leaf = {.subject = "CN=www.contoso.test",
                                        .issuer = "CN=<b>root</b>",
                                        .subject_common_names = {leaf_common, 1},
                                        .names = {leaf_names, 1},
                                        .dns_count = 1,
                                        .key = KEY_RSA,
                                        .key_bits = 2048,
                                        .key_name = "RSA 2048",
                                        .signature = "sha256WithRSAEncryption",
                                        .signature_hash_bits = 256,
                                        .not_before = 1577836800,
                                        .not_after = 1609459200};
static const struct certificate *const leaf_only[] = {&leaf};
static const struct chain expired_chain = {.at = AT(6, 12),
                                           .certificates = leaf_only,
                                           .count = 1,
                                           .signatures_checked = true,
                                           .anchored = true};
static const struct cause expired = {.id = "certificate.expired", .title = "expired"};

static void a_chain_is_drawn_with_its_faults(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.chain[SERVER] = &expired_chain;
    scene.verdict.cause = &expired;
    expect_part(&scene, &report_html, "<li class=\"accused\">expired on 2021-01-01 00:00 UTC</li>");
    expect_part(&scene, &report_html, "<dd><bdi>CN=&lt;b&gt;root&lt;/b&gt;</bdi></dd>");
    expect_part(&scene, &report_html, "a root that is known here");
}

static void a_fault_that_the_verdict_is_not_about_does_not_stand_out(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.chain[SERVER] = &expired_chain;
    expect_part(&scene, &report_html, "<li>expired on 2021-01-01 00:00 UTC</li>");
    expect_no_part(&scene, &report_html, "class=\"accused\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_in_a_text_is_text),
        cmocka_unit_test(letters_of_all_languages_stay_as_they_are),
        cmocka_unit_test(what_cannot_be_shown_is_replaced),
        cmocka_unit_test(nothing_turns_the_text_around),
        cmocka_unit_test(no_text_is_an_empty_one),
        cmocka_unit_test(an_element_is_closed_by_its_name_alone),
        cmocka_unit_test(style_and_script_end_nowhere_within),
        cmocka_unit_test(scenario_5_is_on_the_page),
        cmocka_unit_test(what_the_server_selects_unasked_is_marked),
        cmocka_unit_test(hostile_names_stay_names),
        cmocka_unit_test(established_ones_are_there_when_they_are_asked_for),
        cmocka_unit_test(what_is_beyond_the_bound_is_counted_and_confessed),
        cmocka_unit_test(established_ones_take_no_room_from_failed_ones),
        cmocka_unit_test(a_chain_is_drawn_with_its_faults),
        cmocka_unit_test(a_fault_that_the_verdict_is_not_about_does_not_stand_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
