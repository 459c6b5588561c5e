#include "options.h"

#include "options_values.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USAGE = 2, NO_MEMORY = 3 }; /* exit statuses */

/* How an option's argument is read, and what `offset` in struct options it sets. */
enum kind {
    KIND_FLAG,   /* bool */
    KIND_COUNT,  /* int: how often it stands there */
    KIND_TEXT,   /* const char *: the last one counts */
    KIND_WORDS,  /* struct words: every one */
    KIND_NUMBER, /* uint64_t, from 1 to `most` */
    KIND_LENGTH, /* uint64_t, from 0, which means the usual */
    KIND_SIZE,   /* uint64_t, bytes */
    KIND_TIME,   /* int64_t, seconds since 1970 */
    KIND_CHOICE, /* an enum, of `names` */
    KIND_PORTS,
    KIND_ACTION, /* sets the action to `most`; with an argument, text at `offset` */
    KIND_NOTHING /* is allowed and does nothing */
};

struct row {
    int letter;       /* 0: none */
    const char *word; /* NULL: none */
    bool argument;
    enum kind kind;
    size_t offset;
    uint64_t most;
    const char *wants; /* what to say where the argument is none of that */
    const char *const *names;
};

static const char *const color_names[] = {
    [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
static const char *const format_names[] = {
    [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_ZEEK] = "zeek"};

enum {
    SECONDS_MAX = 1 << 30,       /* 34 years */
    SNAP_LENGTH_MAX = 256 << 10, /* libpcap's own bound */
    BUFFER_KIB_MAX = 2 << 20,    /* 2 GiB: libpcap counts its ring in an int */
    CONNECTIONS_MAX = 64 << 20
};

#define AT(field) offsetof(struct options, field)

static const struct row rows[] = {
    {0, "all", false, KIND_FLAG, AT(all), 0, NULL, NULL},
    {0, "allow", true, KIND_WORDS, AT(allow), 0, NULL, NULL},
    {0, "at", true, KIND_TIME, AT(judged_at), 0,
     "wants now, packet or a time in UTC as 2026-11-21T20:41:00Z", NULL},
    {0, "ca-file", true, KIND_TEXT, AT(authorities), 0, NULL, NULL},
    {0, "check", true, KIND_ACTION, AT(inputs), ACTION_CHECK, NULL, NULL},
    {0, "color", true, KIND_CHOICE, AT(color), 3, "wants auto, always or never", color_names},
    {0, "connections", true, KIND_NUMBER, AT(connections), CONNECTIONS_MAX,
     "wants a number of connections, from 1", NULL},
    {0, "diff", false, KIND_ACTION, 0, ACTION_DIFF, NULL, NULL},
    {0, "explain", true, KIND_ACTION, AT(explain), ACTION_EXPLAIN, NULL, NULL},
    {0, "fail-on", true, KIND_WORDS, AT(fail_on), 0, NULL, NULL},
    {0, "format", true, KIND_CHOICE, AT(format), 3, "wants text, json or zeek", format_names},
    {0, "handshake-timeout", true, KIND_NUMBER, AT(handshake_timeout), SECONDS_MAX,
     "wants a number of seconds, from 1", NULL},
    {'h', "help", false, KIND_ACTION, 0, ACTION_HELP, NULL, NULL},
    {0, "html", true, KIND_TEXT, AT(html), 0, NULL, NULL},
    {0, "immediate-mode", false, KIND_FLAG, AT(immediate), 0, NULL, NULL},
    {'i', "interface", true, KIND_WORDS, AT(interfaces), 0, NULL, NULL},
    {0, "json", false, KIND_CHOICE, AT(format), FORMAT_JSON, NULL, NULL},
    {0, "junit", true, KIND_TEXT, AT(junit), 0, NULL, NULL},
    {'k', "keylog", true, KIND_TEXT, AT(keylog), 0, NULL, NULL},
    {0, "list-causes", false, KIND_ACTION, 0, ACTION_LIST_CAUSES, NULL, NULL},
    {'D', "list-interfaces", false, KIND_ACTION, 0, ACTION_LIST_INTERFACES, NULL, NULL},
    {0, "memory", true, KIND_SIZE, AT(memory), 0, "wants a size in MiB, or as 512M or 2G", NULL},
    {0, "metrics", true, KIND_TEXT, AT(metrics), 0, NULL, NULL},
    {0, "no-sandbox", false, KIND_FLAG, AT(no_sandbox), 0, NULL, NULL},
    {0, "output", true, KIND_TEXT, AT(output), 0, NULL, NULL},
    {0, "progress", false, KIND_FLAG, AT(progress), 0, NULL, NULL},
    {'q', "quiet", false, KIND_FLAG, AT(quiet), 0, NULL, NULL},
    {0, "sarif", true, KIND_TEXT, AT(sarif), 0, NULL, NULL},
    {0, "strict", false, KIND_FLAG, AT(strict), 0, NULL, NULL},
    {0, "summary", false, KIND_FLAG, AT(summary), 0, NULL, NULL},
    {0, "tls-port", true, KIND_PORTS, 0, 0, "wants ports from 1 to 65535, with commas between",
     NULL},
    {0, "update", false, KIND_FLAG, AT(update), 0, NULL, NULL},
    {'v', "verbose", false, KIND_COUNT, AT(verbose), 0, NULL, NULL},
    {0, "version", false, KIND_ACTION, 0, ACTION_VERSION, NULL, NULL},
    {0, "wait", false, KIND_FLAG, AT(wait), 0, NULL, NULL},
    {'a', NULL, true, KIND_NUMBER, AT(seconds), SECONDS_MAX, "wants a number of seconds, from 1",
     NULL},
    {'B', NULL, true, KIND_NUMBER, AT(buffer_kib), BUFFER_KIB_MAX, "wants a size in KiB, from 1",
     NULL},
    {'c', NULL, true, KIND_NUMBER, AT(stop_after), INT64_MAX,
     "wants a number of connections, from 1", NULL},
    {'C', NULL, true, KIND_NUMBER, AT(save_megabytes), 1 << 20,
     "wants a size in 1,000,000 bytes, from 1", NULL},
    {'f', NULL, true, KIND_TEXT, AT(filter), 0, NULL, NULL},
    {'G', NULL, true, KIND_NUMBER, AT(save_seconds), SECONDS_MAX,
     "wants a number of seconds, from 1", NULL},
    {'n', NULL, false, KIND_NOTHING, 0, 0, NULL, NULL}, /* names are never looked up */
    {'p', NULL, false, KIND_FLAG, AT(not_promiscuous), 0, NULL, NULL},
    {'r', NULL, true, KIND_WORDS, AT(inputs), 0, NULL, NULL},
    {'s', NULL, true, KIND_LENGTH, AT(snap_length), SNAP_LENGTH_MAX,
     "wants a number of bytes, up to 262144", NULL},
    {'w', NULL, true, KIND_TEXT, AT(save), 0, NULL, NULL},
    {'Z', NULL, true, KIND_TEXT, AT(user), 0, NULL, NULL},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), FIRST_WORD = 256 /* above every letter */ };

/* ---- what an option does ---- */

static int wrong(const char *option, const char *what)
{
    fprintf(stderr, "tlswhy: %s: %s; try 'tlswhy --help'\n", option, what);
    return USAGE;
}

/* What the row is called where something is wrong with it: by its letter, where it has one. */
static int wrong_row(const struct row *row, const char *what)
{
    char name[32];
    if (row->letter != 0) {
        snprintf(name, sizeof(name), "-%c", row->letter);
    } else {
        snprintf(name, sizeof(name), "--%s", row->word);
    }
    return wrong(name, what);
}

static int add_word(struct words *words, const char *word)
{
    words->at[words->count++] = word; /* there is room for all of argv */
    return 0;
}

static int add_input(struct options *options, const char *name)
{
    if (name[0] == '\0') {
        return wrong("''", "a capture's name is empty");
    }
    return add_word(&options->inputs, name);
}

static int set_action(struct options *options, const struct row *row, const char *argument)
{
    options->action = (enum options_action)row->most;
    if (options->action == ACTION_CHECK && argument != NULL) {
        return add_input(options, argument);
    }
    if (options->action == ACTION_EXPLAIN) {
        options->explain = argument;
    }
    return 0;
}

/* Reads an argument whose kind may refuse it. */
static bool read_value(struct options *options, const struct row *row, const char *argument)
{
    void *field = (char *)options + row->offset;
    size_t choice = 0;
    bool good = true;
    switch (row->kind) {
    case KIND_NUMBER:
        return value_number(field, argument, 1, row->most);
    case KIND_LENGTH:
        return value_number(field, argument, 0, row->most);
    case KIND_SIZE:
        return value_size(field, argument);
    case KIND_TIME:
        return value_time(field, argument);
    case KIND_CHOICE:
        good = value_choice(&choice, argument, row->names, (size_t)row->most);
        if (row->names == color_names) {
            options->color = (enum options_color)choice;
        } else {
            options->format = (enum options_format)choice;
        }
        return good;
    default:
        return true;
    }
}

static int read_argument(struct options *options, const struct row *row, const char *argument)
{
    void *field = (char *)options + row->offset;
    bool full = false;
    switch (row->kind) {
    case KIND_TEXT:
        *(const char **)field = argument;
        return 0;
    case KIND_WORDS:
        return field == &options->inputs ? add_input(options, argument) : add_word(field, argument);
    case KIND_ACTION:
        return set_action(options, row, argument);
    case KIND_PORTS:
        return value_ports(options, &full, argument)
                   ? 0
                   : wrong_row(row, full ? "too many ports" : row->wants);
    default:
        return read_value(options, row, argument) ? 0 : wrong_row(row, row->wants);
    }
}

static int set_flag(struct options *options, const struct row *row)
{
    void *field = (char *)options + row->offset;
    switch (row->kind) {
    case KIND_FLAG:
        *(bool *)field = true;
        break;
    case KIND_COUNT:
        ++*(int *)field;
        break;
    case KIND_CHOICE: /* --json */
        options->format = (enum options_format)row->most;
        break;
    case KIND_ACTION:
        return set_action(options, row, NULL);
    default:
        break;
    }
    return 0;
}

/* ---- the line ---- */

/* What getopt_long() wants to know of the rows. The leading '-' of `letters` gives the bare words
 * in their place among the options, as option 1; ':' tells a missing argument from an unknown
 * option. A word's value is FIRST_WORD and its row. */
static void list_for_getopt(char letters[2 * ROWS + 3], struct option words[ROWS + 1])
{
    *letters++ = '-';
    *letters++ = ':';
    size_t count = 0;
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].letter != 0) {
            *letters++ = (char)rows[i].letter;
            *letters = ':';
            letters += rows[i].argument;
        }
        if (rows[i].word != NULL) {
            words[count++] =
                (struct option){rows[i].word, rows[i].argument ? required_argument : no_argument,
                                NULL, FIRST_WORD + i};
        }
    }
    *letters = '\0';
    words[count] = (struct option){NULL, 0, NULL, 0};
}

/* The row of what getopt_long() found: it finds only what is there. */
static const struct row *row_of(int option)
{
    size_t i = 0;
    if (option >= FIRST_WORD) {
        return &rows[option - FIRST_WORD];
    }
    while (i + 1 < ROWS && rows[i].letter != option) {
        i++;
    }
    return &rows[i];
}

/* What getopt could not take. `optopt` tells which option it was: a letter, a word's value, or 0
 * for a word that does not exist. */
static int refuse(int why, int argc, char **argv)
{
    const char *last = argv[optind - 1]; /* wrong for a letter before others: "-Xn" */
    char name[64] = {'-', (char)optopt, '\0'};
    bool is_word = strncmp(last, "--", 2) == 0 && (optopt == 0 || optopt >= FIRST_WORD);
    if (is_word) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(last, "="), last);
    } else if (optopt <= ' ' || optopt > '~') {
        bool before_others = optind < argc && argv[optind][0] == '-';
        snprintf(name, sizeof(name), "%s", before_others ? argv[optind] : last);
    }
    if (why == ':') {
        return wrong(name, "needs an argument");
    }
    return wrong(name, optopt >= FIRST_WORD ? "takes no argument" : "no such option");
}

static int read_line(struct options *options, int argc, char **argv)
{
    char letters[2 * ROWS + 3];
    struct option words[ROWS + 1];
    int option = 0, status = 0;
    list_for_getopt(letters, words);
    opterr = 0;
    optind = 0; /* begin anew: glibc's and musl's way */
    while (status == 0 && (option = getopt_long(argc, argv, letters, words, NULL)) != -1) {
        if (option == '?' || option == ':') {
            return refuse(option, argc, argv);
        }
        if (option == 1) {
            status = add_input(options, optarg);
            continue;
        }
        const struct row *row = row_of(option);
        status = row->argument ? read_argument(options, row, optarg) : set_flag(options, row);
    }
    for (; status == 0 && optind < argc; optind++) { /* what stands behind "--" */
        status = add_input(options, argv[optind]);
    }
    return status;
}

/* ---- the whole ---- */

/* Live, bare words are the filter, as tcpdump has it. */
static int join_filter(struct options *options)
{
    if (options->inputs.count == 0) {
        return 0;
    }
    if (options->filter != NULL) {
        return wrong(options->inputs.at[0], "the filter is given by -f already");
    }
    size_t size = 1;
    for (size_t i = 0; i < options->inputs.count; i++) {
        size += strlen(options->inputs.at[i]) + 1;
    }
    options->joined_filter = calloc(1, size);
    if (options->joined_filter == NULL) {
        fputs("tlswhy: out of memory\n", stderr);
        return NO_MEMORY;
    }
    for (size_t i = 0; i < options->inputs.count; i++) {
        strcat(options->joined_filter, i == 0 ? "" : " ");
        strcat(options->joined_filter, options->inputs.at[i]);
    }
    options->filter = options->joined_filter;
    return 0;
}

/* What only means something live; the option is named, or NULL. */
static const char *live_only(const struct options *options)
{
    return options->metrics != NULL    ? "--metrics"
           : options->snap_length != 0 ? "-s"
           : options->buffer_kib != 0  ? "-B"
           : options->immediate        ? "--immediate-mode"
           : options->not_promiscuous  ? "-p"
           : options->wait             ? "--wait"
                                       : NULL;
}

/* Options that do not go together. */
static int hold_together(const struct options *options)
{
    if (options->action != ACTION_LIVE && options->interfaces.count > 0) {
        return wrong("-i", "is not for --check and --diff");
    }
    if (options->action != ACTION_LIVE && live_only(options) != NULL) {
        return wrong(live_only(options), "is for an interface (-i)");
    }
    if (options->action == ACTION_DIFF && options->inputs.count != 2) {
        return wrong("--diff", "wants two captures, a working one and a failing one");
    }
    if (options->action != ACTION_CHECK && (options->update || options->strict)) {
        return wrong(options->update ? "--update" : "--strict", "is for --check");
    }
    if (options->save == NULL && (options->save_megabytes > 0 || options->save_seconds > 0)) {
        return wrong(options->save_megabytes > 0 ? "-C" : "-G", "is for files of -w");
    }
    if (options->save != NULL && strcmp(options->save, "-") == 0 && options->output == NULL) {
        return wrong("-w -", "wants standard output, which has the report: see --output");
    }
    if (options->summary && options->format != FORMAT_TEXT) {
        return wrong("--summary", options->format == FORMAT_JSON ? "is not for --json"
                                                                 : "is not for --format zeek");
    }
    return 0;
}

static int complete(struct options *options)
{
    bool told = options->action >= ACTION_LIST_INTERFACES; /* about the program */
    if (told) {
        return 0;
    }
    if (options->action == ACTION_REPLAY && options->interfaces.count > 0) {
        options->action = ACTION_LIVE;
        int status = join_filter(options);
        return status != 0 ? status : hold_together(options);
    }
    if (options->inputs.count == 0) {
        fputs("tlswhy: no capture is given; try 'tlswhy --help'\n", stderr);
        return USAGE;
    }
    return hold_together(options);
}

/* Ports that IANA assigned to protocols inside TLS, and the customary ones of HTTPS. */
static const uint16_t tls_ports[] = {
    443,  465,  563,  636,  853,  989,  990,  992,  993,  994,  995,  2083, 2376,
    3269, 4433, 5061, 5223, 5349, 5671, 5986, 6443, 6514, 6697, 8443, 8883, 9443,
};

int options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.action = ACTION_REPLAY};
    memcpy(options->tls_ports, tls_ports, sizeof(tls_ports));
    options->tls_port_count = sizeof(tls_ports) / sizeof(tls_ports[0]);
    struct words *lists[] = {&options->inputs, &options->interfaces, &options->fail_on,
                             &options->allow};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        lists[i]->at = calloc((size_t)argc + 1, sizeof(*lists[i]->at));
        if (lists[i]->at == NULL) {
            fputs("tlswhy: out of memory\n", stderr);
            return NO_MEMORY;
        }
    }
    int status = read_line(options, argc, argv);
    return status != 0 ? status : complete(options);
}

void options_free(struct options *options)
{
    free(options->inputs.at);
    free(options->interfaces.at);
    free(options->fail_on.at);
    free(options->allow.at);
    free(options->joined_filter);
    *options = (struct options){0};
}
