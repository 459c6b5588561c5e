#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef TLSWHY_VERSION
#define TLSWHY_VERSION "0.0.0" /* the build gives the real one */
#endif

enum { USAGE = 2 /* exit status: wrong usage */ };

/* What getopt_long() returns for options that have no letter; above every character. */
enum {
    OPTION_ALL = 256,
    OPTION_AT,
    OPTION_AUTHORITIES,
    OPTION_COLOR,
    OPTION_EXPLAIN,
    OPTION_JSON,
    OPTION_LIST_CAUSES,
    OPTION_SUMMARY,
    OPTION_TLS_PORT,
    OPTION_VERSION,
    OPTION_LATER /* is recognised and not there yet */
};

/* The leading '-' gives the bare words in their place among the options, as option 1; ':' tells a
 * missing argument from an unknown option. */
static const char letters[] = "-:r:f:c:nqvhi:Da:w:k:Z:s:B:";
static const char letters_later[] = "iDawZsB";

static const struct option words[] = {
    {"all", no_argument, NULL, OPTION_ALL},
    {"at", required_argument, NULL, OPTION_AT},
    {"ca-file", required_argument, NULL, OPTION_AUTHORITIES},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"explain", required_argument, NULL, OPTION_EXPLAIN},
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, OPTION_JSON},
    {"keylog", required_argument, NULL, 'k'},
    {"list-causes", no_argument, NULL, OPTION_LIST_CAUSES},
    {"quiet", no_argument, NULL, 'q'},
    {"summary", no_argument, NULL, OPTION_SUMMARY},
    {"tls-port", required_argument, NULL, OPTION_TLS_PORT},
    {"verbose", no_argument, NULL, 'v'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"check", required_argument, NULL, OPTION_LATER},
    {"diff", no_argument, NULL, OPTION_LATER},
    {"fail-on", required_argument, NULL, OPTION_LATER},
    {"format", required_argument, NULL, OPTION_LATER},
    {"html", required_argument, NULL, OPTION_LATER},
    {"immediate-mode", no_argument, NULL, OPTION_LATER},
    {"junit", required_argument, NULL, OPTION_LATER},
    {"metrics", required_argument, NULL, OPTION_LATER},
    {"progress", no_argument, NULL, OPTION_LATER},
    {"sarif", required_argument, NULL, OPTION_LATER},
    {"update", no_argument, NULL, OPTION_LATER},
    {NULL, 0, NULL, 0},
};

/* Ports that IANA assigned to protocols inside TLS, and the customary ones of HTTPS. */
static const uint16_t tls_ports[] = {
    443,  465,  563,  636,  853,  989,  990,  992,  993,  994,  995,  2083, 2376,
    3269, 4433, 5061, 5223, 5349, 5671, 5986, 6443, 6514, 6697, 8443, 8883, 9443,
};

static int wrong(const char *option, const char *what)
{
    fprintf(stderr, "tlswhy: %s: %s; try 'tlswhy --help'\n", option, what);
    return USAGE;
}

/* ---- arguments ---- */

static bool number_of(uint64_t *number, const char *text, uint64_t most)
{
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return errno == 0 && *end == '\0' && value <= most;
}

static bool lists_port(const struct options *options, uint16_t port)
{
    for (size_t i = 0; i < options->tls_port_count; i++) {
        if (options->tls_ports[i] == port) {
            return true;
        }
    }
    return false;
}

static int read_ports(struct options *options, const char *list)
{
    while (true) {
        char digits[6];
        size_t length = strcspn(list, ",");
        uint64_t port = 0;
        if (length < sizeof(digits)) {
            memcpy(digits, list, length);
            digits[length] = '\0';
        }
        if (length >= sizeof(digits) || !number_of(&port, digits, UINT16_MAX) || port == 0) {
            return wrong("--tls-port", "wants ports from 1 to 65535, with commas between");
        }
        if (!lists_port(options, (uint16_t)port)) {
            if (options->tls_port_count == OPTIONS_TLS_PORTS) {
                return wrong("--tls-port", "too many ports");
            }
            options->tls_ports[options->tls_port_count++] = (uint16_t)port;
        }
        if (list[length] == '\0') {
            return 0;
        }
        list += length + 1;
    }
}

static int read_color(struct options *options, const char *word)
{
    static const char *const names[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(word, names[i]) == 0) {
            options->color = (enum options_color)i;
            return 0;
        }
    }
    return wrong("--color", "wants auto, always or never");
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, from year 1. The year is taken to begin
 * in March, so that the leap day is its last. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Whether `text` is like `pattern`, where '0' stands for any digit. */
static bool looks_like(const char *text, const char *pattern)
{
    size_t i = 0;
    for (; pattern[i] != '\0'; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i]) {
            return false;
        }
    }
    return text[i] == '\0';
}

static int digits_at(const char *text, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* A date, or date and time, in UTC: "2026-11-21", "2026-11-21T20:41:00Z". */
static bool time_of(int64_t *seconds, const char *text)
{
    bool timed = looks_like(text, "0000-00-00T00:00:00Z");
    if (!timed && !looks_like(text, "0000-00-00")) {
        return false;
    }
    int year = digits_at(text, 4), month = digits_at(text + 5, 2), day = digits_at(text + 8, 2);
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > month_days(year, month)) {
        return false;
    }
    int hour = timed ? digits_at(text + 11, 2) : 0, minute = timed ? digits_at(text + 14, 2) : 0;
    int second = timed ? digits_at(text + 17, 2) : 0;
    *seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 61 && *seconds != 0;
}

static int read_at(struct options *options, const char *when)
{
    if (strcmp(when, "packet") == 0) {
        options->judged_at = 0;
        return 0;
    }
    if (strcmp(when, "now") == 0) {
        options->judged_at = (int64_t)time(NULL);
        return 0;
    }
    if (!time_of(&options->judged_at, when)) {
        return wrong("--at", "wants now, packet or a time in UTC as 2026-11-21T20:41:00Z");
    }
    return 0;
}

static int read_count(struct options *options, const char *number)
{
    if (!number_of(&options->stop_after, number, INT64_MAX) || options->stop_after == 0) {
        return wrong("-c", "wants a number of connections, from 1");
    }
    return 0;
}

static int read_explain(struct options *options, const char *cause)
{
    options->action = ACTION_EXPLAIN;
    options->explain = cause;
    return 0;
}

/* ---- the line ---- */

static int add_input(struct options *options, const char *name)
{
    if (name[0] == '\0') {
        return wrong("''", "a capture's name is empty");
    }
    options->inputs[options->input_count++] = name;
    return 0;
}

static void report_later(int letter, int word)
{
    if (letter == OPTION_LATER) {
        fprintf(stderr, "tlswhy: --%s: not there yet\n", words[word].name);
    } else {
        fprintf(stderr, "tlswhy: -%c: not there yet\n", letter);
    }
}

static int set_option(struct options *options, int option, const char *argument)
{
    switch (option) {
    case 1:
    case 'r':
        return add_input(options, argument);
    case 'c':
        return read_count(options, argument);
    case OPTION_AT:
        return read_at(options, argument);
    case OPTION_COLOR:
        return read_color(options, argument);
    case OPTION_EXPLAIN:
        return read_explain(options, argument);
    case OPTION_TLS_PORT:
        return read_ports(options, argument);
    case 'f':
        options->filter = argument;
        break;
    case 'k':
        options->keylog = argument;
        break;
    case OPTION_AUTHORITIES:
        options->authorities = argument;
        break;
    default:
        break;
    }
    return 0;
}

static void set_flag(struct options *options, int option)
{
    switch (option) {
    case 'h':
        options->action = ACTION_HELP;
        break;
    case OPTION_VERSION:
        options->action = ACTION_VERSION;
        break;
    case OPTION_LIST_CAUSES:
        options->action = ACTION_LIST_CAUSES;
        break;
    case OPTION_ALL:
        options->all = true;
        break;
    case OPTION_JSON:
        options->json = true;
        break;
    case OPTION_SUMMARY:
        options->summary = true;
        break;
    case 'q':
        options->quiet = true;
        break;
    case 'v':
        options->verbose++;
        break;
    default: /* -n: names are never looked up */
        break;
    }
}

/* What getopt could not take. `optopt` tells which option it was: a letter, a word's value, or 0
 * for a word that does not exist. A letter that does exist was then given as a word, with an
 * argument that it does not take. */
static int refuse(int why, int argc, char **argv)
{
    const char *last = argv[optind - 1]; /* wrong for a letter before others: "-Xn" */
    char name[64] = {'-', (char)optopt, '\0'};
    bool is_word = strncmp(last, "--", 2) == 0 && (optopt == 0 || strchr(letters, optopt) != NULL);
    if (optopt >= OPTION_ALL || is_word) {
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(last, "="), last);
    } else if (optopt <= ' ' || optopt > '~') {
        bool before_others = optind < argc && argv[optind][0] == '-';
        snprintf(name, sizeof(name), "%s", before_others ? argv[optind] : last);
    }
    if (why == ':') {
        return wrong(name, "needs an argument");
    }
    bool exists = optopt >= OPTION_ALL || (is_word && optopt != 0);
    return wrong(name, exists ? "takes no argument" : "no such option");
}

static int read_line(struct options *options, int argc, char **argv)
{
    int option = 0, word = 0, status = 0;
    opterr = 0;
    optind = 0; /* begin anew: glibc's and musl's way */
    while (status == 0 && (option = getopt_long(argc, argv, letters, words, &word)) != -1) {
        if (option == '?' || option == ':') {
            return refuse(option, argc, argv);
        }
        if (option == OPTION_LATER || (option < OPTION_ALL && strchr(letters_later, option))) {
            report_later(option, word);
            return USAGE;
        }
        if (optarg != NULL) {
            status = set_option(options, option, optarg);
        } else {
            set_flag(options, option);
        }
    }
    for (; status == 0 && optind < argc; optind++) { /* what stands behind "--" */
        status = add_input(options, argv[optind]);
    }
    return status;
}

int options_read(struct options *options, int argc, char **argv)
{
    *options = (struct options){.action = ACTION_REPLAY};
    memcpy(options->tls_ports, tls_ports, sizeof(tls_ports));
    options->tls_port_count = sizeof(tls_ports) / sizeof(tls_ports[0]);
    options->inputs = calloc((size_t)argc + 1, sizeof(*options->inputs));
    if (options->inputs == NULL) {
        fputs("tlswhy: out of memory\n", stderr);
        return 3;
    }
    int status = read_line(options, argc, argv);
    if (status == 0 && options->action == ACTION_REPLAY && options->input_count == 0) {
        fputs("tlswhy: no capture is given; try 'tlswhy --help'\n", stderr);
        status = USAGE;
    }
    if (status == 0 && options->json && options->summary) {
        status = wrong("--summary", "is not for --json");
    }
    return status;
}

void options_free(struct options *options)
{
    free(options->inputs);
    options->inputs = NULL;
    options->input_count = 0;
}

void options_print_help(void)
{
    fputs(
        "usage: tlswhy [options] FILE|DIR|- ...     why TLS handshakes failed, from captured "
        "packets\n"
        "\n"
        "what is read   pcap, pcapng, gzip or zstd of either; a folder means every capture in it\n"
        "  -r FILE                the same as a bare FILE\n"
        "  -f FILTER              only packets that a BPF filter lets through: 'host 10.0.0.1'\n"
        "  -c N                   stop after N connections are reported\n"
        "  -k, --keylog FILE      secrets of the connections (SSLKEYLOGFILE), to read what is "
        "sealed\n"
        "      --tls-port N[,N]   ports on which TLS is expected, besides the usual ones\n"
        "      --ca-file FILE     trusted roots (PEM); the system's by default\n"
        "      --at TIME          judge certificates at TIME: 2026-11-21T20:41:00Z, now or packet\n"
        "what is told   failed handshakes and a summary\n"
        "      --all              established ones too\n"
        "  -q, --quiet            the verdicts alone\n"
        "      --summary          the summary alone\n"
        "  -v, --verbose          every step, also of what did not fail\n"
        "      --json             one JSON object a line for every connection\n"
        "      --color WHEN       auto, always or never\n"
        "about causes\n"
        "      --list-causes      all that can be told apart\n"
        "      --explain CAUSE    what it is, how it looks and what helps\n"
        "  -h, --help      --version\n"
        "\n"
        "exit status: 0 nothing failed, 1 a handshake failed, 2 wrong usage, 3 an input failed\n",
        stdout);
}

void options_print_version(void)
{
    fputs("tlswhy " TLSWHY_VERSION "\n", stdout);
}
