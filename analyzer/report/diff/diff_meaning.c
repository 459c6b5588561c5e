/* What the differences mean for the failure: said with as much certainty as there is. */
#include "report/diff/diff.h"
#include "report/json/json_fields.h"
#include "report/phrase.h"

#include <json-c/json.h>
#include <string.h>

/* Which differences bear on a family of causes; the beginning of a cause's id. */
static const struct {
    const char *cause;
    const char *fields[6];
} bearing[] = {
    {"version.", {"versions", "legacy version", "version"}},
    {"cipher.", {"cipher suites", "versions", "certificate", "key"}},
    {"group.", {"groups", "key shares", "cipher suites"}},
    {"dh.", {"DH bits", "cipher suites", "cipher suite", "groups"}},
    {"signature.", {"signature algorithms", "signatures of certificates", "key", "versions"}},
    {"alpn.", {"ALPN"}},
    {"sni.", {"server name"}},
    {"certificate.",
     {"certificate", "certificate's serial", "certificate's issuer", "valid until", "names",
      "server name"}},
    {"client_certificate.", {"certificate", "asks for certificates of", "signature algorithms"}},
    {"extension.", {"extensions", "versions"}},
    {"psk.", {"extensions", "resumed", "early data"}},
    {"renegotiation.", {"extensions", "cipher suites"}},
    {"hello.", {"size", "versions", "server name", "extensions", "cipher suites", "key shares"}},
    {"protocol.", {"server name"}},
};

static size_t count_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static bool bears(const char *cause, const char *field)
{
    for (size_t i = 0; i < sizeof(bearing) / sizeof(bearing[0]); i++) {
        if (strncmp(cause, bearing[i].cause, strlen(bearing[i].cause)) != 0) {
            continue;
        }
        for (size_t j = 0; j < 6 && bearing[i].fields[j] != NULL; j++) {
            if (strcmp(bearing[i].fields[j], field) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* Differences of one side, without the size, which follows from the others. */
static size_t differences_of(struct json_object *offers, const char *from)
{
    size_t count = 0;
    for (size_t i = 0; i < count_of(offers); i++) {
        struct json_object *offer = json_object_array_get_idx(offers, i);
        const char *field = json_text_at(offer, "field");
        const char *speaker = json_text_at(offer, "from");
        count += field != NULL && speaker != NULL && strcmp(speaker, from) == 0 &&
                 strcmp(field, "size") != 0;
    }
    return count;
}

/* Writes the fields that bear on the cause: "the client's versions and the server's version". */
static size_t add_bearing(struct phrase *phrase, struct json_object *offers, const char *cause)
{
    const char *names[32][2];
    size_t count = 0;
    for (size_t i = 0; i < count_of(offers) && count < 32; i++) {
        struct json_object *offer = json_object_array_get_idx(offers, i);
        const char *field = json_text_at(offer, "field"), *from = json_text_at(offer, "from");
        if (field != NULL && from != NULL && bears(cause, field)) {
            names[count][0] = from;
            names[count++][1] = field;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const char *before = i == 0 ? "" : i + 1 == count ? " and " : ", ";
        phrase_add(phrase, "%sthe %s's %s", before, names[i][0], names[i][1]);
    }
    return count;
}

static bool has_holes(const struct diff_pair *pair)
{
    return json_at(pair->working, "handshake.unseen") != NULL ||
           json_at(pair->failing, "handshake.unseen") != NULL;
}

static void say_failure(struct phrase *phrase, const struct diff_pair *pair)
{
    const char *cause = json_text_at(pair->failing, "diagnosis.cause");
    const char *sure = json_text_at(pair->failing, "diagnosis.confidence");
    const char *summary = json_text_at(pair->failing, "diagnosis.summary");
    const char *status = json_text_at(pair->failing, "handshake.status");
    if (cause != NULL && status != NULL && strcmp(status, "established") != 0) {
        phrase_add(phrase, "%s (%s): %s", cause, sure != NULL ? sure : "possible",
                   summary != NULL ? summary : "");
    } else if (status != NULL && strcmp(status, "established") == 0) {
        phrase_add(phrase, "Nothing failed in the second capture.");
    } else {
        phrase_add(phrase, "The second capture does not show why, or that, it failed.");
    }
}

static void say_where(struct phrase *phrase, const struct diff_pair *pair)
{
    const char *name = json_text_at(pair->failing, "tls.client.server_name");
    const char *other = json_text_at(pair->working, "tls.client.server_name");
    const char *status = json_text_at(pair->working, "handshake.status");
    bool named = name != NULL && other != NULL && strcmp(name, other) == 0;
    if (!diff_same_server(pair)) {
        phrase_add(phrase,
                   " The two are with different servers%s, so that the server may be the "
                   "difference, whatever else differs.",
                   named ? " of the same name" : "");
    }
    if (status == NULL || strcmp(status, "established") != 0) {
        phrase_add(phrase,
                   " No handshake of the first capture was completed: it is a poor measure.");
    }
}

/* "TLS 1.3", "SSL 3.0"; false where none was chosen. */
static bool version_of(char text[32], struct json_object *connection)
{
    const char *version = json_text_at(connection, "tls.version");
    const char *protocol = json_text_at(connection, "tls.version_protocol");
    struct phrase phrase = phrase_in(text, 32);
    bool ssl = protocol != NULL && strcmp(protocol, "ssl") == 0;
    phrase_add(&phrase, "%s %s", ssl ? "SSL" : "TLS", version != NULL ? version : "");
    return version != NULL;
}

static void say_versions(struct phrase *phrase, const struct diff_pair *pair)
{
    char there[32], here[32];
    bool both = version_of(there, pair->working) && version_of(here, pair->failing);
    if (both && strcmp(there, here) != 0) {
        phrase_add(phrase, " Where it works the server chooses %s, here %s.", there, here);
    }
}

/* A certificate is blamed, and one of the two is not seen. */
static void say_sealed(struct phrase *phrase, const struct diff_pair *pair)
{
    const char *cause = json_text_at(pair->failing, "diagnosis.cause");
    const char *where = json_at(pair->working, "tls.server.hash") == NULL   ? "working"
                        : json_at(pair->failing, "tls.server.hash") == NULL ? "failing"
                                                                            : NULL;
    if (cause != NULL && strncmp(cause, "certificate.", 12) == 0 && where != NULL) {
        phrase_add(phrase,
                   " The certificate of the %s handshake is not in sight (TLS 1.3 and "
                   "resumption hide it), so that the two cannot be compared.",
                   where);
    }
}

static void say_differences(struct phrase *phrase, const struct diff_pair *pair,
                            struct json_object *offers)
{
    const char *cause = json_text_at(pair->failing, "diagnosis.cause");
    size_t client = differences_of(offers, "client"), server = differences_of(offers, "server");
    bool hellos = json_at(pair->failing, "handshake.client") != NULL;
    if (!hellos) {
        phrase_add(phrase, " The failing connection shows no ClientHello, so that no offers can be "
                           "compared: it ends before TLS matters.");
        return;
    }
    if (client == 0) {
        phrase_add(phrase,
                   " Both clients offer the same%s: what differs is the server's answer, or "
                   "lies between the two.",
                   has_holes(pair) ? " as far as the captures show" : "");
    }
    char fields[1024];
    struct phrase list = phrase_in(fields, sizeof(fields));
    size_t count = cause == NULL ? 0 : add_bearing(&list, offers, cause);
    bool only = count == client + server;
    if (count > 0) {
        phrase_add(phrase, " %s %s.",
                   only ? "All that differs bears on this failure:"
                        : "Of what differs, this bears on the failure:",
                   fields);
    } else if (client + server > 0 && cause != NULL) {
        phrase_add(phrase, " Nothing that differs in the hellos is known to bear on this failure.");
    }
}

void diff_meaning(char *text, size_t size, const struct diff_pair *pair, struct json_object *offers)
{
    struct phrase phrase = phrase_in(text, size);
    say_failure(&phrase, pair);
    say_where(&phrase, pair);
    say_versions(&phrase, pair);
    say_sealed(&phrase, pair);
    say_differences(&phrase, pair, offers);
}
