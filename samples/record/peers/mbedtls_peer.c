/* A TLS client or server on mbedTLS 2.28.
 *
 *   mbedtls_peer client HOST PORT key=value...     mbedtls_peer server - PORT key=value...
 *
 * name=, ca=, chain=, key=, crl=, verify=none, ask=want|need, psk=IDENTITY:HEX. */
#include "peer.h"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/error.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>

static void check(int result, const char *what)
{
    char text[200];

    if (result != 0) {
        mbedtls_strerror(result, text, sizeof(text));
        fprintf(stderr, "%s: %s\n", what, text);
        exit(1);
    }
}

static int authentication(char **words, int client)
{
    const char *ask = setting(words, "ask");

    if (client) {
        return setting(words, "verify") ? MBEDTLS_SSL_VERIFY_NONE : MBEDTLS_SSL_VERIFY_REQUIRED;
    }
    if (ask == NULL) {
        return MBEDTLS_SSL_VERIFY_NONE;
    }
    return strcmp(ask, "need") == 0 ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_OPTIONAL;
}

/* psk is IDENTITY:HEX with at most 32 bytes of key. */
static void configure_psk(mbedtls_ssl_config *config, const char *psk)
{
    unsigned char secret[32];
    unsigned int byte;
    size_t length = 0;
    const char *colon = strchr(psk, ':'), *hex;

    if (colon == NULL) {
        exit(2);
    }
    for (hex = colon + 1; length < sizeof(secret) && sscanf(hex, "%2x", &byte) == 1; hex += 2) {
        secret[length++] = (unsigned char)byte;
    }
    check(mbedtls_ssl_conf_psk(config, secret, length, (const unsigned char *)psk,
                               (size_t)(colon - psk)), "psk");
}

static void configure(mbedtls_ssl_config *config, char **words, int client)
{
    static mbedtls_x509_crt roots, chain;
    static mbedtls_x509_crl lists;
    static mbedtls_pk_context key;
    const char *file;

    check(mbedtls_ssl_config_defaults(config, client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
                                      MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
          "defaults");
    mbedtls_x509_crt_init(&roots);
    mbedtls_x509_crt_init(&chain);
    mbedtls_x509_crl_init(&lists);
    mbedtls_pk_init(&key);
    if ((file = setting(words, "ca")) != NULL) {
        check(mbedtls_x509_crt_parse_file(&roots, file), "ca");
    }
    if ((file = setting(words, "crl")) != NULL) {
        check(mbedtls_x509_crl_parse_file(&lists, file), "crl");
    }
    mbedtls_ssl_conf_ca_chain(config, &roots, setting(words, "crl") ? &lists : NULL);
    if ((file = setting(words, "chain")) != NULL) {
        check(mbedtls_x509_crt_parse_file(&chain, file), "chain");
        check(mbedtls_pk_parse_keyfile(&key, setting(words, "key"), NULL), "key");
        check(mbedtls_ssl_conf_own_cert(config, &chain, &key), "own certificate");
    }
    if (setting(words, "psk") != NULL) {
        configure_psk(config, setting(words, "psk"));
    }
    mbedtls_ssl_conf_authmode(config, authentication(words, client));
}

static int handshake(mbedtls_ssl_context *ssl)
{
    char text[200];
    int result;

    do {
        result = mbedtls_ssl_handshake(ssl);
    } while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
    if (result != 0) {
        mbedtls_strerror(result, text, sizeof(text));
        fprintf(stderr, "handshake: %s\n", text);
    }
    return result;
}

static void talk(const mbedtls_ssl_config *config, mbedtls_net_context *net, const char *name,
                 int client)
{
    mbedtls_ssl_context ssl;
    unsigned char buffer[2000];

    mbedtls_ssl_init(&ssl);
    check(mbedtls_ssl_setup(&ssl, config), "setup");
    if (name != NULL) {
        check(mbedtls_ssl_set_hostname(&ssl, name), "name");
    }
    mbedtls_ssl_set_bio(&ssl, net, mbedtls_net_send, mbedtls_net_recv, NULL);
    if (handshake(&ssl) == 0) {
        if (client) {
            mbedtls_ssl_write(&ssl, (const unsigned char *)REQUEST, strlen(REQUEST));
        }
        mbedtls_ssl_read(&ssl, buffer, sizeof(buffer));
        if (!client) {
            mbedtls_ssl_write(&ssl, (const unsigned char *)ANSWER, strlen(ANSWER));
        }
        mbedtls_ssl_close_notify(&ssl);
    }
    mbedtls_net_free(net);
    mbedtls_ssl_free(&ssl);
}

int main(int count, char **words)
{
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_ssl_config config;
    mbedtls_net_context net;
    int client, listener;

    if (count < 4) {
        return 2;
    }
    client = strcmp(words[1], "client") == 0;
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    check(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0), "seed");
    mbedtls_ssl_config_init(&config);
    configure(&config, words + 4, client);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
    if (client) {
        const char *name = setting(words + 4, "name");
        net.fd = connected(words[2], words[3]);
        talk(&config, &net, name != NULL ? name : words[2], 1);
        return 0;
    }
    listener = listening(words[3]);
    for (;;) {
        net.fd = accept(listener, NULL, NULL);
        talk(&config, &net, NULL, 0);
    }
}
