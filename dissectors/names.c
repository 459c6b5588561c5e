/*
 * The tables of 8-bit codes, each an array with the code as its index. The larger tables have files
 * of their own; names_text.c prints them all.
 */
#include "names.h"

/* The entry of a table that may have gaps, or NULL. */
static const char *entry(const char *const *table, size_t count, size_t code)
{
    return code < count ? table[code] : NULL;
}

bool names_is_grease(uint16_t code)
{
    return (code & 0x0F0F) == 0x0A0A && code >> 8 == (code & 0xFF);
}

bool names_is_signal(uint16_t code)
{
    enum { EMPTY_RENEGOTIATION_INFO = 0x00ff, FALLBACK = 0x5600 };
    return code == EMPTY_RENEGOTIATION_INFO || code == FALLBACK;
}

const char *names_content(uint8_t type)
{
    static const char *const names[] = {
        [20] = "change_cipher_spec",
        [21] = "alert",
        [22] = "handshake",
        [23] = "application_data",
        [24] = "heartbeat",
        [25] = "tls12_cid",
        [26] = "ACK",
        [27] = "return_routability_check",
    };
    return entry(names, sizeof names / sizeof names[0], type);
}

const char *names_handshake(uint8_t type)
{
    static const char *const names[] = {
        [0] = "hello_request",
        [1] = "client_hello",
        [2] = "server_hello",
        [3] = "hello_verify_request",
        [4] = "new_session_ticket",
        [5] = "end_of_early_data",
        [6] = "hello_retry_request",
        [8] = "encrypted_extensions",
        [9] = "request_connection_id",
        [10] = "new_connection_id",
        [11] = "certificate",
        [12] = "server_key_exchange",
        [13] = "certificate_request",
        [14] = "server_hello_done",
        [15] = "certificate_verify",
        [16] = "client_key_exchange",
        [17] = "client_certificate_request",
        [20] = "finished",
        [21] = "certificate_url",
        [22] = "certificate_status",
        [23] = "supplemental_data",
        [24] = "key_update",
        [25] = "compressed_certificate",
        [26] = "ekt_key",
        [67] = "next_protocol", /* draft-agl-tls-nextprotoneg */
        [203] = "channel_id",   /* draft-balfanz-tls-channelid */
        [254] = "message_hash",
    };
    return entry(names, sizeof names / sizeof names[0], type);
}

const char *names_alert_level(uint8_t level)
{
    static const char *const names[] = {[1] = "warning", [2] = "fatal"};
    return entry(names, sizeof names / sizeof names[0], level);
}

const char *names_alert(uint8_t code)
{
    static const char *const names[] = {
        [0] = "close_notify",
        [1] = "end_of_early_data", /* drafts of TLS 1.3, before 21 */
        [10] = "unexpected_message",
        [20] = "bad_record_mac",
        [21] = "decryption_failed",
        [22] = "record_overflow",
        [30] = "decompression_failure",
        [40] = "handshake_failure",
        [41] = "no_certificate",
        [42] = "bad_certificate",
        [43] = "unsupported_certificate",
        [44] = "certificate_revoked",
        [45] = "certificate_expired",
        [46] = "certificate_unknown",
        [47] = "illegal_parameter",
        [48] = "unknown_ca",
        [49] = "access_denied",
        [50] = "decode_error",
        [51] = "decrypt_error",
        [52] = "too_many_cids_requested",
        [60] = "export_restriction",
        [70] = "protocol_version",
        [71] = "insufficient_security",
        [80] = "internal_error",
        [86] = "inappropriate_fallback",
        [90] = "user_canceled",
        [100] = "no_renegotiation",
        [109] = "missing_extension",
        [110] = "unsupported_extension",
        [111] = "certificate_unobtainable",
        [112] = "unrecognized_name",
        [113] = "bad_certificate_status_response",
        [114] = "bad_certificate_hash_value",
        [115] = "unknown_psk_identity",
        [116] = "certificate_required",
        [117] = "general_error",
        [120] = "no_application_protocol",
        [121] = "ech_required",
    };
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_alert_sec_e(uint8_t code)
{
    /* clang-format off */
    static const char *const statuses[] = {
        [10] = "0x80090326", /* SEC_E_ILLEGAL_MESSAGE */
        [20] = "0x8009030F", /* SEC_E_MESSAGE_ALTERED */
        [21] = "0x80090330", /* SEC_E_DECRYPT_FAILURE */
        [22] = "0x80090326",
        [40] = "0x80090326",
        [42] = "0x80090327", /* SEC_E_CERT_UNKNOWN */
        [43] = "0x80090327",
        [44] = "0x80092010", /* CRYPT_E_REVOKED */
        [45] = "0x80090328", /* SEC_E_CERT_EXPIRED */
        [46] = "0x80090327",
        [47] = "0x80090326",
        [48] = "0x80090325", /* SEC_E_UNTRUSTED_ROOT */
        [49] = "0x8009030C", /* SEC_E_LOGON_DENIED */
        [50] = "0x80090326",
        [51] = "0x80090330",
        [70] = "0x80090302", /* SEC_E_UNSUPPORTED_FUNCTION */
        [71] = "0x80090331", /* SEC_E_ALGORITHM_MISMATCH */
        [80] = "0x80090304", /* SEC_E_INTERNAL_ERROR */
        [90] = "0x80090333",
        [110] = "0x80090326",
        [115] = "0x80090326",
        [120] = "0x80090367", /* SEC_E_APPLICATION_PROTOCOL_MISMATCH */
    };
    /* clang-format on */
    return entry(statuses, sizeof statuses / sizeof statuses[0], code);
}

const char *names_compression(uint8_t code)
{
    static const char *const names[] = {[0] = "NULL", [1] = "DEFLATE", [64] = "LZS"};
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_certificate_compression(uint16_t code)
{
    static const char *const names[] = {[1] = "zlib", [2] = "brotli", [3] = "zstd"};
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_certificate_type(uint8_t code)
{
    static const char *const names[] = {"X509", "OpenPGP", "Raw Public Key", "1609Dot2"};
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_certificate_status(uint8_t code)
{
    static const char *const names[] = {[1] = "ocsp", [2] = "ocsp_multi"};
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_client_certificate_type(uint8_t code)
{
    /* clang-format off */
    static const char *const names[] = {
        [1] = "rsa_sign",
        [2] = "dss_sign",
        [3] = "rsa_fixed_dh",
        [4] = "dss_fixed_dh",
        [5] = "rsa_ephemeral_dh",
        [6] = "dss_ephemeral_dh",
        [20] = "fortezza_dms",
        [21] = "gost_sign94", /* this and the next: OpenSSL's, before RFC 9189 */
        [22] = "gost_sign01",
        [64] = "ecdsa_sign",
        [65] = "rsa_fixed_ecdh",
        [66] = "ecdsa_fixed_ecdh",
        [67] = "gost_sign256",
        [68] = "gost_sign512",
        [80] = "ibc_params", /* GM/T 0024 */
    };
    /* clang-format on */
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_psk_mode(uint8_t code)
{
    static const char *const names[] = {"psk_ke", "psk_dhe_ke"};
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_curve_type(uint8_t code)
{
    static const char *const names[] = {
        [1] = "explicit_prime", [2] = "explicit_char2", [3] = "named_curve"};
    return entry(names, sizeof names / sizeof names[0], code);
}

const char *names_point_format(uint8_t code)
{
    static const char *const names[] = {"uncompressed", "ansiX962_compressed_prime",
                                        "ansiX962_compressed_char2"};
    return entry(names, sizeof names / sizeof names[0], code);
}
