/* LDAP, RDP and SSH. */
#include "preface_dialogue.h"

/* LDAP (RFC 4511): a message is SEQUENCE { messageID INTEGER, operation, ... } in BER. */
enum {
    BER_INTEGER = 0x02,
    BER_SEQUENCE = 0x30,
    LDAP_ENTRY = 0x64,             /* [APPLICATION 4] */
    LDAP_EXTENDED_REQUEST = 0x77,  /* [APPLICATION 23] */
    LDAP_EXTENDED_RESPONSE = 0x78, /* [APPLICATION 24] */
    LDAP_REQUEST_NAME = 0x80,      /* [0] */
    LDAP_RESPONSE_NAME = 0x8a      /* [10] */
};

static const char start_tls[] = "1.3.6.1.4.1.1466.20037";     /* section 4.14 */
static const char disconnection[] = "1.3.6.1.4.1.1466.20036"; /* section 4.4.1 */

/* The length of an element's contents; fails the wire on what RFC 4511, section 5.1, rules out. */
static size_t ber_length(struct wire *wire)
{
    uint8_t first = wire_u8(wire);
    if (first < 0x80) {
        return first;
    }
    if (first == 0x80 || first > 0x84) {
        wire_skip(wire, SIZE_MAX);
        return 0;
    }
    return wire_number(wire, first & 0x7f);
}

/* The contents of the next element, as far as they are held. */
static struct wire ber_take(struct wire *wire, uint8_t *tag)
{
    *tag = wire_u8(wire);
    size_t length = ber_length(wire);
    return wire_take_most(wire, length);
}

/* Tags of LDAP's operations: applications 0 to 25, primitive or not. */
static bool is_operation(uint8_t tag)
{
    return (tag & 0xc0) == 0x40 && (tag & 0x1f) <= 25;
}

enum preface_guess preface_ldap_guess(const struct preface *preface, enum speaker from,
                                      struct wire said)
{
    (void)preface;
    (void)from;
    if (wire_u8(&said) != BER_SEQUENCE) {
        return GUESS_NO;
    }
    uint8_t first = wire_peek(&said, 0);
    size_t more = first > 0x80 && first <= 0x84 ? first & 0x7fU : 0;
    if (said.left > 0 && (first < 7 || first == 0x80 || first > 0x84)) {
        return GUESS_NO;
    }
    wire_skip(&said, 1);
    if (wire_number(&said, more) >= PREFACE_UNIT_MOST) {
        return GUESS_NO;
    }
    uint8_t integer = wire_u8(&said);
    if (!wire_ok(&said)) {
        return GUESS_MORE;
    }
    uint8_t length = wire_peek(&said, 0);
    if (integer != BER_INTEGER || (said.left > 0 && (length == 0 || length > 4))) {
        return GUESS_NO;
    }
    wire_skip(&said, 1 + (size_t)length);
    uint8_t operation = wire_u8(&said);
    return !wire_ok(&said) ? GUESS_MORE : is_operation(operation) ? GUESS_YES : GUESS_NO;
}

size_t preface_ldap_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    (void)preface;
    (void)from;
    size_t whole = head.left;
    uint8_t first = wire_peek(&head, 1);
    if ((whole > 0 && wire_u8(&head) != BER_SEQUENCE) ||
        (whole > 1 && (first == 0x80 || first > 0x84))) {
        return MEASURE_FOREIGN;
    }
    size_t length = ber_length(&head);
    return !wire_ok(&head) || whole == 0 ? MEASURE_MORE : whole - head.left + length;
}

/* RFC 4511, section 4.1.9; "" for those that do not answer a StartTLS. */
static const char *result_words(uint32_t code)
{
    static const struct {
        uint8_t code;
        const char *words;
    } results[] = {{1, "operationsError"},
                   {2, "protocolError"},
                   {8, "strongerAuthRequired"},
                   {10, "referral"},
                   {12, "unavailableCriticalExtension"},
                   {13, "confidentialityRequired"},
                   {50, "insufficientAccessRights"},
                   {51, "busy"},
                   {52, "unavailable"},
                   {53, "unwillingToPerform"},
                   {80, "other"}};
    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i].code == code) {
            return results[i].words;
        }
    }
    return "";
}

static void extended_request(struct preface *preface, uint32_t message, struct wire operation)
{
    uint8_t tag = 0;
    struct wire name = ber_take(&operation, &tag);
    if (tag == LDAP_REQUEST_NAME && preface_is(name, start_tls)) {
        preface_ask(preface, preface_text("StartTLS"));
        preface->token = message;
    }
}

/* The response names its request by number, or is the notice of disconnection, which has number 0.
 */
static void extended_response(struct preface *preface, uint32_t message, struct wire operation)
{
    uint8_t tag = 0;
    struct wire result = ber_take(&operation, &tag);
    uint32_t code = result.left > 0 && result.left <= 4 ? wire_number(&result, result.left) : 0;
    (void)ber_take(&operation, &tag); /* matchedDN */
    struct wire words = ber_take(&operation, &tag);
    bool ends = message == 0 && preface_holds(operation, disconnection);
    bool asked = preface->state == PREFACE_ASKED;
    if (!(asked && message == preface->token) &&
        !(ends && (asked || preface->state == PREFACE_GRANTED))) {
        return;
    }
    words = words.left > 0 ? words : preface_text(result_words(code));
    preface_answer(preface, code == 0 && !ends, (uint16_t)code, words);
}

void preface_ldap_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    uint8_t tag = 0;
    struct wire sequence = ber_take(&unit, &tag);
    struct wire number = ber_take(&sequence, &tag);
    uint32_t message = number.left <= 4 ? wire_number(&number, number.left) : 0;
    struct wire operation = ber_take(&sequence, &tag);
    if (from == CLIENT && tag == LDAP_EXTENDED_REQUEST) {
        extended_request(preface, message, operation);
    } else if (from == SERVER && tag == LDAP_EXTENDED_RESPONSE) {
        extended_response(preface, message, operation);
    } else if (from == SERVER && tag == LDAP_ENTRY && preface_holds(operation, start_tls)) {
        preface_offer(preface); /* supportedExtension of the root DSE */
    }
}

/* RDP (MS-RDPBCGR, sections 2.2.1.1 and 2.2.1.2): a TPKT with an X.224 connection request or
 * confirm. */
enum {
    TPKT_HEAD = 4,
    X224_REQUEST = 0xe0,
    X224_CONFIRM = 0xd0,
    RDP_REQUEST = 1,
    RDP_RESPONSE = 2,
    RDP_FAILURE = 3,
    RDP_TLS = 1 | 2 | 4 | 8, /* TLS, CredSSP, RDSTLS, CredSSP with early result: all over TLS */
    RDP_TLS_REQUIRED = 1 /* a failure: the client has not asked for what the server insists on */
};

/* Other protocols open with TPKT and X.224 too, but with parameters where RDP has its cookie or
 * request. */
static bool is_rdp_variable(enum speaker from, uint8_t first)
{
    return from == SERVER ? first == RDP_RESPONSE || first == RDP_FAILURE
                          : first == RDP_REQUEST || first == 'C' || first == 't' || first == 'm';
}

enum preface_guess preface_rdp_guess(const struct preface *preface, enum speaker from,
                                     struct wire said)
{
    (void)preface;
    if (wire_u8(&said) != 3 || wire_peek(&said, 0) != 0) {
        return GUESS_NO;
    }
    wire_skip(&said, 1);
    size_t length = wire_u16(&said);
    size_t indicator = wire_u8(&said);
    uint8_t type = wire_u8(&said);
    if (!wire_ok(&said)) {
        return GUESS_MORE;
    }
    if (length != indicator + 5 ||
        (type & 0xf0) != (from == CLIENT ? X224_REQUEST : X224_CONFIRM)) {
        return GUESS_NO;
    }
    wire_skip(&said, 5); /* two references and the class */
    if (length == TPKT_HEAD + 7) {
        return GUESS_YES;
    }
    uint8_t first = wire_u8(&said);
    return !wire_ok(&said) ? GUESS_MORE : is_rdp_variable(from, first) ? GUESS_YES : GUESS_NO;
}

size_t preface_rdp_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    (void)from;
    (void)preface;
    if (head.left > 0 && wire_peek(&head, 0) != 3) {
        return MEASURE_FOREIGN; /* fast-path, for one */
    }
    wire_skip(&head, 2);
    size_t length = wire_u16(&head);
    return !wire_ok(&head) ? MEASURE_MORE : length < 7 ? MEASURE_FOREIGN : length;
}

/* The negotiation's flags and length, then a little-endian number of 4 bytes, of which the first
 * says all that is defined. */
static uint8_t negotiation(struct wire unit, uint8_t *type)
{
    *type = wire_u8(&unit);
    wire_skip(&unit, 3);
    return wire_u8(&unit);
}

static void rdp_request(struct preface *preface, struct wire unit)
{
    static const char *const names[] = {"SSL", "HYBRID", "RDSTLS", "HYBRID_EX"};
    uint8_t type = 0;
    if (wire_peek(&unit, 0) != RDP_REQUEST) { /* "Cookie: mstshash=user\r\n", or a token */
        while (unit.left > 0 && wire_u8(&unit) != '\n') {
        }
    }
    uint8_t protocols = negotiation(unit, &type);
    if (type != RDP_REQUEST || (protocols & RDP_TLS) == 0) {
        return;
    }
    preface_ask(preface, preface_text("RDP_NEG_REQ"));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((protocols >> i & 1) != 0) {
            preface_append(preface->asked, " ");
            preface_append(preface->asked, names[i]);
        }
    }
}

static void rdp_confirm(struct preface *preface, struct wire unit)
{
    static const char *const failures[] = {"",
                                           "SSL_REQUIRED_BY_SERVER",
                                           "SSL_NOT_ALLOWED_BY_SERVER",
                                           "SSL_CERT_NOT_ON_SERVER",
                                           "INCONSISTENT_FLAGS",
                                           "HYBRID_REQUIRED_BY_SERVER",
                                           "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"};
    uint8_t type = 0;
    uint8_t number = negotiation(unit, &type);
    bool asked = preface->state == PREFACE_ASKED;
    if (type == RDP_FAILURE) {
        const char *words = number < sizeof(failures) / sizeof(failures[0]) ? failures[number] : "";
        preface_answer(preface, false, number, preface_text(words));
        if (!asked && number == RDP_TLS_REQUIRED) {
            preface->state = PREFACE_OFFERED;
        }
    } else if (asked) {
        /* No answer to the request: a server older than it. */
        bool granted = type == RDP_RESPONSE && (number & RDP_TLS) != 0;
        preface_answer(preface, granted, 0, preface_text(granted ? "" : "PROTOCOL_RDP"));
    }
}

void preface_rdp_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    wire_skip(&unit, TPKT_HEAD + 1);
    uint8_t type = wire_u8(&unit) & 0xf0;
    wire_skip(&unit, 5);
    if (from == CLIENT && type == X224_REQUEST) {
        rdp_request(preface, unit);
    } else if (from == SERVER && type == X224_CONFIRM) {
        rdp_confirm(preface, unit);
    }
}

/* SSH (RFC 4253, section 4.2): a line, then packets. */
enum preface_guess preface_ssh_guess(const struct preface *preface, enum speaker from,
                                     struct wire said)
{
    (void)preface;
    (void)from;
    return preface_head(said, "ssh-");
}

size_t preface_ssh_measure(const struct preface *preface, enum speaker from, struct wire head)
{
    if (preface->voice[from].begun) {
        return MEASURE_PIECE;
    }
    for (size_t i = 0; i < head.left; i++) {
        if (wire_peek(&head, i) == '\n') {
            return i + 1;
        }
    }
    return MEASURE_MORE;
}

void preface_ssh_dissect(struct preface *preface, enum speaker from, struct wire unit)
{
    size_t length = unit.left;
    while (length > 0 &&
           (wire_peek(&unit, length - 1) == '\n' || wire_peek(&unit, length - 1) == '\r')) {
        length--;
    }
    preface_keep(from == CLIENT ? preface->asked : preface->words, wire_take(&unit, length));
}
