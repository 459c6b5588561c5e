#include "report/json/json_connection.h"

#include "report/json/json_put.h"
#include "tracking/fingerprint.h"

#include <json-c/json.h>

enum {
    TEXT = 1024 /* bytes of the command that reproduces a failure */
};

/* ---- event, network, client, server ---- */

static struct json_object *event_of(const struct facts *facts, const struct verdict *verdict)
{
    static const char *const outcome[] = {[STATUS_ESTABLISHED] = "success",
                                          [STATUS_FAILED] = "failure",
                                          [STATUS_INCOMPLETE] = "unknown",
                                          [STATUS_NOT_TLS] = "unknown"};
    struct json_object *event = json_object_new_object();
    struct json_object *category = json_object_new_array();
    json_append(category, json_object_new_string("network"));
    json_put_text(event, "kind", "event");
    json_put_array(event, "category", category);
    json_put_text(event, "outcome", outcome[verdict->status]);
    json_put_text(event, "reason", verdict->cause != NULL ? verdict->argument.summary : NULL);
    if (facts->last.time >= facts->first.time) {
        json_put_number(event, "duration",
                        (uint64_t)facts->last.time - (uint64_t)facts->first.time);
    }
    return event;
}

static struct json_object *network_of(const struct facts *facts)
{
    struct json_object *network = json_object_new_object();
    char community[FINGERPRINT_COMMUNITY] = "";
    fingerprint_community(community, facts);
    json_put_text(network, "transport", "tcp");
    json_put_text(network, "type", facts->address[SERVER].version == 6 ? "ipv6" : "ipv4");
    json_put_text(network, "protocol", facts->tls ? "tls" : NULL);
    json_put_text(network, "community_id", community);
    json_put_text(network, "application", facts->application);
    return network;
}

static struct json_object *endpoint_of(const struct facts *facts, enum speaker speaker)
{
    struct json_object *endpoint = json_object_new_object();
    char address[REPORT_ADDRESS];
    report_address(address, &facts->address[speaker], 0);
    json_put_text(endpoint, "ip", address);
    json_put_number(endpoint, "port", facts->port[speaker]);
    return endpoint;
}

static struct json_object *log_of(const struct connection *connection)
{
    struct json_object *file = json_object_new_object(), *log = json_object_new_object();
    json_put_text(file, "path", connection->input);
    json_put_object(log, "file", file);
    return log;
}

/* Live: by which interfaces it was seen. */
static struct json_object *observer_of(const struct connection *connection)
{
    struct json_object *interface = json_object_new_object(), *ingress = json_object_new_object(),
                       *observer = json_object_new_object();
    json_put_text(interface, "name", connection->input);
    json_put_object(ingress, "interface", interface);
    json_put_object(observer, "ingress", ingress);
    return observer;
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
            json_put_number(item, "frame", argument->item[i].frame);
        }
        json_put_text(item, "text", argument->item[i].text);
        json_append(evidence, item);
    }
    return evidence;
}

static struct json_object *remedies_of(const struct remedy *remedy)
{
    struct json_object *remedies = json_object_new_array();
    for (; remedy != NULL && remedy->platform != NULL; remedy++) {
        struct json_object *object = json_object_new_object();
        json_put_text(object, "platform", remedy->platform);
        json_put_text(object, "text", remedy->text);
        json_append(remedies, object);
    }
    return remedies;
}

static struct json_object *alternatives_of(const struct verdict *verdict)
{
    struct json_object *alternatives = json_object_new_array();
    for (size_t i = 0; i < verdict->alternatives && i < VERDICT_ALTERNATIVES; i++) {
        const struct alternative *other = &verdict->alternative[i];
        struct json_object *object = json_object_new_object();
        json_put_text(object, "cause", other->cause->id);
        json_put_text(object, "confidence", diagnose_confidence_name(other->confidence));
        json_put_text(object, "summary", other->summary);
        json_append(alternatives, object);
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
    json_put_text(diagnosis, "cause", verdict->cause->id);
    json_put_text(diagnosis, "confidence", diagnose_confidence_name(verdict->confidence));
    json_put_text(diagnosis, "summary", verdict->argument.summary);
    json_put_array(diagnosis, "evidence", evidence_of(&verdict->argument));
    json_put_array(diagnosis, "remedies", remedies_of(diagnose_remedies(verdict)));
    json_put_text(diagnosis, "reproduce", command);
    json_put_array(diagnosis, "alternatives", alternatives_of(verdict));
    return diagnosis;
}

static struct json_object *warnings_of(const struct verdict *verdict)
{
    struct json_object *warnings = json_object_new_array();
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        struct json_object *object = json_object_new_object();
        json_put_text(object, "code", verdict->warning[i].code);
        json_put_text(object, "text", verdict->warning[i].text);
        json_append(warnings, object);
    }
    return warnings;
}

/* ---- the whole ---- */

static void put_timestamp(struct json_object *line, const struct facts *facts)
{
    int64_t nanoseconds = facts->first.time;
    int64_t seconds = nanoseconds / 1000000000 - (nanoseconds % 1000000000 < 0);
    char text[REPORT_TIME];
    report_time(text, seconds, (nanoseconds - seconds * 1000000000) / 1000);
    json_put_text(line, "@timestamp", text);
}

struct json_object *json_connection(const struct connection *connection)
{
    const struct facts *facts = connection->facts;
    const struct verdict *verdict = connection->verdict;
    struct json_object *line = json_object_new_object();
    put_timestamp(line, facts);
    json_put_object(line, "event", event_of(facts, verdict));
    if (connection->live) {
        json_put_object(line, "observer", observer_of(connection));
    } else {
        json_put_object(line, "log", log_of(connection));
    }
    json_put_object(line, "network", network_of(facts));
    json_put_object(line, "client", endpoint_of(facts, CLIENT));
    json_put_object(line, "server", endpoint_of(facts, SERVER));
    json_put_object(line, "tls", json_tls(facts));
    json_put_object(line, "handshake", json_handshake(facts, verdict));
    json_put_object(line, "diagnosis", diagnosis_of(facts, verdict));
    json_put_array(line, "warnings", warnings_of(verdict));
    return line;
}
