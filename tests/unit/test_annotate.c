#include "annotate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct cause server_too_old = {.id = "version.server_too_old"};
static const struct cause reset = {.id = "hello.reset"};

static struct verdict verdict_of_three(void)
{
    struct verdict verdict = {.status = STATUS_FAILED,
                              .cause = &server_too_old,
                              .confidence = CERTAIN,
                              .argument = {.summary = "The server speaks at most TLS 1.0."}};
    argument_cite(&verdict.argument, (struct moment){4, 0}, "the client offers TLS 1.2");
    argument_cite(&verdict.argument, (struct moment){6, 0}, "the server selects TLS 1.0");
    argument_cite(&verdict.argument, (struct moment){6, 0}, "and closes");
    return verdict;
}

static void keep(struct kept *kept, uint64_t frame)
{
    static const uint8_t byte = 0;
    kept_add(kept, (struct moment){frame, 0}, 1, wire_over(&byte, 1), 1);
}

/* Packets 2, 4, 5 and 6. */
static struct kept *four(struct kept_account *account)
{
    struct kept *kept = kept_new(account, 0);
    keep(kept, 2);
    keep(kept, 4);
    keep(kept, 5);
    keep(kept, 6);
    return kept;
}

static void the_first_packet_says_why_and_the_others_what_proves_it(void **state)
{
    (void)state;
    char text[ANNOTATE_TEXT];
    struct kept_account account = {.limit = 4096};
    struct kept *kept = four(&account);
    struct verdict verdict = verdict_of_three();
    const struct kept_packet *packet = kept_first(kept);

    assert_string_equal(annotate_comment(text, kept, packet, &verdict),
                        "tlswhy: failed: version.server_too_old (certain): The server speaks at "
                        "most TLS 1.0.");
    packet = packet->next;
    assert_string_equal(annotate_comment(text, kept, packet, &verdict),
                        "tlswhy: the client offers TLS 1.2");
    packet = packet->next;
    assert_string_equal(annotate_comment(text, kept, packet, &verdict), "");
    packet = packet->next;
    assert_string_equal(annotate_comment(text, kept, packet, &verdict),
                        "tlswhy: the server selects TLS 1.0\ntlswhy: and closes");
    kept_free(kept);
}

static void what_has_no_packet_stands_on_the_first(void **state)
{
    (void)state;
    char text[ANNOTATE_TEXT];
    struct kept_account account = {.limit = 4096};
    struct kept *kept = four(&account);
    struct verdict verdict = verdict_of_three();
    argument_cite(&verdict.argument, (struct moment){0}, "3 other clients were given TLS 1.0");
    argument_cite(&verdict.argument, (struct moment){2, 0}, "the client asks");
    argument_cite(&verdict.argument, (struct moment){3, 0}, "the server answers");
    verdict.alternative[0] = (struct alternative){&reset, POSSIBLE, "The server resets."};
    verdict.alternatives = 1;

    assert_string_equal(
        annotate_comment(text, kept, kept_first(kept), &verdict),
        "tlswhy: failed: version.server_too_old (certain): The server speaks at most TLS 1.0.\n"
        "tlswhy: or hello.reset (possible): The server resets.\n"
        "tlswhy: 3 other clients were given TLS 1.0\n"
        "tlswhy: the server answers (in a packet that is not here)\n"
        "tlswhy: the client asks");
    kept_free(kept);
}

static void packets_that_are_not_there_are_confessed(void **state)
{
    (void)state;
    char text[ANNOTATE_TEXT];
    struct kept_account account = {.limit = 1 << 20};
    struct kept *kept = kept_new(&account, 0);
    for (uint64_t frame = 1; frame <= KEPT_PACKETS + 1; frame++) {
        keep(kept, frame);
    }
    struct verdict verdict = {.status = STATUS_FAILED};
    assert_string_equal(
        annotate_comment(text, kept, kept_first(kept), &verdict),
        "tlswhy: failed; no cause is known\ntlswhy: 1 packet of this connection was not kept");
    kept_free(kept);
}

static void the_longest_verdict_fits_into_a_comment(void **state)
{
    (void)state;
    char text[ANNOTATE_TEXT];
    struct kept_account account = {.limit = 4096};
    struct kept *kept = four(&account);
    struct verdict verdict = verdict_of_three();
    memset(verdict.argument.summary, 's', ARGUMENT_SUMMARY - 1);
    verdict.argument.count = ARGUMENT_ITEMS;
    for (size_t i = 0; i < ARGUMENT_ITEMS; i++) {
        verdict.argument.item[i].frame = 3;
        memset(verdict.argument.item[i].text, 't', ARGUMENT_TEXT - 1);
        verdict.argument.item[i].text[ARGUMENT_TEXT - 1] = '\0';
    }
    verdict.alternatives = VERDICT_ALTERNATIVES;
    for (size_t i = 0; i < VERDICT_ALTERNATIVES; i++) {
        verdict.alternative[i].cause = &reset;
        memset(verdict.alternative[i].summary, 'u', ARGUMENT_SUMMARY - 1);
    }
    (void)annotate_comment(text, kept, kept_first(kept), &verdict);
    assert_string_equal(text + strlen(text) - 6, " here)");
    kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_packet_says_why_and_the_others_what_proves_it),
        cmocka_unit_test(what_has_no_packet_stands_on_the_first),
        cmocka_unit_test(packets_that_are_not_there_are_confessed),
        cmocka_unit_test(the_longest_verdict_fits_into_a_comment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
