/* A whole capture through the engine, with both reports: what a stranger's file does to us. */
#define _GNU_SOURCE

#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* An engine for each report, kept from input to input, since nDPI takes long to load. */
struct subject {
    struct options options;
    struct reports reports;
    struct engine *engine;
};

static void begin(struct subject *subject, const struct report_format *format)
{
    char error[CAPTURE_ERROR];
    subject->options =
        (struct options){.authorities = TLSWHY_ROOTS, .tls_ports = {443}, .tls_port_count = 1};
    struct report_options report = {
        .out = fopen("/dev/null", "w"), .all = true, .verbose = true, .color = true};
    if (reports_add(&subject->reports, format, &report)) {
        subject->engine = engine_new(&subject->options, &subject->reports, error, sizeof error);
    }
    if (subject->engine == NULL) {
        abort();
    }
}

static void read_with(struct subject *subject, const char *path)
{
    char error[CAPTURE_ERROR];
    struct capture *capture = capture_open(path, NULL, error);
    if (capture != NULL) {
        struct engine_capture what = {.name = "fuzz", .inputs = 1};
        (void)replay_capture(subject->engine, capture, &what);
        capture_close(capture);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct subject text, json;
    char path[64];
    if (text.engine == NULL) {
        begin(&text, &report_text);
        begin(&json, &report_json);
    }
    int file = memfd_create("capture", 0);
    if (file >= 0 && write(file, bytes, size) == (ssize_t)size) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        read_with(&text, path);
        read_with(&json, path);
    }
    if (file >= 0) {
        (void)close(file);
    }
    return 0;
}
