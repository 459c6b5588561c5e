/* What is remembered of servers. */
#include "handshakes.h"

static struct servers *with(const struct handshake *handshake, size_t times)
{
    struct servers *servers = servers_new();
    assert_non_null(servers);
    for (size_t i = 0; i < times; i++) {
        servers_note(servers, &handshake->facts);
    }
    return servers;
}

static void a_server_that_was_never_seen_is_not_known(void **state)
{
    (void)state;
    struct handshake handshake;
    opened(&handshake);
    struct servers *servers = with(&handshake, 1);
    assert_null(servers_find(servers, &handshake.facts));
    servers_free(servers);
}

static void what_it_selected_is_counted_by_version(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    struct servers *servers = with(&handshake, 2);
    client_hello_up_to(&handshake, 0x0303);
    server_hello(&handshake, 0x0301, 0xc013);
    servers_note(servers, &handshake.facts);
    const struct server *server = servers_find(servers, &handshake.facts);
    assert_non_null(server);
    assert_int_equal(server->connections, 3);
    assert_int_equal(server->established, 2);
    assert_int_equal(server->selected[2], 1);
    assert_int_equal(server->selected[4], 2);
    assert_int_equal(server->highest_selected, 0x0303);
    assert_int_equal(server->lowest_selected, 0x0301);
    assert_int_equal(server->suite_count, 2);
    assert_int_equal(server->offered_and_answered, BIT_TLS12);
    assert_int_equal(server->with_name_established, 2);
    assert_int_equal(server->without_name_established, 0);
    servers_free(servers);
}

static void servers_differ_by_address_and_port(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    struct servers *servers = with(&handshake, 1);
    handshake.facts.port[SERVER] = 8443;
    assert_null(servers_find(servers, &handshake.facts));
    handshake.facts.port[SERVER] = 443;
    handshake.facts.address[SERVER].bytes[3] = 9;
    assert_null(servers_find(servers, &handshake.facts));
    servers_free(servers);
}

static void a_silent_refusal_is_counted_only_where_nothing_is_missing(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    reset(&handshake, SERVER);
    struct servers *servers = with(&handshake, 1);
    handshake.facts.transport.side[SERVER].missing = true;
    servers_note(servers, &handshake.facts);
    const struct server *server = servers_find(servers, &handshake.facts);
    assert_non_null(server);
    assert_int_equal(server->refused_silently, 1);
    assert_int_equal(server->smallest_silent_hello, 400);
    servers_free(servers);
}

static void a_certificate_is_remembered_once_with_its_name(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    struct servers *servers = with(&handshake, 3);
    const struct server *server = servers_find(servers, &handshake.facts);
    assert_non_null(server);
    assert_int_equal(server->certificate_count, 1);
    assert_ptr_equal(server->certificate[0], &handshake.certificate);
    assert_string_equal(server->certificate_name[0], "www.example.test");
    servers_free(servers);
}

static void a_row_stays_where_it_is_and_the_table_is_bounded(void **state)
{
    (void)state;
    struct handshake handshake;
    client_hello(&handshake);
    struct servers *servers = with(&handshake, 1);
    struct facts first = handshake.facts;
    const struct server *row = servers_find(servers, &first);
    for (uint32_t i = 1; i < 40000; i++) {
        handshake.facts.address[SERVER].bytes[1] = (uint8_t)(i >> 16);
        handshake.facts.address[SERVER].bytes[2] = (uint8_t)(i >> 8);
        handshake.facts.address[SERVER].bytes[3] = (uint8_t)i;
        servers_note(servers, &handshake.facts);
    }
    assert_ptr_equal(servers_find(servers, &first), row);
    assert_null(servers_find(servers, &handshake.facts));
    servers_free(servers);
}

static void every_version_has_a_bit_and_nothing_else_has(void **state)
{
    (void)state;
    assert_int_equal(servers_version_bit(0x0002), BIT_SSL2);
    assert_int_equal(servers_version_bit(0x0300), BIT_SSL3);
    assert_int_equal(servers_version_bit(0x0304), BIT_TLS13);
    assert_int_equal(servers_version_bit(0x0a0a), 0);
    assert_int_equal(servers_version_bit(0), 0);
}

static void names_that_worked_are_known_again(void **state)
{
    (void)state;
    struct handshake handshake;
    finished_12(&handshake);
    struct servers *servers = with(&handshake, 2);
    const struct server *server = servers_find(servers, &handshake.facts);
    assert_true(servers_may_serve(server, "www.example.test"));
    assert_false(servers_may_serve(server, "other.example.test"));
    for (int i = 0; i < SERVER_SERVED; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.example", i);
        handshake.facts.client_hello[0].server_name = name;
        assert_false(servers_may_serve(server, name));
        servers_note(servers, &handshake.facts);
        assert_true(servers_may_serve(server, name));
    }
    assert_true(servers_may_serve(server, "other.example.test")); /* more than are remembered */
    servers_free(servers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_was_never_seen_is_not_known),
        cmocka_unit_test(what_it_selected_is_counted_by_version),
        cmocka_unit_test(servers_differ_by_address_and_port),
        cmocka_unit_test(a_silent_refusal_is_counted_only_where_nothing_is_missing),
        cmocka_unit_test(a_certificate_is_remembered_once_with_its_name),
        cmocka_unit_test(a_row_stays_where_it_is_and_the_table_is_bounded),
        cmocka_unit_test(names_that_worked_are_known_again),
        cmocka_unit_test(every_version_has_a_bit_and_nothing_else_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
