#include "report/json/json_fields.h"

#include <json-c/json.h>
#include <string.h>

/* In the order of tests/schema/connection.schema.json, which tests/check_expect.py holds it
 * against. */
static const struct json_field fields[] = {
    {"@timestamp", FIELD_TEXT},
    {"event", FIELD_OBJECT},
    {"event.kind", FIELD_TEXT},
    {"event.category", FIELD_TEXTS},
    {"event.outcome", FIELD_TEXT},
    {"event.reason", FIELD_TEXT},
    {"event.duration", FIELD_NUMBER},
    {"observer", FIELD_OBJECT},
    {"observer.ingress", FIELD_OBJECT},
    {"observer.ingress.interface", FIELD_OBJECT},
    {"observer.ingress.interface.name", FIELD_TEXT},
    {"log", FIELD_OBJECT},
    {"log.file", FIELD_OBJECT},
    {"log.file.path", FIELD_TEXT},
    {"network", FIELD_OBJECT},
    {"network.transport", FIELD_TEXT},
    {"network.type", FIELD_TEXT},
    {"network.protocol", FIELD_TEXT},
    {"network.community_id", FIELD_TEXT},
    {"network.application", FIELD_TEXT},
    {"client", FIELD_OBJECT},
    {"client.ip", FIELD_TEXT},
    {"client.port", FIELD_NUMBER},
    {"server", FIELD_OBJECT},
    {"server.ip", FIELD_TEXT},
    {"server.port", FIELD_NUMBER},
    {"tls", FIELD_OBJECT},
    {"tls.version", FIELD_TEXT},
    {"tls.version_protocol", FIELD_TEXT},
    {"tls.cipher", FIELD_TEXT},
    {"tls.curve", FIELD_TEXT},
    {"tls.established", FIELD_FLAG},
    {"tls.resumed", FIELD_FLAG},
    {"tls.next_protocol", FIELD_TEXT},
    {"tls.client", FIELD_OBJECT},
    {"tls.client.server_name", FIELD_TEXT},
    {"tls.client.ja3", FIELD_TEXT},
    {"tls.client.ja4", FIELD_TEXT},
    {"tls.client.supported_ciphers", FIELD_TEXTS},
    {"tls.client.hash", FIELD_OBJECT},
    {"tls.client.hash.sha256", FIELD_TEXT},
    {"tls.client.x509", FIELD_OBJECT},
    {"tls.client.x509.subject", FIELD_OBJECT},
    {"tls.client.x509.subject.common_name", FIELD_TEXTS},
    {"tls.client.x509.subject.distinguished_name", FIELD_TEXT},
    {"tls.client.x509.issuer", FIELD_OBJECT},
    {"tls.client.x509.issuer.common_name", FIELD_TEXTS},
    {"tls.client.x509.issuer.distinguished_name", FIELD_TEXT},
    {"tls.client.x509.serial_number", FIELD_TEXT},
    {"tls.client.x509.not_before", FIELD_TEXT},
    {"tls.client.x509.not_after", FIELD_TEXT},
    {"tls.client.x509.alternative_names", FIELD_TEXTS},
    {"tls.client.x509.public_key_algorithm", FIELD_TEXT},
    {"tls.client.x509.public_key_size", FIELD_NUMBER},
    {"tls.client.x509.signature_algorithm", FIELD_TEXT},
    {"tls.server", FIELD_OBJECT},
    {"tls.server.ja3s", FIELD_TEXT},
    {"tls.server.hash", FIELD_OBJECT},
    {"tls.server.hash.sha256", FIELD_TEXT},
    {"tls.server.x509", FIELD_OBJECT},
    {"tls.server.x509.subject", FIELD_OBJECT},
    {"tls.server.x509.subject.common_name", FIELD_TEXTS},
    {"tls.server.x509.subject.distinguished_name", FIELD_TEXT},
    {"tls.server.x509.issuer", FIELD_OBJECT},
    {"tls.server.x509.issuer.common_name", FIELD_TEXTS},
    {"tls.server.x509.issuer.distinguished_name", FIELD_TEXT},
    {"tls.server.x509.serial_number", FIELD_TEXT},
    {"tls.server.x509.not_before", FIELD_TEXT},
    {"tls.server.x509.not_after", FIELD_TEXT},
    {"tls.server.x509.alternative_names", FIELD_TEXTS},
    {"tls.server.x509.public_key_algorithm", FIELD_TEXT},
    {"tls.server.x509.public_key_size", FIELD_NUMBER},
    {"tls.server.x509.signature_algorithm", FIELD_TEXT},
    {"handshake", FIELD_OBJECT},
    {"handshake.status", FIELD_TEXT},
    {"handshake.hello_retry", FIELD_FLAG},
    {"handshake.early_data", FIELD_FLAG},
    {"handshake.starttls", FIELD_TEXT},
    {"handshake.proxy", FIELD_TEXT},
    {"handshake.client", FIELD_OBJECT},
    {"handshake.client.legacy_version", FIELD_TEXT},
    {"handshake.client.versions", FIELD_TEXTS},
    {"handshake.client.groups", FIELD_TEXTS},
    {"handshake.client.key_shares", FIELD_TEXTS},
    {"handshake.client.signature_algorithms", FIELD_TEXTS},
    {"handshake.client.certificate_signature_algorithms", FIELD_TEXTS},
    {"handshake.client.extensions", FIELD_TEXTS},
    {"handshake.client.alpn", FIELD_TEXTS},
    {"handshake.client.length", FIELD_NUMBER},
    {"handshake.server", FIELD_OBJECT},
    {"handshake.server.legacy_version", FIELD_TEXT},
    {"handshake.server.extensions", FIELD_TEXTS},
    {"handshake.server.signature_algorithm", FIELD_TEXT},
    {"handshake.server.dh_bits", FIELD_NUMBER},
    {"handshake.certificate_request", FIELD_OBJECT},
    {"handshake.certificate_request.frame", FIELD_NUMBER},
    {"handshake.certificate_request.signature_algorithms", FIELD_TEXTS},
    {"handshake.certificate_request.authorities", FIELD_TEXTS},
    {"handshake.steps", FIELD_OBJECTS},
    {"handshake.steps.frame", FIELD_NUMBER},
    {"handshake.steps.time", FIELD_NUMBER},
    {"handshake.steps.from", FIELD_TEXT},
    {"handshake.steps.what", FIELD_TEXT},
    {"handshake.steps.level", FIELD_TEXT},
    {"handshake.steps.code", FIELD_NUMBER},
    {"handshake.steps.name", FIELD_TEXT},
    {"handshake.steps.sealed", FIELD_FLAG},
    {"handshake.steps.length", FIELD_NUMBER},
    {"handshake.steps.repeats", FIELD_NUMBER},
    {"handshake.steps.text", FIELD_TEXT},
    {"handshake.steps_omitted", FIELD_NUMBER},
    {"handshake.unseen", FIELD_TEXTS},
    {"diagnosis", FIELD_OBJECT},
    {"diagnosis.cause", FIELD_TEXT},
    {"diagnosis.confidence", FIELD_TEXT},
    {"diagnosis.summary", FIELD_TEXT},
    {"diagnosis.evidence", FIELD_OBJECTS},
    {"diagnosis.evidence.frame", FIELD_NUMBER},
    {"diagnosis.evidence.text", FIELD_TEXT},
    {"diagnosis.remedies", FIELD_OBJECTS},
    {"diagnosis.remedies.platform", FIELD_TEXT},
    {"diagnosis.remedies.text", FIELD_TEXT},
    {"diagnosis.reproduce", FIELD_TEXT},
    {"diagnosis.alternatives", FIELD_OBJECTS},
    {"diagnosis.alternatives.cause", FIELD_TEXT},
    {"diagnosis.alternatives.confidence", FIELD_TEXT},
    {"diagnosis.alternatives.summary", FIELD_TEXT},
    {"warnings", FIELD_OBJECTS},
    {"warnings.code", FIELD_TEXT},
    {"warnings.text", FIELD_TEXT},
};

const struct json_field *json_field_row(size_t index)
{
    return index < sizeof(fields) / sizeof(fields[0]) ? &fields[index] : NULL;
}

const struct json_field *json_field_find(const char *path)
{
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (strcmp(fields[i].path, path) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

bool json_field_takes(const struct json_field *field, struct json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_null:
        return true;
    case json_type_object:
        return field->kind == FIELD_OBJECT;
    case json_type_array:
        return field->kind == FIELD_TEXTS || field->kind == FIELD_OBJECTS;
    case json_type_string:
        return field->kind == FIELD_TEXT;
    case json_type_boolean:
        return field->kind == FIELD_FLAG;
    case json_type_int:
    case json_type_double:
        return field->kind == FIELD_NUMBER;
    }
    return false;
}

const char *json_field_kind(const struct json_field *field)
{
    static const char *const kinds[] = {
        [FIELD_OBJECT] = "an object", [FIELD_OBJECTS] = "a list of objects",
        [FIELD_TEXT] = "a text",      [FIELD_TEXTS] = "a list of texts",
        [FIELD_NUMBER] = "a number",  [FIELD_FLAG] = "true or false",
    };
    return kinds[field->kind];
}

struct json_object *json_at(struct json_object *object, const char *path)
{
    char key[JSON_PATH];
    while (object != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        struct json_object *value = NULL;
        if (length >= sizeof(key) || !json_object_is_type(object, json_type_object)) {
            return NULL;
        }
        memcpy(key, path, length);
        key[length] = '\0';
        json_object_object_get_ex(object, key, &value);
        object = value;
        path += length + (path[length] == '.');
    }
    return object;
}

const char *json_text_at(struct json_object *object, const char *path)
{
    struct json_object *value = json_at(object, path);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}
