/*
 * Names for printing: never NULL, in the caller's buffer. The header says how unknown codes look.
 */
#include "names.h"

#include <stdio.h>
#include <string.h>

/* Copies a name, cut to the buffer if it were too long; returns its length. */
static size_t copy(char out[NAMES_TEXT_MAX], const char *name)
{
    size_t length = strlen(name);
    if (length >= NAMES_TEXT_MAX)
        length = NAMES_TEXT_MAX - 1;
    memcpy(out, name, length);
    out[length] = '\0';
    return length;
}

static size_t text(char out[NAMES_TEXT_MAX], const char *name, unsigned code)
{
    if (name)
        return copy(out, name);
    snprintf(out, NAMES_TEXT_MAX, "Unknown (%u)", code);
    return strlen(out);
}

static size_t hex_text(char out[NAMES_TEXT_MAX], const char *name, unsigned code)
{
    if (name)
        return copy(out, name);
    snprintf(out, NAMES_TEXT_MAX, "Unknown (0x%04x)", code);
    return strlen(out);
}

size_t names_suite_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    const char *name = names_suite(code);
    return copy(out, name ? name : "Unknown");
}

size_t names_sslv2_suite_text(char out[NAMES_TEXT_MAX], uint32_t code)
{
    static const char prefix[] = "SSL_CK_";
    const char *name = names_sslv2_suite(code);
    size_t length;
    if (!name || strncmp(name, prefix, sizeof prefix - 1) != 0)
        return copy(out, name ? name : "Unknown");
    length = copy(out, "SSL2_");
    snprintf(out + length, NAMES_TEXT_MAX - length, "%s", name + sizeof prefix - 1);
    return strlen(out);
}

size_t names_group_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    return hex_text(out, names_group(code), code);
}

size_t names_scheme_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    return hex_text(out, names_scheme(code), code);
}

size_t names_version_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    return hex_text(out, names_version(code), code);
}

size_t names_content_text(char out[NAMES_TEXT_MAX], uint8_t type)
{
    return text(out, names_content(type), type);
}

size_t names_handshake_text(char out[NAMES_TEXT_MAX], uint8_t type)
{
    return text(out, names_handshake(type), type);
}

size_t names_alert_level_text(char out[NAMES_TEXT_MAX], uint8_t level)
{
    return text(out, names_alert_level(level), level);
}

size_t names_alert_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_alert(code), code);
}

size_t names_extension_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    return text(out, names_extension(code), code);
}

size_t names_compression_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_compression(code), code);
}

size_t names_certificate_compression_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    return hex_text(out, names_certificate_compression(code), code);
}

size_t names_certificate_type_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_certificate_type(code), code);
}

size_t names_certificate_status_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_certificate_status(code), code);
}

size_t names_client_certificate_type_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_client_certificate_type(code), code);
}

size_t names_psk_mode_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_psk_mode(code), code);
}

size_t names_curve_type_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_curve_type(code), code);
}

size_t names_point_format_text(char out[NAMES_TEXT_MAX], uint8_t code)
{
    return text(out, names_point_format(code), code);
}

size_t names_sslv2_message_text(char out[NAMES_TEXT_MAX], uint8_t type)
{
    return text(out, names_sslv2_message(type), type);
}

size_t names_sslv2_error_text(char out[NAMES_TEXT_MAX], uint16_t code)
{
    return hex_text(out, names_sslv2_error(code), code);
}
