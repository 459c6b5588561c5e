/* STARTTLS dialogues, and what speaks instead of TLS. */
#include "preface_turns.h"

static void smtp_grants_starttls(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        S("220-mx.example.com at your service\r\n"),
        S("220 ready\r\n"),
        C("EHLO me\r\n"),
        S("250-mx.example.com\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 DSN\r\n"),
        C("STARTTLS\r\n"),
        S("220 2.0.0 Ready to start TLS\r\n"),
        C(HELLO),
    };
    EXPECT(turns, PREFACE_SMTP, PREFACE_GRANTED, 0, 220, "220 2.0.0 Ready to start TLS", "STARTTLS",
           true);
}

static void smtp_offers_before_it_is_asked(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"), C("ehlo me\n"),
                                        S("250-x\n250 StartTLS\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_OFFERED, 0, 0, "220 x ESMTP", "ehlo me", false);
}

static void smtp_does_not_offer_what_its_list_lacks(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"), C("EHLO me\r\n"),
                                        S("250-x STARTTLS\r\n250-SIZE\r\n250 HELP\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_NOT_OFFERED, 0, 0, "220 x ESMTP", NULL, false);
}

static void a_reply_to_mail_is_no_list(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"), C("HELO me\r\n"), S("250 x\r\n"),
                                        C("MAIL FROM:<a@b>\r\n"), S("250 ok\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_TALKING, 0, 0, NULL, NULL, false);
}

static void smtp_refuses_in_its_words(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"), C("EHLO me\r\n"),
                                        S("250-x\r\n250 STARTTLS\r\n"), C("STARTTLS\r\n"),
                                        S("454 4.7.0 TLS not available due to local problem\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_REFUSED, 0, 454,
           "454 4.7.0 TLS not available due to local problem", "STARTTLS", false);
}

static void pipelined_replies_are_counted(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"), C("EHLO me\r\nNOOP\r\nSTARTTLS\r\n"),
                                        S("250-x\r\n250 SIZE\r\n"), S("250 ok\r\n"),
                                        S("502 what\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_REFUSED, 0, 502, "502 what", "STARTTLS", false);
    EXPECT(((const struct turn[]){turns[0], turns[1], turns[2], turns[3]}), PREFACE_SMTP,
           PREFACE_ASKED, 0, 0, "220 x ESMTP", "STARTTLS", false);
}

static void a_server_that_cannot_after_all_has_refused(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"),  C("EHLO me\r\n"),
                                        S("250 STARTTLS\r\n"), C("STARTTLS\r\n"),
                                        S("220 go\r\n"),       S("454 4.7.0 no certificate\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_REFUSED, 0, 454, "454 4.7.0 no certificate", NULL, false);
}

static void a_mail_that_says_starttls_asks_for_nothing(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 x ESMTP\r\n"), C("HELO me\r\n"),
                                        S("250 x\r\n"),       C("DATA\r\n"),
                                        S("354 go on\r\n"),   C("STARTTLS\r\nEHLO x\r\n.\r\n"),
                                        S("250 ok\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_TALKING, 0, 0, "220 x ESMTP", "HELO me", false);
}

static void a_greeting_of_554_is_no_refusal(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("554 no SMTP service here\r\n")};
    EXPECT(turns, PREFACE_SMTP, PREFACE_TALKING, 0, 0, "554 no SMTP service here", "", false);
}

static void a_bare_greeting_stays_undecided(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 hello\r\n")};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_TALKING, 0, 0, "220 hello", "", false);
}

static void lmtp_is_told_by_lhlo(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        S("220 x ready\r\n"), C("LHLO me\r\n"), S("250-x\r\n250 STARTTLS\r\n"),
        C("STARTTLS\r\n"),    S("220 go\r\n"),  C(HELLO)};
    EXPECT(turns, PREFACE_LMTP, PREFACE_GRANTED, 0, 220, "220 go", "STARTTLS", true);
}

static void ftp_grants_auth_tls(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        S("220-Welcome\r\nto this STARTTLS place\r\n220 (vsFTPd 3.0.3)\r\n"),
        C("FEAT\r\n"),
        S("211-Features:\r\n AUTH TLS\r\n PBSZ\r\n211 End\r\n"),
        C("AUTH TLS\r\n"),
        S("234 Proceed with negotiation.\r\n"),
        C(HELLO)};
    EXPECT(turns, PREFACE_FTP, PREFACE_GRANTED, 0, 234, "234 Proceed with negotiation.", "AUTH TLS",
           true);
}

static void ftp_refuses_and_is_asked_for_ssl(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 hello\r\n"), C("AUTH TLS\r\n"),
                                        S("530 Please login with USER and PASS.\r\n"),
                                        C("AUTH SSL\r\n"), S("534 Policy\r\n")};
    EXPECT(turns, PREFACE_FTP, PREFACE_REFUSED, 0, 534, "534 Policy", "AUTH SSL", false);
}

static void ftp_lists_features_without_tls(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("220 FTP\r\n"), C("USER x\r\n"), S("331 pass\r\n"),
                                        C("FEAT\r\n"), S("211-Features:\r\n UTF8\r\n211 End\r\n")};
    EXPECT(turns, PREFACE_FTP, PREFACE_NOT_OFFERED, 0, 0, "220 FTP", "USER x", false);
}

static void nntp_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("200 news\r\n"),
                                        C("CAPABILITIES\r\n"),
                                        S("101 list:\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"),
                                        C("STARTTLS\r\n"),
                                        S("382 Continue with TLS\r\n"),
                                        C(HELLO)};
    EXPECT(turns, PREFACE_NNTP, PREFACE_GRANTED, 0, 382, "382 Continue with TLS", NULL, true);
    EXPECT(((const struct turn[]){turns[0], turns[1], S("101 list:\r\nVERSION 2\r\n.\r\n")}),
           PREFACE_NNTP, PREFACE_NOT_OFFERED, 0, 0, "200 news", NULL, false);
    EXPECT(((const struct turn[]){turns[0], C("STARTTLS\r\n"), S("580 no\r\n")}), PREFACE_NNTP,
           PREFACE_REFUSED, 0, 580, "580 no", "STARTTLS", false);
}

static void imap_grants_to_the_tag_that_asked(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        S("* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] Dovecot ready.\r\n"),
        C("a1 CAPABILITY\r\na2 STARTTLS\r\n"),
        S("* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done\r\n"),
        S("a2 OK Begin TLS negotiation now.\r\n"), C(HELLO)};
    EXPECT(turns, PREFACE_IMAP, PREFACE_GRANTED, 0, 0, "a2 OK Begin TLS negotiation now.",
           "a2 STARTTLS", true);
    EXPECT(((const struct turn[]){turns[0], turns[1], S("a1 OK x\r\na2 BAD unknown\r\n")}),
           PREFACE_IMAP, PREFACE_REFUSED, 0, 0, "a2 BAD unknown", "a2 STARTTLS", false);
}

static void imap_lists_capabilities_without_starttls(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("* OK ready\r\n"), C("1 capability\r\n"),
                                        S("* CAPABILITY IMAP4rev1 IDLE\r\n1 OK\r\n")};
    EXPECT(turns, PREFACE_IMAP, PREFACE_NOT_OFFERED, 0, 0, "* OK ready", NULL, false);
}

static void an_imap_literal_is_passed_over(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("* OK ready\r\n"), C("1 LOGIN {12}\r\n"), S("+ go\r\n"),
                                        C("x STARTTLS\r\n {3+}\r\na\nb\r\n"), S("1 NO\r\n")};
    EXPECT(turns, PREFACE_IMAP, PREFACE_TALKING, 0, 0, "* OK ready", "1 LOGIN {12}", false);
}

static void pop3_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("+OK POP3 ready\r\n"),          C("CAPA\r\n"),
                                        S("+OK\r\nTOP\r\nSTLS\r\n.\r\n"), C("STLS\r\n"),
                                        S("+OK Begin TLS\r\n"),           C(HELLO)};
    EXPECT(turns, PREFACE_POP3, PREFACE_GRANTED, 0, 0, "+OK Begin TLS", "STLS", true);
    EXPECT(((const struct turn[]){turns[0], C("CAPA\r\nSTLS\r\n"),
                                  S("+OK\r\nTOP\r\n.\r\n-ERR no\r\n")}),
           PREFACE_POP3, PREFACE_REFUSED, 0, 0, "-ERR no", "STLS", false);
    EXPECT(((const struct turn[]){turns[0], C("CAPA\r\n"), S("+OK\r\nTOP\r\n.\r\n")}), PREFACE_POP3,
           PREFACE_NOT_OFFERED, 0, 0, "+OK POP3 ready", NULL, false);
}

static void sieve_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        S("\"IMPLEMENTATION\" \"Dovecot\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"), C("STARTTLS\r\n"),
        S("OK \"Begin TLS\"\r\n"), C(HELLO)};
    EXPECT(turns, PREFACE_SIEVE, PREFACE_GRANTED, 0, 0, "OK \"Begin TLS\"", "STARTTLS", true);
    EXPECT(((const struct turn[]){turns[0], turns[1], S("NO \"not now\"\r\n")}), PREFACE_SIEVE,
           PREFACE_REFUSED, 0, 0, "NO \"not now\"", "STARTTLS", false);
    EXPECT(((const struct turn[]){S("\"IMPLEMENTATION\" \"x\"\r\nOK\r\n")}), PREFACE_SIEVE,
           PREFACE_NOT_OFFERED, 0, 0, NULL, "", false);
}

static void irc_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C("CAP LS 302\r\nNICK a\r\n"),
        S(":x CAP * LS * :sasl\r\n:x CAP * LS :multi-prefix tls\r\n"), C("STARTTLS\r\n"),
        S(":x 670 a :STARTTLS successful\r\n"), C(HELLO)};
    EXPECT(turns, PREFACE_IRC, PREFACE_GRANTED, 0, 670, ":x 670 a :STARTTLS successful", "STARTTLS",
           true);
    EXPECT(((const struct turn[]){turns[0], turns[2], S(":x 691 a :failed\r\n")}), PREFACE_IRC,
           PREFACE_REFUSED, 0, 691, ":x 691 a :failed", "STARTTLS", false);
    EXPECT(((const struct turn[]){turns[0], turns[2], S(":x 421 a STARTTLS :Unknown\r\n")}),
           PREFACE_IRC, PREFACE_REFUSED, 0, 421, NULL, NULL, false);
    EXPECT(((const struct turn[]){turns[0], S(":x CAP * LS * :a b\r\n:x CAP * LS :sasl\r\n")}),
           PREFACE_IRC, PREFACE_NOT_OFFERED, 0, 0, NULL, NULL, false);
}

#define STREAM                                                                                     \
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "                                   \
    "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
#define XMPP_TLS "xmlns='urn:ietf:params:xml:ns:xmpp-tls'"

static void xmpp_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C(STREAM),
        S(STREAM),
        S("<stream:features><starttls " XMPP_TLS "/></stream:features>\n"),
        C("<starttls " XMPP_TLS "/>"),
        S("<proceed " XMPP_TLS "/>\r\n"),
        C(HELLO)};
    EXPECT(turns, PREFACE_XMPP, PREFACE_GRANTED, 0, 0, "<proceed " XMPP_TLS "/>",
           "<starttls " XMPP_TLS "/>", true);
    EXPECT(((const struct turn[]){turns[0], turns[1], turns[3], S("<failure " XMPP_TLS "/>")}),
           PREFACE_XMPP, PREFACE_REFUSED, 0, 0, "<failure " XMPP_TLS "/>", NULL, false);
    EXPECT(((const struct turn[]){turns[0], turns[1],
                                  S("<stream:features><bind/></stream:features>")}),
           PREFACE_XMPP, PREFACE_NOT_OFFERED, 0, 0, NULL, NULL, false);
}

#define LDAP_START_TLS                                                                             \
    "0\x1d\x02\x01\x01w\x18\x80\x16"                                                               \
    "1.3.6.1.4.1.1466.20037"

static void ldap_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {
        C(LDAP_START_TLS),
        S("0\x24\x02\x01\x01x\x1f\x0a\x01\x00\x04\x00\x04\x00\x8a\x16"
          "1.3.6.1.4.1.1466.20037"),
        C(HELLO)};
    EXPECT(turns, PREFACE_LDAP, PREFACE_GRANTED, 0, 0, "", "StartTLS", true);
    EXPECT(((const struct turn[]){turns[0], S("0\x0f\x02\x01\x01x\x0a\x0a\x01\x35\x04\x00\x04\x03"
                                              "off")}),
           PREFACE_LDAP, PREFACE_REFUSED, 0, 53, "off", "StartTLS", false);
    EXPECT(((const struct turn[]){
               turns[0], S("0\x84\x00\x00\x00\x0c\x02\x01\x01x\x07\x0a\x01\x02\x04\x00\x04\x00"),
               S("0\x0c\x02\x01\x01x\x07\x0a\x01\x00\x04\x00\x04\x00")}),
           PREFACE_LDAP, PREFACE_REFUSED, 0, 2, "protocolError", "StartTLS", false);
}

static void an_ldap_answer_to_another_request_decides_nothing(void **state)
{
    (void)state;
    static const struct turn turns[] = {C(LDAP_START_TLS),
                                        S("0\x0c\x02\x01\x02x\x07\x0a\x01\x02\x04\x00\x04\x00")};
    EXPECT(turns, PREFACE_LDAP, PREFACE_ASKED, 0, 0, "", "StartTLS", false);
}

#define SSL_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x2f"
#define GSS_REQUEST "\x00\x00\x00\x08\x04\xd2\x16\x30"
#define PG_ERROR                                                                                   \
    "E\x00\x00\x00\x17SFATAL\x00"                                                                  \
    "C28000\x00"                                                                                   \
    "Mno\x00\x00"

static void postgresql_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {C(GSS_REQUEST), S("N"), C(SSL_REQUEST), S("S"), C(HELLO)};
    EXPECT(turns, PREFACE_POSTGRES, PREFACE_GRANTED, 0, 0, "S", "SSLRequest", true);
    EXPECT(
        ((const struct turn[]){C(SSL_REQUEST), S("N"),
                               C("\x00\x00\x00\x0f\x00\x03\x00\x00user\x00\x00\x00"), S(PG_ERROR)}),
        PREFACE_POSTGRES, PREFACE_REFUSED, 0, 0, "N", "SSLRequest", false);
    EXPECT(((const struct turn[]){C(SSL_REQUEST), S(PG_ERROR)}), PREFACE_POSTGRES, PREFACE_REFUSED,
           0, 0, "no", "SSLRequest", false);
    EXPECT(((const struct turn[]){S(PG_ERROR)}), PREFACE_POSTGRES, PREFACE_TALKING, 0, 0, "no", "",
           false);
}

#define MYSQL_GREETING(capabilities)                                                               \
    "\x2f\x00\x00\x00\x0a"                                                                         \
    "8.0.32\x00"                                                                                   \
    "\x01\x00\x00\x00"                                                                             \
    "12345678\x00" capabilities "\x21\x02\x00\x00\x00\x00"                                         \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"                                                     \
    "abcdefg\x00"
#define MYSQL_SSL_REQUEST                                                                          \
    "\x20\x00\x00\x01\x05\xae\x03\x00\x00\x00\x00\x01\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" \
    "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

static void mysql_goes_over_unasked(void **state)
{
    (void)state;
    static const struct turn turns[] = {S(MYSQL_GREETING("\xff\xff")), C(MYSQL_SSL_REQUEST),
                                        C(HELLO)};
    assert_int_equal(turns[0].length, 0x2f + 4);
    assert_int_equal(turns[1].length, 36);
    EXPECT(turns, PREFACE_MYSQL, PREFACE_GRANTED, 0, 0, "8.0.32", "SSLRequest", true);
    EXPECT(((const struct turn[]){S(MYSQL_GREETING("\xff\xf7"))}), PREFACE_MYSQL,
           PREFACE_NOT_OFFERED, 0, 0, "8.0.32", "", false);
    EXPECT(((const struct turn[]){turns[0], turns[1],
                                  S("\x0f\x00\x00\x02\xff\x13\x04#08S01"
                                    "Bad hs")}),
           PREFACE_MYSQL, PREFACE_REFUSED, 0, 1043, "Bad hs", NULL, false);
    EXPECT(((const struct turn[]){S("\x0a\x00\x00\x00\xff\x69\x04"
                                    "blocked")}),
           PREFACE_MYSQL, PREFACE_TALKING, 0, 1129, "blocked", NULL, false);
}

#define RDP_REQUEST                                                                                \
    "\x03\x00\x00\x27\x22\xe0\x00\x00\x00\x00\x00"                                                 \
    "Cookie: mstshash=a\r\n"                                                                       \
    "\x01\x00\x08\x00\x03\x00\x00\x00"
#define RDP_ANSWER(type, number)                                                                   \
    "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00" type "\x00\x08\x00" number "\x00\x00\x00"

static void rdp_grants_and_refuses(void **state)
{
    (void)state;
    static const struct turn turns[] = {C(RDP_REQUEST), S(RDP_ANSWER("\x02", "\x02")), C(HELLO)};
    EXPECT(turns, PREFACE_RDP, PREFACE_GRANTED, 0, 0, "", "RDP_NEG_REQ SSL HYBRID", true);
    EXPECT(((const struct turn[]){C("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00"
                                    "\x01\x00\x08\x00\x01\x00\x00\x00"),
                                  S(RDP_ANSWER("\x03", "\x05"))}),
           PREFACE_RDP, PREFACE_REFUSED, 0, 5, "HYBRID_REQUIRED_BY_SERVER", "RDP_NEG_REQ SSL",
           false);
}

static void ssh_is_known_by_its_banner(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
                                        S("\x00\x00\x04\x3c\x05\x14")};
    EXPECT(turns, PREFACE_SSH, PREFACE_TALKING, 0, 0, "SSH-2.0-OpenSSH_9.2p1 Debian-2", "", false);
}

static void other_greetings_are_kept_as_they_came(void **state)
{
    (void)state;
    EXPECT(((const struct turn[]){S("RFB 003.008\n")}), PREFACE_UNKNOWN, PREFACE_TALKING, 0, 0,
           "RFB 003.008", "", false);
    EXPECT(((const struct turn[]){S("-ERR unknown command `x`\r\n")}), PREFACE_UNKNOWN,
           PREFACE_TALKING, 0, 0, "-ERR unknown command `x`", "", false);
}

static void one_side_is_enough_to_know_it(void **state)
{
    (void)state;
    EXPECT(((const struct turn[]){S("* OK ready\r\n")}), PREFACE_IMAP, PREFACE_TALKING, 0, 0, NULL,
           "", false);
    EXPECT(((const struct turn[]){S(STREAM)}), PREFACE_XMPP, PREFACE_TALKING, 0, 0, NULL, "",
           false);
    EXPECT(((const struct turn[]){S("421 FTP closed\r\n")}), PREFACE_FTP, PREFACE_TALKING, 0, 0,
           NULL, "", false);
}

static void the_answer_to_a_bare_starttls_names_the_protocol(void **state)
{
    (void)state;
    static const struct turn asked = C("STARTTLS\r\n");
    EXPECT(((const struct turn[]){asked, S("220 go\r\n"), C(HELLO)}), PREFACE_SMTP, PREFACE_GRANTED,
           0, 220, "220 go", "STARTTLS", true);
    EXPECT(((const struct turn[]){asked, S("382 go\r\n"), C(HELLO)}), PREFACE_NNTP, PREFACE_GRANTED,
           0, 382, "382 go", "STARTTLS", true);
    EXPECT(((const struct turn[]){asked, S(":x NOTICE * :hi\r\n:x 670 * :go\r\n"), C(HELLO)}),
           PREFACE_IRC, PREFACE_GRANTED, 0, 670, ":x 670 * :go", "STARTTLS", true);
}

static void an_imap_list_behind_the_login_says_nothing(void **state)
{
    (void)state;
    static const struct turn turns[] = {S("* OK ready\r\n"), C("1 LOGIN a b\r\n"),
                                        S("1 OK [CAPABILITY IMAP4rev1 IDLE] Logged in\r\n"),
                                        C("2 CAPABILITY\r\n"), S("2 OK Capability completed.\r\n")};
    EXPECT(turns, PREFACE_IMAP, PREFACE_TALKING, 0, 0, "* OK ready", NULL, false);
}

static void a_reply_is_whole_when_the_peer_makes_it_so(void **state)
{
    (void)state;
    struct preface preface = {0};
    assert_false(read_piece(&preface, CLIENT, "\x05\x01\x00\x05\x01", 5));
    assert_false(read_piece(&preface, SERVER, "\x05\xff", 2));
    assert_false(read_piece(&preface, CLIENT, "\x00\x01", 2));
    assert_int_equal(preface.state, PREFACE_REFUSED);
    assert_true(preface_at_unit_end(&preface, CLIENT));
}

static void tls_may_follow_an_unknown_prompt(void **state)
{
    (void)state;
    static const struct turn turns[] = {C("\x01\x02\x03"), S("ready? "), C(HELLO)};
    EXPECT(turns, PREFACE_UNKNOWN, PREFACE_TALKING, 0, 0, "", "", true);
}

static void a_length_without_end_is_not_believed(void **state)
{
    (void)state;
    struct preface preface = {0};
    struct wire bytes = wire_over("0\x84\x7f\xff\xff\xff\x02\x01\x01w", 10);
    assert_true(preface_read(&preface, CLIENT, &bytes));
    assert_int_equal(preface.protocol, PREFACE_UNKNOWN);
    assert_int_equal(bytes.left, 0);
}

static void a_line_longer_than_the_room_is_read_to_its_end(void **state)
{
    (void)state;
    static char line[2000];
    struct preface preface = {0};
    memset(line, 'a', sizeof(line));
    memcpy(line, "GET /", 5);
    memcpy(&line[sizeof(line) - 11], " HTTP/1.1\r\n", 11);
    struct wire bytes = wire_over(line, sizeof(line));
    assert_true(preface_read(&preface, CLIENT, &bytes));
    assert_int_equal(preface.protocol, PREFACE_HTTP);
    assert_int_equal(strlen(preface.asked), PREFACE_WORDS - 1);
}

static void every_protocol_has_names_and_unknown_has_none(void **state)
{
    (void)state;
    assert_null(preface_name(PREFACE_UNKNOWN));
    assert_null(preface_title(PREFACE_UNKNOWN));
    for (enum preface_protocol at = PREFACE_SMTP; at <= PREFACE_SSH; at++) {
        assert_non_null(preface_name(at));
        assert_non_null(preface_title(at));
    }
    assert_string_equal(preface_name(PREFACE_POSTGRES), "postgresql");
    assert_true(preface_is_proxy(PREFACE_SOCKS4));
    assert_false(preface_is_proxy(PREFACE_PROXY1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smtp_grants_starttls),
        cmocka_unit_test(smtp_offers_before_it_is_asked),
        cmocka_unit_test(smtp_does_not_offer_what_its_list_lacks),
        cmocka_unit_test(a_reply_to_mail_is_no_list),
        cmocka_unit_test(smtp_refuses_in_its_words),
        cmocka_unit_test(pipelined_replies_are_counted),
        cmocka_unit_test(a_server_that_cannot_after_all_has_refused),
        cmocka_unit_test(a_mail_that_says_starttls_asks_for_nothing),
        cmocka_unit_test(a_greeting_of_554_is_no_refusal),
        cmocka_unit_test(a_bare_greeting_stays_undecided),
        cmocka_unit_test(lmtp_is_told_by_lhlo),
        cmocka_unit_test(ftp_grants_auth_tls),
        cmocka_unit_test(ftp_refuses_and_is_asked_for_ssl),
        cmocka_unit_test(ftp_lists_features_without_tls),
        cmocka_unit_test(nntp_grants_and_refuses),
        cmocka_unit_test(imap_grants_to_the_tag_that_asked),
        cmocka_unit_test(imap_lists_capabilities_without_starttls),
        cmocka_unit_test(an_imap_literal_is_passed_over),
        cmocka_unit_test(pop3_grants_and_refuses),
        cmocka_unit_test(sieve_grants_and_refuses),
        cmocka_unit_test(irc_grants_and_refuses),
        cmocka_unit_test(xmpp_grants_and_refuses),
        cmocka_unit_test(ldap_grants_and_refuses),
        cmocka_unit_test(an_ldap_answer_to_another_request_decides_nothing),
        cmocka_unit_test(postgresql_grants_and_refuses),
        cmocka_unit_test(mysql_goes_over_unasked),
        cmocka_unit_test(rdp_grants_and_refuses),
        cmocka_unit_test(ssh_is_known_by_its_banner),
        cmocka_unit_test(other_greetings_are_kept_as_they_came),
        cmocka_unit_test(one_side_is_enough_to_know_it),
        cmocka_unit_test(the_answer_to_a_bare_starttls_names_the_protocol),
        cmocka_unit_test(an_imap_list_behind_the_login_says_nothing),
        cmocka_unit_test(a_reply_is_whole_when_the_peer_makes_it_so),
        cmocka_unit_test(tls_may_follow_an_unknown_prompt),
        cmocka_unit_test(a_length_without_end_is_not_believed),
        cmocka_unit_test(a_line_longer_than_the_room_is_read_to_its_end),
        cmocka_unit_test(every_protocol_has_names_and_unknown_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
