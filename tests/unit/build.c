#include "build.h"

#include "handshake.h"
#include "hello.h"
#include "record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *reason)
{
    fprintf(stderr, "build: %s\n", reason);
    abort();
}

void build_free(struct build *build)
{
    free(build->bytes);
    *build = (struct build){0};
}

void build_clear(struct build *build)
{
    build->length = 0;
    build->depth = 0;
}

struct wire build_wire(const struct build *build)
{
    if (build->depth > 0) {
        fail("a vector is still open");
    }
    return wire_over(build->bytes, build->length);
}

void build_bytes(struct build *build, const void *bytes, size_t length)
{
    if (build->room - build->length < length) {
        size_t room = 2 * build->room + length;
        uint8_t *grown = realloc(build->bytes, room);
        if (grown == NULL) {
            fail("no memory");
            return;
        }
        build->bytes = grown;
        build->room = room;
    }
    if (length > 0) {
        memcpy(build->bytes + build->length, bytes, length);
        build->length += length;
    }
}

/* The lowest `bytes` bytes of a number, big-endian, to `at`. */
static void number_write(uint8_t *at, size_t number, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        at[i - 1] = (uint8_t)(number & 0xff);
        number >>= 8;
    }
    if (number != 0) {
        fail("a number is too big for its field");
    }
}

static void number(struct build *build, size_t value, size_t bytes)
{
    uint8_t field[4];

    number_write(field, value, bytes);
    build_bytes(build, field, bytes);
}

void build_u8(struct build *build, unsigned value)
{
    number(build, value, 1);
}

void build_u16(struct build *build, unsigned value)
{
    number(build, value, 2);
}

void build_u24(struct build *build, unsigned value)
{
    number(build, value, 3);
}

void build_u32(struct build *build, uint32_t value)
{
    number(build, value, 4);
}

void build_text(struct build *build, const char *text)
{
    build_bytes(build, text, strlen(text));
}

void build_wire_bytes(struct build *build, struct wire wire)
{
    build_bytes(build, wire.at, wire.left);
}

void build_filler(struct build *build, unsigned first, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        build_u8(build, 1 + (unsigned)((first + i) % 255));
    }
}

void build_open(struct build *build, size_t prefix)
{
    if (build->depth == BUILD_DEPTH) {
        fail("too many vectors are open");
    }
    build->open[build->depth] = build->length;
    build->prefix[build->depth] = prefix;
    build->depth++;
    number(build, 0, prefix);
}

void build_close(struct build *build)
{
    if (build->depth == 0) {
        fail("no vector is open");
    }
    build->depth--;
    size_t open = build->open[build->depth];
    size_t prefix = build->prefix[build->depth];
    number_write(build->bytes + open, build->length - open - prefix, prefix);
}

void build_codes(struct build *build, const unsigned *codes)
{
    for (; *codes != BUILD_END; codes++) {
        build_u16(build, *codes);
    }
}

void build_open_extension(struct build *build, unsigned type)
{
    build_u16(build, type);
    build_open(build, 2);
}

void build_flag_extension(struct build *build, unsigned type)
{
    build_open_extension(build, type);
    build_close(build);
}

void build_codes_extension(struct build *build, unsigned type, size_t prefix, const unsigned *codes)
{
    build_open_extension(build, type);
    build_open(build, prefix);
    build_codes(build, codes);
    build_close(build);
    build_close(build);
}

/* Each of the names, which commas separate, as a vector with a length of `prefix` bytes. */
static void names(struct build *build, const char *list, size_t prefix)
{
    while (*list != '\0') {
        size_t length = strcspn(list, ",");
        build_open(build, prefix);
        build_bytes(build, list, length);
        build_close(build);
        list += length;
        list += *list == ',' ? 1 : 0;
    }
}

void build_alpn_extension(struct build *build, const char *list)
{
    build_open_extension(build, EXTENSION_ALPN);
    build_open(build, 2);
    names(build, list, 1);
    build_close(build);
    build_close(build);
}

void build_open_message(struct build *build, unsigned type)
{
    build_u8(build, type);
    build_open(build, 3);
}

void build_open_record(struct build *build, unsigned type, unsigned version)
{
    build_u8(build, type);
    build_u16(build, version);
    build_open(build, 2);
}

void build_records(struct build *build, unsigned type, unsigned version, const struct build *body,
                   size_t length)
{
    struct wire rest = build_wire(body);

    while (rest.left > 0) {
        build_open_record(build, type, version);
        build_wire_bytes(build, wire_take_most(&rest, length));
        build_close(build);
    }
}

void build_alert_record(struct build *build, unsigned version, unsigned level, unsigned description)
{
    build_open_record(build, RECORD_ALERT, version);
    build_u8(build, level);
    build_u8(build, description);
    build_close(build);
}

void build_change_cipher_spec_record(struct build *build, unsigned version)
{
    build_open_record(build, RECORD_CHANGE_CIPHER_SPEC, version);
    build_u8(build, 1);
    build_close(build);
}

static void server_name(struct build *build, const char *name)
{
    build_open_extension(build, EXTENSION_SERVER_NAME);
    build_open(build, 2);
    build_u8(build, 0); /* host_name */
    build_open(build, 2);
    build_text(build, name);
    build_close(build);
    build_close(build);
    build_close(build);
}

static void key_shares(struct build *build, const unsigned *groups)
{
    build_open_extension(build, EXTENSION_KEY_SHARE);
    build_open(build, 2);
    for (; *groups != BUILD_END; groups++) {
        build_u16(build, *groups);
        build_open(build, 2);
        build_filler(build, 0x60, 32);
        build_close(build);
    }
    build_close(build);
    build_close(build);
}

static void renegotiation_info(struct build *build)
{
    build_open_extension(build, EXTENSION_RENEGOTIATION_INFO);
    build_u8(build, 0);
    build_close(build);
}

static void client_extensions(struct build *build, const struct build_client_hello *hello)
{
    if (hello->server_name != NULL) {
        server_name(build, hello->server_name);
    }
    if (hello->groups != NULL) {
        build_codes_extension(build, EXTENSION_SUPPORTED_GROUPS, 2, hello->groups);
    }
    if (hello->schemes != NULL) {
        build_codes_extension(build, EXTENSION_SIGNATURE_ALGORITHMS, 2, hello->schemes);
    }
    if (hello->alpn != NULL) {
        build_alpn_extension(build, hello->alpn);
    }
    if (hello->extended_master_secret) {
        build_flag_extension(build, EXTENSION_EXTENDED_MASTER_SECRET);
    }
    if (hello->session_ticket) {
        build_flag_extension(build, EXTENSION_SESSION_TICKET);
    }
    if (hello->versions != NULL) {
        build_codes_extension(build, EXTENSION_SUPPORTED_VERSIONS, 1, hello->versions);
    }
    if (hello->key_shares != NULL) {
        key_shares(build, hello->key_shares);
    }
    if (hello->renegotiation_info) {
        renegotiation_info(build);
    }
    if (hello->more != NULL) {
        build_wire_bytes(build, build_wire(hello->more));
    }
}

void build_client_hello(struct build *build, const struct build_client_hello *hello)
{
    static const unsigned suites[] = {0x1301, 0xc02f, BUILD_END};

    build_u16(build, hello->version != 0 ? hello->version : 0x0303);
    build_filler(build, 0x20, 32);
    build_open(build, 1);
    build_filler(build, 0x80, hello->session_id);
    build_close(build);
    build_open(build, 2);
    build_codes(build, hello->suites != NULL ? hello->suites : suites);
    build_close(build);
    build_open(build, 1);
    build_u8(build, 0); /* no compression */
    build_close(build);
    if (!hello->no_extensions) {
        build_open(build, 2);
        client_extensions(build, hello);
        build_close(build);
    }
}

static void server_random(struct build *build, const struct build_server_hello *hello)
{
    /* RFC 8446, section 4.1.3 */
    static const uint8_t retry[32] = {
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
        0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
        0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    };
    const char *end = hello->random_end != NULL ? hello->random_end : "";

    if (hello->hello_retry_request) {
        build_bytes(build, retry, sizeof retry);
        return;
    }
    build_filler(build, 0x40, sizeof retry - strlen(end));
    build_text(build, end);
}

static void server_extensions(struct build *build, const struct build_server_hello *hello)
{
    if (hello->alpn != NULL) {
        build_alpn_extension(build, hello->alpn);
    }
    if (hello->extended_master_secret) {
        build_flag_extension(build, EXTENSION_EXTENDED_MASTER_SECRET);
    }
    if (hello->session_ticket) {
        build_flag_extension(build, EXTENSION_SESSION_TICKET);
    }
    if (hello->selected_version != 0) {
        build_open_extension(build, EXTENSION_SUPPORTED_VERSIONS);
        build_u16(build, hello->selected_version);
        build_close(build);
    }
    if (hello->group != 0) {
        build_open_extension(build, EXTENSION_KEY_SHARE);
        build_u16(build, hello->group);
        if (!hello->hello_retry_request) {
            build_open(build, 2);
            build_filler(build, 0x70, 32);
            build_close(build);
        }
        build_close(build);
    }
    if (hello->renegotiation_info) {
        renegotiation_info(build);
    }
    if (hello->more != NULL) {
        build_wire_bytes(build, build_wire(hello->more));
    }
}

void build_server_hello(struct build *build, const struct build_server_hello *hello)
{
    build_u16(build, hello->version != 0 ? hello->version : 0x0303);
    server_random(build, hello);
    build_open(build, 1);
    build_filler(build, 0x80, hello->session_id);
    build_close(build);
    build_u16(build, hello->suite != 0 ? hello->suite : 0xc02f);
    build_u8(build, 0); /* no compression */
    if (!hello->no_extensions) {
        build_open(build, 2);
        server_extensions(build, hello);
        build_close(build);
    }
}

void build_certificate(struct build *build, bool tls13, const size_t *lengths)
{
    if (tls13) {
        build_u8(build, 0); /* certificate_request_context */
    }
    build_open(build, 3);
    for (unsigned i = 0; lengths[i] != 0; i++) {
        build_open(build, 3);
        build_filler(build, i, lengths[i]);
        build_close(build);
        if (tls13) {
            build_u16(build, 0); /* extensions */
        }
    }
    build_close(build);
}

void build_ecdhe_parameters(struct build *build, unsigned group, unsigned scheme)
{
    build_u8(build, 3); /* named_curve */
    build_u16(build, group);
    build_open(build, 1);
    build_filler(build, 0x70, 32);
    build_close(build);
    if (scheme != 0) {
        build_u16(build, scheme);
        build_open(build, 2);
        build_filler(build, 0x90, 256);
        build_close(build);
    }
}

void build_certificate_request(struct build *build, const unsigned *schemes,
                               const char *authorities)
{
    build_open(build, 1);
    build_u8(build, 1);  /* rsa_sign */
    build_u8(build, 64); /* ecdsa_sign */
    build_close(build);
    if (schemes != NULL) {
        build_open(build, 2);
        build_codes(build, schemes);
        build_close(build);
    }
    build_open(build, 2);
    names(build, authorities, 2);
    build_close(build);
}
