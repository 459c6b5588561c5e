#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "scene.h"

static void expect_command(const struct scene *scene, const char *command)
{
    char text[512];
    report_reproduce(text, sizeof(text), &scene->facts);
    assert_string_equal(text, command);
}

static void a_name_from_the_wire_cannot_leave_its_quotes(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    scene.facts.client_hello[0].server_name = "x'; rm -rf ~; '";
    expect_command(&scene, "openssl s_client -connect 10.77.0.1:443 -servername "
                           "'x'\\''; rm -rf ~; '\\''' -tls1_2");
}

static void a_command_that_does_not_fit_is_not_given(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    char text[40] = "something";
    report_reproduce(text, sizeof(text), &scene.facts);
    assert_string_equal(text, "");
}

static void a_small_offer_is_repeated_as_it_was(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    static const uint16_t few[] = {0x0a0a, 0xc013, 0x00ff}, one[] = {0x2a2a, 24};
    struct offer small = {.legacy_version = 0x0301,
                          .suites = LIST(few),
                          .groups = LIST(one),
                          .alpn = LIST(protocols)};
    scene.facts.client_hello[0].offer = &small;
    scene.facts.server_hello = NULL;
    expect_command(&scene, "openssl s_client -connect 10.77.0.1:443 -servername www.contoso.test "
                           "-tls1 -cipher ECDHE-RSA-AES128-SHA:@SECLEVEL=0 -groups secp384r1 "
                           "-alpn h2,http/1.1");
}

static void starttls_and_proxies_are_gone_through_again(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    struct preface preface = {.protocol = PREFACE_SMTP, .state = PREFACE_GRANTED};
    scene.facts.preface = &preface;
    scene.facts.client_hello[0].server_name = NULL;
    expect_command(&scene, "openssl s_client -connect 10.77.0.1:443 -starttls smtp -tls1_2");
    preface.protocol = PREFACE_HTTP_CONNECT;
    scene.facts.preface_asked = "CONNECT www.contoso.test:443 HTTP/1.1";
    expect_command(&scene, "openssl s_client -connect www.contoso.test:443 -proxy 10.77.0.1:443 "
                           "-tls1_2");
    preface.protocol = PREFACE_SOCKS5;
    expect_command(&scene, "");
    scene.facts.client_hello[0].server_name = "www.contoso.test";
    expect_command(&scene, "curl -v --proxy socks5h://10.77.0.1:443 https://www.contoso.test/");
}

static void plain_http_is_reproduced_by_curl(void **state)
{
    (void)state;
    struct scene scene;
    scenario(&scene);
    const struct preface preface = {.protocol = PREFACE_HTTP, .state = PREFACE_TALKING};
    scene.facts.preface = &preface;
    scene.facts.client_hello[0] = (struct client_hello_facts){.at = {0, 0}};
    scene.facts.client_hellos = 0;
    expect_command(&scene, "curl -v http://10.77.0.1:443/");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_from_the_wire_cannot_leave_its_quotes),
        cmocka_unit_test(a_command_that_does_not_fit_is_not_given),
        cmocka_unit_test(a_small_offer_is_repeated_as_it_was),
        cmocka_unit_test(starttls_and_proxies_are_gone_through_again),
        cmocka_unit_test(plain_http_is_reproduced_by_curl),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
