/* tlswhy with no room for a second flow that is awake: each packet packs its connection and makes a
 * flow of it again, and what is said must be the same. Replays alone. */
#include "options.h"
#include "replay.h"

int main(int argc, char **argv)
{
    struct options options;
    int status = options_read(&options, argc, argv);
    if (status == 0) {
        options.awake = 1;
        status = options.action == ACTION_REPLAY ? (int)replay_run(&options) : EXIT_WRONG_USAGE;
    }
    options_free(&options);
    return status;
}
