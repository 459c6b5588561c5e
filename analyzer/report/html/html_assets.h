/* The style and the script of the HTML report: html_page.css and html_page.js, made part of the
 * program by the build. */
#ifndef REPORT_HTML_ASSETS_H
#define REPORT_HTML_ASSETS_H

#include <stddef.h>

struct html_asset {
    const unsigned char *bytes;
    size_t length;
};

extern const struct html_asset html_style, html_script;

#endif
