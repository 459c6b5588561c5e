/* What JSON says under "tls", with the names of the Elastic Common Schema. */
#include "report/json/json_connection.h"

#include "names.h"
#include "report/json/json_repeats.h"

static void write_name(struct json_writer *out, const char *key, struct text_list common_names,
                       const char *distinguished)
{
    size_t name = json_write_object(out, key);
    json_write_texts(out, "common_name", common_names);
    json_write_text(out, "distinguished_name", distinguished);
    json_write_end_object(out, name);
}

static void write_x509(struct json_writer *out, const struct certificate *certificate)
{
    size_t x509 = json_write_object(out, "x509");
    write_name(out, "subject", certificate->subject_common_names, certificate->subject);
    write_name(out, "issuer", certificate->issuer_common_names, certificate->issuer);
    json_write_text(out, "serial_number", certificate->serial);
    json_write_seconds(out, "not_before", certificate->not_before);
    json_write_seconds(out, "not_after", certificate->not_after);
    json_write_texts(out, "alternative_names", certificate->names);
    json_write_text(out, "public_key_algorithm", certificate->key_name);
    if (certificate->key_bits > 0) {
        json_write_number(out, "public_key_size", certificate->key_bits);
    }
    json_write_text(out, "signature_algorithm", certificate->signature);
    json_write_end_object(out, x509);
}

static void write_hash(struct json_writer *out, const struct certificate *certificate)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * sizeof(certificate->sha256) + 1] = "";
    for (size_t i = 0; i < sizeof(certificate->sha256); i++) {
        text[2 * i] = digits[certificate->sha256[i] >> 4];
        text[2 * i + 1] = digits[certificate->sha256[i] & 15];
    }
    size_t hash = json_write_object(out, "hash");
    json_write_text(out, "sha256", text);
    json_write_end_object(out, hash);
}

/* What a side showed of itself in its first certificate. */
static void write_certificate(struct json_writer *out, struct json_repeats *repeats,
                              const struct chain *chain)
{
    if (chain == NULL || chain->count == 0) {
        return;
    }
    const struct certificate *leaf = chain->certificates[0];
    if (json_repeats_write(repeats, out, REPEAT_CERTIFICATE, leaf->number)) {
        return;
    }
    size_t begin = out->length;
    write_hash(out, leaf);
    if (!leaf->malformed) {
        write_x509(out, leaf);
    }
    json_repeats_keep(repeats, out, begin, REPEAT_CERTIFICATE, leaf->number);
}

static void write_sslv2_suites(struct json_writer *out, const struct offer *offer)
{
    size_t list = json_write_array(out, "supported_ciphers");
    for (size_t i = 0; i < offer->sslv2_suite_count; i++) {
        char text[NAMES_TEXT_MAX];
        names_sslv2_suite_text(text, offer->sslv2_suites[i]);
        json_write_text(out, NULL, text);
    }
    json_write_end_array(out, list);
}

static void write_suites(struct json_writer *out, struct json_repeats *repeats,
                         const struct offer *offer)
{
    if (json_repeats_write(repeats, out, REPEAT_FINGERPRINTS, offer->number)) {
        return;
    }
    size_t begin = out->length;
    json_write_text(out, "ja3", offer->ja3);
    json_write_text(out, "ja4", offer->ja4);
    if (offer->sslv2) {
        write_sslv2_suites(out, offer);
    } else {
        json_write_codes(out, "supported_ciphers", offer->suites, names_suite_text);
    }
    json_repeats_keep(repeats, out, begin, REPEAT_FINGERPRINTS, offer->number);
}

static void write_client(struct json_writer *out, struct json_repeats *repeats,
                         const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct offer *offer = facts->client_hello[0].offer; /* prints are of the first hello */
    size_t client = json_write_object(out, "client");
    json_write_text(out, "server_name", hello != NULL ? hello->server_name : NULL);
    if (offer != NULL) {
        write_suites(out, repeats, offer);
    }
    write_certificate(out, repeats, facts->chain[CLIENT]);
    json_write_end_object(out, client);
}

static void write_server(struct json_writer *out, struct json_repeats *repeats,
                         const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    size_t server = json_write_object(out, "server");
    json_write_text(out, "ja3s", hello != NULL ? hello->ja3s : NULL);
    write_certificate(out, repeats, facts->chain[SERVER]);
    json_write_end_object(out, server);
}

static void write_version(struct json_writer *out, const struct facts *facts)
{
    uint16_t version = report_negotiated(facts);
    const char *text = report_version(version);
    json_write_text(out, "version", text);
    if (text != NULL) {
        json_write_text(out, "version_protocol",
                        version >= 0xfe00   ? "dtls"
                        : version <= 0x0300 ? "ssl"
                                            : "tls");
    }
}

/* `established`: whether the wire shows the handshake complete. It is absent where the capture
 * begins behind the hellos. */
static void write_established(struct json_writer *out, const struct facts *facts)
{
    bool established = facts->established.frame != 0;
    if (established || facts->client_hellos > 0 || facts->server_hello != NULL) {
        json_write_flag(out, "established", established);
    }
}

void json_tls(struct json_writer *out, struct json_repeats *repeats, const struct facts *facts)
{
    const struct server_hello_facts *hello = facts->server_hello;
    size_t tls = json_write_object(out, "tls");
    char text[NAMES_TEXT_MAX] = "";
    write_version(out, facts);
    if (hello != NULL && hello->suite != 0xffff) {
        names_suite_text(text, hello->suite);
        json_write_text(out, "cipher", text);
    }
    if (facts->group != 0) {
        names_group_text(text, facts->group);
        json_write_text(out, "curve", text);
    }
    write_established(out, facts);
    if (facts->resumption_known && facts->client_hellos > 0) {
        json_write_flag(out, "resumed", facts->resumed);
    }
    json_write_text(out, "next_protocol", hello != NULL ? hello->alpn : NULL);
    write_client(out, repeats, facts);
    write_server(out, repeats, facts);
    json_write_end_object(out, tls);
}
