#include "options_values.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

bool value_number(uint64_t *number, const char *text, uint64_t least, uint64_t most)
{
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    *number = value;
    return errno == 0 && *end == '\0' && value >= least && value <= most;
}

bool value_size(uint64_t *bytes, const char *text)
{
    static const struct {
        const char *suffix;
        unsigned shift;
    } units[] = {{"", 20},   {"K", 10},   {"KB", 10}, {"KiB", 10}, {"M", 20},
                 {"MB", 20}, {"MiB", 20}, {"G", 30},  {"GB", 30},  {"GiB", 30}};
    char digits[16] = "";
    size_t length = strspn(text, "0123456789");
    uint64_t number = 0;
    if (length >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, text, length);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(text + length, units[i].suffix) == 0) {
            bool good = value_number(&number, digits, 1, UINT64_MAX >> units[i].shift);
            *bytes = number << units[i].shift;
            return good;
        }
    }
    return false;
}

bool value_choice(size_t *choice, const char *word, const char *const names[], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(word, names[i]) == 0) {
            *choice = i;
            return true;
        }
    }
    return false;
}

/* ---- ports ---- */

static bool lists_port(const struct options *options, uint16_t port)
{
    for (size_t i = 0; i < options->tls_port_count; i++) {
        if (options->tls_ports[i] == port) {
            return true;
        }
    }
    return false;
}

/* The port at the beginning of `list`, up to a comma or its end. */
static bool first_port(uint16_t *port, size_t *length, const char *list)
{
    char digits[6] = "";
    uint64_t number = 0;
    *length = strcspn(list, ",");
    if (*length >= sizeof(digits)) {
        return false;
    }
    memcpy(digits, list, *length);
    bool good = value_number(&number, digits, 1, UINT16_MAX);
    *port = (uint16_t)number;
    return good;
}

bool value_ports(struct options *options, bool *full, const char *list)
{
    uint16_t port = 0;
    size_t length = 0;
    *full = false;
    while (first_port(&port, &length, list)) {
        if (!lists_port(options, port)) {
            *full = options->tls_port_count == OPTIONS_TLS_PORTS;
            if (*full) {
                return false;
            }
            options->tls_ports[options->tls_port_count++] = port;
        }
        if (list[length] == '\0') {
            return true;
        }
        list += length + 1;
    }
    return false;
}

/* ---- times ---- */

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

bool value_time(int64_t *seconds, const char *text)
{
    if (strcmp(text, "packet") == 0) {
        *seconds = 0;
        return true;
    }
    if (strcmp(text, "now") == 0) {
        *seconds = (int64_t)time(NULL);
        return true;
    }
    return time_of(seconds, text);
}
