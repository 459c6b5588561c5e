/*
 * What speaks against a cipher suite, told from what it is made of.
 */
#include "names.h"

static unsigned bulk_weakness(uint8_t bulk)
{
    switch (bulk) {
    case SUITE_BULK_NULL:
        return SUITE_WEAK_NULL;
    case SUITE_BULK_RC4:
        return SUITE_WEAK_RC4;
    case SUITE_BULK_RC2:
        return SUITE_WEAK_RC2 | SUITE_WEAK_CBC;
    case SUITE_BULK_DES:
    case SUITE_BULK_DES40:
        return SUITE_WEAK_DES | SUITE_WEAK_CBC;
    case SUITE_BULK_3DES:
        return SUITE_WEAK_3DES | SUITE_WEAK_CBC;
    case SUITE_BULK_IDEA:
        return SUITE_WEAK_IDEA | SUITE_WEAK_CBC;
    case SUITE_BULK_SEED:
    case SUITE_BULK_CAMELLIA_CBC:
    case SUITE_BULK_ARIA_CBC:
    case SUITE_BULK_AES_CBC:
    case SUITE_BULK_SM1_CBC:
    case SUITE_BULK_SM4_CBC:
    case SUITE_BULK_FORTEZZA:
        return SUITE_WEAK_CBC;
    case SUITE_BULK_AES_CCM_8:
        return SUITE_WEAK_SHORT_TAG;
    default:
        return 0;
    }
}

static unsigned key_exchange_weakness(uint8_t key_exchange)
{
    switch (key_exchange) {
    case SUITE_KX_NULL:
    case SUITE_KX_RSA:
    case SUITE_KX_RSA_EXPORT:
    case SUITE_KX_DH:
    case SUITE_KX_ECDH:
    case SUITE_KX_PSK:
    case SUITE_KX_RSA_PSK:
    case SUITE_KX_KRB5:
    case SUITE_KX_GOST:
    case SUITE_KX_FORTEZZA:
    case SUITE_KX_SM2:
    case SUITE_KX_IBC:
        return SUITE_WEAK_NO_FORWARD_SECRECY;
    default:
        return 0;
    }
}

unsigned names_suite_weakness(const struct suite *suite)
{
    unsigned weakness;
    if (!suite || suite->scsv || suite->grease)
        return 0;
    weakness = bulk_weakness(suite->bulk) | key_exchange_weakness(suite->key_exchange);
    if (suite->authentication == SUITE_AUTH_NONE)
        weakness |= SUITE_WEAK_ANONYMOUS;
    if (suite->export_grade)
        weakness |= SUITE_WEAK_EXPORT;
    if (suite->mac == SUITE_MAC_MD5)
        weakness |= SUITE_WEAK_MD5;
    return weakness;
}

const char *names_weakness(unsigned weakness)
{
    static const struct {
        unsigned bit;
        const char *words;
    } rows[] = {
        {SUITE_WEAK_NULL, "no encryption"},
        {SUITE_WEAK_ANONYMOUS, "anonymous"},
        {SUITE_WEAK_EXPORT, "export grade"},
        {SUITE_WEAK_DES, "DES"},
        {SUITE_WEAK_RC2, "RC2"},
        {SUITE_WEAK_RC4, "RC4"},
        {SUITE_WEAK_3DES, "3DES"},
        {SUITE_WEAK_IDEA, "IDEA"},
        {SUITE_WEAK_MD5, "MD5"},
        {SUITE_WEAK_NO_FORWARD_SECRECY, "no forward secrecy"},
        {SUITE_WEAK_CBC, "CBC"},
        {SUITE_WEAK_SHORT_TAG, "short authentication tag"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (weakness & rows[i].bit)
            return rows[i].words;
    }
    return NULL;
}

size_t names_hash_octets(uint8_t hash)
{
    switch (hash) {
    case SUITE_HASH_SHA256:
    case SUITE_HASH_SM3:
    case SUITE_HASH_GOST94:
    case SUITE_HASH_STREEBOG256:
        return 32;
    case SUITE_HASH_SHA384:
        return 48;
    case SUITE_HASH_SHA512:
        return 64;
    default:
        return 0;
    }
}
