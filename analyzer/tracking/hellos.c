#include "tracking/hellos.h"

#include "names.h"
#include "tracking/fingerprint.h"
#include "tracking/printable.h"

#include <string.h>

static struct code_list keep_codes(struct arena *arena, const uint16_t *codes, size_t count)
{
    uint16_t *kept = count == 0 ? NULL : arena_take(arena, count * sizeof *codes);
    if (kept == NULL) {
        return (struct code_list){NULL, 0};
    }
    memcpy(kept, codes, count * sizeof *codes);
    return (struct code_list){kept, count};
}

struct code_list hellos_codes(struct arena *arena, struct wire list)
{
    uint16_t codes[HELLOS_CODES];
    size_t count = 0;
    uint16_t code = 0;
    while (count < HELLOS_CODES && hello_next_code(&code, &list)) {
        codes[count++] = code;
    }
    return keep_codes(arena, codes, count);
}

/* The suites of an SSLv2 CLIENT-HELLO that SSL 3.0 and later know: those whose first byte is 0 (RFC
 * 5246, appendix E.2). */
static struct code_list keep_sslv2_suites(struct arena *arena, struct wire suites)
{
    uint16_t codes[HELLOS_CODES];
    size_t count = 0;
    while (count < HELLOS_CODES && suites.left >= 3) {
        uint32_t suite = wire_u24(&suites);
        if (suite <= UINT16_MAX) {
            codes[count++] = (uint16_t)suite;
        }
    }
    return keep_codes(arena, codes, count);
}

static void keep_sslv2_kinds(struct offer *offer, struct arena *arena, struct wire suites)
{
    uint32_t kinds[HELLOS_CODES];
    size_t count = 0;
    while (count < HELLOS_CODES && suites.left >= 3) {
        kinds[count++] = wire_u24(&suites);
    }
    uint32_t *kept = count == 0 ? NULL : arena_take(arena, count * sizeof *kept);
    if (kept != NULL) {
        memcpy(kept, kinds, count * sizeof *kept);
        offer->sslv2_suites = kept;
        offer->sslv2_suite_count = count;
    }
}

static struct code_list keep_key_shares(struct arena *arena, struct wire key_shares)
{
    uint16_t codes[HELLOS_CODES];
    size_t count = 0;
    uint16_t group = 0;
    while (count < HELLOS_CODES && hello_next_key_share(&group, &key_shares)) {
        codes[count++] = group;
    }
    return keep_codes(arena, codes, count);
}

static struct code_list keep_extensions(struct arena *arena, struct wire extensions)
{
    uint16_t codes[HELLOS_CODES];
    size_t count = 0;
    struct extension extension;
    while (count < HELLOS_CODES && hello_next_extension(&extension, &extensions)) {
        codes[count++] = extension.type;
    }
    return keep_codes(arena, codes, count);
}

static struct code_list keep_bytes(struct arena *arena, struct wire bytes)
{
    uint16_t codes[UINT8_MAX];
    size_t count = 0;
    while (count < UINT8_MAX && bytes.left > 0) {
        codes[count++] = wire_u8(&bytes);
    }
    return keep_codes(arena, codes, count);
}

static void keep_alpn(struct offer *offer, struct arena *arena, struct wire alpn)
{
    const char *names[HELLOS_NAMES];
    size_t count = 0;
    struct wire name;
    while (count < HELLOS_NAMES && hello_next_name(&name, &alpn)) {
        if (count == 0 && name.left > 0) {
            offer->alpn_first = (uint32_t)name.left << 16 | (uint32_t)wire_peek(&name, 0) << 8 |
                                wire_peek(&name, name.left - 1);
        }
        names[count] = printable_copy(arena, name, name.left);
        count += names[count] != NULL;
    }
    const char **kept = count == 0 ? NULL : arena_take(arena, count * sizeof *kept);
    if (kept != NULL) {
        memcpy(kept, names, count * sizeof *kept);
        offer->alpn = (struct text_list){kept, count};
    }
}

static bool offers_draft(struct code_list versions)
{
    for (size_t i = 0; i < versions.count; i++) {
        if (versions.at[i] >> 8 == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool offers_null_compression_only(struct wire compressions)
{
    return compressions.left == 1 && wire_peek(&compressions, 0) == 0;
}

struct offer *hellos_offer(struct arena *arena, const struct client_hello *hello, bool fingerprints)
{
    struct offer *offer = arena_take(arena, sizeof *offer);
    if (offer == NULL) {
        return NULL;
    }
    offer->legacy_version = hello->legacy_version;
    offer->sslv2 = hello->sslv2;
    offer->has_extensions = hello->extensions.at != NULL;
    offer->suites =
        hello->sslv2 ? keep_sslv2_suites(arena, hello->suites) : hellos_codes(arena, hello->suites);
    if (hello->sslv2) {
        keep_sslv2_kinds(offer, arena, hello->suites);
    }
    offer->versions = hellos_codes(arena, hello->versions);
    offer->tls13_draft = offers_draft(offer->versions);
    offer->groups = hellos_codes(arena, hello->groups);
    offer->key_shares = keep_key_shares(arena, hello->key_shares);
    offer->schemes = hellos_codes(arena, hello->schemes);
    offer->certificate_schemes = hellos_codes(arena, hello->certificate_schemes);
    offer->extensions = keep_extensions(arena, hello->extensions);
    offer->point_formats = keep_bytes(arena, hello->point_formats);
    offer->null_compression_only = offers_null_compression_only(hello->compressions);
    keep_alpn(offer, arena, hello->alpn);
    if (fingerprints) {
        fingerprint_offer(offer, arena, hello);
    }
    return offer;
}

static uint16_t clamped(size_t value)
{
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

/* Identities in pre_shared_key: each has a length of 2 bytes and an age of 4 (RFC 8446,
 * section 4.2.11). */
static uint16_t count_identities(struct wire identities)
{
    uint16_t count = 0;
    while (identities.left > 0 && wire_ok(&identities)) {
        (void)wire_vector(&identities, 2);
        (void)wire_u32(&identities);
        count = wire_ok(&identities) ? (uint16_t)(count + 1) : count;
    }
    return count;
}

bool hellos_client(struct client_hello_facts *facts, struct arena *arena,
                   struct offer_store *offers, const struct client_hello *hello)
{
    facts->offer = offer_store_keep(offers, arena, hello);
    if (facts->offer == NULL) {
        return false;
    }
    if (hello->server_name.at != NULL) {
        facts->server_name = printable_copy(arena, hello->server_name, HELLOS_SERVER_NAME);
    }
    facts->ticket_length = clamped(hello->session_ticket.left);
    facts->has_session_ticket = hello->session_ticket.at != NULL;
    facts->psk_identities = count_identities(hello->psk_identities);
    facts->session_id_length = (uint8_t)hello->session_id.left;
    facts->early_data = hello->early_data;
    facts->renegotiation = hello->renegotiated_connection.left > 0;
    facts->malformed = hello->malformed_extension;
    return true;
}

struct server_hello_facts *hellos_server(struct arena *arena, struct offer_store *offers,
                                         const struct server_hello *hello)
{
    struct server_hello_facts *facts = arena_take(arena, sizeof *facts);
    if (facts == NULL) {
        return NULL;
    }
    bool draft = hello->version >> 8 == 0x7f || hello->version >> 8 == 0xfb;
    facts->legacy_version = hello->legacy_version;
    facts->version = draft ? 0x0304 : hello->version;
    facts->draft = draft ? hello->version : 0;
    facts->suite = hello->suite;
    facts->group = hello->group;
    facts->compression = hello->compression;
    facts->session_id_length = (uint8_t)hello->session_id.left;
    facts->renegotiation_info = hello->renegotiated_connection.at != NULL;
    facts->extended_master_secret = hello->extended_master_secret;
    facts->encrypt_then_mac = hello->encrypt_then_mac;
    facts->session_ticket = hello->session_ticket;
    facts->status_request = hello->status_request;
    facts->psk_selected = hello->psk_selected;
    facts->malformed = hello->malformed_extension;
    facts->sentinel = hello->downgrade == DOWNGRADE_TLS11   ? SENTINEL_TLS11
                      : hello->downgrade == DOWNGRADE_TLS12 ? SENTINEL_TLS12
                                                            : SENTINEL_NONE;
    facts->extensions = keep_extensions(arena, hello->extensions);
    if (hello->alpn.at != NULL) {
        facts->alpn = printable_copy(arena, hello->alpn, hello->alpn.left);
    }
    if (offer_store_fingerprints(offers)) {
        facts->ja3s = fingerprint_server(arena, hello, offer_store_fingerprinter(offers));
    }
    return facts;
}
