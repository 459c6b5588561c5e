/* In what two ClientHellos, and what two servers said, differ. */
#include "report/diff/diff.h"
#include "report/json/json_fields.h"
#include "report/json/json_put.h"
#include "report/phrase.h"

#include <json-c/json.h>
#include <string.h>

enum kind {
    VALUE,  /* is there or not, and has a value */
    KNOWN,  /* means something only where both show it */
    RANKED, /* a list in the order of preference */
    SET     /* a list whose order says nothing: some clients shuffle it */
};

struct row {
    const char *from, *field, *path;
    enum kind kind;
};

static const struct row rows[] = {
    {"client", "server name", "tls.client.server_name", VALUE},
    {"client", "legacy version", "handshake.client.legacy_version", KNOWN},
    {"client", "versions", "handshake.client.versions", RANKED},
    {"client", "cipher suites", "tls.client.supported_ciphers", RANKED},
    {"client", "groups", "handshake.client.groups", RANKED},
    {"client", "key shares", "handshake.client.key_shares", RANKED},
    {"client", "signature algorithms", "handshake.client.signature_algorithms", RANKED},
    {"client", "signatures of certificates", "handshake.client.certificate_signature_algorithms",
     RANKED},
    {"client", "ALPN", "handshake.client.alpn", RANKED},
    {"client", "extensions", "handshake.client.extensions", SET},
    {"client", "early data", "handshake.early_data", KNOWN},
    {"client", "size", "handshake.client.length", VALUE},
    {"client", "certificate", "tls.client.x509.subject.distinguished_name", KNOWN},
    {"server", "version", "tls.version", VALUE},
    {"server", "cipher suite", "tls.cipher", VALUE},
    {"server", "group", "tls.curve", KNOWN},
    {"server", "DH bits", "handshake.server.dh_bits", KNOWN},
    {"server", "signature algorithm", "handshake.server.signature_algorithm", KNOWN},
    {"server", "hello retry", "handshake.hello_retry", VALUE},
    {"server", "resumed", "tls.resumed", KNOWN},
    {"server", "ALPN", "tls.next_protocol", KNOWN},
    {"server", "extensions", "handshake.server.extensions", SET},
    {"server", "certificate", "tls.server.x509.subject.distinguished_name", KNOWN},
    {"server", "certificate's serial", "tls.server.x509.serial_number", KNOWN},
    {"server", "certificate's issuer", "tls.server.x509.issuer.distinguished_name", KNOWN},
    {"server", "valid until", "tls.server.x509.not_after", KNOWN},
    {"server", "names", "tls.server.x509.alternative_names", SET},
    {"server", "key", "tls.server.x509.public_key_algorithm", KNOWN},
    {"server", "asks for certificates of", "handshake.certificate_request.authorities", SET},
};

static size_t count_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* A list without the values that are random in each hello (RFC 8701). */
static struct json_object *without_grease(struct json_object *list)
{
    struct json_object *kept = json_object_new_array();
    for (size_t i = 0; i < count_of(list); i++) {
        struct json_object *value = json_object_array_get_idx(list, i);
        const char *text = json_object_get_string(value);
        if (text != NULL && strstr(text, "GREASE") == NULL) {
            json_append(kept, json_object_get(value));
        }
    }
    return kept;
}

static bool lists(struct json_object *list, struct json_object *value)
{
    for (size_t i = 0; i < count_of(list); i++) {
        if (json_object_equal(json_object_array_get_idx(list, i), value)) {
            return true;
        }
    }
    return false;
}

/* What stands in `list` and, as `in_both` has it, in `other` too or not. */
static struct json_object *part_of(struct json_object *list, struct json_object *other,
                                   bool in_both)
{
    struct json_object *part = json_object_new_array();
    for (size_t i = 0; i < count_of(list); i++) {
        struct json_object *value = json_object_array_get_idx(list, i);
        if (lists(other, value) == in_both) {
            json_append(part, json_object_get(value));
        }
    }
    return part;
}

static struct json_object *row_object(const struct row *row)
{
    struct json_object *object = json_object_new_object();
    json_put_text(object, "from", row->from);
    json_put_text(object, "field", row->field);
    return object;
}

static void add_lists(struct json_object *offers, const struct row *row,
                      struct json_object *working, struct json_object *failing)
{
    struct json_object *left = without_grease(working), *right = without_grease(failing);
    struct json_object *both = part_of(left, right, true), *same = part_of(right, left, true);
    bool ordered = row->kind == SET || json_object_equal(both, same) != 0;
    bool equal = count_of(both) == count_of(left) && count_of(same) == count_of(right) && ordered;
    if (!equal) {
        struct json_object *object = row_object(row);
        json_put_array(object, "working", json_object_get(left));
        json_put_array(object, "failing", json_object_get(right));
        json_put_number(object, "common", count_of(both));
        json_put_array(object, "only_working", part_of(left, right, false));
        json_put_array(object, "only_failing", part_of(right, left, false));
        if (row->kind == RANKED) {
            json_put_flag(object, "order", !ordered);
        }
        json_append(offers, object);
    }
    json_object_put(left);
    json_object_put(right);
    json_object_put(both);
    json_object_put(same);
}

static void add_values(struct json_object *offers, const struct row *row,
                       struct json_object *working, struct json_object *failing)
{
    bool known = working != NULL && failing != NULL;
    if ((row->kind == KNOWN && !known) || json_object_equal(working, failing)) {
        return;
    }
    struct json_object *object = row_object(row);
    json_put(object, "working", json_object_get(working));
    json_put(object, "failing", json_object_get(failing));
    json_append(offers, object);
}

/* The versions that a ClientHello allows. Up to TLS 1.2 it names the highest (RFC 5246, appendix
 * E.1). */
static struct json_object *versions_of(struct json_object *connection)
{
    struct json_object *versions = json_at(connection, "handshake.client.versions");
    const char *legacy = json_text_at(connection, "handshake.client.legacy_version");
    if (versions != NULL || legacy == NULL) {
        return json_object_get(versions);
    }
    char text[64];
    struct phrase phrase = phrase_in(text, sizeof(text));
    phrase_add(&phrase, "up to %s", legacy);
    versions = json_object_new_array();
    json_append(versions, json_object_new_string(text));
    return versions;
}

static void add_versions(struct json_object *offers, const struct row *row,
                         const struct diff_pair *pair)
{
    struct json_object *working = versions_of(pair->working), *failing = versions_of(pair->failing);
    add_lists(offers, row, working, failing);
    json_object_put(working);
    json_object_put(failing);
}

struct json_object *diff_offers(const struct diff_pair *pair)
{
    struct json_object *offers = json_object_new_array();
    static const char *const hello[] = {"handshake.client", "handshake.server"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        bool server = strcmp(row->from, "server") == 0;
        if (json_at(pair->working, hello[server]) == NULL ||
            json_at(pair->failing, hello[server]) == NULL) {
            continue; /* one of the two did not get so far, or the capture does not show it */
        }
        struct json_object *working = json_at(pair->working, row->path);
        struct json_object *failing = json_at(pair->failing, row->path);
        if (strcmp(row->field, "versions") == 0) {
            add_versions(offers, row, pair);
        } else if (row->kind == RANKED || row->kind == SET) {
            bool sealed = server && (working == NULL || failing == NULL);
            if (!sealed) {
                add_lists(offers, row, working, failing);
            }
        } else {
            add_values(offers, row, working, failing);
        }
    }
    return offers;
}
