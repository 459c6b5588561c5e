/* From secrets to keys: the key schedules of TLS 1.0 to 1.3, and the ciphers by suite. Part of
 * unseal's room: nobody else includes it. */
#ifndef TRACKING_UNSEAL_KEYS_H
#define TRACKING_UNSEAL_KEYS_H

#include "names.h"
#include "tracking/unseal.h"

#include <openssl/evp.h>

enum {
    UNSEAL_KEY = 32,   /* bytes of the longest key, */
    UNSEAL_IV = 16,    /* IV and block, */
    UNSEAL_MAC = 48,   /* MAC key and MAC, */
    UNSEAL_NONCE = 12, /* and of the nonce of all AEADs */
    UNSEAL_PLAIN = RECORD_LENGTH_MAX
};

enum hash { HASH_MD5, HASH_SHA1, HASH_SHA256, HASH_SHA384, HASHES };

struct unsealer {
    const struct keylog *keylog; /* borrowed */
    OSSL_LIB_CTX *library; /* of our own: the system's configuration of OpenSSL changes nothing. It
                              is made when it is first needed */
    EVP_MAC *hmac;
    EVP_CIPHER_CTX *cipher;
    uint8_t plain[UNSEAL_PLAIN]; /* what was opened last, of whatever connection */
};

/* Makes what of libcrypto is needed; false when there is no memory. */
bool unseal_ready(struct unsealer *unsealer);

enum bulk_mode { MODE_GCM, MODE_CCM, MODE_CHACHA20, MODE_CBC };

/* A cipher as TLS uses it. */
struct bulk {
    uint8_t suite_bulk; /* enum suite_bulk */
    uint16_t key_bits;  /* as struct suite has them */
    uint8_t mode;       /* enum bulk_mode */
    uint8_t key;        /* bytes */
    uint8_t block;      /* of CBC */
    uint8_t fixed;      /* bytes of the nonce that are not sent, up to TLS 1.2 */
    uint8_t tag;
    const char *name; /* libcrypto's */
};

/* NULL: one that we do not open. */
const struct bulk *unseal_bulk(const struct suite *suite);

/* HASHES: one that we do not know. */
enum hash unseal_prf_hash(const struct suite *suite);
enum hash unseal_mac_hash(const struct suite *suite);

/* Digest size in bytes. */
size_t unseal_hash_length(enum hash hash);

/* HMAC over up to three parts; `mac` takes unseal_hash_length() bytes. */
bool unseal_hmac(struct unsealer *unsealer, uint8_t *mac, enum hash hash, struct wire key,
                 const struct wire parts[3]);

/* TLS 1.0 to 1.2: `length` bytes of the key block (RFC 5246, sections 5 and 6.3; RFC 2246). */
bool unseal_key_block(struct unsealer *unsealer, uint8_t *block, size_t length, enum hash hash,
                      const struct unseal_hello *hello, const struct keylog_secret *master);

/* HKDF-Expand-Label with an empty context (RFC 8446, section 7.1), of no more bytes than the hash
 * has: all that TLS 1.3 makes of a traffic secret. */
bool unseal_expand(struct unsealer *unsealer, uint8_t *out, size_t length, enum hash hash,
                   const struct keylog_secret *secret, const char *label);

#endif
