/* Words of a line, and the moves that every dialogue makes. */
#include "preface_dialogue.h"

#include <string.h>

static uint8_t lower(uint8_t letter)
{
    return letter >= 'A' && letter <= 'Z' ? (uint8_t)(letter | 0x20) : letter;
}

static bool is_blank(uint8_t octet)
{
    return octet == ' ' || octet == '\t';
}

static bool stands_at(const struct wire *line, size_t offset, const char *text, size_t length)
{
    if (line->left < offset || line->left - offset < length) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (lower(wire_peek(line, offset + i)) != (uint8_t)text[i]) {
            return false;
        }
    }
    return true;
}

bool preface_begins(struct wire line, const char *text)
{
    return stands_at(&line, 0, text, strlen(text));
}

bool preface_holds(struct wire line, const char *text)
{
    size_t length = strlen(text);
    for (size_t offset = 0; offset + length <= line.left; offset++) {
        if (stands_at(&line, offset, text, length)) {
            return true;
        }
    }
    return false;
}

enum preface_guess preface_head(struct wire said, const char *text)
{
    size_t length = strlen(text);
    bool same = stands_at(&said, 0, text, said.left < length ? said.left : length);
    return !same ? GUESS_NO : said.left < length ? GUESS_MORE : GUESS_YES;
}

bool preface_is(struct wire line, const char *text)
{
    return line.left == strlen(text) && preface_begins(line, text);
}

struct wire preface_word(struct wire *line)
{
    while (line->left > 0 && is_blank(wire_peek(line, 0))) {
        wire_skip(line, 1);
    }
    size_t length = 0;
    while (length < line->left && !is_blank(wire_peek(line, length))) {
        length++;
    }
    struct wire word = wire_take(line, length);
    while (line->left > 0 && is_blank(wire_peek(line, 0))) {
        wire_skip(line, 1);
    }
    return word;
}

uint32_t preface_decimal(struct wire word)
{
    uint32_t number = 0;
    if (word.left > 9) {
        return 0;
    }
    while (word.left > 0) {
        uint8_t digit = wire_u8(&word);
        if (digit < '0' || digit > '9') {
            return 0;
        }
        number = number * 10 + (uint32_t)(digit - '0');
    }
    return number;
}

uint32_t preface_literal(struct wire line, bool *waits)
{
    *waits = true;
    if (line.left < 3 || wire_peek(&line, line.left - 1) != '}') {
        return 0;
    }
    size_t end = line.left - 1;
    if (wire_peek(&line, end - 1) == '+') {
        *waits = false; /* RFC 7888: it follows at once */
        end--;
    }
    size_t start = end;
    while (start > 0 && wire_peek(&line, start - 1) != '{') {
        start--;
    }
    if (start == 0) {
        return 0;
    }
    wire_skip(&line, start);
    uint32_t length = preface_decimal(wire_take(&line, end - start));
    return length <= PREFACE_UNIT_MOST ? length : 0;
}

void preface_keep(char kept[PREFACE_WORDS], struct wire line)
{
    memset(kept, 0, PREFACE_WORDS);
    for (size_t i = 0; line.left > 0 && i < PREFACE_WORDS - 1; i++) {
        kept[i] = (char)wire_u8(&line);
    }
}

void preface_append(char kept[PREFACE_WORDS], const char *text)
{
    size_t used = strlen(kept);
    while (*text != '\0' && used < PREFACE_WORDS - 1) {
        kept[used++] = *text++;
    }
    kept[used] = '\0';
}

void preface_append_number(char kept[PREFACE_WORDS], uint32_t number)
{
    char digits[11] = {0}; /* 4294967295 and NUL */
    size_t at = sizeof(digits) - 1;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    preface_append(kept, &digits[at]);
}

struct wire preface_text(const char *text)
{
    return wire_over(text, strlen(text));
}

void preface_ask(struct preface *preface, struct wire line)
{
    preface->state = PREFACE_ASKED;
    preface->status = 0;
    preface_keep(preface->asked, line);
}

void preface_answer(struct preface *preface, bool granted, uint16_t status, struct wire line)
{
    preface->state = granted ? PREFACE_GRANTED : PREFACE_REFUSED;
    preface->status = status;
    preface_keep(preface->words, line);
}

void preface_offer(struct preface *preface)
{
    if (preface->state < PREFACE_OFFERED || preface->state == PREFACE_NOT_OFFERED) {
        preface->state = PREFACE_OFFERED;
    }
}

void preface_end_list(struct preface *preface)
{
    if (preface->state < PREFACE_OFFERED) {
        preface->state = PREFACE_NOT_OFFERED;
    }
}

/* Inside a tunnel everything begins anew; the state stays until something is said there. */
void preface_enter_tunnel(struct preface *preface)
{
    preface->tunnel = preface->protocol;
    preface->protocol = PREFACE_UNKNOWN;
    preface->state = PREFACE_GRANTED;
    preface->step = 0;
    preface->reply = 0;
    preface->awaited = 0;
    preface->answer = 0;
    preface->listing = 0;
    preface->token = 0;
    for (int i = 0; i < SPEAKERS; i++) {
        preface->voice[i].begun = false;
        preface->voice[i].body = 0;
    }
}

void preface_command(struct preface *preface)
{
    if (preface->awaited < UINT16_MAX) {
        preface->awaited++;
    }
}

enum preface_reply preface_reply(struct preface *preface)
{
    if (preface->awaited == 0) {
        return REPLY_UNASKED;
    }
    preface->awaited--;
    bool list = preface->listing > 0 && --preface->listing == 0;
    bool answer = preface->answer > 0 && --preface->answer == 0;
    if (answer) {
        return REPLY_ANSWER;
    }
    return list ? REPLY_LIST : REPLY_OTHER;
}
