#include "report/report.h"

#include "report/phrase.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <sys/socket.h>

const char *report_version(uint16_t version)
{
    static const struct {
        uint16_t code;
        const char *name;
    } rows[] = {
        {0x0304, "1.3"}, {0x0303, "1.2"}, {0x0302, "1.1"}, {0x0301, "1.0"}, {0x0300, "3.0"},
        {0x0002, "2.0"}, {0xfefc, "1.3"}, {0xfefd, "1.2"}, {0xfeff, "1.0"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].code == version) {
            return rows[i].name;
        }
    }
    return NULL;
}

uint16_t report_negotiated(const struct facts *facts)
{
    if (facts->server_hello != NULL && facts->server_hello->version != 0) {
        return facts->server_hello->version;
    }
    return facts->version;
}

const char *report_speaker(uint8_t speaker)
{
    return speaker == CLIENT ? "client" : "server";
}

static void put_version4(struct phrase *phrase, const struct address *address)
{
    for (size_t i = 0; i < 4; i++) {
        phrase_put(phrase, i > 0 ? "." : "");
        phrase_number(phrase, address->bytes[i]);
    }
}

static void put_version6(struct phrase *phrase, const struct address *address)
{
    char host[INET6_ADDRSTRLEN] = "?";
    (void)inet_ntop(AF_INET6, address->bytes, host, sizeof(host));
    phrase_put(phrase, host);
}

void report_address(char text[REPORT_ADDRESS], const struct address *address, uint16_t port)
{
    bool brackets = port != 0 && address->version == 6;
    struct phrase phrase = phrase_in(text, REPORT_ADDRESS);
    phrase_put(&phrase, brackets ? "[" : "");
    if (address->version == 6) {
        put_version6(&phrase, address);
    } else {
        put_version4(&phrase, address);
    }
    phrase_put(&phrase, brackets ? "]" : "");
    if (port != 0) {
        phrase_put(&phrase, ":");
        phrase_number(&phrase, port);
    }
}

/* Turns days since 1970-01-01 into a date of the Gregorian calendar. It counts in eras of 400 years
 * (146,097 days) that begin on the first of March, so that the leap day is a year's last. */
static void date_of(int64_t *year, int *month, int *day, int64_t days)
{
    int64_t shifted = days + 719468; /* from 0000-03-01 */
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * years + years / 4 - years / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = years + era * 400 + (*month <= 2);
}

/* In `width` digits, the higher ones being left off. */
static void put_digits(struct phrase *phrase, const char *before, int64_t number, size_t width)
{
    char digits[8] = "";
    for (size_t i = width; i > 0; i--) {
        digits[i - 1] = (char)('0' + number % 10);
        number /= 10;
    }
    phrase_put(phrase, before);
    phrase_put(phrase, digits);
}

void report_time(char text[REPORT_TIME], int64_t seconds, int64_t microseconds)
{
    int64_t days = seconds / 86400 - (seconds % 86400 < 0);
    int64_t rest = (seconds % 86400 + 86400) % 86400;
    int64_t year = 0;
    int month = 0, day = 0;
    struct phrase phrase = phrase_in(text, REPORT_TIME);
    date_of(&year, &month, &day, days);
    if (year >= 0 && year <= 9999) {
        put_digits(&phrase, "", year, 4);
    } else {
        phrase_add(&phrase, "%04" PRId64, year);
    }
    put_digits(&phrase, "-", month, 2);
    put_digits(&phrase, "-", day, 2);
    put_digits(&phrase, "T", rest / 3600, 2);
    put_digits(&phrase, ":", rest / 60 % 60, 2);
    put_digits(&phrase, ":", rest % 60, 2);
    if (microseconds >= 0) {
        put_digits(&phrase, ".", microseconds % 1000000, 6);
    }
    phrase_put(&phrase, "Z");
}

/* ---- what could not be seen ---- */

struct unseen {
    const char **sentence;
    size_t count;
};

static void unseen_add(struct unseen *unseen, bool holds, const char *sentence)
{
    if (holds && unseen->count < REPORT_UNSEEN) {
        unseen->sentence[unseen->count++] = sentence;
    }
}

static void unseen_bytes(struct unseen *unseen, const struct facts *facts)
{
    static const struct {
        const char *cut, *overflowed, *missing;
    } said[SPEAKERS] = {
        [CLIENT] = {"the snap length cut packets of the client",
                    "bytes from the client were given up: they exceed what tlswhy keeps",
                    "bytes from the client are missing from the capture"},
        [SERVER] = {"the snap length cut packets of the server",
                    "bytes from the server were given up: they exceed what tlswhy keeps",
                    "bytes from the server are missing from the capture"},
    };
    for (size_t i = 0; i < SPEAKERS; i++) {
        const struct transport_side *side = &facts->transport.side[i];
        unseen_add(unseen, side->cut, said[i].cut);
        unseen_add(unseen, side->overflowed, said[i].overflowed);
        unseen_add(unseen, side->missing && !side->cut && !side->overflowed, said[i].missing);
    }
}

static void unseen_sealed(struct unseen *unseen, const struct facts *facts)
{
    bool sealed_alert = false;
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        sealed_alert = sealed_alert || facts->alert[i].code == 255;
    }
    bool tls13 = facts->server_hello != NULL && facts->server_hello->version == 0x0304;
    bool certificate = tls13 && facts->chain[SERVER] == NULL && facts->opened[SERVER] == 0 &&
                       !facts->server_hello->psk_selected;
    unseen_add(unseen, certificate,
               "TLS 1.3: the server's certificate is sealed; give the key log with -k");
    unseen_add(unseen, sealed_alert && !certificate,
               "an alert is sealed: its code cannot be read; give the key log with -k");
    unseen_add(unseen, sealed_alert && certificate,
               "an alert is sealed, too: its code cannot be read");
}

/* Nanoseconds without a packet that nobody takes for the handshake's own pauses. */
#define SILENCE (INT64_C(10) * 1000000000)

static void unseen_holes(struct unseen *unseen, const struct facts *facts)
{
    const struct client_hello_facts *hello = &facts->client_hello[0];
    const struct transport_side *side = facts->transport.side;
    bool hello_seen = hello->at.frame != 0;
    unseen_add(unseen, facts->began_late && facts->tls && !hello_seen,
               "the capture begins after the ClientHello");
    unseen_add(unseen, facts->began_late && !(facts->tls && !hello_seen),
               "the capture begins after the connection was opened");
    unseen_add(unseen, hello->incomplete, "only the beginning of the ClientHello was captured");
    unseen_add(unseen, side[CLIENT].packets == 0 && side[SERVER].packets > 0,
               "no packet of the client is in the capture");
    unseen_bytes(unseen, facts);
    unseen_add(unseen, facts->lossy, "packets were lost in capturing, perhaps some of these");
    unseen_add(unseen, facts->given_up,
               "tlswhy stopped watching before the end: too many connections at once");
    bool open = facts->ended_open && !facts->given_up && facts->established.frame == 0;
    bool silent = facts->watched_until - facts->last.time >= SILENCE;
    unseen_add(unseen, open && silent,
               "the connection fell silent, and was so when the watching ended");
    unseen_add(unseen, open && !silent, "the capture ends with the connection open");
}

size_t report_unseen(const char *sentence[REPORT_UNSEEN], const struct facts *facts)
{
    struct unseen unseen = {sentence, 0};
    unseen_holes(&unseen, facts);
    unseen_sealed(&unseen, facts);
    return unseen.count;
}

const char *report_hole(const struct facts *facts)
{
    const char *sentence[REPORT_UNSEEN];
    struct unseen unseen = {sentence, 0};
    unseen_holes(&unseen, facts);
    return unseen.count > 0 ? sentence[0] : NULL;
}
