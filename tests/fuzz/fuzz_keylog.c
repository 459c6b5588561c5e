/* Key logs, and the secrets inside pcapng files: a text means the same in whatever pieces it comes.
 */
#include "capture/secrets.h"
#include "tracking/keylog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Reads `text` in pieces of `piece` bytes. */
static struct keylog *read_text(struct wire text, size_t piece)
{
    struct keylog *keylog = keylog_new();
    require(keylog != NULL);
    while (text.left > 0) {
        keylog_read(keylog, wire_take_most(&text, piece));
    }
    keylog_end(keylog);
    return keylog;
}

static size_t watch(struct wire bytes, size_t piece)
{
    struct secrets secrets = {0};
    struct wire found;
    size_t length = 0;
    while (bytes.left > 0) {
        secrets_watch(&secrets, wire_take_most(&bytes, piece));
        length += secrets_take(&secrets, &found) ? found.left : 0;
    }
    secrets_release(&secrets);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire bytes = wire_over(data, size);
    struct keylog *whole = read_text(bytes, size + 1);
    struct keylog *pieces = read_text(bytes, 7);
    require(keylog_count(whole) == keylog_count(pieces));
    require(keylog_malformed(whole) == keylog_malformed(pieces));
    if (size >= KEYLOG_RANDOM) {
        struct keylog_secrets secrets;
        require(keylog_find(whole, &secrets, data) == keylog_find(pieces, &secrets, data));
        keylog_wipe(&secrets);
    }
    keylog_free(whole);
    keylog_free(pieces);
    require(watch(bytes, size + 1) == watch(bytes, 5));
    return 0;
}
