/* The causes themselves: --explain and --list-causes. */
#include "report/page.h"
#include "report/phrase.h"
#include "report/remedies.h"
#include "report/report.h"

void report_explain(FILE *out, const struct cause *cause, unsigned columns)
{
    struct page page = page_on(out, columns, false);
    fprintf(out, "%s: %s\n\n", cause->id, cause->title);
    page_wrap(&page, cause->meaning, 0, 0);
    if (cause->remedies != NULL && cause->remedies[0].platform != NULL) {
        fputc('\n', out);
        remedies_write(&page, cause->remedies);
    }
}

void report_list_causes(FILE *out)
{
    size_t widest = 0;
    const struct cause *cause = NULL;
    for (size_t i = 0; (cause = causes_row(i)) != NULL; i++) {
        size_t columns = phrase_columns(cause->id);
        widest = columns > widest ? columns : widest;
    }
    for (size_t i = 0; (cause = causes_row(i)) != NULL; i++) {
        fprintf(out, "%-*s  %s\n", (int)widest, cause->id, cause->title);
    }
}
