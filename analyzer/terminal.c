/* ioctl() and isatty() are not C's. */
#define _DEFAULT_SOURCE

#include "terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* 0 where `descriptor` is no terminal. */
static unsigned columns_of(int descriptor)
{
    struct winsize size;
    if (!isatty(descriptor)) {
        return 0;
    }
    if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        return 80;
    }
    return size.ws_col;
}

unsigned terminal_width(void)
{
    return columns_of(STDOUT_FILENO);
}

static bool is_dumb(void)
{
    const char *terminal = getenv("TERM");
    return terminal == NULL || strcmp(terminal, "dumb") == 0;
}

bool terminal_wants_color(enum options_color asked)
{
    if (asked != COLOR_AUTO) {
        return asked == COLOR_ALWAYS;
    }
    const char *none = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (none == NULL || none[0] == '\0') && !is_dumb();
}

bool terminal_is_piped(void)
{
    struct stat status;
    return fstat(STDOUT_FILENO, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool terminal_has_bottom_line(void)
{
    return columns_of(STDERR_FILENO) > 0 && !is_dumb();
}

void terminal_write_bottom_line(const char *text)
{
    unsigned columns = columns_of(STDERR_FILENO);
    int room = columns > 1 ? (int)columns - 1 : 0; /* in the last column it would wrap */
    (void)fprintf(stderr, "\r\033[K%.*s", room, text);
    (void)fflush(stderr);
}
