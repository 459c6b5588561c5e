#include "report/sarif_rules.h"

#include "report/json/json_put.h"
#include "report/phrase.h"
#include "report/remedies.h"

#include <json-c/json.h>
#include <string.h>

enum { HELP = 8192 /* bytes of a rule's help: a cause's meaning and remedies */ };

const char *sarif_level_name(enum sarif_level level)
{
    static const char *const names[] = {"note", "warning", "error"};
    return names[level];
}

int sarif_rules_index(struct sarif_rules *rules, const char *id, const char *title)
{
    for (size_t i = 0; i < rules->count; i++) {
        if (strcmp(rules->rule[i].id, id) == 0) {
            return (int)i;
        }
    }
    if (rules->count == SARIF_RULES) {
        return -1;
    }
    const struct cause *cause = title == NULL ? causes_find(id) : NULL;
    rules->rule[rules->count] = (struct sarif_rule){id, title, cause};
    return (int)rules->count++;
}

/* ---- a rule as an object ---- */

static struct json_object *message_of(const char *text)
{
    struct json_object *message = json_object_new_object();
    json_put_text(message, "text", text);
    return message;
}

/* Adds text in which nothing is markup (CommonMark, section 2.4). */
static void add_escaped(struct phrase *phrase, const char *text)
{
    for (; *text != '\0'; text++) {
        phrase_add(phrase, strchr("\\`*_{}[]<>#|~&", *text) != NULL ? "\\%c" : "%c", *text);
    }
}

/* What the cause is and what helps, for people: as plain text, or as Markdown. */
static void write_help(char help[HELP], const struct cause *cause, bool markdown)
{
    struct phrase phrase = phrase_in(help, HELP);
    if (markdown) {
        add_escaped(&phrase, cause->meaning);
    } else {
        phrase_add(&phrase, "%s", cause->meaning);
    }
    phrase_add(&phrase, "\n");
    const struct remedy *remedy = cause->remedies;
    for (size_t i = 0; remedy != NULL && i < REMEDIES && remedy[i].platform != NULL; i++) {
        const char *platform = remedies_platform(remedy[i].platform);
        if (markdown) {
            phrase_add(&phrase, "\n- **%s**: ", platform);
            add_escaped(&phrase, remedy[i].text);
        } else {
            phrase_add(&phrase, "\n%s: %s", platform, remedy[i].text);
        }
    }
    phrase_add(&phrase, "\n");
}

static struct json_object *help_of(const struct cause *cause)
{
    char text[HELP];
    struct json_object *help = json_object_new_object();
    write_help(text, cause, false);
    json_put(help, "text", json_object_new_string(text)); /* our own, and of several lines */
    write_help(text, cause, true);
    json_put(help, "markdown", json_object_new_string(text));
    return help;
}

/* "cipher weak": an id in words. */
static void write_words(char words[128], const char *id)
{
    struct phrase phrase = phrase_in(words, 128);
    for (; *id != '\0'; id++) {
        phrase_add(&phrase, "%c", *id == '.' || *id == '_' ? ' ' : *id);
    }
}

static struct json_object *rule_of(const struct sarif_rule *rule)
{
    struct json_object *object = json_object_new_object();
    struct json_object *configuration = json_object_new_object();
    struct json_object *properties = json_object_new_object(), *tags = json_object_new_array();
    char title[128];
    write_words(title, rule->id);
    const struct cause *cause = rule->cause;
    const char *words = rule->title != NULL ? rule->title : cause != NULL ? cause->title : title;
    json_put_text(object, "id", rule->id);
    json_put_object(object, "shortDescription", message_of(words));
    if (cause != NULL && cause->meaning != NULL) {
        json_put_object(object, "fullDescription", message_of(cause->meaning));
        json_put_object(object, "help", help_of(cause));
    }
    bool failure = cause != NULL || rule->title != NULL;
    json_put_text(configuration, "level", sarif_level_name(failure ? SARIF_ERROR : SARIF_NOTE));
    json_put_object(object, "defaultConfiguration", configuration);
    json_append(tags, json_text_of("tls"));
    json_put_array(properties, "tags", tags);
    json_put_object(object, "properties", properties);
    return object;
}

struct json_object *sarif_rules_tool(const struct sarif_rules *rules)
{
    struct json_object *tool = json_object_new_object(), *driver = json_object_new_object();
    struct json_object *array = json_object_new_array();
    for (size_t i = 0; i < rules->count; i++) {
        json_append(array, rule_of(&rules->rule[i]));
    }
    json_put_text(driver, "name", "tlswhy");
    json_put_text(driver, "version", TLSWHY_VERSION);
    json_put_text(driver, "semanticVersion", TLSWHY_VERSION);
    json_put_array(driver, "rules", array);
    json_put_object(tool, "driver", driver);
    return tool;
}
