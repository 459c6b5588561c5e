#define _POSIX_C_SOURCE 200809L /* mkstemp */

#include "build_x509.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { TLS12 = 0x0303 };

void build_party_free(struct build_party *party)
{
    X509_free(party->x509);
    EVP_PKEY_free(party->key);
}

static void extend(X509 *x509, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

void build_x509_name(X509_NAME *name, const struct build_x509 *made)
{
    const char *common = made->name != NULL ? made->name : "leaf";
    if (made->organization != NULL) {
        X509_NAME_add_entry_by_NID(name, NID_organizationName, MBSTRING_UTF8,
                                   (const unsigned char *)made->organization, -1, -1, 0);
    }
    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const unsigned char *)common,
                               -1, -1, 0);
}

/* Makes a certificate signed by `issuer`, or by itself where that is NULL, with `key`, or one of
 * its own. */
struct build_party build_party_with_key(const struct build_x509 *made,
                                        const struct build_party *issuer, EVP_PKEY *key)
{
    static uint64_t serial = 0xABCDEF0000;
    struct build_party party = {X509_new(), key != NULL ? key : EVP_EC_gen("P-256")};
    assert_non_null(party.x509);
    assert_non_null(party.key);
    X509_set_version(party.x509, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(party.x509), ++serial);
    ASN1_TIME_set(X509_getm_notBefore(party.x509), (time_t)(build_now - 86400));
    ASN1_TIME_set(X509_getm_notAfter(party.x509), (time_t)(build_now + 86400));
    X509_set_pubkey(party.x509, party.key);
    build_x509_name(X509_get_subject_name(party.x509), made);
    X509 *over = issuer != NULL ? issuer->x509 : party.x509;
    X509_set_issuer_name(party.x509, X509_get_subject_name(over));
    extend(party.x509, over, NID_subject_key_identifier, "hash");
    if (issuer != NULL) {
        extend(party.x509, over, NID_authority_key_identifier, "keyid");
    }
    if (made->authority) {
        extend(party.x509, over, NID_basic_constraints, "critical,CA:TRUE");
    }
    if (made->names != NULL) {
        extend(party.x509, over, NID_subject_alt_name, made->names);
    }
    for (size_t i = 0; made->more[i].value != NULL; i++) {
        extend(party.x509, over, made->more[i].nid, made->more[i].value);
    }
    const EVP_MD *digest = made->digest != NULL ? made->digest : EVP_sha256();
    assert_true(X509_sign(party.x509, issuer != NULL ? issuer->key : party.key, digest) > 0);
    return party;
}

struct build_party build_party(const struct build_x509 *made, const struct build_party *issuer)
{
    return build_party_with_key(made, issuer, NULL);
}

struct build_party build_authority(const char *name, const struct build_party *issuer)
{
    return build_party(&(struct build_x509){.name = name, .authority = true}, issuer);
}

void build_der(struct build *build, const void *der, size_t length)
{
    build_open(build, 3);
    build_bytes(build, der, length);
    build_close(build);
}

void build_x509(struct build *build, X509 *x509)
{
    unsigned char *der = NULL;
    int length = i2d_X509(x509, &der);
    assert_true(length > 0);
    build_der(build, der, (size_t)length);
    OPENSSL_free(der);
}

/* A file with the certificate in PEM; its path is written to `path`. */
void build_file(char path[32], const char *text, X509 *x509)
{
    strcpy(path, "/tmp/test_chain.XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    FILE *file = fdopen(descriptor, "w");
    assert_non_null(file);
    (void)fputs(text, file);
    if (x509 != NULL) {
        assert_int_equal(PEM_write_X509(file, x509), 1);
    }
    (void)fclose(file);
}

struct build_world build_world(const struct build_party *root)
{
    struct build_world world = {0};
    char path[32];
    char error[128] = "";
    build_file(path, "the root:\n", root->x509);
    world.store = chain_store_new(path, error, sizeof error);
    (void)unlink(path);
    assert_string_equal(error, "");
    assert_non_null(world.store);
    return world;
}

void build_world_free(struct build_world *world)
{
    assert_int_equal(ERR_peek_error(), 0); /* nothing is left for others to stumble over */
    chain_store_free(world->store);
    arena_release(&world->arena);
}

struct chain *build_take(struct build_world *world, const struct build *list)
{
    struct build body = {0};
    build_open(&body, 3);
    build_bytes(&body, list->bytes, list->length);
    build_close(&body);
    struct chain *chain =
        chain_take(world->store, &world->arena, build_wire(&body), TLS12, (struct moment){7, 8});
    assert_non_null(chain);
    assert_int_equal(chain->at.frame, 7);
    build_free(&body);
    return chain;
}

/* Takes up to four certificates, NULL at their end, and judges them. */
struct chain *build_judge(struct build_world *world, const char *server_name, X509 *const x509[4])
{
    struct build list = {0};
    for (size_t i = 0; i < 4 && x509[i] != NULL; i++) {
        build_x509(&list, x509[i]);
    }
    struct chain *chain = build_take(world, &list);
    chain_judge(world->store, chain, server_name, build_now);
    build_free(&list);
    return chain;
}

struct build_family build_family(void)
{
    struct build_family family = {0};
    family.root = build_authority("Root", NULL);
    family.middle = build_authority("Middle", &family.root);
    family.leaf = build_party(&(struct build_x509){.names = "DNS:example.org"}, &family.middle);
    family.stranger = build_authority("Stranger", NULL);
    family.world = build_world(&family.root);
    return family;
}

void build_family_free(struct build_family *family)
{
    build_world_free(&family->world);
    build_party_free(&family->root);
    build_party_free(&family->middle);
    build_party_free(&family->leaf);
    build_party_free(&family->stranger);
}
