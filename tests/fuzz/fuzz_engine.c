/* A whole capture through the engine, with every report: what a stranger's file does to us. */
#define _GNU_SOURCE

#include "every_report.h"
#include "replay.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void replay(const char *path)
{
    static const struct options options = {
        .authorities = TLSWHY_ROOTS, .tls_ports = {443}, .tls_port_count = 1};
    static struct reports reports;
    static struct engine *engine; /* kept from input to input, since nDPI takes long to load */
    char error[CAPTURE_ERROR];
    open_every_report(&reports);
    if (engine == NULL) {
        engine = engine_new(&options, &reports, error, sizeof error);
    }
    if (engine == NULL) {
        abort();
    }
    struct capture *capture = capture_open(path, NULL, error);
    if (capture != NULL) {
        struct engine_capture what = {.name = "fuzz", .inputs = 1};
        (void)replay_capture(engine, capture, &what, NULL);
        capture_close(capture);
    }
    reports_end(&reports, engine_totals(engine));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[64];
    int file = memfd_create("capture", 0);
    if (file >= 0 && write(file, bytes, size) == (ssize_t)size) {
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file);
        replay(path);
    }
    if (file >= 0) {
        (void)close(file);
    }
    return 0;
}
