/*
 * Protocol versions. Drafts of TLS 1.3 were numbered 0x7f00 + draft (RFC 8446 draft 28 section
 * 4.2.1.1), Facebook's variant of them 0xfb00 + draft; each has its string in a table.
 */
#include "names.h"

#define TEN(what, tens)                                                                            \
    what(tens##0), what(tens##1), what(tens##2), what(tens##3), what(tens##4), what(tens##5),      \
        what(tens##6), what(tens##7), what(tens##8), what(tens##9)
#define ALL(what)                                                                                  \
    what(0), what(1), what(2), what(3), what(4), what(5), what(6), what(7), what(8), what(9),      \
        TEN(what, 1), TEN(what, 2), TEN(what, 3), TEN(what, 4), TEN(what, 5), TEN(what, 6),        \
        TEN(what, 7), TEN(what, 8), TEN(what, 9), TEN(what, 10), TEN(what, 11), TEN(what, 12),     \
        TEN(what, 13), TEN(what, 14), TEN(what, 15), TEN(what, 16), TEN(what, 17), TEN(what, 18),  \
        TEN(what, 19), TEN(what, 20), TEN(what, 21), TEN(what, 22), TEN(what, 23), TEN(what, 24),  \
        what(250), what(251), what(252), what(253), what(254), what(255)
#define DRAFT(number) "TLS 1.3 (draft " #number ")"
#define FACEBOOK_DRAFT(number) "TLS 1.3 (Facebook draft " #number ")"

static const char drafts[256][24] = {ALL(DRAFT)};
static const char facebook_drafts[256][32] = {ALL(FACEBOOK_DRAFT)};

const char *names_version(uint16_t code)
{
    switch (code) {
    case 0x0002:
        return "SSL 2.0";
    case 0x0100:
        return "DTLS 0.9 (OpenSSL)";
    case 0x0101:
        return "GMTLS";
    case 0x0300:
        return "SSL 3.0";
    case 0x0301:
        return "TLS 1.0";
    case 0x0302:
        return "TLS 1.1";
    case 0x0303:
        return "TLS 1.2";
    case 0x0304:
        return "TLS 1.3";
    case 0xFEFF:
        return "DTLS 1.0";
    case 0xFEFD:
        return "DTLS 1.2";
    case 0xFEFC:
        return "DTLS 1.3";
    default:
        break;
    }
    if (code >> 8 == 0x7F)
        return drafts[code & 0xFF];
    if (code >> 8 == 0xFB)
        return facebook_drafts[code & 0xFF];
    return names_is_grease(code) ? "GREASE" : NULL;
}
