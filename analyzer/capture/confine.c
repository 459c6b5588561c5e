#define _POSIX_C_SOURCE 200809L /* stat() */

#include "capture/confine.h"

#include "capture/privileges.h"
#include "capture/sandbox.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LENGTH = 4096 }; /* the system's longest path */

/* What a filter's names are looked up in, each time that one is compiled. */
static const char *const names[] = {"/etc/services",      "/etc/protocols",   "/etc/ethers",
                                    "/etc/hosts",         "/etc/networks",    "/etc/host.conf",
                                    "/etc/nsswitch.conf", "/etc/resolv.conf", "/etc/gai.conf"};

static bool is_live(const struct options *options)
{
    return options->interfaces.count > 0;
}

/* A run makes a file again when -w rotates, and live when SIGHUP asks for it. */
static bool makes_again(const struct options *options, const char *path)
{
    bool rotates =
        path == options->save && (options->save_megabytes > 0 || options->save_seconds > 0);
    return path != NULL && strcmp(path, "-") != 0 && (rotates || is_live(options));
}

/* The folder that an input is, or is in, with its slash; false where that is too long. */
static bool folder_of(char folder[PATH_LENGTH], const char *input)
{
    struct stat status;
    const char *slash = strrchr(input, '/');
    bool is_folder = stat(input, &status) == 0 && S_ISDIR(status.st_mode);
    size_t length = is_folder ? strlen(input) : slash == NULL ? 0 : (size_t)(slash - input) + 1;
    int written = snprintf(folder, PATH_LENGTH, "%.*s%s", (int)length, input,
                           length == 0 ? "./"
                           : is_folder ? "/"
                                       : "");
    return written > 0 && written < PATH_LENGTH;
}

/* Expectations stand beside the captures; --update puts them there. */
static void name_expectations(struct sandbox *sandbox, const struct options *options)
{
    for (size_t i = 0; i < options->inputs.count; i++) {
        char folder[PATH_LENGTH];
        if (strcmp(options->inputs.at[i], "-") == 0 || !folder_of(folder, options->inputs.at[i])) {
            continue;
        }
        sandbox_may_read(sandbox, folder);
        if (options->update) {
            char any[PATH_LENGTH + 1]; /* a file in it, that there need not be */
            (void)snprintf(any, sizeof any, "%s*", folder);
            sandbox_may_create(sandbox, any);
        }
    }
}

static void name_needs(struct sandbox *sandbox, const struct options *options,
                       const struct inputs *inputs)
{
    sandbox_begin(sandbox, is_live(options) ? SANDBOX_LIVE : SANDBOX_REPLAY);
    for (size_t i = 0; i < options->inputs.count; i++) {
        sandbox_may_read(sandbox, options->inputs.at[i]);
    }
    if (options->action == ACTION_CHECK) {
        name_expectations(sandbox, options);
    }
    if (inputs != NULL) {
        sandbox_may_read_links(sandbox, inputs->paths, inputs->count);
    }
    for (size_t i = 0; options->filter != NULL && i < sizeof names / sizeof names[0]; i++) {
        sandbox_may_read(sandbox, names[i]);
    }
    const char *const made[] = {options->output, options->save};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        if (makes_again(options, made[i])) {
            sandbox_may_create(sandbox, made[i]);
        }
    }
}

/* The files that are made again, from the user that we are to the one that we become. */
static void hand_over(const struct privileges *privileges, const struct options *options)
{
    const char *const made[] = {options->output, options->save};
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        if (!makes_again(options, made[i])) {
            continue;
        }
        privileges_hand_over(privileges, made[i]);
        if (!privileges_can_create(privileges, made[i])) {
            (void)fprintf(stderr,
                          "tlswhy: %s: user %s cannot make this file again when it rotates or on "
                          "SIGHUP: give that user the folder, or choose another with -Z\n",
                          made[i], privileges->user);
        }
    }
}

static bool reads_files(const struct options *options)
{
    bool reads = false;
    for (size_t i = 0; i < options->inputs.count; i++) {
        reads = reads || strcmp(options->inputs.at[i], "-") != 0;
    }
    return reads;
}

bool confine(const struct options *options, const struct inputs *inputs)
{
    struct sandbox sandbox;
    struct privileges privileges;
    char rights[PRIVILEGES_TEXT];
    char walls[SANDBOX_TEXT] = "";
    if (!privileges_find(&privileges, options->user, rights)) {
        (void)fprintf(stderr, "tlswhy: %s\n", rights);
        return false;
    }
    name_needs(&sandbox, options, inputs);
    hand_over(&privileges, options);
    /* --update writes into the operator's folder as the operator. */
    bool dropped = options->update ? privileges_stay(&privileges, rights)
                                   : privileges_drop(&privileges, reads_files(options), rights);
    if (!dropped) {
        (void)fprintf(stderr, "tlswhy: %s\n", rights);
        return false;
    }
    if (options->no_sandbox) {
        sandbox_renounce(&sandbox);
        (void)fprintf(stderr, "tlswhy: --no-sandbox: what comes from the network is looked at "
                              "outside the sandbox\n");
    } else {
        sandbox_enter(&sandbox, walls);
    }
    if (options->verbose > 0 && rights[0] != '\0') {
        (void)fprintf(stderr, "tlswhy: %s\n", rights);
    }
    if (options->verbose > 0 && walls[0] != '\0') {
        (void)fprintf(stderr, "tlswhy: %s\n", walls);
    }
    return true;
}

void confine_end_reading(void)
{
    privileges_end_reading();
}
