/*
 * Names: what the codes on the wire are called, and what a cipher suite, group or signature scheme
 * is made of. Names are spelled as in the IANA TLS registries (tls-parameters and
 * tls-extensiontype-values); where IANA has none, or only "Reserved", as Wireshark or the draft
 * has it. IANA's suffixes _RESERVED and (OBSOLETE) are left off.
 *
 * Everything here is constant: nothing is allocated, written or owned. A returned pointer is to
 * static storage, valid for ever. Functions are pure and take every value of their type.
 *
 *   names_X(code)            the name, or NULL when the code is unknown
 *   names_X_text(out, code)  the same, but never nothing: what a report prints
 *   names_X_row(code)        the whole row, or NULL when the code is unknown
 *   names_Xs(&count)         all rows, ascending by code
 *
 * Unknown codes, in _text: a cipher suite or SSLv2 cipher is "Unknown" and no more, because
 * tls.client.supported_ciphers is compared with tools that write it so; everything else shows its
 * number, as its registry does: "Unknown (0x0a1b)" for versions, groups, schemes, certificate
 * compression and SSLv2 errors, "Unknown (35655)" for extensions and all 8-bit codes. GREASE is
 * "Reserved (GREASE)" in every 16-bit table, but plain "GREASE" among the versions.
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Size of the buffer that each _text function fills, final NUL included. No name is longer. */
#define NAMES_TEXT_MAX 64

/* ---- cipher suites ---------------------------------------------------------------------- */

/* How the premaster secret is agreed on. RSA_EXPORT is export-grade RSA; other export suites have
 * the ordinary value and export_grade set. DH and ECDH are static, DHE and ECDHE ephemeral.
 * TLS13: the suite does not say, extensions do (RFC 8446 section 4.2). */
enum suite_key_exchange {
    SUITE_KX_UNKNOWN,
    SUITE_KX_NULL,
    SUITE_KX_RSA,
    SUITE_KX_RSA_EXPORT,
    SUITE_KX_DH,
    SUITE_KX_DH_ANON,
    SUITE_KX_DHE,
    SUITE_KX_ECDH,
    SUITE_KX_ECDH_ANON,
    SUITE_KX_ECDHE,
    SUITE_KX_PSK,
    SUITE_KX_DHE_PSK,
    SUITE_KX_RSA_PSK,
    SUITE_KX_ECDHE_PSK,
    SUITE_KX_SRP,
    SUITE_KX_KRB5,
    SUITE_KX_GOST,
    SUITE_KX_ECCPWD,
    SUITE_KX_ECJPAKE,
    SUITE_KX_FORTEZZA,
    SUITE_KX_SM2,
    SUITE_KX_IBC,
    SUITE_KX_TLS13
};

/* What authenticates the server: the key its certificate must hold (RSA, DSS, ECDSA, GOST, SM2,
 * IBC), or a secret that both have (PSK, KRB5, SRP, PASSWORD), or NONE. TLS13: any scheme of
 * signature_algorithms, or a PSK. */
enum suite_authentication {
    SUITE_AUTH_UNKNOWN,
    SUITE_AUTH_NONE,
    SUITE_AUTH_RSA,
    SUITE_AUTH_DSS,
    SUITE_AUTH_ECDSA,
    SUITE_AUTH_PSK,
    SUITE_AUTH_KRB5,
    SUITE_AUTH_GOST,
    SUITE_AUTH_SRP,
    SUITE_AUTH_PASSWORD,
    SUITE_AUTH_SM2,
    SUITE_AUTH_IBC,
    SUITE_AUTH_TLS13
};

/* The cipher, with its mode where the same cipher has several. */
enum suite_bulk {
    SUITE_BULK_UNKNOWN,
    SUITE_BULK_NULL,
    SUITE_BULK_RC4,
    SUITE_BULK_RC2,
    SUITE_BULK_DES,
    SUITE_BULK_DES40,
    SUITE_BULK_3DES,
    SUITE_BULK_IDEA,
    SUITE_BULK_SEED,
    SUITE_BULK_CAMELLIA_CBC,
    SUITE_BULK_CAMELLIA_GCM,
    SUITE_BULK_ARIA_CBC,
    SUITE_BULK_ARIA_GCM,
    SUITE_BULK_AES_CBC,
    SUITE_BULK_AES_GCM,
    SUITE_BULK_AES_CCM,
    SUITE_BULK_AES_CCM_8,
    SUITE_BULK_CHACHA20_POLY1305,
    SUITE_BULK_GOST,
    SUITE_BULK_FORTEZZA,
    SUITE_BULK_SALSA20,
    SUITE_BULK_SM1_CBC,
    SUITE_BULK_SM4_CBC,
    SUITE_BULK_SM4_GCM,
    SUITE_BULK_SM4_CCM,
    SUITE_BULK_AEGIS
};

/* The record MAC; AEAD where the cipher does it itself. */
enum suite_mac {
    SUITE_MAC_UNKNOWN,
    SUITE_MAC_NULL,
    SUITE_MAC_MD5,
    SUITE_MAC_SHA1,
    SUITE_MAC_SHA256,
    SUITE_MAC_SHA384,
    SUITE_MAC_SM3,
    SUITE_MAC_GOST,
    SUITE_MAC_AEAD
};

/* The hash of the PRF in TLS 1.2 (RFC 5246 section 5: SHA-256 unless the suite says otherwise) and
 * of HKDF in TLS 1.3. Before TLS 1.2 the PRF is MD5 with SHA-1 whatever stands here. */
enum suite_hash {
    SUITE_HASH_UNKNOWN,
    SUITE_HASH_SHA256,
    SUITE_HASH_SHA384,
    SUITE_HASH_SHA512,
    SUITE_HASH_SM3,
    SUITE_HASH_GOST94,
    SUITE_HASH_STREEBOG256
};

/* One suite. */
struct suite {
    uint16_t code;
    uint16_t key_bits;      /* of the cipher's key as named: 3DES 168, export 40 or 56, NULL 0 */
    uint8_t key_exchange;   /* enum suite_key_exchange */
    uint8_t authentication; /* enum suite_authentication */
    uint8_t bulk;           /* enum suite_bulk */
    uint8_t mac;            /* enum suite_mac */
    uint8_t hash;           /* enum suite_hash */
    bool export_grade;      /* short for US export: cipher 40 or 56 bits, RSA and DH 512 or 1024 */
    bool scsv;              /* a signal (RFC 5746 section 3.3, RFC 7507): never to be selected */
    bool grease;            /* RFC 8701: never to be selected */
    const char *name;       /* never NULL */
    const char *openssl;    /* OpenSSL's name, of today or of the last release with it; or NULL */
};

/* What speaks against a suite: bits, the gravest lowest. */
enum suite_weakness {
    SUITE_WEAK_NULL = 1 << 0,
    SUITE_WEAK_ANONYMOUS = 1 << 1,
    SUITE_WEAK_EXPORT = 1 << 2,
    SUITE_WEAK_DES = 1 << 3,
    SUITE_WEAK_RC2 = 1 << 4,
    SUITE_WEAK_RC4 = 1 << 5,
    SUITE_WEAK_3DES = 1 << 6,
    SUITE_WEAK_IDEA = 1 << 7,
    SUITE_WEAK_MD5 = 1 << 8,
    SUITE_WEAK_NO_FORWARD_SECRECY = 1 << 9,
    SUITE_WEAK_CBC = 1 << 10,
    SUITE_WEAK_SHORT_TAG = 1 << 11
};

/* The bits for which today's stacks refuse a suite unless told otherwise; the rest is policy:
 * names_suite_weakness(suite) & SUITE_WEAK_BROKEN. */
#define SUITE_WEAK_BROKEN                                                                          \
    ((unsigned)SUITE_WEAK_NULL | (unsigned)SUITE_WEAK_ANONYMOUS | (unsigned)SUITE_WEAK_EXPORT |    \
     (unsigned)SUITE_WEAK_DES | (unsigned)SUITE_WEAK_RC2 | (unsigned)SUITE_WEAK_RC4 |              \
     (unsigned)SUITE_WEAK_3DES | (unsigned)SUITE_WEAK_IDEA | (unsigned)SUITE_WEAK_MD5)

/* The name of a TLS cipher suite (RFC 8446 section B.4 and IANA's TLS Cipher Suites). */
const char *names_suite(uint16_t code);

/* The name, or "Unknown"; out is NUL-terminated; returns the length without the NUL. */
size_t names_suite_text(char out[NAMES_TEXT_MAX], uint16_t code);

/* The row of a suite, signal or GREASE value; NULL when unknown. */
const struct suite *names_suite_row(uint16_t code);

/* All suites, ascending by code. count gets their number. */
const struct suite *names_suites(size_t *count);

/* What is weak about a suite: enum suite_weakness bits, 0 for nothing, for a signal, for GREASE and
 * for NULL. For TLS 1.3 suites forward secrecy is not the suite's to say, so it stays clear. */
unsigned names_suite_weakness(const struct suite *suite);

/* A weakness in words, "RC4", "no forward secrecy": of the lowest bit set; NULL when none is. */
const char *names_weakness(unsigned weakness);

/* Octets of an enum suite_hash: of a HKDF secret and of a TLS 1.3 Finished; 0 when unknown. */
size_t names_hash_octets(uint8_t hash);

/* An SSL 2.0 cipher kind, three octets of which the first is the highest
 * (draft-hickman-netscape-ssl appendix C): "SSL_CK_RC4_128_WITH_MD5". Below 0x010000 it is the TLS
 * suite of the two lower octets (RFC 5246 section E.2). NULL when unknown or above 0xffffff. */
const char *names_sslv2_suite(uint32_t code);

/* The same, or "Unknown"; but with SSL2_ for SSL_CK_ ("SSL2_RC4_128_WITH_MD5"), as other tools
 * write it and as nobody can take for SSL 3.0. */
size_t names_sslv2_suite_text(char out[NAMES_TEXT_MAX], uint32_t code);

/* ---- groups ----------------------------------------------------------------------------- */

enum group_kind {
    GROUP_UNKNOWN,
    GROUP_ECDH,   /* an elliptic curve */
    GROUP_FFDHE,  /* a finite field (RFC 7919) */
    GROUP_HYBRID, /* a curve together with a post-quantum KEM */
    GROUP_KEM,    /* a post-quantum KEM alone */
    GROUP_GREASE
};

struct group {
    uint16_t code;
    uint16_t bits; /* of the curve's field (a hybrid's too) or of the prime; 0 for the others */
    uint8_t kind;  /* enum group_kind */
    const char *name;
};

/* A group of supported_groups or key_share, a curve of ServerKeyExchange (RFC 8446 4.2.7). */
const char *names_group(uint16_t code);
size_t names_group_text(char out[NAMES_TEXT_MAX], uint16_t code);
const struct group *names_group_row(uint16_t code);
const struct group *names_groups(size_t *count);

/* ---- signature schemes ------------------------------------------------------------------- */

/* The key that a certificate must hold to sign by the scheme. An RSA key (rsaEncryption) signs
 * rsa_* and rsa_pss_rsae_*; an RSA_PSS key (id-RSASSA-PSS) only rsa_pss_pss_*. */
enum scheme_key {
    SCHEME_KEY_UNKNOWN,
    SCHEME_KEY_RSA,
    SCHEME_KEY_RSA_PSS,
    SCHEME_KEY_DSA,
    SCHEME_KEY_ECDSA,
    SCHEME_KEY_ED25519,
    SCHEME_KEY_ED448,
    SCHEME_KEY_GOST,
    SCHEME_KEY_SM2,
    SCHEME_KEY_IBC,
    SCHEME_KEY_ML_DSA,
    SCHEME_KEY_GREASE
};

/* INTRINSIC: the signature algorithm brings its own. */
enum scheme_hash {
    SCHEME_HASH_UNKNOWN,
    SCHEME_HASH_INTRINSIC,
    SCHEME_HASH_MD5,
    SCHEME_HASH_SHA1,
    SCHEME_HASH_SHA224,
    SCHEME_HASH_SHA256,
    SCHEME_HASH_SHA384,
    SCHEME_HASH_SHA512,
    SCHEME_HASH_SM3,
    SCHEME_HASH_GOST
};

struct scheme {
    uint16_t code;
    uint16_t group; /* the curve that TLS 1.3 ties the scheme to, as a group; 0 for none */
    uint8_t key;    /* enum scheme_key */
    uint8_t hash;   /* enum scheme_hash */
    bool tls13;     /* may sign a TLS 1.3 server's CertificateVerify (RFC 8446 section 4.4.3) */
    const char *name;
};

/* A SignatureScheme (RFC 8446 section 4.2.3), or a pair of TLS 1.2 hash and signature that has no
 * name there (RFC 5246 section 7.4.1.4.1), written signature_hash: "rsa_sha224", "dsa_sha1". */
const char *names_scheme(uint16_t code);
size_t names_scheme_text(char out[NAMES_TEXT_MAX], uint16_t code);
const struct scheme *names_scheme_row(uint16_t code);
const struct scheme *names_schemes(size_t *count);

/* ---- messages ---------------------------------------------------------------------------- */

/* RFC 8701 section 2: both octets equal, low nibble 10: 0x0a0a, 0x1a1a, ... 0xfafa. */
bool names_is_grease(uint16_t code);

/* Whether a cipher suite's code is a signal, as the row's `scsv` says. */
bool names_is_signal(uint16_t code);

/* A protocol version: "TLS 1.2", "DTLS 1.0", "SSL 3.0", "TLS 1.3 (draft 18)" for 0x7fXX,
 * "TLS 1.3 (Facebook draft 23)" for 0xfbXX, "DTLS 0.9 (OpenSSL)" for 0x0100, "GREASE". */
const char *names_version(uint16_t code);
size_t names_version_text(char out[NAMES_TEXT_MAX], uint16_t code);

/* A record's content type (RFC 8446 section 5.1): "handshake". */
const char *names_content(uint8_t type);
size_t names_content_text(char out[NAMES_TEXT_MAX], uint8_t type);

/* A handshake message's type (RFC 8446 section 4, RFC 5246 section 7.4): "client_hello". */
const char *names_handshake(uint8_t type);
size_t names_handshake_text(char out[NAMES_TEXT_MAX], uint8_t type);

/* An alert's level (RFC 8446 section 6): "warning", "fatal". */
const char *names_alert_level(uint8_t level);
size_t names_alert_level_text(char out[NAMES_TEXT_MAX], uint8_t level);

/* An alert's description (RFC 8446 section 6.2, older ones as RFC 5246 section 7.2 has them). */
const char *names_alert(uint8_t code);
size_t names_alert_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* The SEC_E status that Windows logs for an alert, "0x80090326"; NULL where there is none. */
const char *names_alert_sec_e(uint8_t code);

/* An extension's type (RFC 8446 section 4.2, IANA's TLS ExtensionType Values, and well known ones
 * that were never assigned). */
const char *names_extension(uint16_t code);
size_t names_extension_text(char out[NAMES_TEXT_MAX], uint16_t code);

/* A CompressionMethod of the hellos (RFC 3749 section 2, RFC 3943): "NULL", "DEFLATE", "LZS". */
const char *names_compression(uint8_t code);
size_t names_compression_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* A CertificateCompressionAlgorithm (RFC 8879 section 7.3): "zlib", "brotli", "zstd". */
const char *names_certificate_compression(uint16_t code);
size_t names_certificate_compression_text(char out[NAMES_TEXT_MAX], uint16_t code);

/* A CertificateType (RFC 7250, RFC 8902): "X509", "Raw Public Key". */
const char *names_certificate_type(uint8_t code);
size_t names_certificate_type_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* A CertificateStatusType (RFC 6066 section 8, RFC 6961): "ocsp", "ocsp_multi". */
const char *names_certificate_status(uint8_t code);
size_t names_certificate_status_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* A ClientCertificateType of a CertificateRequest (RFC 5246 section 7.4.4): "rsa_sign". */
const char *names_client_certificate_type(uint8_t code);
size_t names_client_certificate_type_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* A PskKeyExchangeMode (RFC 8446 section 4.2.9): "psk_ke", "psk_dhe_ke". */
const char *names_psk_mode(uint8_t code);
size_t names_psk_mode_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* An ECCurveType of ServerKeyExchange (RFC 8422 section 5.4): "named_curve". */
const char *names_curve_type(uint8_t code);
size_t names_curve_type_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* An ECPointFormat (RFC 8422 section 5.1.2): "uncompressed". */
const char *names_point_format(uint8_t code);
size_t names_point_format_text(char out[NAMES_TEXT_MAX], uint8_t code);

/* An SSL 2.0 handshake message (draft-hickman-netscape-ssl appendix C): "client_master_key". */
const char *names_sslv2_message(uint8_t type);
size_t names_sslv2_message_text(char out[NAMES_TEXT_MAX], uint8_t type);

/* An SSL 2.0 error (draft-hickman-netscape-ssl appendix C): "no_cipher". */
const char *names_sslv2_error(uint16_t code);
size_t names_sslv2_error_text(char out[NAMES_TEXT_MAX], uint16_t code);

#endif
