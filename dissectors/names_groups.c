/*
 * The table of groups (IANA's TLS Supported Groups, and experiments that were widely deployed),
 * ascending by code.
 */
#include "names.h"

#include <stdlib.h>

#define GREASE(code)                                                                               \
    {                                                                                              \
        code, 0, GROUP_GREASE, "Reserved (GREASE)"                                                 \
    }

static const struct group groups[] = {
    {1, 163, GROUP_ECDH, "sect163k1"},
    {2, 163, GROUP_ECDH, "sect163r1"},
    {3, 163, GROUP_ECDH, "sect163r2"},
    {4, 193, GROUP_ECDH, "sect193r1"},
    {5, 193, GROUP_ECDH, "sect193r2"},
    {6, 233, GROUP_ECDH, "sect233k1"},
    {7, 233, GROUP_ECDH, "sect233r1"},
    {8, 239, GROUP_ECDH, "sect239k1"},
    {9, 283, GROUP_ECDH, "sect283k1"},
    {10, 283, GROUP_ECDH, "sect283r1"},
    {11, 409, GROUP_ECDH, "sect409k1"},
    {12, 409, GROUP_ECDH, "sect409r1"},
    {13, 571, GROUP_ECDH, "sect571k1"},
    {14, 571, GROUP_ECDH, "sect571r1"},
    {15, 160, GROUP_ECDH, "secp160k1"},
    {16, 160, GROUP_ECDH, "secp160r1"},
    {17, 160, GROUP_ECDH, "secp160r2"},
    {18, 192, GROUP_ECDH, "secp192k1"},
    {19, 192, GROUP_ECDH, "secp192r1"},
    {20, 224, GROUP_ECDH, "secp224k1"},
    {21, 224, GROUP_ECDH, "secp224r1"},
    {22, 256, GROUP_ECDH, "secp256k1"},
    {23, 256, GROUP_ECDH, "secp256r1"},
    {24, 384, GROUP_ECDH, "secp384r1"},
    {25, 521, GROUP_ECDH, "secp521r1"},
    {26, 256, GROUP_ECDH, "brainpoolP256r1"},
    {27, 384, GROUP_ECDH, "brainpoolP384r1"},
    {28, 512, GROUP_ECDH, "brainpoolP512r1"},
    {29, 255, GROUP_ECDH, "x25519"},
    {30, 448, GROUP_ECDH, "x448"},
    {31, 256, GROUP_ECDH, "brainpoolP256r1tls13"},
    {32, 384, GROUP_ECDH, "brainpoolP384r1tls13"},
    {33, 512, GROUP_ECDH, "brainpoolP512r1tls13"},
    {34, 256, GROUP_ECDH, "GC256A"},
    {35, 256, GROUP_ECDH, "GC256B"},
    {36, 256, GROUP_ECDH, "GC256C"},
    {37, 256, GROUP_ECDH, "GC256D"},
    {38, 512, GROUP_ECDH, "GC512A"},
    {39, 512, GROUP_ECDH, "GC512B"},
    {40, 512, GROUP_ECDH, "GC512C"},
    {41, 256, GROUP_ECDH, "curveSM2"},
    {256, 2048, GROUP_FFDHE, "ffdhe2048"},
    {257, 3072, GROUP_FFDHE, "ffdhe3072"},
    {258, 4096, GROUP_FFDHE, "ffdhe4096"},
    {259, 6144, GROUP_FFDHE, "ffdhe6144"},
    {260, 8192, GROUP_FFDHE, "ffdhe8192"},
    {512, 0, GROUP_KEM, "MLKEM512"},
    {513, 0, GROUP_KEM, "MLKEM768"},
    {514, 0, GROUP_KEM, "MLKEM1024"},
    GREASE(0x0A0A),
    {4587, 256, GROUP_HYBRID, "SecP256r1MLKEM768"},
    {4588, 255, GROUP_HYBRID, "X25519MLKEM768"},
    {4589, 384, GROUP_HYBRID, "SecP384r1MLKEM1024"},
    {4590, 256, GROUP_HYBRID, "curveSM2MLKEM768"},
    GREASE(0x1A1A),
    GREASE(0x2A2A),
    GREASE(0x3A3A),
    {16696, 255, GROUP_HYBRID, "CECPQ2"}, /* Chromium's experiment of 2018 */
    GREASE(0x4A4A),
    GREASE(0x5A5A),
    {25497, 255, GROUP_HYBRID, "X25519Kyber768Draft00"},
    {25498, 256, GROUP_HYBRID, "SecP256r1Kyber768Draft00"},
    GREASE(0x6A6A),
    GREASE(0x7A7A),
    GREASE(0x8A8A),
    GREASE(0x9A9A),
    GREASE(0xAAAA),
    GREASE(0xBABA),
    GREASE(0xCACA),
    GREASE(0xDADA),
    GREASE(0xEAEA),
    GREASE(0xFAFA),
    {65281, 0, GROUP_ECDH, "arbitrary_explicit_prime_curves"},
    {65282, 0, GROUP_ECDH, "arbitrary_explicit_char2_curves"},
};

static int compare(const void *code, const void *group)
{
    return (int)*(const uint16_t *)code - (int)((const struct group *)group)->code;
}

const struct group *names_groups(size_t *count)
{
    *count = sizeof groups / sizeof groups[0];
    return groups;
}

const struct group *names_group_row(uint16_t code)
{
    return bsearch(&code, groups, sizeof groups / sizeof groups[0], sizeof groups[0], compare);
}

const char *names_group(uint16_t code)
{
    const struct group *group = names_group_row(code);
    return group ? group->name : NULL;
}
