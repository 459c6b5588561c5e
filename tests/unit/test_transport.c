#include "tracking/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A flow whose end 0 is the client, and the moment of its next packet. */
struct scene {
    struct flow flow;
    uint64_t frame;
};

static const struct session_shared alone = {0};

static struct moment now(struct scene *scene)
{
    scene->frame++;
    return (struct moment){scene->frame, (int64_t)scene->frame * 1000};
}

static void begin(struct scene *scene)
{
    *scene = (struct scene){0};
    scene->flow.head.key.port[0] = 50000;
    scene->flow.head.key.port[1] = 443;
}

static void begin_session(struct scene *scene)
{
    scene->flow.session = session_new(&alone);
    assert_non_null(scene->flow.session);
    transport_begin_facts(&scene->flow);
}

static void end(struct scene *scene)
{
    stream_release(&scene->flow.stream[0]);
    stream_release(&scene->flow.stream[1]);
    session_free(scene->flow.session);
}

static struct segment segment(unsigned flags, uint32_t sequence, uint32_t acknowledgement,
                              uint32_t length)
{
    return (struct segment){.flags = (uint8_t)flags,
                            .ttl = 64,
                            .ip_id = 1234,
                            .window = 500,
                            .sequence = sequence,
                            .acknowledgement = acknowledgement,
                            .payload_length = length};
}

/* What the engine does with a segment, but for reading. */
static void take(struct scene *scene, uint8_t end, const struct segment *segment)
{
    struct flow *flow = &scene->flow;
    struct moment at = now(scene);
    bool reset = (segment->flags & SEGMENT_RST) != 0;
    transport_note(flow, end, segment, at);
    if (flow->session != NULL && segment->payload_length > 0 && !reset) {
        static const uint8_t zeros[2000] = {0};
        struct piece piece;
        struct chunk chunk = {.bytes = wire_over(zeros, segment->payload_length),
                              .at = at,
                              .sequence = segment->sequence,
                              .length = segment->payload_length};
        enum stream_news news = stream_push(&flow->stream[end], &piece, &chunk);
        transport_note_data(flow, end, segment, news, at);
    }
    if (flow->session != NULL && (segment->flags & (SEGMENT_FIN | SEGMENT_RST)) != 0) {
        transport_note_close(flow, end, segment, at);
    }
}

static void say(struct scene *scene, uint8_t end, unsigned flags, uint32_t sequence,
                uint32_t acknowledgement, uint32_t length)
{
    struct segment said = segment(flags, sequence, acknowledgement, length);
    take(scene, end, &said);
}

static void open_connection(struct scene *scene)
{
    begin(scene);
    say(scene, 0, SEGMENT_SYN, 100, 0, 0);
    say(scene, 1, SEGMENT_SYN | SEGMENT_ACK, UINT32_MAX, 101, 0);
    say(scene, 0, SEGMENT_ACK, 101, 0, 0);
    begin_session(scene);
}

static void what_was_seen_before_the_session_is_not_lost(void **state)
{
    (void)state;
    struct scene scene;

    begin(&scene);
    say(&scene, 0, SEGMENT_SYN, 100, 0, 0);
    say(&scene, 0, SEGMENT_SYN, 100, 0, 0);
    say(&scene, 1, SEGMENT_SYN | SEGMENT_ACK, 900, 101, 0);
    begin_session(&scene);
    transport_end_facts(&scene.flow, 1000000);
    const struct facts *facts = &scene.flow.session->facts;
    assert_int_equal(facts->transport.syn.frame, 1);
    assert_int_equal(facts->transport.syn_ack.frame, 3);
    assert_int_equal(facts->transport.syn_count, 2);
    assert_int_equal(facts->transport.side[CLIENT].packets, 2);
    assert_int_equal(facts->transport.side[SERVER].packets, 1);
    assert_int_equal(facts->transport.side[SERVER].ttl_highest, 64);
    assert_int_equal(facts->transport.side[SERVER].last_ip_id, 1234);
    assert_int_equal(facts->transport.side[SERVER].last_packet.frame, 3);
    assert_int_equal(facts->transport.side[CLIENT].last_packet.frame, 2);
    assert_int_equal(facts->port[SERVER], 443);
    assert_false(facts->began_late);
    assert_true(facts->ended_open);
    assert_int_equal(facts->watched_until, 1000000);
    assert_int_equal(facts->steps, 2);
    end(&scene);
}

static void a_connection_without_syns_began_late(void **state)
{
    (void)state;
    struct scene scene;

    begin(&scene);
    say(&scene, 0, SEGMENT_ACK, 5000, 7000, 10);
    begin_session(&scene);
    assert_true(scene.flow.session->facts.began_late);
    assert_true(scene.flow.session->side[CLIENT].reader.doubtful);
    end(&scene);
}

static void the_last_of_two_syn_acks_counts_unless_the_client_took_up_the_first(void **state)
{
    (void)state;
    struct scene scene;

    begin(&scene);
    say(&scene, 0, SEGMENT_SYN, 100, 0, 0);
    say(&scene, 1, SEGMENT_SYN | SEGMENT_ACK, 5000, 101, 0);
    say(&scene, 1, SEGMENT_SYN | SEGMENT_ACK, 9000, 101, 0);
    assert_int_equal(scene.flow.stream[1].next, 9001);
    say(&scene, 0, SEGMENT_ACK, 101, 9001, 0);
    say(&scene, 1, SEGMENT_SYN | SEGMENT_ACK, 5000, 101, 0);
    assert_int_equal(scene.flow.stream[1].next, 9001);
    end(&scene);
}

static void an_acknowledgement_tells_where_an_unseen_peer_began(void **state)
{
    (void)state;
    struct scene scene;

    begin(&scene);
    say(&scene, 1, SEGMENT_SYN | SEGMENT_ACK, 5000, 101, 0);
    assert_int_equal(scene.flow.stream[0].next, 101);
    assert_true(scene.flow.stream[0].begun);
    end(&scene);
}

static void two_fins_close_and_the_acknowledgement_tells_whose_was_second(void **state)
{
    (void)state;
    for (int swapped = 0; swapped < 2; swapped++) {
        struct scene scene;
        open_connection(&scene);
        const struct transport *transport = &scene.flow.session->facts.transport;
        /* The server's FIN is 0, the client's answers it: whichever was captured first. */
        struct segment fins[] = {segment(SEGMENT_FIN | SEGMENT_ACK, 0, 101, 0),
                                 segment(SEGMENT_FIN | SEGMENT_ACK, 101, 1, 0)};
        take(&scene, swapped ? 0 : 1, &fins[swapped]);
        assert_false(transport->closed);
        take(&scene, swapped ? 1 : 0, &fins[!swapped]);
        assert_true(transport->closed);
        transport_end_facts(&scene.flow, 0);
        assert_true(transport->side[CLIENT].answers_close);
        assert_false(transport->side[SERVER].answers_close);
        assert_false(transport->side[SERVER].missing);
        assert_false(scene.flow.session->facts.ended_open);
        end(&scene);
    }
}

static void a_simultaneous_close_answers_nobody(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    say(&scene, 0, SEGMENT_FIN | SEGMENT_ACK, 101, 0, 0);
    say(&scene, 1, SEGMENT_FIN | SEGMENT_ACK, 0, 101, 0);
    say(&scene, 0, SEGMENT_ACK, 102, 1, 0);
    say(&scene, 1, SEGMENT_ACK, 1, 102, 0);
    transport_end_facts(&scene.flow, 0);
    const struct transport *transport = &scene.flow.session->facts.transport;
    assert_true(transport->closed);
    assert_false(transport->side[CLIENT].answers_close);
    assert_false(transport->side[SERVER].answers_close);
    assert_false(transport->side[CLIENT].missing);
    assert_false(transport->side[SERVER].missing);
    end(&scene);
}

static void a_fin_behind_bytes_that_were_not_seen_is_a_hole(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    say(&scene, 0, SEGMENT_ACK, 101, 0, 50);
    say(&scene, 0, SEGMENT_FIN | SEGMENT_ACK, 171, 0, 0);
    transport_end_facts(&scene.flow, 0);
    assert_true(scene.flow.session->facts.transport.side[CLIENT].missing);
    assert_false(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);
}

static void an_acknowledgement_of_what_was_not_seen_is_a_hole(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    say(&scene, 0, SEGMENT_ACK, 101, 500, 0);
    transport_end_facts(&scene.flow, 0);
    assert_true(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);
}

static void retransmissions_are_counted_until_something_new_is_acknowledged(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    const struct transport_side *client = &scene.flow.session->facts.transport.side[CLIENT];
    say(&scene, 0, SEGMENT_ACK, 101, 0, 50);
    for (int i = 0; i < 3; i++) {
        say(&scene, 0, SEGMENT_ACK, 101, 0, 50);
    }
    say(&scene, 0, SEGMENT_ACK, 150, 0, 1); /* a keep-alive */
    assert_int_equal(client->retransmissions, 3);
    say(&scene, 0, SEGMENT_ACK, 130, 0, 1); /* none */
    transport_end_facts(&scene.flow, 0);
    assert_int_equal(client->retransmissions, 4);
    assert_int_equal(client->tail_retransmissions, 4);
    assert_int_equal(client->bytes, 50);
    assert_int_equal(client->last_data.frame, client->first_data.frame);
    say(&scene, 1, SEGMENT_ACK, 0, 151, 0);
    transport_end_facts(&scene.flow, 0);
    assert_int_equal(client->retransmissions, 4);
    assert_int_equal(client->tail_retransmissions, 0);
    end(&scene);
}

static void a_reset_keeps_what_tells_its_sender(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    const struct transport_side *server = &scene.flow.session->facts.transport.side[SERVER];
    struct segment reset = segment(SEGMENT_RST, 0, 0, 0);
    reset.ttl = 250;
    reset.window = 9811;
    reset.ip_id = 77;
    take(&scene, 1, &reset);
    assert_true(scene.flow.session->facts.transport.closed);
    assert_int_equal(server->reset.window, 9811);
    assert_int_equal(server->reset.ttl, 250);
    assert_int_equal(server->reset.ip_id, 77);
    assert_false(server->reset.data_followed);
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    assert_true(server->reset.data_followed);
    reset.window = 1;
    take(&scene, 1, &reset);
    assert_int_equal(server->reset.window, 9811);
    transport_end_facts(&scene.flow, 0);
    assert_int_equal(server->ttl_highest, 64);
    assert_false(server->answers_close);
    end(&scene);
}

static void a_reset_behind_a_fin_lacks_nothing_but_a_fin_that_was_not_seen(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    say(&scene, 1, SEGMENT_FIN | SEGMENT_ACK, 10, 101, 0);
    say(&scene, 1, SEGMENT_RST, 11, 0, 0);
    transport_end_facts(&scene.flow, 0);
    assert_false(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);

    open_connection(&scene);
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    say(&scene, 1, SEGMENT_RST, 11, 0, 0); /* only a FIN takes a number and has no bytes */
    transport_end_facts(&scene.flow, 0);
    assert_true(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);
}

static void a_reset_that_acknowledges_what_was_not_seen_shows_a_hole(void **state)
{
    (void)state;
    struct scene scene;
    struct segment reset = segment(SEGMENT_RST | SEGMENT_ACK, 101, 10, 0);

    open_connection(&scene);
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    take(&scene, 0, &reset);
    transport_end_facts(&scene.flow, 0);
    assert_false(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);

    open_connection(&scene);
    reset.acknowledgement = 111; /* 100 bytes more */
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    take(&scene, 0, &reset);
    transport_end_facts(&scene.flow, 0);
    assert_true(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);

    open_connection(&scene);
    reset.ttl = 200; /* somebody else's, who may say anything */
    say(&scene, 1, SEGMENT_ACK, 0, 101, 10);
    take(&scene, 0, &reset);
    transport_end_facts(&scene.flow, 0);
    assert_false(scene.flow.session->facts.transport.side[SERVER].missing);
    end(&scene);
}

static void an_icmp_error_is_about_who_sent_what_it_quotes(void **state)
{
    (void)state;
    struct scene scene;

    open_connection(&scene);
    struct segment quote = {
        .from = {.version = 4}, .icmp_type = 3, .icmp_code = 4, .icmp_mtu = 1400};
    transport_note_icmp(&scene.flow, 0, &quote, now(&scene));
    quote.icmp_code = 13;
    transport_note_icmp(&scene.flow, 0, &quote, now(&scene));
    const struct icmp_error *icmp = &scene.flow.session->facts.transport.icmp;
    assert_int_equal(icmp->about, CLIENT);
    assert_int_equal(icmp->code, 4);
    assert_int_equal(icmp->mtu, 1400);
    assert_int_equal(icmp->at.frame, 4);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_before_the_session_is_not_lost),
        cmocka_unit_test(a_connection_without_syns_began_late),
        cmocka_unit_test(the_last_of_two_syn_acks_counts_unless_the_client_took_up_the_first),
        cmocka_unit_test(an_acknowledgement_tells_where_an_unseen_peer_began),
        cmocka_unit_test(two_fins_close_and_the_acknowledgement_tells_whose_was_second),
        cmocka_unit_test(a_simultaneous_close_answers_nobody),
        cmocka_unit_test(a_fin_behind_bytes_that_were_not_seen_is_a_hole),
        cmocka_unit_test(an_acknowledgement_of_what_was_not_seen_is_a_hole),
        cmocka_unit_test(retransmissions_are_counted_until_something_new_is_acknowledged),
        cmocka_unit_test(a_reset_keeps_what_tells_its_sender),
        cmocka_unit_test(a_reset_behind_a_fin_lacks_nothing_but_a_fin_that_was_not_seen),
        cmocka_unit_test(a_reset_that_acknowledges_what_was_not_seen_shows_a_hole),
        cmocka_unit_test(an_icmp_error_is_about_who_sent_what_it_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
