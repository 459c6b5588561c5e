/* A whole capture through the engine, with both reports: what a stranger's file does to us. */
#define _GNU_SOURCE

#include "engine.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void replay(const char *path, const struct report_format *format, FILE *nowhere)
{
    char error[CAPTURE_ERROR];
    struct options options = {.json = format == &report_json,
                              .all = true,
                              .authorities = TLSWHY_ROOTS,
                              .tls_ports = {443},
                              .tls_port_count = 1};
    struct report_options report = {.out = nowhere, .all = true, .verbose = true, .color = true};
    struct capture *capture = capture_open(path, NULL, error);
    if (capture == NULL) {
        return;
    }
    struct engine *engine = engine_new(&options, format, &report, error, sizeof error);
    if (engine != NULL) {
        (void)engine_replay(engine, capture, "fuzz", 0, 1);
        (void)engine_end(engine);
        engine_free(engine);
    }
    capture_close(capture);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    int file = memfd_create("capture", 0);
    FILE *nowhere = fopen("/dev/null", "w");
    if (file >= 0 && nowhere != NULL && write(file, bytes, size) == (ssize_t)size) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        replay(path, &report_text, nowhere);
        replay(path, &report_json, nowhere);
    }
    if (nowhere != NULL) {
        (void)fclose(nowhere);
    }
    if (file >= 0) {
        (void)close(file);
    }
    return 0;
}
