#define _POSIX_C_SOURCE 200809L /* open_memstream() */

#include "report/paragraphs.h"

#include <stdlib.h>

struct paragraphs {
    FILE *out;
    char *text; /* the stream's: valid behind each flush */
    size_t size;
    struct report *report;
};

struct paragraphs *paragraphs_new(void)
{
    struct paragraphs *paragraphs = calloc(1, sizeof(*paragraphs));
    if (paragraphs == NULL) {
        return NULL;
    }
    paragraphs->out = open_memstream(&paragraphs->text, &paragraphs->size);
    if (paragraphs->out != NULL) {
        struct report_options options = {.out = paragraphs->out};
        paragraphs->report = report_text.begin(&options);
    }
    if (paragraphs->report == NULL) {
        paragraphs_free(paragraphs);
        return NULL;
    }
    return paragraphs;
}

const char *paragraphs_of(struct paragraphs *paragraphs, const struct connection *connection)
{
    rewind(paragraphs->out);
    report_text.connection(paragraphs->report, connection);
    /* The end of the last, longer one stands behind it. */
    if (fputc('\0', paragraphs->out) == EOF || fflush(paragraphs->out) != 0) {
        return "";
    }
    return paragraphs->text;
}

void paragraphs_free(struct paragraphs *paragraphs)
{
    if (paragraphs == NULL) {
        return;
    }
    if (paragraphs->report != NULL) {
        struct totals totals = {0};
        report_text.end(paragraphs->report, &totals);
    }
    if (paragraphs->out != NULL) {
        fclose(paragraphs->out);
    }
    free(paragraphs->text);
    free(paragraphs);
}
