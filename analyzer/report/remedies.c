#include "report/remedies.h"

#include "report/phrase.h"

#include <string.h>

enum { LABEL = 8, PLATFORM = 9 };

const char *remedies_platform(const char *platform)
{
    static const char *const titles[][2] = {
        {"iis", "IIS"},         {"nginx", "nginx"},     {"apache", "Apache"},
        {"haproxy", "HAProxy"}, {"openssl", "OpenSSL"}, {"java", "Java"},
        {"go", "Go"},           {"dotnet", ".NET"},     {"windows", "Windows"},
        {"network", "network"}, {"any", "any"},
    };
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
        if (strcmp(platform, titles[i][0]) == 0) {
            return titles[i][1];
        }
    }
    return platform;
}

void remedies_write(const struct page *page, const struct remedy *remedies)
{
    for (size_t i = 0; remedies != NULL && i < REMEDIES && remedies[i].platform != NULL; i++) {
        const char *title = remedies_platform(remedies[i].platform);
        size_t columns = phrase_columns(title);
        size_t padding = columns < PLATFORM ? PLATFORM - columns : 1;
        page_write(page, INK_BOLD, i == 0 ? "  Fix   " : "        ");
        fputs(title, page->out);
        page_space(page, padding);
        page_wrap(page, remedies[i].text, LABEL + columns + padding, LABEL + PLATFORM);
    }
}
