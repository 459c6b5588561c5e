/* Certificates for tests, made by libcrypto: whatever a test means to be right is signed by it.
 *
 * A party is a certificate with its key. A world is a store that trusts one root, and the arena of
 * a connection. A family is a world with its root, an authority below it and a server below that,
 * and a root that nobody trusts. What goes wrong in here ends the test. */
#ifndef TESTS_UNIT_BUILD_X509_H
#define TESTS_UNIT_BUILD_X509_H

#include "build.h"
#include "tracking/chain.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

/* Seconds since 1970 (2023-11-14): certificates are valid from a day before to a day after it. */
static const int64_t build_now = 1700000000;

struct build_x509_extension {
    int nid;
    const char *value; /* as OpenSSL's configuration has it */
};

/* What a certificate says; zero is an ordinary server's. */
struct build_x509 {
    const char *name;         /* CN; NULL: "leaf" */
    const char *organization; /* NULL: none */
    const char *names;        /* subjectAltName */
    bool authority;
    const EVP_MD *digest; /* NULL: SHA-256 */
    struct build_x509_extension more[6];
};

/* An authority or a server, with its key. */
struct build_party {
    X509 *x509;
    EVP_PKEY *key;
};

/* The world of a test: a store that trusts `root`, and an arena. */
struct build_world {
    struct chain_store *store;
    struct arena arena;
};

struct build_family {
    struct build_party root, middle, leaf;
    struct build_party stranger; /* a root that nobody trusts */
    struct build_world world;
};

/* A certificate signed by `issuer`, or by itself where that is NULL; with `key`, which it takes
 * over, or one of its own. */
struct build_party build_party_with_key(const struct build_x509 *made,
                                        const struct build_party *issuer, EVP_PKEY *key);
struct build_party build_party(const struct build_x509 *made, const struct build_party *issuer);
struct build_party build_authority(const char *name, const struct build_party *issuer);
void build_party_free(struct build_party *party);

/* The subject's name. */
void build_x509_name(X509_NAME *name, const struct build_x509 *made);

/* An entry of a Certificate message up to TLS 1.2. */
void build_der(struct build *build, const void *der, size_t length);
void build_x509(struct build *build, X509 *x509);

/* Writes a new file that the test removes; its path is left in `path`. */
void build_file(char path[32], const char *text, X509 *x509);

struct build_world build_world(const struct build_party *root);
void build_world_free(struct build_world *world);
struct build_family build_family(void);
void build_family_free(struct build_family *family);

/* Takes a list of entries as a Certificate message of TLS 1.2. */
struct chain *build_take(struct build_world *world, const struct build *list);

/* Takes up to four certificates, NULL at their end, and judges them. */
struct chain *build_judge(struct build_world *world, const char *server_name, X509 *const x509[4]);
#define CHAIN_OF(...)                                                                              \
    (X509 *const[4])                                                                               \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

#endif
