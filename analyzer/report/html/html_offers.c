#include "report/html/html_offers.h"

#include "diagnosis/offers.h"
#include "names.h"
#include "report/html/html.h"
#include "tracking/server_identity.h"

#include <inttypes.h>
#include <string.h>

enum {
    SET = 60,         /* members of a set that are written: a browser's ClientHello has 20 or so */
    NOTHING = 0x10000 /* no code: nothing was selected */
};

/* ---- one member of a set ---- */

/* `kind`: "both", "odd", "plain" or "", as the style knows them. */
static void write_member(FILE *out, const char *kind, const char *text, const char *remark)
{
    fprintf(out, "<li%s%s%s><bdi>", kind[0] != '\0' ? " class=\"" : "", kind,
            kind[0] != '\0' ? "\"" : "");
    html_text(out, text);
    fputs("</bdi>", out);
    if (remark != NULL) {
        html_element(out, "em", remark);
    }
    fputs("</li>", out);
}

static void write_rest(FILE *out, size_t rest)
{
    if (rest > 0) {
        fprintf(out, "<li class=\"rest\">and %zu more</li>", rest);
    }
}

static void begin_row(FILE *out, const char *title)
{
    fputs("<tr>", out);
    html_element(out, "th scope=\"row\"", title);
    fputs("<td data-who=\"client\"><ul class=\"set\">", out);
}

static void turn_to_server(FILE *out)
{
    fputs("</ul></td><td data-who=\"server\"><ul class=\"set\">", out);
}

static void end_row(FILE *out)
{
    fputs("</ul></td></tr>\n", out);
}

/* ---- sets of codes ---- */

static const char *suite_remark(uint16_t code)
{
    const struct suite *suite = names_suite_row(code);
    return suite == NULL ? NULL : names_weakness(names_suite_weakness(suite) & SUITE_WEAK_BROKEN);
}

/* "TLS_", which nearly all suites begin with, is left out, as in the ladder. */
static const char *short_name(const char *text)
{
    return strncmp(text, "TLS_", 4) == 0 ? text + 4 : text;
}

/* GREASE is not an offer. */
static void write_codes(FILE *out, struct code_list list, uint32_t selected,
                        size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code))
{
    size_t written = 0, rest = 0;
    for (size_t i = 0; i < list.count; i++) {
        uint16_t code = list.at[i];
        if (names_is_grease(code)) {
            continue;
        }
        if (written >= SET && code != selected) {
            rest++;
            continue;
        }
        char text[NAMES_TEXT_MAX];
        name(text, code);
        write_member(out, code == selected ? "both" : "", short_name(text),
                     name == names_suite_text ? suite_remark(code) : NULL);
        written++;
    }
    write_rest(out, rest);
}

/* What the server selected: in common, or never offered (`known`: the offer is known whole), or
 * neither can be said. */
static void write_selected(FILE *out, struct code_list list, uint32_t selected,
                           size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code), bool known)
{
    if (selected == NOTHING) {
        return;
    }
    char text[NAMES_TEXT_MAX];
    name(text, (uint16_t)selected);
    bool listed = facts_lists(list, (uint16_t)selected);
    bool odd = known && list.count > 0 && !listed;
    write_member(out,
                 listed ? "both"
                 : odd  ? "odd"
                        : "plain",
                 short_name(text), odd ? "not offered" : NULL);
}

static void write_code_row(FILE *out, const char *title, struct code_list list, uint32_t selected,
                           size_t (*name)(char out[NAMES_TEXT_MAX], uint16_t code), bool known)
{
    if (list.count == 0 && selected == NOTHING) {
        return;
    }
    begin_row(out, title);
    write_codes(out, list, selected, name);
    turn_to_server(out);
    write_selected(out, list, selected, name, known);
    end_row(out);
}

/* ---- the rows ---- */

static uint32_t or_nothing(uint16_t code)
{
    return code == 0 ? (uint32_t)NOTHING : code;
}

/* Without supported_versions a ClientHello names the highest version only. */
static void write_versions(FILE *out, const struct facts *facts, const struct offer *offer,
                           bool known)
{
    const struct server_hello_facts *hello = facts->server_hello;
    uint16_t version = hello == NULL ? 0 : hello->draft != 0 ? hello->draft : hello->version;
    if (offer->versions.count > 0) {
        write_code_row(out, "Versions", offer->versions, or_nothing(version), names_version_text,
                       known);
        return;
    }
    char text[OFFERS_TEXT];
    bool fits = version != 0 && offers_version(offer, version);
    offers_write_versions(text, offer);
    begin_row(out, "Versions");
    write_member(out, fits ? "both" : "", text, NULL);
    turn_to_server(out);
    if (version != 0) {
        bool odd = known && !fits;
        char name[NAMES_TEXT_MAX];
        names_version_text(name, version);
        write_member(out, fits ? "both" : odd ? "odd" : "plain", name, odd ? "not offered" : NULL);
    }
    end_row(out);
}

static void write_suites(FILE *out, const struct facts *facts, const struct offer *offer,
                         bool known)
{
    const struct server_hello_facts *hello = facts->server_hello;
    uint32_t suite = hello == NULL || hello->suite == 0xffff ? (uint32_t)NOTHING : hello->suite;
    if (!offer->sslv2) {
        write_code_row(out, "Cipher suites", offer->suites, suite, names_suite_text, known);
        return;
    }
    begin_row(out, "Cipher suites, in SSLv2 form");
    size_t written = offer->sslv2_suite_count < SET ? offer->sslv2_suite_count : SET;
    for (size_t i = 0; i < written; i++) {
        char text[NAMES_TEXT_MAX];
        names_sslv2_suite_text(text, offer->sslv2_suites[i]);
        write_member(out, offer->sslv2_suites[i] == suite ? "both" : "", text, NULL);
    }
    write_rest(out, offer->sslv2_suite_count - written);
    turn_to_server(out);
    write_selected(out, offer->suites, suite, names_suite_text, false);
    end_row(out);
}

static void write_groups(FILE *out, const struct facts *facts, const struct offer *offer,
                         bool known)
{
    uint16_t retry = facts->retry != NULL ? facts->retry->group : 0;
    uint16_t group = facts->group != 0 ? facts->group : retry;
    uint16_t share = facts->server_hello != NULL ? facts->server_hello->group : 0;
    write_code_row(out, "Groups", offer->groups, or_nothing(group), names_group_text, known);
    write_code_row(out, "Key shares", offer->key_shares, or_nothing(share), names_group_text,
                   false);
}

static void write_alpn(FILE *out, const struct facts *facts, const struct offer *offer)
{
    const char *selected = facts->server_hello != NULL ? facts->server_hello->alpn : NULL;
    bool chosen = selected != NULL && selected[0] != '\0', common = false;
    if (offer->alpn.count == 0 && !chosen) {
        return;
    }
    begin_row(out, "Protocols (ALPN)");
    size_t written = offer->alpn.count < SET ? offer->alpn.count : SET;
    for (size_t i = 0; i < offer->alpn.count; i++) {
        bool same = chosen && strcmp(offer->alpn.at[i], selected) == 0;
        common = common || same;
        if (i < written) {
            write_member(out, same ? "both" : "", offer->alpn.at[i], NULL);
        }
    }
    write_rest(out, offer->alpn.count - written);
    turn_to_server(out);
    if (chosen) {
        write_member(out, common ? "both" : "plain", selected, NULL);
    }
    end_row(out);
}

/* The name that was asked for, and those that the server's certificate is for. */
static void write_names(FILE *out, const struct facts *facts, const char *wanted)
{
    const struct chain *chain = facts->chain[SERVER];
    const struct certificate *leaf =
        chain == NULL || chain->count == 0 ? NULL : chain->certificates[0];
    bool named = wanted != NULL && wanted[0] != '\0';
    bool checked = named && chain != NULL && chain->name_checked;
    if (!named && (leaf == NULL || leaf->malformed || leaf->names.count == 0)) {
        return;
    }
    begin_row(out, "Name (SNI, certificate)");
    if (named) {
        write_member(out, !checked ? "plain" : chain->name_fits ? "both" : "odd", wanted, NULL);
    }
    turn_to_server(out);
    size_t count = leaf == NULL || leaf->malformed ? 0 : leaf->names.count, written = 0, rest = 0;
    for (size_t i = 0; i < count; i++) {
        bool fits = named && identity_dns_fits(leaf->names.at[i], wanted);
        if (written < SET || fits) {
            write_member(out, fits ? "both" : "", leaf->names.at[i], NULL);
            written++;
        } else {
            rest++;
        }
    }
    write_rest(out, rest);
    end_row(out);
}

/* ---- what the server asks of the client's certificate ---- */

static bool is_listed(struct text_list list, const char *text)
{
    for (size_t i = 0; text != NULL && i < list.count; i++) {
        if (strcmp(list.at[i], text) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_issuer(const struct chain *chain, const char *authority)
{
    for (size_t i = 0; chain != NULL && i < chain->count; i++) {
        const struct certificate *certificate = chain->certificates[i];
        if (!certificate->malformed && certificate->issuer != NULL &&
            strcmp(certificate->issuer, authority) == 0) {
            return true;
        }
    }
    return false;
}

static void write_authorities(FILE *out, const struct facts *facts)
{
    const struct chain *chain = facts->chain[CLIENT];
    begin_row(out, "Client certificate’s issuer");
    for (size_t i = 0; chain != NULL && i < chain->count; i++) {
        const struct certificate *certificate = chain->certificates[i];
        if (!certificate->malformed) {
            bool named = is_listed(facts->authorities, certificate->issuer);
            write_member(out, named ? "both" : "plain", certificate->issuer, NULL);
        }
    }
    if (chain != NULL && chain->count == 0 && !chain->malformed) {
        write_member(out, "plain", "an empty list of certificates", NULL);
    }
    turn_to_server(out);
    size_t count = facts->authorities.count, written = count < SET ? count : SET;
    for (size_t i = 0; i < written; i++) {
        const char *authority = facts->authorities.at[i];
        write_member(out, is_issuer(chain, authority) ? "both" : "", authority, NULL);
    }
    write_rest(out, count - written);
    end_row(out);
}

static void write_request(FILE *out, const struct facts *facts)
{
    if (facts->certificate_request.frame == 0) {
        return;
    }
    write_authorities(out, facts);
    if (facts->request_schemes.count > 0) {
        uint32_t used = or_nothing(facts->client_scheme);
        begin_row(out, "Client’s signature");
        write_selected(out, facts->request_schemes, used, names_scheme_text, true);
        turn_to_server(out);
        write_codes(out, facts->request_schemes, used, names_scheme_text);
        end_row(out);
    }
}

void html_offers(FILE *out, const struct facts *facts)
{
    const struct client_hello_facts *hello = facts_client_hello(facts);
    if (hello == NULL || hello->offer == NULL) {
        return;
    }
    const struct offer *offer = hello->offer;
    bool known = !hello->incomplete && !hello->malformed;
    fputs("<table class=\"offers\"><thead><tr><th scope=\"col\"></th>"
          "<th scope=\"col\">the client offers</th>"
          "<th scope=\"col\">the server selects or asks for</th></tr></thead><tbody>\n",
          out);
    write_versions(out, facts, offer, known);
    write_suites(out, facts, offer, known);
    write_groups(out, facts, offer, known);
    write_code_row(out, "Signature algorithms", offer->schemes, or_nothing(facts->server_scheme),
                   names_scheme_text, known);
    write_alpn(out, facts, offer);
    write_names(out, facts, hello->server_name);
    write_request(out, facts);
    fputs("</tbody></table>\n", out);
}
