/* Every report at once, for targets that go as far as reports. */
#ifndef TESTS_FUZZ_EVERY_REPORT_H
#define TESTS_FUZZ_EVERY_REPORT_H

#include "report/reports.h"

#include <stdlib.h>

static const struct report_format *const every_format[] = {
    &report_text,  &report_json, &report_html,        &report_junit,
    &report_sarif, &report_zeek, &report_annotations,
};

/* Opens all of them; reports_end() closes them. What they write goes nowhere. */
static inline void open_every_report(struct reports *reports)
{
    static FILE *nowhere;
    if (nowhere == NULL) {
        nowhere = fopen("/dev/null", "w");
    }
    const struct report_options options = {
        .out = nowhere, .all = true, .verbose = true, .color = true};
    *reports = (struct reports){.count = 0};
    for (size_t i = 0; i < sizeof every_format / sizeof every_format[0]; i++) {
        if (nowhere == NULL || !reports_add(reports, every_format[i], &options)) {
            abort();
        }
    }
}

#endif
