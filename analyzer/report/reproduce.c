/* The command with which a person can see the failure again, from the connection's facts alone.
 *
 * Names come from the wire and the command will be pasted into a shell: everything from there is
 * quoted, and a command that does not fit is not given at all.
 */
#include "names.h"
#include "report/phrase.h"
#include "report/report.h"

#include <string.h>

enum {
    /* A client that offers more is an ordinary one: what it offers says nothing about the failure.
     */
    FEW_SUITES = 6,
    FEW_GROUPS = 2,
    FEW_SCHEMES = 3,
    FEW_PROTOCOLS = 4
};

/* Adds one word of a shell's command line. */
static void add_quoted(struct phrase *phrase, const char *word)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "._:/,@%+=-";
    if (word[0] != '\0' && word[strspn(word, safe)] == '\0') {
        phrase_add(phrase, "%s", word);
        return;
    }
    phrase_add(phrase, "'");
    for (; *word != '\0'; word++) {
        phrase_add(phrase, *word == '\'' ? "'\\''" : "%c", *word);
    }
    phrase_add(phrase, "'");
}

/* s_client's name for a STARTTLS protocol; NULL where it knows none. */
static const char *starttls_word(uint8_t protocol)
{
    static const char *const words[] = {
        [PREFACE_SMTP] = "smtp", [PREFACE_LMTP] = "lmtp",         [PREFACE_IMAP] = "imap",
        [PREFACE_POP3] = "pop3", [PREFACE_FTP] = "ftp",           [PREFACE_LDAP] = "ldap",
        [PREFACE_XMPP] = "xmpp", [PREFACE_NNTP] = "nntp",         [PREFACE_SIEVE] = "sieve",
        [PREFACE_IRC] = "irc",   [PREFACE_POSTGRES] = "postgres", [PREFACE_MYSQL] = "mysql",
    };
    return protocol < sizeof(words) / sizeof(words[0]) ? words[protocol] : NULL;
}

/* Takes "host:port" out of "CONNECT host:port HTTP/1.1"; false when it is not there. */
static bool connect_target(char *target, size_t size, const char *asked)
{
    static const char begin[] = "CONNECT ";
    if (asked == NULL || strncmp(asked, begin, sizeof(begin) - 1) != 0) {
        return false;
    }
    const char *name = asked + sizeof(begin) - 1;
    size_t length = strcspn(name, " ");
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(target, name, length);
    target[length] = '\0';
    return true;
}

static void add_versions(struct phrase *phrase, const struct offer *offer)
{
    uint16_t highest = facts_offer_highest(offer), lowest = facts_offer_lowest(offer);
    if (highest == 0x0304 && lowest == 0x0304) {
        phrase_add(phrase, " -tls1_3");
    } else if (highest == 0x0303) {
        phrase_add(phrase, " -tls1_2");
    } else if (highest == 0x0302) {
        phrase_add(phrase, " -tls1_1");
    } else if (highest == 0x0301) {
        phrase_add(phrase, " -tls1");
    } else if (highest == 0x0300) {
        phrase_add(phrase, " -ssl3");
    }
}

/* The suites of one kind (TLS 1.3's or older ones) behind `option`. False when there are none. */
static bool add_suites(struct phrase *phrase, const struct offer *offer, const char *option,
                       bool tls13)
{
    bool any = false;
    for (size_t i = 0; i < offer->suites.count; i++) {
        const struct suite *suite = names_suite_row(offer->suites.at[i]);
        bool wanted = suite != NULL && suite->openssl != NULL && !suite->scsv && !suite->grease &&
                      (suite->key_exchange == SUITE_KX_TLS13) == tls13;
        if (wanted) {
            phrase_add(phrase, "%s%s", any ? ":" : option, suite->openssl);
            any = true;
        }
    }
    return any;
}

/* How many suites could be selected; too many to list when OpenSSL has no name for one. */
static size_t listable_suites(const struct offer *offer)
{
    size_t count = 0;
    for (size_t i = 0; i < offer->suites.count; i++) {
        const struct suite *suite = names_suite_row(offer->suites.at[i]);
        if (suite == NULL || (suite->openssl == NULL && !suite->scsv && !suite->grease)) {
            return SIZE_MAX;
        }
        count += !suite->scsv && !suite->grease;
    }
    return count;
}

static void add_cipher(struct phrase *phrase, const struct facts *facts, const struct offer *offer)
{
    /* OpenSSL 3 speaks these versions at security level 0 only. */
    const char *level = facts_offer_highest(offer) < 0x0303 ? "@SECLEVEL=0" : "";
    size_t count = listable_suites(offer);
    bool listed = false;
    if (count >= 1 && count <= FEW_SUITES && facts->server_hello == NULL) {
        listed = add_suites(phrase, offer, " -cipher ", false);
        phrase_add(phrase, "%s%s", listed && level[0] != '\0' ? ":" : "", listed ? level : "");
        (void)add_suites(phrase, offer, " -ciphersuites ", true);
    }
    if (!listed && level[0] != '\0') {
        phrase_add(phrase, " -cipher DEFAULT:%s", level);
    }
}

/* A short list of groups or schemes, by IANA's names, which OpenSSL takes. */
static void add_names(struct phrase *phrase, const char *option, struct code_list list,
                      const char *(*name)(uint16_t code), size_t few)
{
    size_t known = 0;
    for (size_t i = 0; i < list.count; i++) {
        if (!names_is_grease(list.at[i])) {
            if (name(list.at[i]) == NULL || ++known > few) {
                return;
            }
        }
    }
    const char *before = option;
    for (size_t i = 0; i < list.count; i++) {
        if (!names_is_grease(list.at[i])) {
            phrase_add(phrase, "%s%s", before, name(list.at[i]));
            before = ":";
        }
    }
}

static void add_alpn(struct phrase *phrase, struct text_list alpn)
{
    char names[256];
    struct phrase list = phrase_in(names, sizeof(names));
    for (size_t i = 0; i < alpn.count; i++) {
        phrase_add(&list, "%s%s", i > 0 ? "," : "", alpn.at[i]);
    }
    if (alpn.count > 0 && alpn.count <= FEW_PROTOCOLS && !list.cut) {
        phrase_add(phrase, " -alpn ");
        add_quoted(phrase, names);
    }
}

static bool alpn_may_decide(const struct facts *facts)
{
    for (size_t i = 0; i < facts->alerts && i < FACTS_ALERTS; i++) {
        if (facts->alert[i].code == 120) { /* no_application_protocol */
            return true;
        }
    }
    return facts->server_hello == NULL;
}

static void add_offer(struct phrase *phrase, const struct facts *facts, const struct offer *offer)
{
    add_versions(phrase, offer);
    add_cipher(phrase, facts, offer);
    if (facts->server_hello == NULL) {
        add_names(phrase, " -groups ", offer->groups, names_group, FEW_GROUPS);
        add_names(phrase, " -sigalgs ", offer->schemes, names_scheme, FEW_SCHEMES);
    }
    if (alpn_may_decide(facts)) {
        add_alpn(phrase, offer->alpn);
    }
}

/* openssl's command. */
static void reproduce_tls(struct phrase *phrase, const struct facts *facts, const char *server)
{
    const struct preface *preface = facts->preface;
    const struct client_hello_facts *hello = facts_client_hello(facts);
    char target[256];
    bool through = preface != NULL && connect_target(target, sizeof(target), facts->preface_asked);
    phrase_add(phrase, "openssl s_client -connect ");
    add_quoted(phrase, through ? target : server);
    if (through) {
        phrase_add(phrase, " -proxy %s", server);
    }
    if (hello != NULL && hello->server_name != NULL && hello->server_name[0] != '\0') {
        phrase_add(phrase, " -servername ");
        add_quoted(phrase, hello->server_name);
    }
    const char *starttls = preface != NULL ? starttls_word(preface->protocol) : NULL;
    bool uninvited = hello != NULL && preface != NULL && preface->state < PREFACE_ASKED;
    if (starttls != NULL && !uninvited) {
        phrase_add(phrase, " -starttls %s", starttls);
    }
    if (hello != NULL && hello->offer != NULL) {
        add_offer(phrase, facts, hello->offer);
    }
}

void report_reproduce(char *text, size_t size, const struct facts *facts)
{
    struct phrase phrase = phrase_in(text, size);
    char server[REPORT_ADDRESS];
    report_address(server, &facts->address[SERVER], facts->port[SERVER]);
    const struct client_hello_facts *hello = facts_client_hello(facts);
    const struct preface *preface = facts->preface;
    uint8_t protocol = preface != NULL ? preface->protocol : (uint8_t)PREFACE_UNKNOWN;
    uint8_t tunnel = preface != NULL ? preface->tunnel : (uint8_t)PREFACE_UNKNOWN;
    bool socks = protocol == PREFACE_SOCKS4 || protocol == PREFACE_SOCKS5 ||
                 tunnel == PREFACE_SOCKS4 || tunnel == PREFACE_SOCKS5;
    bool named = hello != NULL && hello->server_name != NULL && hello->server_name[0] != '\0';
    if (facts->port[SERVER] == 0 || (socks && !named)) {
        return;
    }
    if (hello == NULL && protocol == PREFACE_HTTP) {
        phrase_add(&phrase, "curl -v http://%s/", server);
    } else if (socks) {
        bool version4 = protocol == PREFACE_SOCKS4 || tunnel == PREFACE_SOCKS4;
        phrase_add(&phrase, "curl -v --proxy %s://%s ", version4 ? "socks4a" : "socks5h", server);
        char address[300];
        struct phrase target = phrase_in(address, sizeof(address));
        phrase_add(&target, "https://%s/", hello->server_name);
        phrase.cut = phrase.cut || target.cut;
        add_quoted(&phrase, address);
    } else {
        reproduce_tls(&phrase, facts, server);
    }
    if (phrase.cut) {
        text[0] = '\0';
    }
}
