#include "report/reports.h"

bool reports_add(struct reports *reports, const struct report_format *format,
                 const struct report_options *options)
{
    if (reports->count == REPORTS_MAX) {
        return false;
    }
    struct report *report = format->begin(options);
    if (report == NULL) {
        return false;
    }
    reports->open[reports->count++] =
        (struct open_report){format, report, options->out, options->over_line};
    reports->every = reports->every || options->all || (format->wants & REPORT_EVERY) != 0;
    reports->application = reports->application || (format->wants & REPORT_APPLICATION) != 0;
    reports->fingerprints = reports->fingerprints || (format->wants & REPORT_FINGERPRINTS) != 0;
    return true;
}

/* Takes away the line that somebody keeps at the bottom of the terminal. */
static void clear_line(const struct open_report *open)
{
    if (open->over_line) {
        fputs("\r\033[K", open->out);
    }
}

void reports_connection(struct reports *reports, const struct connection *connection)
{
    for (size_t i = 0; i < reports->count; i++) {
        const struct open_report *open = &reports->open[i];
        clear_line(open);
        open->format->connection(open->report, connection);
    }
}

void reports_finding(struct reports *reports, const struct finding *finding)
{
    for (size_t i = 0; i < reports->count; i++) {
        const struct open_report *open = &reports->open[i];
        if (open->format->finding != NULL) {
            clear_line(open);
            open->format->finding(open->report, finding);
        }
    }
}

void reports_end(struct reports *reports, const struct totals *totals)
{
    for (size_t i = 0; i < reports->count; i++) {
        const struct open_report *open = &reports->open[i];
        clear_line(open);
        open->format->end(open->report, totals);
    }
    reports->count = 0;
}
