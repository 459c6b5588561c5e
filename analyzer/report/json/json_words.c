#include "report/json/json_words.h"

#include "report/json/json_fields.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

/* "10.77.0.1:443", "[fd00::1]:443", "10.77.0.1" */
static void add_endpoint(struct phrase *phrase, struct json_object *endpoint)
{
    const char *address = json_text_at(endpoint, "ip");
    struct json_object *port = json_at(endpoint, "port");
    bool brackets = port != NULL && address != NULL && strchr(address, ':') != NULL;
    phrase_add(phrase, "%s", brackets ? "[" : "");
    phrase_add_printable(phrase, address != NULL ? address : "");
    phrase_add(phrase, "%s", brackets ? "]" : "");
    if (port != NULL) {
        phrase_add(phrase, ":%" PRId64, json_object_get_int64(port));
    }
}

void json_add_who(struct phrase *phrase, struct json_object *connection)
{
    struct json_object *client = json_at(connection, "client");
    struct json_object *server = json_at(connection, "server");
    const char *name = json_text_at(connection, "tls.client.server_name");
    size_t before = phrase->length;
    if (client != NULL) {
        add_endpoint(phrase, client);
    }
    if (server != NULL) {
        phrase_add(phrase, "%s→ ", client != NULL ? " " : "");
        add_endpoint(phrase, server);
    }
    if (name != NULL) {
        phrase_add(phrase, "%s", phrase->length > before ? "  " : "");
        phrase_add_printable(phrase, name);
    }
}

void json_add_outcome(struct phrase *phrase, struct json_object *connection)
{
    const char *status = json_text_at(connection, "handshake.status");
    const char *cause = json_text_at(connection, "diagnosis.cause");
    const char *confidence = json_text_at(connection, "diagnosis.confidence");
    const char *version = json_text_at(connection, "tls.version");
    const char *protocol = json_text_at(connection, "tls.version_protocol");
    bool ssl = protocol != NULL && strcmp(protocol, "ssl") == 0;
    bool failed = status == NULL || strcmp(status, "failed") == 0;
    if (failed && cause != NULL) {
        phrase_add_printable(phrase, cause);
        if (confidence != NULL) {
            phrase_add(phrase, " (");
            phrase_add_printable(phrase, confidence);
            phrase_add(phrase, ")");
        }
    } else if (status != NULL) {
        phrase_add_printable(phrase, strcmp(status, "not_tls") == 0 ? "no TLS" : status);
        if (version != NULL) {
            phrase_add(phrase, ", %s ", ssl ? "SSL" : "TLS");
            phrase_add_printable(phrase, version);
        }
    }
}
