/* Certificates behind one another, each with a length of two bytes, as a chain that is judged. */
#include "tracking/chain.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STORE_RUNS = 1000 /* inputs for which a store is kept */ };

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* Text of facts is printable, and has an end. */
static void require_printable(const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        require((unsigned char)*text >= 0x20 && (unsigned char)*text != 0x7f);
    }
}

static void check(const struct chain *chain)
{
    require(chain->count <= CHAIN_CERTIFICATES);
    for (size_t i = 0; i < chain->count; i++) {
        const struct certificate *certificate = chain->certificates[i];
        require_printable(certificate->subject);
        require_printable(certificate->issuer);
        for (size_t name = 0; name < certificate->names.count; name++) {
            require_printable(certificate->names.at[name]);
        }
    }
}

/* The list of a Certificate message of TLS 1.2: lengths have three bytes. */
static size_t write_list(uint8_t *list, size_t room, struct wire input)
{
    size_t length = 3;
    while (input.left > 2) {
        struct wire der = wire_take_most(&input, wire_u16(&input));
        if (length + 3 + der.left > room) {
            break;
        }
        list[length] = 0;
        list[length + 1] = (uint8_t)(der.left >> 8);
        list[length + 2] = (uint8_t)der.left;
        if (der.left > 0) {
            memcpy(list + length + 3, der.at, der.left);
        }
        length += 3 + der.left;
    }
    list[0] = (uint8_t)((length - 3) >> 16);
    list[1] = (uint8_t)((length - 3) >> 8);
    list[2] = (uint8_t)(length - 3);
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct chain_store *store;
    static unsigned runs;
    char error[256];
    if (store == NULL || ++runs % STORE_RUNS == 0) {
        chain_store_free(store);
        store = chain_store_new(TLSWHY_ROOTS, error, sizeof error);
        require(store != NULL);
    }
    size_t room = size * 2 + 16;
    uint8_t *list = malloc(room);
    require(list != NULL);
    size_t length = write_list(list, room, wire_over(data, size));
    struct arena arena = {0};
    struct moment at = {1, 1};
    struct chain *chain = chain_take(store, &arena, wire_over(list, length), 0x0303, at);
    if (chain != NULL) {
        chain_staple(store, chain, wire_over(data, size), at);
        chain_judge(store, chain, "www.example.org", 1700000000);
        check(chain);
    }
    arena_release(&arena);
    free(list);
    return 0;
}
