/* --diff as a page: the same style, policy and escaping as the HTML report's. */
#include "report/diff/diff.h"
#include "report/html/html.h"
#include "report/json/json_fields.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

static size_t count_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static const char *words_at(struct json_object *object, const char *path)
{
    const char *text = json_text_at(object, path);
    return text != NULL ? text : "";
}

static void write_side(FILE *out, const char *title, const char *status, const char *capture,
                       struct json_object *side)
{
    fputs("<div class=\"card\">", out);
    html_element(out, "h3", title);
    html_name(out, "p class=\"address\"", words_at(side, "connection"));
    fprintf(out, "<p><span class=\"pill %s\">", status);
    html_text(out, words_at(side, "outcome"));
    fputs("</span></p>", out);
    html_name(out, "p class=\"note\"", capture);
    struct json_object *more = json_at(side, "more");
    if (more != NULL) {
        fprintf(out, "<p class=\"note\">and %" PRId64 " more like it</p>",
                json_object_get_int64(more));
    }
    fputs("</div>\n", out);
}

/* ---- steps ---- */

static void write_step(FILE *out, const char *who, const char *kind, struct json_object *step)
{
    bool server = strcmp(words_at(step, "from"), "server") == 0;
    fprintf(out, "<td data-who=\"%s\">", who);
    if (step != NULL) {
        fprintf(out,
                "<span class=\"number\">#%" PRId64 " %s</span> <ul class=\"set\"><li class=\"%s\">",
                json_object_get_int64(json_at(step, "frame")), server ? "←" : "→", kind);
        html_name(out, "bdi", words_at(step, "text"));
        fputs("</li></ul>", out);
    }
    fputs("</td>", out);
}

static void write_steps(FILE *out, struct json_object *steps)
{
    bool parted = false;
    fputs("<section><h3>Step by step</h3><table class=\"offers\"><thead><tr><th scope=\"col\"></th>"
          "<th scope=\"col\">working</th><th scope=\"col\">failing</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < count_of(steps); i++) {
        struct json_object *row = json_object_array_get_idx(steps, i);
        const char *mark = words_at(row, "mark");
        bool parts = strcmp(mark, "parted") == 0, differs = strcmp(mark, "differs") == 0;
        const char *kind = parts ? "odd" : "plain";
        fputs("<tr>", out);
        html_element(out, "th scope=\"row\"",
                     parts && !parted ? "here they part"
                     : differs        ? "≠"
                                      : "");
        write_step(out, "working", parts ? "plain" : kind, json_at(row, "working"));
        write_step(out, "failing", kind, json_at(row, "failing"));
        fputs("</tr>\n", out);
        parted = parted || parts;
    }
    fputs("</tbody></table></section>\n", out);
}

/* ---- offers ---- */

static bool lists(struct json_object *list, struct json_object *value)
{
    for (size_t i = 0; i < count_of(list); i++) {
        if (json_object_equal(json_object_array_get_idx(list, i), value)) {
            return true;
        }
    }
    return false;
}

/* A side's value or list; what only it has is set off, in the colour of what `kind` says. */
static void write_value(FILE *out, const char *who, const char *kind, struct json_object *value,
                        struct json_object *only)
{
    bool list = json_object_is_type(value, json_type_array);
    size_t count = list ? count_of(value) : value != NULL;
    fprintf(out, "<td data-who=\"%s\"><ul class=\"set\">", who);
    for (size_t i = 0; i < count; i++) {
        struct json_object *one = list ? json_object_array_get_idx(value, i) : value;
        fprintf(out, "<li class=\"%s\">", list && !lists(only, one) ? "plain" : kind);
        html_name(out, "bdi", json_object_get_string(one));
        fputs("</li>", out);
    }
    fputs("</ul></td>", out);
}

static void write_offers(FILE *out, struct json_object *offers)
{
    if (count_of(offers) == 0) {
        return;
    }
    fputs("<section><h3>What differs</h3><table class=\"offers\"><thead><tr><th scope=\"col\"></th>"
          "<th scope=\"col\">working</th><th scope=\"col\">failing</th></tr></thead><tbody>\n",
          out);
    for (size_t i = 0; i < count_of(offers); i++) {
        struct json_object *offer = json_object_array_get_idx(offers, i);
        fputs("<tr><th scope=\"row\">", out);
        html_text(out, words_at(offer, "from"));
        fputs("’s ", out);
        html_text(out, words_at(offer, "field"));
        if (json_object_get_boolean(json_at(offer, "order"))) {
            fputs(" (in another order)", out);
        }
        fputs("</th>", out);
        write_value(out, "working", "both", json_at(offer, "working"),
                    json_at(offer, "only_working"));
        write_value(out, "failing", "odd", json_at(offer, "failing"),
                    json_at(offer, "only_failing"));
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></section>\n", out);
}

void diff_write_html(FILE *out, struct json_object *diff)
{
    struct json_object *pairs = json_at(diff, "pairs");
    html_begin_page(out);
    fputs("<main>\n<h1>Where a working and a failing handshake part</h1>\n", out);
    for (size_t i = 0; i < count_of(pairs); i++) {
        struct json_object *pair = json_object_array_get_idx(pairs, i);
        html_element(out, "p class=\"lede\"", words_at(pair, "meaning"));
        fputs("<div class=\"charts\">\n", out);
        write_side(out, "working", "established", words_at(diff, "working.capture"),
                   json_at(pair, "working"));
        write_side(out, "failing", "failed", words_at(diff, "failing.capture"),
                   json_at(pair, "failing"));
        fputs("</div>\n<div class=\"charts\">\n<div class=\"card\">", out);
        write_steps(out, json_at(pair, "steps"));
        fputs("</div>\n</div>\n<div class=\"charts\">\n<div class=\"card\">", out);
        write_offers(out, json_at(pair, "offers"));
        fputs("</div>\n</div>\n", out);
    }
    fputs("</main>\n", out);
    html_end_page(out);
}
