/*
 * SSL 2.0: cipher kinds, messages, errors (draft-hickman-netscape-ssl appendix C).
 */
#include "names.h"

const char *names_sslv2_suite(uint32_t code)
{
    switch (code) {
    case 0x010080:
        return "SSL_CK_RC4_128_WITH_MD5";
    case 0x020080:
        return "SSL_CK_RC4_128_EXPORT40_WITH_MD5";
    case 0x030080:
        return "SSL_CK_RC2_128_CBC_WITH_MD5";
    case 0x040080:
        return "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5";
    case 0x050080:
        return "SSL_CK_IDEA_128_CBC_WITH_MD5";
    case 0x060040:
        return "SSL_CK_DES_64_CBC_WITH_MD5";
    case 0x060140: /* this and the others below: SSLeay's and Microsoft's own */
        return "SSL_CK_DES_64_CBC_WITH_SHA";
    case 0x0700C0:
        return "SSL_CK_DES_192_EDE3_CBC_WITH_MD5";
    case 0x0701C0:
        return "SSL_CK_DES_192_EDE3_CBC_WITH_SHA";
    case 0x080080:
        return "SSL_CK_RC4_64_WITH_MD5";
    case 0xFF0800:
        return "SSL_CK_DES_64_CFB64_WITH_MD5_1";
    case 0xFF0810:
        return "SSL_CK_NULL";
    default:
        return code <= 0xFFFF ? names_suite((uint16_t)code) : NULL;
    }
}

const char *names_sslv2_message(uint8_t type)
{
    static const char *const messages[] = {
        "error",           "client_hello",        "client_master_key",
        "client_finished", "server_hello",        "server_verify",
        "server_finished", "request_certificate", "client_certificate",
    };
    return type < sizeof messages / sizeof messages[0] ? messages[type] : NULL;
}

const char *names_sslv2_error(uint16_t code)
{
    switch (code) {
    case 1:
        return "no_cipher";
    case 2:
        return "no_certificate";
    case 4:
        return "bad_certificate";
    case 6:
        return "unsupported_certificate_type";
    default:
        return NULL;
    }
}
