/* What JSON says under "handshake", with names of our own. */
#include "report/json/json_connection.h"

#include "names.h"
#include "report/json/json_repeats.h"

#include <stdio.h>

enum {
    TEXT = 1024 /* bytes of a step's text */
};

/* "1.2" for what tls.version can say, else a version's name. */
static size_t version_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    const char *known = report_version(code);
    if (known == NULL) {
        return names_version_text(out, code);
    }
    int length = snprintf(out, NAMES_TEXT_MAX, "%s", known);
    return length > 0 ? (size_t)length : 0;
}

static void write_offer(struct json_writer *out, struct json_repeats *repeats,
                        const struct offer *offer)
{
    if (json_repeats_write(repeats, out, REPEAT_OFFER, offer->number)) {
        return;
    }
    size_t begin = out->length;
    char version[NAMES_TEXT_MAX] = "";
    version_text(version, offer->legacy_version);
    json_write_text(out, "legacy_version", version);
    json_write_codes(out, "versions", offer->versions, version_text);
    json_write_codes(out, "groups", offer->groups, names_group_text);
    json_write_codes(out, "key_shares", offer->key_shares, names_group_text);
    json_write_codes(out, "signature_algorithms", offer->schemes, names_scheme_text);
    json_write_codes(out, "certificate_signature_algorithms", offer->certificate_schemes,
                     names_scheme_text);
    json_write_codes(out, "extensions", offer->extensions, names_extension_text);
    json_write_texts(out, "alpn", offer->alpn);
    json_repeats_keep(repeats, out, begin, REPEAT_OFFER, offer->number);
}

static void write_client(struct json_writer *out, struct json_repeats *repeats,
                         const struct client_hello_facts *hello)
{
    if (hello == NULL || hello->offer == NULL) {
        return;
    }
    size_t client = json_write_object(out, "client");
    write_offer(out, repeats, hello->offer);
    if (hello->length > 0) {
        json_write_number(out, "length", hello->length);
    }
    json_write_end_object(out, client);
}

static void write_server(struct json_writer *out, const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    char text[NAMES_TEXT_MAX] = "";
    if (hello == NULL) {
        return;
    }
    size_t server = json_write_object(out, "server");
    version_text(text, hello->legacy_version);
    json_write_text(out, "legacy_version", text);
    json_write_codes(out, "extensions", hello->extensions, names_extension_text);
    if (facts->server_scheme != 0) {
        names_scheme_text(text, facts->server_scheme);
        json_write_text(out, "signature_algorithm", text);
    }
    if (facts->dh_bits > 0) {
        json_write_number(out, "dh_bits", facts->dh_bits);
    }
    json_write_end_object(out, server);
}

static void write_request(struct json_writer *out, const struct facts *facts)
{
    if (facts->certificate_request.frame == 0) {
        return;
    }
    size_t request = json_write_object(out, "certificate_request");
    json_write_number(out, "frame", facts->certificate_request.frame);
    json_write_codes(out, "signature_algorithms", facts->request_schemes, names_scheme_text);
    json_write_texts(out, "authorities", facts->authorities);
    json_write_end_object(out, request);
}

/* Seconds since the connection's first packet, with microseconds as they are and not as a binary
 * fraction has them. */
static void write_since(struct json_writer *out, const struct facts *facts, struct moment at)
{
    int64_t since = at.time - facts->first.time;
    uint64_t span = since < 0 ? 0 - (uint64_t)since : (uint64_t)since;
    uint64_t microseconds = (span + 500) / 1000;
    json_write_millionths(out, "time", since < 0 && microseconds > 0, microseconds);
}

static void write_alert(struct json_writer *out, const struct step *step)
{
    if (step->b != 255) {
        char name[NAMES_TEXT_MAX] = "";
        names_alert_text(name, step->b);
        json_write_text(out, "level", names_alert_level(step->a));
        json_write_number(out, "code", step->b);
        json_write_text(out, "name", name);
    }
    json_write_flag(out, "sealed", step->sealed || step->b == 255);
}

static void write_step(struct json_writer *out, const struct facts *facts, const struct step *step)
{
    size_t object = json_write_object(out, NULL);
    char text[TEXT];
    report_step_text(text, sizeof(text), facts, step);
    json_write_number(out, "frame", step->at.frame);
    write_since(out, facts, step->at);
    json_write_word(out, "from", report_speaker(step->from));
    json_write_word(out, "what", report_step_name(step));
    if (step->what == STEP_ALERT) {
        write_alert(out, step);
    } else if (step->sealed) {
        json_write_flag(out, "sealed", true);
    }
    if (step->size > 0) {
        json_write_number(out, "length", step->size);
    }
    if (step->repeats > 0) {
        json_write_number(out, "repeats", step->repeats);
    }
    json_write_text(out, "text", text);
    json_write_end_object(out, object);
}

static void write_steps(struct json_writer *out, const struct facts *facts)
{
    size_t steps = json_write_array(out, "steps");
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        write_step(out, facts, &facts->step[i]);
    }
    json_write_end_array(out, steps);
    if (facts->steps_omitted > 0) {
        json_write_number(out, "steps_omitted", facts->steps_omitted);
    }
}

static void write_unseen(struct json_writer *out, const struct facts *facts)
{
    const char *sentence[REPORT_UNSEEN];
    size_t count = report_unseen(sentence, facts);
    json_write_texts(out, "unseen", (struct text_list){sentence, count});
}

/* What came before TLS: the protocol that was to go over to it, and the proxy that was passed. */
static void write_preface(struct json_writer *out, const struct preface *preface)
{
    if (preface == NULL) {
        return;
    }
    enum preface_protocol protocol = (enum preface_protocol)preface->protocol;
    enum preface_protocol tunnel = (enum preface_protocol)preface->tunnel;
    bool asked = preface->state == PREFACE_ASKED || preface->state == PREFACE_GRANTED ||
                 preface->state == PREFACE_REFUSED;
    if (protocol >= PREFACE_SMTP && protocol <= PREFACE_RDP && asked) {
        json_write_text(out, "starttls", preface_name(protocol));
    }
    if (protocol >= PREFACE_HTTP_CONNECT && protocol <= PREFACE_PROXY2) {
        tunnel = protocol;
    }
    json_write_text(out, "proxy", preface_name(tunnel));
}

void json_handshake(struct json_writer *out, struct json_repeats *repeats,
                    const struct facts *facts, const struct verdict *verdict)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    size_t handshake = json_write_object(out, "handshake");
    json_write_word(out, "status", diagnose_status_name(verdict->status));
    if (facts->retry != NULL || facts->server_hello != NULL) {
        json_write_flag(out, "hello_retry", facts->retry != NULL);
    }
    if (hello != NULL) {
        json_write_flag(out, "early_data", facts->client_hello[0].early_data);
    }
    write_preface(out, facts->preface);
    write_client(out, repeats, hello);
    write_server(out, facts);
    write_request(out, facts);
    write_steps(out, facts);
    write_unseen(out, facts);
    json_write_end_object(out, handshake);
}
