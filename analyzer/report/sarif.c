/* The report for code scanning: SARIF 2.1.0 (OASIS), one run, a result for each connection that
 * failed and for each warning.
 *
 * Results are written as they come, before the rules that they refer to, so that nothing but the
 * rules is kept; JSON does not mind the order. A capture has no lines, and viewers show nothing but
 * lines: the line number of a result is the number of its packet, as the message says.
 *
 * Levels: a failed handshake is an error. One that worked is never: a diagnosis of it is a warning,
 * and what is only worth saying is a note.
 */
#include "report/digest.h"
#include "report/json/json_put.h"
#include "report/phrase.h"
#include "report/place.h"
#include "report/report.h"
#include "report/sarif_rules.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

enum {
    MESSAGE = 4096,          /* bytes of a result's message */
    URI = PLACE_PATH,        /* of a capture's */
    IDENTITY = 8192,         /* of what a fingerprint is made of */
    PATH_ROOM = URI / 3 - 16 /* bytes of a path whose URI fits, all of them encoded */
};

struct report {
    FILE *out;
    struct place place;
    struct sarif_rules rules;
    uint64_t results;
    uint64_t left_out; /* results whose rule found no room */
};

/* A result before it is an object. */
struct result {
    const char *rule, *title; /* `title`: see sarif_rules_index() */
    enum sarif_level level;
    const char *text;                    /* the sentence */
    const char *capture;                 /* as given */
    const char *file;                    /* where it is found; NULL: in none */
    uint64_t line;                       /* of `file`, or the packet's number; 0: none */
    unsigned ordinal;                    /* of several of the same rule and connection */
    const struct connection *connection; /* NULL: none */
    bool allowed;                        /* a failure that the operator does not mind */
};

/* ---- messages ---- */

/* Adds text in which nothing is a placeholder (section 3.11.5) or a link (3.11.6): names from the
 * wire are in it. */
static void add_plain(struct phrase *phrase, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '{' || *text == '}') {
            phrase_add(phrase, "%c%c", *text, *text);
        } else {
            phrase_add(phrase, "%c", *text);
            phrase_add(phrase, "%s", text[0] == ']' && text[1] == '(' ? " " : "");
        }
    }
}

static struct json_object *message_of(const char *text)
{
    struct json_object *message = json_object_new_object();
    json_put_text(message, "text", text);
    return message;
}

static struct json_object *plain_message_of(const char *text)
{
    char plain[MESSAGE];
    struct phrase phrase = phrase_in(plain, sizeof(plain));
    add_plain(&phrase, text);
    return message_of(plain);
}

static const char *server_name_of(const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    return hello != NULL ? hello->server_name : NULL;
}

/* "10.77.0.2:51044 to 10.77.0.1:443, www.contoso.test" */
static void ends_text(char *text, size_t size, const struct facts *facts)
{
    char client[REPORT_ADDRESS], server[REPORT_ADDRESS];
    struct phrase phrase = phrase_in(text, size);
    report_address(client, &facts->address[CLIENT], facts->port[CLIENT]);
    report_address(server, &facts->address[SERVER], facts->port[SERVER]);
    phrase_add(&phrase, "%s to %s", client, server);
    const char *name = server_name_of(facts);
    if (name != NULL && name[0] != '\0') {
        phrase_add(&phrase, ", %s", name);
    }
}

/* The sentence, and where to look. */
static struct json_object *result_message(const struct result *result)
{
    char text[MESSAGE];
    struct phrase phrase = phrase_in(text, sizeof(text));
    add_plain(&phrase, result->text);
    if (result->connection != NULL) {
        char ends[MESSAGE];
        ends_text(ends, sizeof(ends), result->connection->facts);
        phrase_add(&phrase, " (packet %" PRIu64 "; ", result->line);
        add_plain(&phrase, ends);
        phrase_add(&phrase, ")");
    }
    return message_of(text);
}

/* ---- locations ---- */

/* A file in which something is; NULL for what is no file. */
static struct json_object *artifact_of(const struct place *place, const char *name)
{
    char path[PLACE_PATH], uri[URI];
    if (name == NULL || strcmp(name, "-") == 0) {
        return NULL;
    }
    place_path(path, place, name);
    if (strlen(path) > PATH_ROOM) {
        return NULL;
    }
    place_uri(uri, sizeof(uri), path);
    struct json_object *artifact = json_object_new_object();
    json_put_text(artifact, "uri", uri);
    if (place_is_inside(path)) {
        json_put_text(artifact, "uriBaseId", "%SRCROOT%");
    }
    return artifact;
}

static struct json_object *physical_of(const struct place *place, const char *name, uint64_t line)
{
    struct json_object *physical = json_object_new_object(), *region = json_object_new_object();
    struct json_object *artifact = artifact_of(place, name);
    if (line != 0 && artifact != NULL) {
        json_put_number(region, "startLine", line);
    }
    if (artifact != NULL) {
        json_put_object(physical, "artifactLocation", artifact);
    }
    json_put_object(physical, "region", region);
    return physical;
}

static struct json_object *locations_of(const struct report *report, const struct result *result)
{
    struct json_object *locations = json_object_new_array(), *location = json_object_new_object();
    json_put_object(location, "physicalLocation",
                    physical_of(&report->place, result->file, result->line));
    if (result->connection != NULL) {
        char ends[MESSAGE];
        struct json_object *logical = json_object_new_array(), *name = json_object_new_object();
        ends_text(ends, sizeof(ends), result->connection->facts);
        json_put_text(name, "name", ends);
        json_put_text(name, "kind", "connection");
        json_append(logical, name);
        json_put_array(location, "logicalLocations", logical);
    }
    json_append(locations, location);
    return locations;
}

/* The packets that a verdict argues from. */
static struct json_object *related_of(const struct report *report, const struct result *result,
                                      const struct argument *argument)
{
    struct json_object *related = json_object_new_array();
    for (size_t i = 0; i < argument->count && i < ARGUMENT_ITEMS; i++) {
        if (argument->item[i].frame != 0 && argument->item[i].text[0] != '\0') {
            struct json_object *location = json_object_new_object();
            json_put_number(location, "id", i);
            json_put_object(location, "physicalLocation",
                            physical_of(&report->place, result->file, argument->item[i].frame));
            json_put_object(location, "message", plain_message_of(argument->item[i].text));
            json_append(related, location);
        }
    }
    return related;
}

/* ---- fingerprints ---- */

static void put_digest(struct json_object *fingerprints, const char *key, const char *identity)
{
    char text[DIGEST_TEXT];
    digest_write(text, digest_of(identity));
    json_put_text(fingerprints, key, text);
}

/* The part of a path that stays when the folder moves. */
static const char *last_name(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    return slash != NULL ? slash + 1 : path != NULL ? path : "-";
}

/* tlswhyResult: this result, in every run over this capture, wherever it stands and whatever its
 * clock said. tlswhyFailure: what stays alike when the same is recorded again. GitHub knows no key
 * but its own, which it would make of the capture's bytes as if they were lines. */
static struct json_object *fingerprints_of(const struct result *result)
{
    char text[IDENTITY], server[REPORT_ADDRESS] = "";
    struct json_object *fingerprints = json_object_new_object();
    struct phrase phrase = phrase_in(text, sizeof(text));
    const char *name = NULL;
    phrase_add(&phrase, "%s\n%s\n%" PRIu64 "\n%u\n", result->rule, last_name(result->capture),
               result->line, result->ordinal);
    if (result->connection != NULL) {
        const struct facts *facts = result->connection->facts;
        char client[REPORT_ADDRESS];
        report_address(client, &facts->address[CLIENT], facts->port[CLIENT]);
        report_address(server, &facts->address[SERVER], facts->port[SERVER]);
        name = server_name_of(facts);
        phrase_add(&phrase, "%s\n%s\n%" PRIu64 "\n", client, server, facts->first.frame);
    } else {
        phrase_add(&phrase, "%s", result->text);
    }
    put_digest(fingerprints, "tlswhyResult/v1", text);
    put_digest(fingerprints, "primaryLocationLineHash", text);
    if (result->connection != NULL) {
        phrase = phrase_in(text, sizeof(text));
        phrase_add(&phrase, "%s\n%s\n%s", result->rule, server, name != NULL ? name : "");
        put_digest(fingerprints, "tlswhyFailure/v1", text);
    }
    return fingerprints;
}

/* ---- properties ---- */

static struct json_object *endpoint_of(const struct facts *facts, enum speaker speaker)
{
    struct json_object *endpoint = json_object_new_object();
    char address[REPORT_ADDRESS];
    report_address(address, &facts->address[speaker], 0);
    json_put_text(endpoint, "ip", address);
    json_put_number(endpoint, "port", facts->port[speaker]);
    json_put_text(endpoint, "name", speaker == SERVER ? server_name_of(facts) : NULL);
    return endpoint;
}

static struct json_object *properties_of(const struct result *result, bool argued)
{
    struct json_object *properties = json_object_new_object();
    if (result->connection == NULL) {
        return properties;
    }
    const struct verdict *verdict = result->connection->verdict;
    json_put_text(properties, "status", diagnose_status_name(verdict->status));
    json_put_object(properties, "client", endpoint_of(result->connection->facts, CLIENT));
    json_put_object(properties, "server", endpoint_of(result->connection->facts, SERVER));
    if (!argued) {
        return properties;
    }
    struct json_object *evidence = json_object_new_array();
    for (size_t i = 0; i < verdict->argument.count && i < ARGUMENT_ITEMS; i++) {
        json_append(evidence, json_text_of(verdict->argument.item[i].text));
    }
    json_put_text(properties, "confidence", diagnose_confidence_name(verdict->confidence));
    json_put_array(properties, "evidence", evidence);
    return properties;
}

/* ---- results ---- */

/* One object on a line of its own, so that the file can be read without a viewer, too. */
static void write_object(FILE *out, struct json_object *object)
{
    const char *text = json_line(object);
    fputs(text != NULL ? text : "{}", out);
    json_object_put(object);
}

/* It failed, and the operator does not mind. */
static struct json_object *suppressions_of(void)
{
    struct json_object *suppressions = json_object_new_array();
    struct json_object *suppression = json_object_new_object();
    json_put_text(suppression, "kind", "external");
    json_put_text(suppression, "justification", "allowed by --allow or --fail-on");
    json_append(suppressions, suppression);
    return suppressions;
}

/* `argument`: what a verdict argues with; NULL: nothing. */
static void write_result(struct report *report, const struct result *result,
                         const struct argument *argument)
{
    int index = sarif_rules_index(&report->rules, result->rule, result->title);
    if (index < 0) {
        report->left_out++;
        return;
    }
    struct json_object *object = json_object_new_object();
    json_put_text(object, "ruleId", result->rule);
    json_put_number(object, "ruleIndex", (uint64_t)index);
    json_put_text(object, "level", sarif_level_name(result->level));
    json_put_object(object, "message", result_message(result));
    json_put_array(object, "locations", locations_of(report, result));
    if (argument != NULL) {
        json_put_array(object, "relatedLocations", related_of(report, result, argument));
    }
    if (result->allowed) {
        json_put_array(object, "suppressions", suppressions_of());
    }
    json_put_object(object, "partialFingerprints", fingerprints_of(result));
    json_put_object(object, "properties", properties_of(result, argument != NULL));
    const char *text = json_line(object);
    if (text != NULL) {
        fprintf(report->out, "%s%s", report->results > 0 ? ",\n" : "\n", text);
        report->results++;
    } else {
        report->left_out++;
    }
    json_object_put(object);
}

/* The packet that shows it: the first that is argued from, else the connection's first. */
static uint64_t telling_frame(const struct facts *facts, const struct argument *argument)
{
    for (size_t i = 0; i < argument->count && i < ARGUMENT_ITEMS; i++) {
        if (argument->item[i].frame != 0) {
            return argument->item[i].frame;
        }
    }
    return facts->first.frame;
}

static void connection(struct report *report, const struct connection *connection)
{
    const struct verdict *verdict = connection->verdict;
    struct result result = {.capture = connection->input,
                            .file = connection->live ? NULL : connection->input,
                            .connection = connection};
    if (verdict->cause != NULL || verdict->status == STATUS_FAILED) {
        char outcome[MESSAGE];
        report_outcome(outcome, sizeof(outcome), connection);
        result.rule = verdict->cause != NULL ? verdict->cause->id : "failed";
        result.level = verdict->status == STATUS_FAILED ? SARIF_ERROR : SARIF_WARNING;
        result.allowed = verdict->status == STATUS_FAILED && connection->fails == NULL;
        result.text = verdict->cause != NULL ? verdict->argument.summary : outcome;
        result.line = telling_frame(connection->facts, &verdict->argument);
        write_result(report, &result, &verdict->argument);
    }
    for (size_t i = 0; i < verdict->warnings && i < VERDICT_WARNINGS; i++) {
        result.rule = verdict->warning[i].code;
        bool fails = connection->fails != NULL && verdict->status != STATUS_FAILED;
        result.level = fails ? SARIF_ERROR : SARIF_NOTE;
        result.allowed = false;
        result.text = verdict->warning[i].text;
        result.line = connection->facts->first.frame;
        result.ordinal = (unsigned)i;
        write_result(report, &result, NULL);
    }
    fflush(report->out);
}

/* With --check. A difference is told of where it was expected otherwise: that file has lines. */
static void finding(struct report *report, const struct finding *finding)
{
    char text[MESSAGE];
    struct phrase phrase = phrase_in(text, sizeof(text));
    if (!finding->failure) {
        return;
    }
    const char *title = finding_kind_title(finding->kind);
    phrase_add(&phrase, "%s%s%s", finding->connection != NULL ? finding->connection : "",
               finding->connection != NULL ? ": " : "", title);
    finding_differences(&phrase, finding, "; ");
    if (finding->summary != NULL && finding->summary[0] != '\0') {
        phrase_add(&phrase, ". %s", finding->summary);
    }
    bool lines = finding->expectations != NULL && finding->line != 0;
    struct result result = {.rule = finding_kind_name(finding->kind),
                            .title = title,
                            .level = SARIF_ERROR,
                            .text = text,
                            .capture = finding->capture,
                            .file = lines ? finding->expectations : finding->capture,
                            .line = lines ? finding->line : finding->frame};
    write_result(report, &result, NULL);
    fflush(report->out);
}

/* ---- the format ---- */

static struct report *begin(const struct report_options *options)
{
    struct report *report = calloc(1, sizeof(*report));
    if (report == NULL) {
        return NULL;
    }
    report->out = options->out;
    place_find(&report->place);
    fputs("{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
          "sarif-schema-2.1.0.json\",\n\"version\":\"2.1.0\",\n\"runs\":[{\"originalUriBaseIds\":"
          "{\"%SRCROOT%\":{\"description\":{\"text\":\"The folder in which tlswhy was run.\"}}},\n"
          "\"results\":[",
          report->out);
    return report;
}

static void add_notification(struct json_object *notifications, const char *text)
{
    if (text[0] != '\0') {
        struct json_object *notification = json_object_new_object();
        json_put_text(notification, "level", "warning");
        json_put_object(notification, "message", plain_message_of(text));
        json_append(notifications, notification);
    }
}

/* How the run went: its counts, and what it could not see. */
static struct json_object *invocation_of(const struct report *report, const struct totals *totals)
{
    struct json_object *invocation = json_object_new_object();
    struct json_object *notifications = json_object_new_array();
    struct json_object *properties = json_object_new_object();
    char text[MESSAGE], unseen[MESSAGE] = "unseen: ";
    report_confession(text, sizeof(text), totals);
    struct phrase phrase = {unseen, sizeof(unseen), strlen(unseen), false};
    phrase_add(&phrase, "%s", text);
    add_notification(notifications, text[0] != '\0' ? unseen : "");
    add_notification(notifications,
                     report->left_out > 0 ? "results were left out: too many rules, or no memory" : "");
    json_put(invocation, "executionSuccessful", json_object_new_boolean(true));
    json_put_array(invocation, "toolExecutionNotifications", notifications);
    json_put_number(properties, "packets", totals->packets);
    json_put_number(properties, "established", totals->established);
    json_put_number(properties, "failed", totals->failed);
    json_put_number(properties, "incomplete", totals->incomplete);
    json_put_number(properties, "not_tls", totals->not_tls);
    json_put_object(invocation, "properties", properties);
    return invocation;
}

static void end(struct report *report, const struct totals *totals)
{
    fputs("],\n\"tool\":", report->out);
    write_object(report->out, sarif_rules_tool(&report->rules));
    fputs(",\n\"invocations\":[", report->out);
    write_object(report->out, invocation_of(report, totals));
    fputs("]}]}\n", report->out);
    fflush(report->out);
    free(report);
}

const struct report_format report_sarif = {"sarif", begin, connection, end, finding, REPORT_EVERY};
