/* Where a run's reports go: standard output or --output's file, the files of --html, --junit,
 * --sarif and -w, and standard error for annotations where the environment's GITHUB_ACTIONS is
 * "true". Opens them before rights are given up, opens them anew when logrotate asks, and says what
 * could not be written.
 */
#ifndef ANALYZER_OUTPUTS_H
#define ANALYZER_OUTPUTS_H

#include "capture/saver.h"
#include "options.h"
#include "report/reports.h"

enum { OUTPUTS_ERROR = 4096 + 256 };

struct outputs {
    struct reports reports;
    struct output {
        FILE *file;
        const char *path; /* NULL: standard output */
    } output[REPORTS_MAX];
    size_t count;
    struct saver *saver; /* -w; NULL: not wanted */
    bool failed;         /* something could not be written, and was told of on stderr */
};

/* Opens all that the options ask for. `line_below`: a line at the bottom of the terminal goes away
 * before the report. A file that cannot be opened is told of on stderr and left out; false only
 * where nothing can be told at all, which `error` explains. */
bool outputs_open(struct outputs *outputs, const struct options *options, bool line_below,
                  char error[OUTPUTS_ERROR]);

/* Opens the files of text, JSON and Zeek's log anew, under the same names (SIGHUP); and
 * -w's. */
void outputs_reopen(struct outputs *outputs);

/* Something about -w's file that the operator should hear, as a line in `text`; false: nothing. */
bool outputs_news(struct outputs *outputs, char text[CAPTURE_ERROR]);

/* Ends the reports and closes their files. */
void outputs_close(struct outputs *outputs, const struct totals *totals);

#endif
