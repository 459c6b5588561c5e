#include "report/html/html_chain.h"

#include "diagnosis/faults.h"
#include "report/html/html.h"
#include "report/phrase.h"

#include <string.h>

enum { SENTENCE = FAULTS_TEXT + 120, OCSP_GOOD = 1 };

struct drawing {
    FILE *out;
    const struct chain *chain;
    const struct facts *facts;
    struct faults faults;
    enum speaker side;
    const char *accused; /* what the verdict says of this side's certificates: "expired"; or "" */
};

bool html_chain_seen(const struct facts *facts, enum speaker side)
{
    const struct chain *chain = facts->chain[side];
    return chain != NULL && (chain->count > 0 || chain->malformed);
}

/* ---- faults in words ---- */

static void weak_text(struct phrase *phrase, const struct certificate *certificate)
{
    phrase_add(phrase, "weak");
    if (certificate != NULL && !certificate->malformed) {
        phrase_add(phrase, ": %s, signed with %s",
                   certificate->key_name != NULL ? certificate->key_name : "unknown key",
                   certificate->signature != NULL ? certificate->signature
                                                  : "an unknown algorithm");
    }
}

static void dated_text(struct phrase *phrase, const char *what, int64_t seconds)
{
    char date[FAULTS_DATE];
    faults_write_date(date, seconds);
    phrase_add(phrase, "%s %s", what, date);
}

static void name_text(struct phrase *phrase, const struct drawing *drawing)
{
    const struct client_hello_facts *hello = facts_client_hello(drawing->facts);
    const char *wanted = hello != NULL && hello->server_name != NULL ? hello->server_name : "";
    phrase_add(phrase, "not for the name %s", wanted);
    phrase_add(phrase, "%s",
               drawing->faults.name_by_common_name
                   ? "; its common name fits, which some clients accept"
                   : "");
}

static void trust_text(struct phrase *phrase, const struct drawing *drawing)
{
    phrase_add(phrase, drawing->side == CLIENT ? "not issued by an authority that the server names"
                                               : "leads to no root that is known here");
}

static void fault_text(struct phrase *phrase, const struct drawing *drawing, enum fault fault)
{
    const struct certificate *certificate = drawing->faults.certificate[fault];
    const char *plain[FAULTS] = {
        [FAULT_MALFORMED] = "cannot be parsed",
        [FAULT_SIGNATURE] = "an issuer’s key does not verify its signature",
        [FAULT_REVOKED] = "revoked, says the stapled response",
        [FAULT_USAGE] = drawing->side == CLIENT ? "not for a client’s authentication"
                                                : "not for a server’s authentication",
        [FAULT_STATUS] = "the stapled response is bad, or missing where it is demanded",
        [FAULT_SELF_SIGNED] = "self-signed",
        [FAULT_INCOMPLETE] = "its issuer, an intermediate, was not sent",
    };
    if (plain[fault] != NULL) {
        phrase_add(phrase, "%s", plain[fault]);
    } else if (fault == FAULT_EXPIRED && certificate != NULL) {
        dated_text(phrase, "expired on", certificate->not_after);
    } else if (fault == FAULT_NOT_YET && certificate != NULL) {
        dated_text(phrase, "valid only from", certificate->not_before);
    } else if (fault == FAULT_NAME) {
        name_text(phrase, drawing);
    } else if (fault == FAULT_WEAK) {
        weak_text(phrase, certificate);
    } else {
        trust_text(phrase, drawing);
    }
}

/* Those of one certificate; NULL: of the chain as a whole. */
static bool has_faults(const struct drawing *drawing, const struct certificate *certificate)
{
    for (unsigned fault = 0; fault < FAULTS; fault++) {
        if ((drawing->faults.set & FAULT_BIT(fault)) != 0 &&
            drawing->faults.certificate[fault] == certificate) {
            return true;
        }
    }
    return false;
}

/* Whether the verdict is about this fault. */
static bool is_accused(const struct drawing *drawing, unsigned fault)
{
    static const char *const names[FAULTS] = {
        [FAULT_MALFORMED] = "malformed",
        [FAULT_SIGNATURE] = "malformed",
        [FAULT_EXPIRED] = "expired",
        [FAULT_REVOKED] = "revoked",
        [FAULT_NAME] = "name_mismatch",
        [FAULT_USAGE] = "wrong_usage",
        [FAULT_WEAK] = "weak",
        [FAULT_STATUS] = "status_invalid",
        [FAULT_NOT_YET] = "not_yet_valid",
        [FAULT_SELF_SIGNED] = "self_signed",
        [FAULT_INCOMPLETE] = "incomplete_chain",
        [FAULT_UNTRUSTED] = "untrusted",
    };
    return strncmp(drawing->accused, names[fault], strlen(names[fault])) == 0;
}

/* The verdict's cause without its family, where that is this side's certificates. */
static const char *accused_of(const struct verdict *verdict, enum speaker side)
{
    const char *family = side == CLIENT ? "client_certificate." : "certificate.";
    const char *id = verdict->cause != NULL ? verdict->cause->id : "";
    return strncmp(id, family, strlen(family)) == 0 ? id + strlen(family) : "";
}

static void write_faults(const struct drawing *drawing, const struct certificate *certificate)
{
    if (!has_faults(drawing, certificate)) {
        return;
    }
    fputs("<ul class=\"faults\">", drawing->out);
    for (unsigned fault = 0; fault < FAULTS; fault++) {
        if ((drawing->faults.set & FAULT_BIT(fault)) != 0 &&
            drawing->faults.certificate[fault] == certificate) {
            char text[SENTENCE];
            struct phrase phrase = phrase_in(text, sizeof(text));
            fault_text(&phrase, drawing, (enum fault)fault);
            html_element(drawing->out, is_accused(drawing, fault) ? "li class=\"accused\"" : "li",
                         text);
        }
    }
    fputs("</ul>", drawing->out);
}

/* ---- one certificate ---- */

static void write_field(FILE *out, const char *title, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        html_element(out, "dt", title);
        html_name(out, "dd", text);
    }
}

/* Its validity as a bar, and where in it the handshake was. */
static void write_validity(const struct drawing *drawing, const struct certificate *certificate)
{
    int64_t from = certificate->not_before, until = certificate->not_after;
    int64_t now = facts_judged_at(drawing->chain);
    char first[FAULTS_DATE], last[FAULTS_DATE];
    faults_write_date(first, from);
    faults_write_date(last, until);
    fputs("<dt>Valid</dt><dd>", drawing->out);
    int64_t low = from < now ? from : now, high = until > now ? until : now;
    if (until > from) {
        double whole = (double)high - (double)low;
        double left = 100 * ((double)from - (double)low) / whole;
        double right = 100 * ((double)until - (double)low) / whole;
        double mark = 100 * ((double)now - (double)low) / whole;
        fprintf(drawing->out,
                "<svg class=\"span\" aria-hidden=\"true\">"
                "<rect class=\"rail\" y=\"4\" width=\"100%%\" height=\"4\" rx=\"2\" />"
                "<rect class=\"valid\" x=\"%.2f%%\" y=\"4\" width=\"%.2f%%\" height=\"4\" "
                "rx=\"2\" /><rect class=\"now\" x=\"%.2f%%\" width=\"2\" height=\"12\" rx=\"1\" />"
                "</svg>",
                left, right - left > 0.5 ? right - left : 0.5, mark < 99.3 ? mark : 99.3);
    }
    fprintf(drawing->out, "%s to %s</dd>", first, last);
}

static const char *role_of(const struct drawing *drawing, size_t i)
{
    const struct certificate *certificate = drawing->chain->certificates[i];
    if (i == 0) {
        return drawing->side == CLIENT ? "the client’s certificate" : "the server’s certificate";
    }
    if (certificate->malformed) {
        return "cannot be read";
    }
    return certificate->self_issued    ? "root"
           : certificate->is_authority ? "intermediate"
                                       : "no authority by its own words";
}

static void write_fields(const struct drawing *drawing, const struct certificate *certificate,
                         bool leaf)
{
    FILE *out = drawing->out;
    char text[FAULTS_TEXT];
    fputs("<dl>", out);
    if (leaf && certificate->names.count > 0) {
        faults_write_names(text, certificate);
        write_field(out, "Names", text);
    }
    write_field(out, "Subject", certificate->subject);
    write_field(out, "Issuer", certificate->issuer);
    write_validity(drawing, certificate);
    write_field(out, "Key", certificate->key_name);
    write_field(out, "Signature", certificate->signature);
    write_field(out, "Serial", certificate->serial);
    fputs("</dl>", out);
}

static void write_certificate(const struct drawing *drawing, size_t i)
{
    const struct certificate *certificate = drawing->chain->certificates[i];
    FILE *out = drawing->out;
    char name[FAULTS_TEXT];
    faults_write_name(name, certificate);
    fprintf(out, "<li%s><h4><bdi>", has_faults(drawing, certificate) ? " class=\"faulty\"" : "");
    html_text(out, name);
    fputs("</bdi>", out);
    html_element(out, "small", role_of(drawing, i));
    fputs("</h4>", out);
    if (!certificate->malformed) {
        write_fields(drawing, certificate, i == 0);
    }
    write_faults(drawing, certificate);
    if (i == 0 && drawing->chain->ocsp == OCSP_GOOD) {
        fputs("<ul class=\"faults\"><li class=\"fine\">a stapled response says good</li></ul>",
              out);
    }
    fputs("</li>\n", out);
}

/* ---- the end of a chain ---- */

/* What the last certificate leads to and is not in the chain: its issuer, known here or not. */
static void write_issuer(const struct drawing *drawing)
{
    const struct chain *chain = drawing->chain;
    const struct certificate *top = chain->count > 0 ? faults_top(chain) : NULL;
    if (!chain->signatures_checked || top == NULL || top->malformed || top->self_issued ||
        chain->signature_broken || chain->truncated) {
        return;
    }
    char name[FAULTS_TEXT];
    faults_write_issuer(name, top);
    fprintf(drawing->out, "<li class=\"ghost%s\"><h4><bdi>", chain->anchored ? "" : " unproven");
    html_text(drawing->out, name);
    fputs("</bdi><small>not in the chain</small></h4><ul class=\"faults\">", drawing->out);
    fputs(chain->anchored ? "<li class=\"fine\">a root that is known here</li>"
                          : "<li>not among the roots that are known here</li>",
          drawing->out);
    fputs("</ul></li>\n", drawing->out);
}

static void write_note(const struct drawing *drawing)
{
    char date[FAULTS_DATE];
    faults_write_date(date, facts_judged_at(drawing->chain));
    fprintf(drawing->out,
            "<p class=\"note\">Held against %s%s. The peer has a clock%s of its own.%s%s</p>\n",
            date, drawing->side == SERVER ? " and the roots that are known here" : "",
            drawing->side == SERVER ? " and roots" : "",
            drawing->faults.clock_doubtful ? " The capture’s clock may be wrong." : "",
            drawing->chain->truncated ? " More certificates were sent than are kept." : "");
}

void html_chain(FILE *out, const struct connection *connection, enum speaker side)
{
    const struct facts *facts = connection->facts;
    struct drawing drawing = {.out = out,
                              .chain = facts->chain[side],
                              .facts = facts,
                              .side = side,
                              .accused = accused_of(connection->verdict, side)};
    if (side == SERVER) {
        faults_of_server(&drawing.faults, facts);
    } else {
        faults_of_client(&drawing.faults, facts);
    }
    fputs("<ol class=\"chain\">\n", out);
    for (size_t i = 0; i < drawing.chain->count; i++) {
        write_certificate(&drawing, i);
    }
    if (side == SERVER) {
        write_issuer(&drawing);
    }
    if (has_faults(&drawing, NULL)) {
        fputs("<li class=\"faulty\"><h4>The chain as a whole</h4>", out);
        write_faults(&drawing, NULL);
        fputs("</li>\n", out);
    } else if (drawing.chain->count == 0) {
        fputs("<li class=\"faulty\"><h4>The Certificate message cannot be parsed</h4></li>\n", out);
    }
    fputs("</ol>\n", out);
    write_note(&drawing);
}
