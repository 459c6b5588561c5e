/* Inside the preface: the row that a protocol is, and what all dialogues share.
 *
 * A protocol is a row in preface.c's table. Its units are lines (or, in XMPP, tags), or binary
 * units whose length the row measures. A row's functions see whole units only, without the line's
 * end, and at most PREFACE_LINE bytes of them.
 */
#ifndef DISSECTORS_PREFACE_DIALOGUE_H
#define DISSECTORS_PREFACE_DIALOGUE_H

#include "preface.h"

enum preface_guess { GUESS_NO, GUESS_MORE /* bytes are needed to say */, GUESS_YES };

/* What a measure answers besides a unit's length in bytes. */
#define MEASURE_MORE ((size_t)0)     /* more bytes are needed to say */
#define MEASURE_PIECE (SIZE_MAX - 1) /* all that comes at once is the unit; nobody reads it */
#define MEASURE_FOREIGN SIZE_MAX     /* that is not this protocol */

struct preface_dialogue {
    uint8_t protocol;
    bool head; /* guess sees the first bytes that a side says, as they come, not a whole line */
    char ends; /* the byte that ends a unit; 0: `measure` says */
    const char *name;
    const char *title;
    enum preface_guess (*guess)(const struct preface *, enum speaker from, struct wire said);
    size_t (*measure)(const struct preface *, enum speaker from, struct wire head);
    void (*dissect)(struct preface *, enum speaker from, struct wire unit);
};

/* The moves of every dialogue. */
void preface_ask(struct preface *preface, struct wire line);
void preface_answer(struct preface *preface, bool granted, uint16_t status, struct wire line);
void preface_offer(struct preface *preface);
void preface_end_list(struct preface *preface); /* the server's list is complete */
void preface_enter_tunnel(struct preface *preface);

/* Commands and replies in pairs, for pipelining: the client has said a command that will be
 * answered; the server has completed a reply. */
void preface_command(struct preface *preface);
enum preface_reply { REPLY_OTHER, REPLY_LIST, REPLY_ANSWER, REPLY_UNASKED };
enum preface_reply preface_reply(struct preface *preface);

/* Lines. Letters compare in either case; `text` is lower case. preface_head() may know only the
 * first bytes of what is said; preface_word() takes the next word and the blanks around it;
 * preface_decimal() is 0 for what is no number of at most 9 digits; preface_literal() is the length
 * of the literal that a line ending in "{n}" announces, and whether it waits for the server. */
bool preface_begins(struct wire line, const char *text);
bool preface_holds(struct wire line, const char *text);
bool preface_is(struct wire line, const char *text);
enum preface_guess preface_head(struct wire said, const char *text);
struct wire preface_word(struct wire *line);
uint32_t preface_decimal(struct wire word);
uint32_t preface_literal(struct wire line, bool *waits);
void preface_keep(char kept[PREFACE_WORDS], struct wire line);
void preface_append(char kept[PREFACE_WORDS], const char *text);
void preface_append_number(char kept[PREFACE_WORDS], uint32_t number);
struct wire preface_text(const char *text);

/* The largest unit or body that is passed over at its word: beyond, the stream is taken to have
 * been misunderstood. LDAP, MySQL and HTTP allow more, but not before TLS. */
enum { PREFACE_UNIT_MOST = 65536 + 16 };

/* Replies by number (preface_numbered.c); the dissect also serves what is not recognised yet. */
enum preface_guess preface_smtp_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_lmtp_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_ftp_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_nntp_guess(const struct preface *, enum speaker, struct wire);
void preface_numbered_dissect(struct preface *, enum speaker, struct wire);

/* preface_mail.c */
enum preface_guess preface_imap_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_pop3_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_sieve_guess(const struct preface *, enum speaker, struct wire);
void preface_imap_dissect(struct preface *, enum speaker, struct wire);
void preface_pop3_dissect(struct preface *, enum speaker, struct wire);
void preface_sieve_dissect(struct preface *, enum speaker, struct wire);

/* preface_chat.c */
enum preface_guess preface_irc_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_xmpp_guess(const struct preface *, enum speaker, struct wire);
void preface_irc_dissect(struct preface *, enum speaker, struct wire);
void preface_xmpp_dissect(struct preface *, enum speaker, struct wire);

/* preface_http.c */
enum preface_guess preface_connect_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_http_guess(const struct preface *, enum speaker, struct wire);
void preface_http_dissect(struct preface *, enum speaker, struct wire);

/* preface_proxy.c */
enum preface_guess preface_socks4_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_socks5_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_proxy1_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_proxy2_guess(const struct preface *, enum speaker, struct wire);
size_t preface_socks4_measure(const struct preface *, enum speaker, struct wire);
size_t preface_socks5_measure(const struct preface *, enum speaker, struct wire);
size_t preface_proxy2_measure(const struct preface *, enum speaker, struct wire);
void preface_socks4_dissect(struct preface *, enum speaker, struct wire);
void preface_socks5_dissect(struct preface *, enum speaker, struct wire);
void preface_proxy1_dissect(struct preface *, enum speaker, struct wire);
void preface_proxy2_dissect(struct preface *, enum speaker, struct wire);

/* preface_database.c */
enum preface_guess preface_postgres_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_mysql_guess(const struct preface *, enum speaker, struct wire);
size_t preface_postgres_measure(const struct preface *, enum speaker, struct wire);
size_t preface_mysql_measure(const struct preface *, enum speaker, struct wire);
void preface_postgres_dissect(struct preface *, enum speaker, struct wire);
void preface_mysql_dissect(struct preface *, enum speaker, struct wire);

/* preface_binary.c */
enum preface_guess preface_ldap_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_rdp_guess(const struct preface *, enum speaker, struct wire);
enum preface_guess preface_ssh_guess(const struct preface *, enum speaker, struct wire);
size_t preface_ldap_measure(const struct preface *, enum speaker, struct wire);
size_t preface_rdp_measure(const struct preface *, enum speaker, struct wire);
size_t preface_ssh_measure(const struct preface *, enum speaker, struct wire);
void preface_ldap_dissect(struct preface *, enum speaker, struct wire);
void preface_rdp_dissect(struct preface *, enum speaker, struct wire);
void preface_ssh_dissect(struct preface *, enum speaker, struct wire);

#endif
