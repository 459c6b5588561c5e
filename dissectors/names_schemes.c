/*
 * The table of signature schemes (IANA's TLS SignatureScheme), with the pairs of hash and signature
 * that TLS 1.2 had before there were schemes, ascending by code.
 */
#include "names.h"

#include <stdlib.h>

/* clang-format off */
#define SCHEME(code, key, hash, group, tls13, name)                                                \
    {code, group, SCHEME_KEY_##key, SCHEME_HASH_##hash, tls13, name}
#define GREASE(code) SCHEME(code, GREASE, UNKNOWN, 0, false, "Reserved (GREASE)")

static const struct scheme schemes[] = {
    SCHEME(0x0101, RSA, MD5, 0, false, "rsa_md5"),
    SCHEME(0x0102, DSA, MD5, 0, false, "dsa_md5"),
    SCHEME(0x0103, ECDSA, MD5, 0, false, "ecdsa_md5"),
    SCHEME(0x0201, RSA, SHA1, 0, false, "rsa_pkcs1_sha1"),
    SCHEME(0x0202, DSA, SHA1, 0, false, "dsa_sha1"),
    SCHEME(0x0203, ECDSA, SHA1, 0, false, "ecdsa_sha1"),
    SCHEME(0x0301, RSA, SHA224, 0, false, "rsa_sha224"),
    SCHEME(0x0302, DSA, SHA224, 0, false, "dsa_sha224"),
    SCHEME(0x0303, ECDSA, SHA224, 0, false, "ecdsa_sha224"),
    SCHEME(0x0401, RSA, SHA256, 0, false, "rsa_pkcs1_sha256"),
    SCHEME(0x0402, DSA, SHA256, 0, false, "dsa_sha256"),
    SCHEME(0x0403, ECDSA, SHA256, 23, true, "ecdsa_secp256r1_sha256"),
    SCHEME(0x0420, RSA, SHA256, 0, false, "rsa_pkcs1_sha256_legacy"),
    SCHEME(0x0501, RSA, SHA384, 0, false, "rsa_pkcs1_sha384"),
    SCHEME(0x0502, DSA, SHA384, 0, false, "dsa_sha384"),
    SCHEME(0x0503, ECDSA, SHA384, 24, true, "ecdsa_secp384r1_sha384"),
    SCHEME(0x0520, RSA, SHA384, 0, false, "rsa_pkcs1_sha384_legacy"),
    SCHEME(0x0601, RSA, SHA512, 0, false, "rsa_pkcs1_sha512"),
    SCHEME(0x0602, DSA, SHA512, 0, false, "dsa_sha512"),
    SCHEME(0x0603, ECDSA, SHA512, 25, true, "ecdsa_secp521r1_sha512"),
    SCHEME(0x0620, RSA, SHA512, 0, false, "rsa_pkcs1_sha512_legacy"),
    SCHEME(0x0704, IBC, SHA256, 0, true, "eccsi_sha256"),
    SCHEME(0x0705, IBC, INTRINSIC, 0, true, "iso_ibs1"),
    SCHEME(0x0706, IBC, INTRINSIC, 0, true, "iso_ibs2"),
    SCHEME(0x0707, IBC, INTRINSIC, 0, true, "iso_chinese_ibs"),
    SCHEME(0x0708, SM2, SM3, 41, true, "sm2sig_sm3"),
    SCHEME(0x0709, GOST, GOST, 34, true, "gostr34102012_256a"),
    SCHEME(0x070A, GOST, GOST, 35, true, "gostr34102012_256b"),
    SCHEME(0x070B, GOST, GOST, 36, true, "gostr34102012_256c"),
    SCHEME(0x070C, GOST, GOST, 37, true, "gostr34102012_256d"),
    SCHEME(0x070D, GOST, GOST, 38, true, "gostr34102012_512a"),
    SCHEME(0x070E, GOST, GOST, 39, true, "gostr34102012_512b"),
    SCHEME(0x070F, GOST, GOST, 40, true, "gostr34102012_512c"),
    SCHEME(0x0804, RSA, SHA256, 0, true, "rsa_pss_rsae_sha256"),
    SCHEME(0x0805, RSA, SHA384, 0, true, "rsa_pss_rsae_sha384"),
    SCHEME(0x0806, RSA, SHA512, 0, true, "rsa_pss_rsae_sha512"),
    SCHEME(0x0807, ED25519, INTRINSIC, 0, true, "ed25519"),
    SCHEME(0x0808, ED448, INTRINSIC, 0, true, "ed448"),
    SCHEME(0x0809, RSA_PSS, SHA256, 0, true, "rsa_pss_pss_sha256"),
    SCHEME(0x080A, RSA_PSS, SHA384, 0, true, "rsa_pss_pss_sha384"),
    SCHEME(0x080B, RSA_PSS, SHA512, 0, true, "rsa_pss_pss_sha512"),
    SCHEME(0x081A, ECDSA, SHA256, 31, true, "ecdsa_brainpoolP256r1tls13_sha256"),
    SCHEME(0x081B, ECDSA, SHA384, 32, true, "ecdsa_brainpoolP384r1tls13_sha384"),
    SCHEME(0x081C, ECDSA, SHA512, 33, true, "ecdsa_brainpoolP512r1tls13_sha512"),
    SCHEME(0x0840, GOST, GOST, 0, false, "gostr34102012_256"),
    SCHEME(0x0841, GOST, GOST, 0, false, "gostr34102012_512"),
    SCHEME(0x0904, ML_DSA, INTRINSIC, 0, true, "mldsa44"),
    SCHEME(0x0905, ML_DSA, INTRINSIC, 0, true, "mldsa65"),
    SCHEME(0x0906, ML_DSA, INTRINSIC, 0, true, "mldsa87"),
    GREASE(0x0A0A),
    GREASE(0x1A1A),
    GREASE(0x2A2A),
    GREASE(0x3A3A),
    GREASE(0x4A4A),
    GREASE(0x5A5A),
    GREASE(0x6A6A),
    GREASE(0x7A7A),
    GREASE(0x8A8A),
    GREASE(0x9A9A),
    GREASE(0xAAAA),
    GREASE(0xBABA),
    GREASE(0xCACA),
    GREASE(0xDADA),
    GREASE(0xEAEA),
    /* OpenSSL's codes for GOST before RFC 9189 */
    SCHEME(0xEDED, GOST, GOST, 0, false, "gostr34102001_gostr3411"),
    SCHEME(0xEEEE, GOST, GOST, 0, false, "gostr34102012_256_gostr34112012_256"),
    SCHEME(0xEFEF, GOST, GOST, 0, false, "gostr34102012_512_gostr34112012_512"),
    GREASE(0xFAFA),
};
/* clang-format on */

static int compare(const void *code, const void *scheme)
{
    return (int)*(const uint16_t *)code - (int)((const struct scheme *)scheme)->code;
}

const struct scheme *names_schemes(size_t *count)
{
    *count = sizeof schemes / sizeof schemes[0];
    return schemes;
}

const struct scheme *names_scheme_row(uint16_t code)
{
    return bsearch(&code, schemes, sizeof schemes / sizeof schemes[0], sizeof schemes[0], compare);
}

const char *names_scheme(uint16_t code)
{
    const struct scheme *scheme = names_scheme_row(code);
    return scheme ? scheme->name : NULL;
}
