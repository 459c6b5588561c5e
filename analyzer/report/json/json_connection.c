#include "report/json/json_connection.h"

#include "report/json/json_write.h"
#include "tracking/fingerprint.h"

enum {
    TEXT = 1024 /* bytes of the command that reproduces a failure */
};

/* ---- event, network, client, server ---- */

static void write_event(struct json_writer *out, const struct facts *facts,
                        const struct verdict *verdict)
{
    static const char *const outcome[] = {[STATUS_ESTABLISHED] = "success",
                                          [STATUS_FAILED] = "failure",
                                          [STATUS_INCOMPLETE] = "unknown",
                                          [STATUS_NOT_TLS] = "unknown"};
    size_t event = json_write_object(out, "event");
    json_write_word(out, "kind", "event");
    size_t category = json_write_array(out, "category");
    json_write_word(out, NULL, "network");
    json_write_end_array(out, category);
    json_write_word(out, "outcome", outcome[verdict->status]);
    json_write_text(out, "reason", verdict->cause != NULL ? verdict->argument.summary : NULL);
    if (facts->last.time >= facts->first.time) {
        json_write_number(out, "duration",
                          (uint64_t)facts->last.time - (uint64_t)facts->first.time);
    }
    json_write_end_object(out, event);
}

static void write_network(struct json_writer *out, const struct facts *facts,
                          struct fingerprinter *fingerprinter)
{
    size_t network = json_write_object(out, "network");
    char community[FINGERPRINT_COMMUNITY] = "";
    fingerprint_community(community, facts, fingerprinter);
    json_write_word(out, "transport", "tcp");
    json_write_word(out, "type", facts->address[SERVER].version == 6 ? "ipv6" : "ipv4");
    json_write_text(out, "protocol", facts->tls ? "tls" : NULL);
    json_write_text(out, "community_id", community);
    json_write_text(out, "application", facts->application);
    json_write_end_object(out, network);
}

static void write_endpoint(struct json_writer *out, const char *key, const struct facts *facts,
                           enum speaker speaker)
{
    size_t endpoint = json_write_object(out, key);
    char address[REPORT_ADDRESS];
    report_address(address, &facts->address[speaker], 0);
    json_write_text(out, "ip", address);
    json_write_number(out, "port", facts->port[speaker]);
    json_write_end_object(out, endpoint);
}

static void write_log(struct json_writer *out, const struct connection *connection)
{
    size_t log = json_write_object(out, "log"), file = json_write_object(out, "file");
    json_write_text(out, "path", connection->input);
    json_write_end_object(out, file);
    json_write_end_object(out, log);
}

/* Live: by which interfaces it was seen. */
static void write_observer(struct json_writer *out, const struct connection *connection)
{
    size_t observer = json_write_object(out, "observer");
    size_t ingress = json_write_object(out, "ingress");
    size_t interface = json_write_object(out, "interface");
    json_write_text(out, "name", connection->input);
    json_write_end_object(out, interface);
    json_write_end_object(out, ingress);
    json_write_end_object(out, observer);
}

/* ---- diagnosis ---- */

static void write_evidence(struct json_writer *out, const struct argument *argument)
{
    size_t evidence = json_write_array(out, "evidence");
    for (size_t i = 0; i < argument->count && i < ARGUMENT_ITEMS; i++) {
        if (argument->item[i].text[0] == '\0') {
            continue;
        }
        size_t item = json_write_object(out, NULL);
        if (argument->item[i].frame != 0) {
            json_write_number(out, "frame", argument->item[i].frame);
        }
        json_write_text(out, "text", argument->item[i].text);
        json_write_end_object(out, item);
    }
    json_write_end_array(out, evidence);
}

static void write_remedies(struct json_writer *out, const struct remedy *remedy)
{
    size_t remedies = json_write_array(out, "remedies");
    for (; remedy != NULL && remedy->platform != NULL; remedy++) {
        size_t object = json_write_object(out, NULL);
        json_write_text(out, "platform", remedy->platform);
        json_write_text(out, "text", remedy->text);
        json_write_end_object(out, object);
    }
    json_write_end_array(out, remedies);
}

static void write_alternatives(struct json_writer *out, const struct verdict *verdict)
{
    size_t alternatives = json_write_array(out, "alternatives");
    for (size_t i = 0; i < verdict->alternatives && i < VERDICT_ALTERNATIVES; i++) {
        const struct alternative *other = &verdict->alternative[i];
        size_t object = json_write_object(out, NULL);
        json_write_text(out, "cause", other->cause->id);
        json_write_word(out, "confidence", diagnose_confidence_name(other->confidence));
        json_write_text(out, "summary", other->summary);
        json_write_end_object(out, object);
    }
    json_write_end_array(out, alternatives);
}

static void write_diagnosis(struct json_writer *out, const struct facts *facts,
                            const struct verdict *verdict)
{
    if (verdict->cause == NULL) {
        return;
    }
    size_t diagnosis = json_write_object(out, "diagnosis");
    char command[TEXT];
    report_reproduce(command, sizeof(command), facts);
    json_write_text(out, "cause", verdict->cause->id);
    json_write_word(out, "confidence", diagnose_confidence_name(verdict->confidence));
    json_write_text(out, "summary", verdict->argument.summary);
    write_evidence(out, &verdict->argument);
    write_remedies(out, diagnose_remedies(verdict));
    json_write_text(out, "reproduce", command);
    write_alternatives(out, verdict);
    json_write_end_object(out, diagnosis);
}

static void write_warnings(struct json_writer *out, const struct verdict *verdict)
{
    size_t warnings = json_write_array(out, "warnings");
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        size_t object = json_write_object(out, NULL);
        json_write_text(out, "code", verdict->warning[i].code);
        json_write_text(out, "text", verdict->warning[i].text);
        json_write_end_object(out, object);
    }
    json_write_end_array(out, warnings);
}

/* ---- the whole ---- */

static void write_timestamp(struct json_writer *out, const struct facts *facts)
{
    int64_t nanoseconds = facts->first.time;
    int64_t seconds = nanoseconds / 1000000000 - (nanoseconds % 1000000000 < 0);
    char text[REPORT_TIME];
    report_time(text, seconds, (nanoseconds - seconds * 1000000000) / 1000);
    json_write_text(out, "@timestamp", text);
}

void json_connection(struct json_writer *out, const struct json_aids *aids,
                     const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    size_t line = json_write_object(out, NULL);
    write_timestamp(out, facts);
    write_event(out, facts, verdict);
    if (connection->live) {
        write_observer(out, connection);
    } else {
        write_log(out, connection);
    }
    write_network(out, facts, aids->fingerprinter);
    write_endpoint(out, "client", facts, CLIENT);
    write_endpoint(out, "server", facts, SERVER);
    json_tls(out, aids->repeats, facts);
    json_handshake(out, aids->repeats, facts, verdict);
    write_diagnosis(out, facts, verdict);
    write_warnings(out, verdict);
    json_write_end_object(out, line);
}
