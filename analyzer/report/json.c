/* The report for programs: one JSON object a line and a connection, with the names of the Elastic
 * Common Schema where it has them. What is not known is absent. The only room that knows json-c.
 */
#include "names.h"
#include "report/phrase.h"
#include "report/report.h"
#include "tracking/fingerprint.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT = 1024, /* bytes of one text that is put together here */
    NAMED_TEXT = NAMES_TEXT_MAX
};

struct report {
    FILE *out;
};

/* ---- building: a value that is not known is NULL, and is not put ---- */

static void put(struct json_object *object, const char *key, struct json_object *value)
{
    if (object == NULL || value == NULL) {
        json_object_put(value);
    } else {
        json_object_object_add_ex(object, key, value,
                                  JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY);
    }
}

/* An object or array that has nothing in it says nothing. */
static void put_object(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_object_length(value) == 0) {
        json_object_put(value);
        value = NULL;
    }
    put(object, key, value);
}

static void put_array(struct json_object *object, const char *key, struct json_object *value)
{
    if (value != NULL && json_object_array_length(value) == 0) {
        json_object_put(value);
        value = NULL;
    }
    put(object, key, value);
}

static void append(struct json_object *array, struct json_object *value)
{
    if (array == NULL || value == NULL || json_object_array_add(array, value) != 0) {
        json_object_put(value);
    }
}

/* NULL for a text that is NULL or empty. Facts' texts are printable; this makes sure of it, because
 * one byte that is no UTF-8 would spoil the line. */
static struct json_object *text_of(const char *text)
{
    if (text == NULL || text[0] == '\0') {
        return NULL;
    }
    if (phrase_is_printable(text)) {
        return json_object_new_string(text);
    }
    char printable[TEXT];
    struct phrase phrase = phrase_in(printable, sizeof(printable));
    phrase_add_printable(&phrase, text);
    return json_object_new_string(printable);
}

static void put_text(struct json_object *object, const char *key, const char *text)
{
    put(object, key, text_of(text));
}

static void put_flag(struct json_object *object, const char *key, bool flag)
{
    put(object, key, json_object_new_boolean(flag));
}

static void put_number(struct json_object *object, const char *key, uint64_t number)
{
    put(object, key, json_object_new_uint64(number));
}

static void put_texts(struct json_object *object, const char *key, struct text_list list)
{
    struct json_object *array = list.count > 0 ? json_object_new_array() : NULL;
    for (size_t i = 0; i < list.count; i++) {
        append(array, text_of(list.at[i]));
    }
    put_array(object, key, array);
}

static void put_codes(struct json_object *object, const char *key, struct code_list list,
                      size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code))
{
    struct json_object *array = list.count > 0 ? json_object_new_array() : NULL;
    for (size_t i = 0; i < list.count; i++) {
        char text[NAMED_TEXT] = "";
        name(text, list.at[i]);
        append(array, text_of(text));
    }
    put_array(object, key, array);
}

static void put_seconds(struct json_object *object, const char *key, int64_t seconds)
{
    char text[REPORT_TIME];
    report_time(text, seconds, -1);
    put_text(object, key, text);
}

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

/* ---- event, network, client, server ---- */

static struct json_object *event_of(const struct facts *facts, const struct verdict *verdict)
{
    static const char *const outcome[] = {[STATUS_ESTABLISHED] = "success",
                                          [STATUS_FAILED] = "failure",
                                          [STATUS_INCOMPLETE] = "unknown",
                                          [STATUS_NOT_TLS] = "unknown"};
    struct json_object *event = json_object_new_object();
    struct json_object *category = json_object_new_array();
    append(category, json_object_new_string("network"));
    put_text(event, "kind", "event");
    put_array(event, "category", category);
    put_text(event, "outcome", outcome[verdict->status]);
    put_text(event, "reason", verdict->cause != NULL ? verdict->argument.summary : NULL);
    if (facts->last.time >= facts->first.time) {
        put_number(event, "duration", (uint64_t)facts->last.time - (uint64_t)facts->first.time);
    }
    return event;
}

static struct json_object *network_of(const struct facts *facts)
{
    struct json_object *network = json_object_new_object();
    char community[FINGERPRINT_COMMUNITY] = "";
    fingerprint_community(community, facts);
    put_text(network, "transport", "tcp");
    put_text(network, "type", facts->address[SERVER].version == 6 ? "ipv6" : "ipv4");
    put_text(network, "protocol", facts->tls ? "tls" : NULL);
    put_text(network, "community_id", community);
    put_text(network, "application", facts->application);
    return network;
}

static struct json_object *endpoint_of(const struct facts *facts, enum speaker speaker)
{
    struct json_object *endpoint = json_object_new_object();
    char address[REPORT_ADDRESS];
    report_address(address, &facts->address[speaker], 0);
    put_text(endpoint, "ip", address);
    put_number(endpoint, "port", facts->port[speaker]);
    return endpoint;
}

static struct json_object *log_of(const struct connection *connection)
{
    struct json_object *file = json_object_new_object(), *log = json_object_new_object();
    put_text(file, "path", connection->input);
    put_object(log, "file", file);
    return log;
}

/* ---- tls ---- */

static struct json_object *name_of(struct text_list common_names, const char *distinguished)
{
    struct json_object *name = json_object_new_object();
    put_texts(name, "common_name", common_names);
    put_text(name, "distinguished_name", distinguished);
    return name;
}

static struct json_object *x509_of(const struct certificate *certificate)
{
    struct json_object *x509 = json_object_new_object();
    put_object(x509, "subject", name_of(certificate->subject_common_names, certificate->subject));
    put_object(x509, "issuer", name_of(certificate->issuer_common_names, certificate->issuer));
    put_text(x509, "serial_number", certificate->serial);
    put_seconds(x509, "not_before", certificate->not_before);
    put_seconds(x509, "not_after", certificate->not_after);
    put_texts(x509, "alternative_names", certificate->names);
    put_text(x509, "public_key_algorithm", certificate->key_name);
    if (certificate->key_bits > 0) {
        put_number(x509, "public_key_size", certificate->key_bits);
    }
    put_text(x509, "signature_algorithm", certificate->signature);
    return x509;
}

/* What a side showed of itself in its first certificate. */
static void put_certificate(struct json_object *side, const struct chain *chain)
{
    if (chain == NULL || chain->count == 0) {
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    char text[2 * sizeof(leaf->sha256) + 1];
    struct phrase digest = phrase_in(text, sizeof(text));
    for (size_t i = 0; i < sizeof(leaf->sha256); i++) {
        phrase_add(&digest, "%02x", (unsigned)leaf->sha256[i]);
    }
    struct json_object *hash = json_object_new_object();
    put_text(hash, "sha256", text);
    put_object(side, "hash", hash);
    if (!leaf->malformed) {
        put_object(side, "x509", x509_of(leaf));
    }
}

static void put_sslv2_suites(struct json_object *client, const struct offer *offer)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < offer->sslv2_suite_count; i++) {
        char text[NAMED_TEXT];
        names_sslv2_suite_text(text, offer->sslv2_suites[i]);
        json_object_array_add(list, json_object_new_string(text));
    }
    json_object_object_add(client, "supported_ciphers", list);
}

static struct json_object *tls_client_of(const struct facts *facts)
{
    struct json_object *client = json_object_new_object();
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct offer *offer = facts->client_hello[0].offer; /* prints are of the first hello */
    put_text(client, "server_name", hello != NULL ? hello->server_name : NULL);
    if (offer != NULL) {
        put_text(client, "ja3", offer->ja3);
        put_text(client, "ja4", offer->ja4);
        if (offer->sslv2) {
            put_sslv2_suites(client, offer);
        } else {
            put_codes(client, "supported_ciphers", offer->suites, names_suite_text);
        }
    }
    put_certificate(client, facts->chain[CLIENT]);
    return client;
}

static struct json_object *tls_server_of(const struct facts *facts)
{
    struct json_object *server = json_object_new_object();
    put_text(server, "ja3s", facts->server_hello != NULL ? facts->server_hello->ja3s : NULL);
    put_certificate(server, facts->chain[SERVER]);
    return server;
}

static void put_version(struct json_object *tls, const struct facts *facts)
{
    uint16_t version = report_negotiated(facts);
    const char *text = report_version(version);
    put_text(tls, "version", text);
    if (text != NULL) {
        put_text(tls, "version_protocol",
                 version >= 0xfe00   ? "dtls"
                 : version <= 0x0300 ? "ssl"
                                     : "tls");
    }
}

/* `established`: whether the wire shows the handshake complete. It is absent where the capture
 * begins behind the hellos. */
static void put_established(struct json_object *tls, const struct facts *facts)
{
    bool established = facts->established.frame != 0;
    if (established || facts->client_hellos > 0 || facts->server_hello != NULL) {
        put_flag(tls, "established", established);
    }
}

static struct json_object *tls_of(const struct facts *facts)
{
    struct json_object *tls = json_object_new_object();
    const struct server_hello_facts *hello = facts->server_hello;
    char text[NAMED_TEXT] = "";
    put_version(tls, facts);
    if (hello != NULL && hello->suite != 0xffff) {
        names_suite_text(text, hello->suite);
        put_text(tls, "cipher", text);
    }
    if (facts->group != 0) {
        names_group_text(text, facts->group);
        put_text(tls, "curve", text);
    }
    put_established(tls, facts);
    if (facts->resumption_known && facts->client_hellos > 0) {
        put_flag(tls, "resumed", facts->resumed);
    }
    if (hello != NULL) {
        put_text(tls, "next_protocol", hello->alpn);
    }
    put_object(tls, "client", tls_client_of(facts));
    put_object(tls, "server", tls_server_of(facts));
    return tls;
}

/* ---- handshake ---- */

static struct json_object *offer_of(const struct facts *facts)
{
    struct json_object *client = json_object_new_object();
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || hello->offer == NULL) {
        return client;
    }
    const struct offer *offer = hello->offer;
    char version[NAMED_TEXT] = "";
    version_text(version, offer->legacy_version);
    put_text(client, "legacy_version", version);
    put_codes(client, "versions", offer->versions, version_text);
    put_codes(client, "groups", offer->groups, names_group_text);
    put_codes(client, "key_shares", offer->key_shares, names_group_text);
    put_codes(client, "signature_algorithms", offer->schemes, names_scheme_text);
    put_codes(client, "certificate_signature_algorithms", offer->certificate_schemes,
              names_scheme_text);
    put_codes(client, "extensions", offer->extensions, names_extension_text);
    put_texts(client, "alpn", offer->alpn);
    if (hello->length > 0) {
        put_number(client, "length", hello->length);
    }
    return client;
}

static struct json_object *request_of(const struct facts *facts)
{
    struct json_object *request = json_object_new_object();
    if (facts->certificate_request.frame != 0) {
        put_number(request, "frame", facts->certificate_request.frame);
        put_codes(request, "signature_algorithms", facts->request_schemes, names_scheme_text);
        put_texts(request, "authorities", facts->authorities);
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
        char name[NAMED_TEXT] = "";
        names_alert_text(name, step->b);
        put_text(object, "level", names_alert_level(step->a));
        put_number(object, "code", step->b);
        put_text(object, "name", name);
    }
    put_flag(object, "sealed", step->sealed || step->b == 255);
}

static struct json_object *step_of(const struct facts *facts, const struct step *step)
{
    struct json_object *object = json_object_new_object();
    char text[TEXT];
    report_step_text(text, sizeof(text), facts, step);
    put_number(object, "frame", step->at.frame);
    put(object, "time", since_of(facts, step->at));
    put_text(object, "from", report_speaker(step->from));
    put_text(object, "what", report_step_name(step));
    if (step->what == STEP_ALERT) {
        put_alert(object, step);
    } else if (step->sealed) {
        put_flag(object, "sealed", true);
    }
    if (step->size > 0) {
        put_number(object, "length", step->size);
    }
    if (step->repeats > 0) {
        put_number(object, "repeats", step->repeats);
    }
    put_text(object, "text", text);
    return object;
}

static void put_steps(struct json_object *handshake, const struct facts *facts)
{
    struct json_object *steps = json_object_new_array();
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        append(steps, step_of(facts, &facts->step[i]));
    }
    put_array(handshake, "steps", steps);
    if (facts->steps_omitted > 0) {
        put_number(handshake, "steps_omitted", facts->steps_omitted);
    }
}

static void put_unseen(struct json_object *handshake, const struct facts *facts)
{
    const char *sentence[REPORT_UNSEEN];
    size_t count = report_unseen(sentence, facts);
    struct json_object *unseen = json_object_new_array();
    for (size_t i = 0; i < count; i++) {
        append(unseen, text_of(sentence[i]));
    }
    put_array(handshake, "unseen", unseen);
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
        put_text(handshake, "starttls", preface_name(protocol));
    }
    if (protocol >= PREFACE_HTTP_CONNECT && protocol <= PREFACE_PROXY2) {
        tunnel = protocol;
    }
    put_text(handshake, "proxy", preface_name(tunnel));
}

static struct json_object *handshake_of(const struct facts *facts, const struct verdict *verdict)
{
    struct json_object *handshake = json_object_new_object();
    const struct client_hello_facts *hello = facts_client_hello(facts);
    put_text(handshake, "status", diagnose_status_name(verdict->status));
    if (facts->retry != NULL || facts->server_hello != NULL) {
        put_flag(handshake, "hello_retry", facts->retry != NULL);
    }
    if (hello != NULL) {
        put_flag(handshake, "early_data", facts->client_hello[0].early_data);
    }
    put_preface(handshake, facts->preface);
    put_object(handshake, "client", offer_of(facts));
    put_object(handshake, "certificate_request", request_of(facts));
    put_steps(handshake, facts);
    put_unseen(handshake, facts);
    return handshake;
}

/* ---- diagnosis ---- */

static struct json_object *evidence_of(const struct argument *argument)
{
    struct json_object *evidence = json_object_new_array();
    for (size_t i = 0; i < argument->count && i < ARGUMENT_ITEMS; i++) {
        if (argument->item[i].text[0] == '\0') {
            continue;
        }
        struct json_object *item = json_object_new_object();
        if (argument->item[i].frame != 0) {
            put_number(item, "frame", argument->item[i].frame);
        }
        put_text(item, "text", argument->item[i].text);
        append(evidence, item);
    }
    return evidence;
}

static struct json_object *remedies_of(const struct remedy *remedy)
{
    struct json_object *remedies = json_object_new_array();
    for (; remedy != NULL && remedy->platform != NULL; remedy++) {
        struct json_object *object = json_object_new_object();
        put_text(object, "platform", remedy->platform);
        put_text(object, "text", remedy->text);
        append(remedies, object);
    }
    return remedies;
}

static struct json_object *alternatives_of(const struct verdict *verdict)
{
    struct json_object *alternatives = json_object_new_array();
    for (size_t i = 0; i < verdict->alternatives && i < VERDICT_ALTERNATIVES; i++) {
        const struct alternative *other = &verdict->alternative[i];
        struct json_object *object = json_object_new_object();
        put_text(object, "cause", other->cause->id);
        put_text(object, "confidence", diagnose_confidence_name(other->confidence));
        put_text(object, "summary", other->summary);
        append(alternatives, object);
    }
    return alternatives;
}

static struct json_object *diagnosis_of(const struct facts *facts, const struct verdict *verdict)
{
    struct json_object *diagnosis = json_object_new_object();
    if (verdict->cause == NULL) {
        return diagnosis;
    }
    char command[TEXT];
    report_reproduce(command, sizeof(command), facts);
    put_text(diagnosis, "cause", verdict->cause->id);
    put_text(diagnosis, "confidence", diagnose_confidence_name(verdict->confidence));
    put_text(diagnosis, "summary", verdict->argument.summary);
    put_array(diagnosis, "evidence", evidence_of(&verdict->argument));
    put_array(diagnosis, "remedies", remedies_of(verdict->cause->remedies));
    put_text(diagnosis, "reproduce", command);
    put_array(diagnosis, "alternatives", alternatives_of(verdict));
    return diagnosis;
}

static struct json_object *warnings_of(const struct verdict *verdict)
{
    struct json_object *warnings = json_object_new_array();
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        struct json_object *object = json_object_new_object();
        put_text(object, "code", verdict->warning[i].code);
        put_text(object, "text", verdict->warning[i].text);
        append(warnings, object);
    }
    return warnings;
}

/* ---- the format ---- */

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report != NULL) {
        report->out = options->out;
    }
    return report;
}

static void put_timestamp(struct json_object *line, const struct facts *facts)
{
    int64_t nanoseconds = facts->first.time;
    int64_t seconds = nanoseconds / 1000000000 - (nanoseconds % 1000000000 < 0);
    char text[REPORT_TIME];
    report_time(text, seconds, (nanoseconds - seconds * 1000000000) / 1000);
    put_text(line, "@timestamp", text);
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    struct json_object *line = json_object_new_object();
    put_timestamp(line, facts);
    put_object(line, "event", event_of(facts, verdict));
    put_object(line, "log", log_of(connection));
    put_object(line, "network", network_of(facts));
    put_object(line, "client", endpoint_of(facts, CLIENT));
    put_object(line, "server", endpoint_of(facts, SERVER));
    put_object(line, "tls", tls_of(facts));
    put_object(line, "handshake", handshake_of(facts, verdict));
    put_object(line, "diagnosis", diagnosis_of(facts, verdict));
    put_array(line, "warnings", warnings_of(verdict));
    int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    const char *text = json_object_to_json_string_ext(line, flags);
    if (text != NULL) {
        fprintf(report->out, "%s\n", text);
        fflush(report->out); /* who reads on the other end of a pipe shall not wait */
    }
    json_object_put(line);
}

static void end(struct report *report, const struct totals *totals)
{
    (void)totals;
    free(report);
}

const struct report_format report_json = {"json", begin, connection, end};
