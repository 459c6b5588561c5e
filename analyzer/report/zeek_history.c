#include "report/zeek_history.h"

#include "handshake.h"

#include <ctype.h>

enum {
    HELLO_VERIFY_REQUEST = 3, /* DTLS */
    MESSAGE_HASH = 254,       /* RFC 8446, section 4.4.1: never on the wire */
    SEALED = 255
};

/* The letter of a handshake message, as Zeek's documentation of ssl.log has it. */
static char message_letter(uint8_t type)
{
    static const struct {
        uint8_t type;
        char letter;
    } rows[] = {
        {HANDSHAKE_HELLO_REQUEST, 'h'},
        {HANDSHAKE_CLIENT_HELLO, 'c'},
        {HANDSHAKE_SERVER_HELLO, 's'},
        {HELLO_VERIFY_REQUEST, 'v'},
        {HANDSHAKE_NEW_SESSION_TICKET, 't'},
        {HANDSHAKE_END_OF_EARLY_DATA, 'e'},
        {HANDSHAKE_HELLO_RETRY_REQUEST_DRAFT, 'j'},
        {HANDSHAKE_ENCRYPTED_EXTENSIONS, 'o'},
        {HANDSHAKE_CERTIFICATE, 'x'},
        {HANDSHAKE_SERVER_KEY_EXCHANGE, 'k'},
        {HANDSHAKE_CERTIFICATE_REQUEST, 'r'},
        {HANDSHAKE_SERVER_HELLO_DONE, 'n'},
        {HANDSHAKE_CERTIFICATE_VERIFY, 'y'},
        {HANDSHAKE_CLIENT_KEY_EXCHANGE, 'g'},
        {HANDSHAKE_FINISHED, 'f'},
        {HANDSHAKE_CERTIFICATE_URL, 'w'},
        {HANDSHAKE_CERTIFICATE_STATUS, 'u'},
        {HANDSHAKE_SUPPLEMENTAL_DATA, 'a'},
        {HANDSHAKE_KEY_UPDATE, 'p'},
        {MESSAGE_HASH, 'm'},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].type == type) {
            return rows[i].letter;
        }
    }
    return 'z';
}

/* 0: Zeek has no letter for it. */
static char letter(const struct step *step)
{
    switch (step->what) {
    case STEP_CLIENT_HELLO:
        return 'c';
    case STEP_HELLO_RETRY:
        return 'j';
    case STEP_SERVER_HELLO:
        return 's';
    case STEP_CHANGE_CIPHER_SPEC:
        return 'i';
    case STEP_ALERT:
        return step->b == SEALED ? '\0' : 'l';
    case STEP_MESSAGE:
        return message_letter(step->a);
    default:
        return '\0';
    }
}

void zeek_history(char text[ZEEK_HISTORY], const struct facts *facts)
{
    size_t length = 0;
    for (size_t i = 0; i < facts->steps && i < FACTS_STEPS; i++) {
        const struct step *step = &facts->step[i];
        char mark = letter(step);
        bool behind = facts->established.frame != 0 && step->at.frame > facts->established.frame;
        if (mark == '\0' || step->sealed || behind) {
            continue;
        }
        for (unsigned times = 0; times <= step->repeats && length + 1 < ZEEK_HISTORY; times++) {
            text[length++] = step->from == CLIENT ? (char)toupper((unsigned char)mark) : mark;
        }
    }
    text[length] = '\0';
}
