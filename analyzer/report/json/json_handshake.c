/* What JSON says under "handshake", with names of our own. */
#include "report/json/json_connection.h"

#include "names.h"
#include "report/json/json_put.h"
#include "report/phrase.h"

#include <inttypes.h>
#include <json-c/json.h>
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

static struct json_object *offer_of(const struct facts *facts)
{
    struct json_object *client = json_object_new_object();
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || hello->offer == NULL) {
        return client;
    }
    const struct offer *offer = hello->offer;
    char version[NAMES_TEXT_MAX] = "";
    version_text(version, offer->legacy_version);
    json_put_text(client, "legacy_version", version);
    json_put_codes(client, "versions", offer->versions, version_text);
    json_put_codes(client, "groups", offer->groups, names_group_text);
    json_put_codes(client, "key_shares", offer->key_shares, names_group_text);
    json_put_codes(client, "signature_algorithms", offer->schemes, names_scheme_text);
    json_put_codes(client, "certificate_signature_algorithms", offer->certificate_schemes,
                   names_scheme_text);
    json_put_codes(client, "extensions", offer->extensions, names_extension_text);
    json_put_texts(client, "alpn", offer->alpn);
    if (hello->length > 0) {
        json_put_number(client, "length", hello->length);
    }
    return client;
}

static struct json_object *answer_of(const struct facts *facts)
{
    struct json_object *server = json_object_new_object();
    const struct server_hello_facts *hello = facts->server_hello;
    char text[NAMES_TEXT_MAX] = "";
    if (hello == NULL) {
        return server;
    }
    version_text(text, hello->legacy_version);
    json_put_text(server, "legacy_version", text);
    json_put_codes(server, "extensions", hello->extensions, names_extension_text);
    if (facts->server_scheme != 0) {
        names_scheme_text(text, facts->server_scheme);
        json_put_text(server, "signature_algorithm", text);
    }
    if (facts->dh_bits > 0) {
        json_put_number(server, "dh_bits", facts->dh_bits);
    }
    return server;
}

static struct json_object *request_of(const struct facts *facts)
{
    struct json_object *request = json_object_new_object();
    if (facts->certificate_request.frame != 0) {
        json_put_number(request, "frame", facts->certificate_request.frame);
        json_put_codes(request, "signature_algorithms", facts->request_schemes, names_scheme_text);
        json_put_texts(request, "authorities", facts->authorities);
    }
    return request;
}

/* Seconds since the connection's first packet, with microseconds as they are and not as a binary
 * fraction has them. */
static struct json_object *since_of(const struct facts *facts, struct moment at)
{
    int64_t since = at.time - facts->first.time;
    uint64_t span = since < 0 ? 0 - (uint64_t)since : (uint64_t)since;
    uint64_t microseconds = (span + 500) / 1000;
    char text[40];
    struct phrase phrase = phrase_in(text, sizeof(text));
    bool negative = since < 0 && microseconds > 0;
    phrase_add(&phrase, "%s%" PRIu64 ".%06u", negative ? "-" : "", microseconds / 1000000,
               (unsigned)(microseconds % 1000000));
    double value = (double)microseconds / 1e6;
    return json_object_new_double_s(negative ? -value : value, text);
}

static void put_alert(struct json_object *object, const struct step *step)
{
    if (step->b != 255) {
        char name[NAMES_TEXT_MAX] = "";
        names_alert_text(name, step->b);
        json_put_text(object, "level", names_alert_level(step->a));
        json_put_number(object, "code", step->b);
        json_put_text(object, "name", name);
    }
    json_put_flag(object, "sealed", step->sealed || step->b == 255);
}

static struct json_object *step_of(const struct facts *facts, const struct step *step)
{
    struct json_object *object = json_object_new_object();
    char text[TEXT];
    report_step_text(text, sizeof(text), facts, step);
    json_put_number(object, "frame", step->at.frame);
    json_put(object, "time", since_of(facts, step->at));
    json_put_text(object, "from", report_speaker(step->from));
    json_put_text(object, "what", report_step_name(step));
    if (step->what == STEP_ALERT) {
        put_alert(object, step);
    } else if (step->sealed) {
        json_put_flag(object, "sealed", true);
    }
    if (step->size > 0) {
        json_put_number(object, "length", step->size);
    }
    if (step->repeats > 0) {
        json_put_number(object, "repeats", step->repeats);
    }
    json_put_text(object, "text", text);
    return object;
}

static void put_steps(struct json_object *handshake, const struct facts *facts)
{
    struct json_object *steps = json_object_new_array();
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        json_append(steps, step_of(facts, &facts->step[i]));
    }
    json_put_array(handshake, "steps", steps);
    if (facts->steps_omitted > 0) {
        json_put_number(handshake, "steps_omitted", facts->steps_omitted);
    }
}

static void put_unseen(struct json_object *handshake, const struct facts *facts)
{
    const char *sentence[REPORT_UNSEEN];
    size_t count = report_unseen(sentence, facts);
    struct json_object *unseen = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        json_append(unseen, json_text_of(sentence[i]));
    }
    json_put_array(handshake, "unseen", unseen);
}

/* What came before TLS: the protocol that was to go over to it, and the proxy that was passed. */
static void put_preface(struct json_object *handshake, const struct preface *preface)
{
    if (preface == NULL) {
        return;
    }
    enum preface_protocol protocol = (enum preface_protocol)preface->protocol;
    enum preface_protocol tunnel = (enum preface_protocol)preface->tunnel;
    bool asked = preface->state == PREFACE_ASKED || preface->state == PREFACE_GRANTED ||
                 preface->state == PREFACE_REFUSED;
    if (protocol >= PREFACE_SMTP && protocol <= PREFACE_RDP && asked) {
        json_put_text(handshake, "starttls", preface_name(protocol));
    }
    if (protocol >= PREFACE_HTTP_CONNECT && protocol <= PREFACE_PROXY2) {
        tunnel = protocol;
    }
    json_put_text(handshake, "proxy", preface_name(tunnel));
}

struct json_object *json_handshake(const struct facts *facts, const struct verdict *verdict)
{
    struct json_object *handshake = json_object_new_object();
    const struct client_hello_facts *hello = facts_client_hello(facts);
    json_put_text(handshake, "status", diagnose_status_name(verdict->status));
    if (facts->retry != NULL || facts->server_hello != NULL) {
        json_put_flag(handshake, "hello_retry", facts->retry != NULL);
    }
    if (hello != NULL) {
        json_put_flag(handshake, "early_data", facts->client_hello[0].early_data);
    }
    put_preface(handshake, facts->preface);
    json_put_object(handshake, "client", offer_of(facts));
    json_put_object(handshake, "server", answer_of(facts));
    json_put_object(handshake, "certificate_request", request_of(facts));
    put_steps(handshake, facts);
    put_unseen(handshake, facts);
    return handshake;
}
