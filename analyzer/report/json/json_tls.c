/* What JSON says under "tls", with the names of the Elastic Common Schema. */
#include "report/json/json_connection.h"

#include "names.h"
#include "report/json/json_put.h"
#include "report/phrase.h"

#include <json-c/json.h>

static struct json_object *name_of(struct text_list common_names, const char *distinguished)
{
    struct json_object *name = json_object_new_object();
    json_put_texts(name, "common_name", common_names);
    json_put_text(name, "distinguished_name", distinguished);
    return name;
}

static struct json_object *x509_of(const struct certificate *certificate)
{
    struct json_object *x509 = json_object_new_object();
    json_put_object(x509, "subject",
                    name_of(certificate->subject_common_names, certificate->subject));
    json_put_object(x509, "issuer", name_of(certificate->issuer_common_names, certificate->issuer));
    json_put_text(x509, "serial_number", certificate->serial);
    json_put_seconds(x509, "not_before", certificate->not_before);
    json_put_seconds(x509, "not_after", certificate->not_after);
    json_put_texts(x509, "alternative_names", certificate->names);
    json_put_text(x509, "public_key_algorithm", certificate->key_name);
    if (certificate->key_bits > 0) {
        json_put_number(x509, "public_key_size", certificate->key_bits);
    }
    json_put_text(x509, "signature_algorithm", certificate->signature);
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
    json_put_text(hash, "sha256", text);
    json_put_object(side, "hash", hash);
    if (!leaf->malformed) {
        json_put_object(side, "x509", x509_of(leaf));
    }
}

static void put_sslv2_suites(struct json_object *client, const struct offer *offer)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; i < offer->sslv2_suite_count; i++) {
        char text[NAMES_TEXT_MAX];
        names_sslv2_suite_text(text, offer->sslv2_suites[i]);
        json_append(list, json_object_new_string(text));
    }
    json_put(client, "supported_ciphers", list);
}

static struct json_object *tls_client_of(const struct facts *facts)
{
    struct json_object *client = json_object_new_object();
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct offer *offer = facts->client_hello[0].offer; /* prints are of the first hello */
    json_put_text(client, "server_name", hello != NULL ? hello->server_name : NULL);
    if (offer != NULL) {
        json_put_text(client, "ja3", offer->ja3);
        json_put_text(client, "ja4", offer->ja4);
        if (offer->sslv2) {
            put_sslv2_suites(client, offer);
        } else {
            json_put_codes(client, "supported_ciphers", offer->suites, names_suite_text);
        }
    }
    put_certificate(client, facts->chain[CLIENT]);
    return client;
}

static struct json_object *tls_server_of(const struct facts *facts)
{
    struct json_object *server = json_object_new_object();
    json_put_text(server, "ja3s", facts->server_hello != NULL ? facts->server_hello->ja3s : NULL);
    put_certificate(server, facts->chain[SERVER]);
    return server;
}

static void put_version(struct json_object *tls, const struct facts *facts)
{
    uint16_t version = report_negotiated(facts);
    const char *text = report_version(version);
    json_put_text(tls, "version", text);
    if (text != NULL) {
        json_put_text(tls, "version_protocol",
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
        json_put_flag(tls, "established", established);
    }
}

struct json_object *json_tls(const struct facts *facts)
{
    struct json_object *tls = json_object_new_object();
    const struct server_hello_facts *hello = facts->server_hello;
    char text[NAMES_TEXT_MAX] = "";
    put_version(tls, facts);
    if (hello != NULL && hello->suite != 0xffff) {
        names_suite_text(text, hello->suite);
        json_put_text(tls, "cipher", text);
    }
    if (facts->group != 0) {
        names_group_text(text, facts->group);
        json_put_text(tls, "curve", text);
    }
    put_established(tls, facts);
    if (facts->resumption_known && facts->client_hellos > 0) {
        json_put_flag(tls, "resumed", facts->resumed);
    }
    if (hello != NULL) {
        json_put_text(tls, "next_protocol", hello->alpn);
    }
    json_put_object(tls, "client", tls_client_of(facts));
    json_put_object(tls, "server", tls_server_of(facts));
    return tls;
}
