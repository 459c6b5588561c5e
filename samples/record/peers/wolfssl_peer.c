/* A TLS client or server on wolfSSL.
 *
 *   wolfssl_peer client HOST PORT key=value...     wolfssl_peer server - PORT key=value...
 *
 * name=, ca=, chain=, key=, crl=, verify=none, ask=want|need, version=1.2|1.3, ocsp=staple. */
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

#include "peer.h"

static void check(int result, const char *what)
{
    if (result != WOLFSSL_SUCCESS) {
        fprintf(stderr, "%s: %d\n", what, result);
        exit(1);
    }
}

static WOLFSSL_METHOD *method(const char *version, int client)
{
    if (version != NULL && strcmp(version, "1.2") == 0) {
        return client ? wolfTLSv1_2_client_method() : wolfTLSv1_2_server_method();
    }
    if (version != NULL && strcmp(version, "1.3") == 0) {
        return client ? wolfTLSv1_3_client_method() : wolfTLSv1_3_server_method();
    }
    return client ? wolfSSLv23_client_method() : wolfSSLv23_server_method();
}

static void configure(WOLFSSL_CTX *context, char **words)
{
    const char *file, *ask = setting(words, "ask");
    int mode = WOLFSSL_VERIFY_PEER;

    if ((file = setting(words, "ca")) != NULL) {
        check(wolfSSL_CTX_load_verify_locations(context, file, NULL), "ca");
    }
    if ((file = setting(words, "chain")) != NULL) {
        check(wolfSSL_CTX_use_certificate_chain_file(context, file), "chain");
        check(wolfSSL_CTX_use_PrivateKey_file(context, setting(words, "key"), WOLFSSL_FILETYPE_PEM),
              "key");
    }
    if ((file = setting(words, "crl")) != NULL) {
        check(wolfSSL_CTX_EnableCRL(context, 0), "enable crl");
        check(wolfSSL_CTX_LoadCRLFile(context, file, WOLFSSL_FILETYPE_PEM), "crl");
    }
    if (setting(words, "verify") != NULL) {
        mode = WOLFSSL_VERIFY_NONE;
    }
    if (ask != NULL && strcmp(ask, "need") == 0) {
        mode |= WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    wolfSSL_CTX_set_verify(context, mode, NULL);
}

static void talk(WOLFSSL *ssl, int client)
{
    char buffer[2000];
    int result = client ? wolfSSL_connect(ssl) : wolfSSL_accept(ssl);

    if (result != WOLFSSL_SUCCESS) {
        fprintf(stderr, "handshake: %d\n", wolfSSL_get_error(ssl, result));
        return;
    }
    if (client) {
        wolfSSL_write(ssl, REQUEST, (int)strlen(REQUEST));
    }
    wolfSSL_read(ssl, buffer, sizeof(buffer));
    if (!client) {
        wolfSSL_write(ssl, ANSWER, (int)strlen(ANSWER));
    }
    wolfSSL_shutdown(ssl);
}

int main(int count, char **words)
{
    WOLFSSL_CTX *context;
    WOLFSSL *ssl;
    const char *name;
    int client, listener, socket_fd;

    if (count < 4) {
        return 2;
    }
    client = strcmp(words[1], "client") == 0;
    name = setting(words + 4, "name");
    wolfSSL_Init();
    context = wolfSSL_CTX_new(method(setting(words + 4, "version"), client));
    configure(context, words + 4);
    listener = client ? -1 : listening(words[3]);
    do {
        socket_fd = client ? connected(words[2], words[3]) : accept(listener, NULL, NULL);
        ssl = wolfSSL_new(context);
        wolfSSL_set_fd(ssl, socket_fd);
        if (client && name != NULL) {
            wolfSSL_UseSNI(ssl, WOLFSSL_SNI_HOST_NAME, name, (unsigned short)strlen(name));
            check(wolfSSL_check_domain_name(ssl, name), "name");
        }
        if (client && setting(words + 4, "ocsp") != NULL) {
            wolfSSL_UseOCSPStapling(ssl, WOLFSSL_CSR_OCSP, 0);
            wolfSSL_CTX_EnableOCSPStapling(context);
        }
        talk(ssl, client);
        wolfSSL_free(ssl);
        close(socket_fd);
    } while (!client);
    return 0;
}
