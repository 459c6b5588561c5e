#include "tracking/chain_roots.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct roots {
    OSSL_LIB_CTX *keyless, *library; /* borrowed */
    X509_STORE *store;
    X509_STORE_CTX *search;
    char *pem;     /* not parsed yet; NULL: nothing is left to be parsed */
    size_t length; /* of it */
    size_t count;
};

/* Where the distributions keep the web's roots in one file, the system's own choice first. */
static const char *const bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",     /* Debian, Ubuntu, Arch, Gentoo */
    "/etc/pki/tls/certs/ca-bundle.crt",       /* Fedora, RHEL */
    "/var/lib/ca-certificates/ca-bundle.pem", /* SUSE */
    "/etc/ssl/cert.pem",                      /* Alpine, the BSDs */
};

/* Reads the file into roots->pem. Returns 0 or what errno said. */
static int read_file(struct roots *roots, const char *path)
{
    enum { STEP = 1 << 18 };
    int failure = 0;
    size_t room = 0;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return errno;
    }
    roots->length = 0;
    while (failure == 0 && !feof(file)) {
        char *more = NULL;
        if (room == roots->length && room < ROOTS_BYTES_MAX) {
            more = realloc(roots->pem, room + STEP);
        }
        if (room == roots->length && more == NULL) {
            failure = room < ROOTS_BYTES_MAX ? ENOMEM : EFBIG;
            break;
        }
        if (more != NULL) {
            roots->pem = more;
            room += STEP;
        }
        errno = 0;
        roots->length += fread(roots->pem + roots->length, 1, room - roots->length, file);
        failure = ferror(file) ? (errno != 0 ? errno : EIO) : 0;
    }
    (void)fclose(file);
    return failure;
}

/* Takes the next certificate; 1 when there is one, 0 at the end, -1 where it cannot be parsed. */
static int parse_next(struct roots *roots, BIO *bio)
{
    X509 *x509 = X509_new_ex(roots->keyless, NULL);
    if (x509 == NULL) {
        return -1;
    }
    if (PEM_read_bio_X509(bio, &x509, NULL, NULL) == NULL) {
        bool end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
        X509_free(x509); /* NULL once PEM_read_bio_X509() has freed it */
        return end ? 0 : -1;
    }
    int taken = X509_STORE_add_cert(roots->store, x509);
    roots->count += taken == 1;
    X509_free(x509);
    return taken == 1 ? 1 : -1;
}

/* Parses what was read, and gives the text back. Returns whether all of it could be parsed. */
static bool parse(struct roots *roots)
{
    if (roots->pem == NULL) {
        return true;
    }
    BIO *bio = BIO_new_mem_buf(roots->pem, (int)roots->length);
    int found = bio == NULL ? -1 : 1;
    while (found == 1) {
        found = parse_next(roots, bio);
    }
    BIO_free(bio);
    ERR_clear_error();
    free(roots->pem);
    roots->pem = NULL;
    return found == 0;
}

/* Reads the file that the operator named. Returns false with the reason in `error`. */
static bool open_named(struct roots *roots, const char *path, char *error, size_t error_size)
{
    int failure = read_file(roots, path);
    if (failure != 0) {
        (void)snprintf(error, error_size, "%s: %s", path, strerror(failure));
        return false;
    }
    if (!parse(roots)) {
        (void)snprintf(error, error_size, "%s: certificate %zu cannot be parsed", path,
                       roots->count + 1);
        return false;
    }
    if (roots->count == 0) {
        (void)snprintf(error, error_size, "%s: holds no certificate in PEM", path);
        return false;
    }
    return true;
}

static void open_system(struct roots *roots)
{
    const char *chosen = getenv(X509_get_default_cert_file_env());
    int failure = read_file(roots, chosen != NULL ? chosen : X509_get_default_cert_file());
    for (size_t i = 0; chosen == NULL && failure != 0 && i < sizeof bundles / sizeof bundles[0];
         i++) {
        failure = read_file(roots, bundles[i]);
    }
    if (failure != 0) {
        free(roots->pem);
        roots->pem = NULL;
    }
}

struct roots *roots_new(OSSL_LIB_CTX *keyless, OSSL_LIB_CTX *library, const char *authorities,
                        char *error, size_t error_size)
{
    struct roots *roots = calloc(1, sizeof *roots);
    if (roots == NULL) {
        (void)snprintf(error, error_size, "out of memory");
        return NULL;
    }
    roots->keyless = keyless;
    roots->library = library;
    roots->store = X509_STORE_new();
    roots->search = X509_STORE_CTX_new_ex(library, NULL);
    if (roots->store == NULL || roots->search == NULL ||
        X509_STORE_CTX_init(roots->search, roots->store, NULL, NULL) != 1) {
        (void)snprintf(error, error_size, "out of memory");
        roots_free(roots);
        return NULL;
    }
    if (authorities == NULL) {
        open_system(roots);
    } else if (!open_named(roots, authorities, error, error_size)) {
        roots_free(roots);
        return NULL;
    }
    return roots;
}

void roots_free(struct roots *roots)
{
    if (roots != NULL) {
        X509_STORE_CTX_free(roots->search);
        X509_STORE_free(roots->store);
        free(roots->pem);
        free(roots);
    }
}

size_t roots_count(struct roots *roots)
{
    (void)parse(roots);
    return roots->count;
}

/* The same certificate, with its key; NULL where that cannot be. */
static X509 *parse_whole(const struct roots *roots, const X509 *keyless)
{
    unsigned char *der = NULL;
    int length = i2d_X509(keyless, &der);
    const unsigned char *at = der;
    X509 *x509 = length <= 0 ? NULL : X509_new_ex(roots->library, NULL);
    if (x509 != NULL && d2i_X509(&x509, &at, length) == NULL) {
        x509 = NULL; /* it was freed */
    }
    OPENSSL_free(der);
    return x509;
}

STACK_OF(X509) * roots_named(struct roots *roots, const X509_NAME *name)
{
    (void)parse(roots);
    if (roots->count == 0) {
        return NULL;
    }
    STACK_OF(X509) *found = X509_STORE_CTX_get1_certs(roots->search, name);
    STACK_OF(X509) *whole = found == NULL ? NULL : sk_X509_new_null();
    int count = whole == NULL ? 0 : sk_X509_num(found);
    for (int i = 0; i < count && i < ROOTS_OF_ONE_NAME; i++) {
        X509 *root = parse_whole(roots, sk_X509_value(found, i));
        if (root != NULL && sk_X509_push(whole, root) <= 0) {
            X509_free(root);
        }
    }
    sk_X509_pop_free(found, X509_free);
    return whole;
}
