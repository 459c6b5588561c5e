/* Handshake messages: how they are framed (RFC 8446, section 4), and the small ones. The hellos are
 * in hello.h, those about certificates in certificate.h. */
#ifndef DISSECTORS_HANDSHAKE_H
#define DISSECTORS_HANDSHAKE_H

#include "framing.h"
#include "wire.h"

enum handshake_type {
    HANDSHAKE_HELLO_REQUEST = 0,
    HANDSHAKE_CLIENT_HELLO = 1,
    HANDSHAKE_SERVER_HELLO = 2,
    HANDSHAKE_NEW_SESSION_TICKET = 4,
    HANDSHAKE_END_OF_EARLY_DATA = 5,
    HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT = 6, /* in TLS 1.3's drafts before 22: see hello.h */
    HANDSHAKE_ENCRYPTED_EXTENSIONS = 8,
    HANDSHAKE_CERTIFICATE = 11,
    HANDSHAKE_SERVER_KEY_EXCHANGE = 12,
    HANDSHAKE_CERTIFICATE_REQUEST = 13,
    HANDSHAKE_SERVER_HELLO_DONE = 14,
    HANDSHAKE_CERTIFICATE_VERIFY = 15,
    HANDSHAKE_CLIENT_KEY_EXCHANGE = 16,
    HANDSHAKE_FINISHED = 20,
    HANDSHAKE_CERTIFICATE_URL = 21,
    HANDSHAKE_CERTIFICATE_STATUS = 22,
    HANDSHAKE_SUPPLEMENTAL_DATA = 23,
    HANDSHAKE_KEY_UPDATE = 24,
    HANDSHAKE_COMPRESSED_CERTIFICATE = 25,
    HANDSHAKE_NEXT_PROTOCOL = 67
};

enum { HANDSHAKE_HEADER = 4 /* bytes: type and length */ };

struct message {
    uint8_t type;     /* enum handshake_type */
    uint32_t length;  /* of the body, in bytes, as the header says */
    struct wire body; /* whole where framing said so; else what is there of it */
};

/* Takes the next message from `bytes`. FRAMING_PARTIAL: type is set once 1 byte is there, length
 * once 4 are (it is 0 before) and `body` is what is there. FRAMING_NONE: no such type exists. */
enum framing message_frame(struct message *message, struct wire *bytes);

/* How the server's parameters of the key exchange are laid out: as the cipher suite says. */
enum parameters { PARAMETERS_UNKNOWN, PARAMETERS_ECDHE, PARAMETERS_DHE, PARAMETERS_RSA_EXPORT };

struct server_key_exchange {
    uint16_t group;      /* ECDHE: the named curve (RFC 8422, section 5.4); 0 when none */
    uint16_t prime_bits; /* DHE: of dh_p (RFC 5246, section 7.4.3); RSA_EXPORT: of the modulus */
    uint16_t scheme;     /* TLS 1.2: the signature's algorithm; 0 when none */
};

/* Reads a ServerKeyExchange. `psk`: an identity hint comes first (RFC 4279, section 2); `version`
 * is the connection's (the scheme is there from 0x0303); `anonymous`: not signed, as nothing with
 * `psk` is. With PARAMETERS_UNKNOWN and no `psk` nothing can be told, and true is returned. Returns
 * well-formed or not. */
bool handshake_server_key_exchange(struct server_key_exchange *exchange, struct wire body,
                                   enum parameters parameters, bool psk, bool anonymous,
                                   uint16_t version);

/* CertificateVerify's signature scheme (TLS 1.2 and later: RFC 5246, section 7.4.8; RFC 8446,
 * section 4.4.3); false when the body is not well-formed. */
bool handshake_certificate_verify(uint16_t *scheme, struct wire body);

#endif
