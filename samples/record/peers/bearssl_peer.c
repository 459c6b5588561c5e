/* A TLS 1.2 client on BearSSL.
 *
 *   bearssl_peer client HOST PORT name=NAME ca=ROOT.pem */
#include "peer.h"

#include <bearssl.h>

static int low_read(void *context, unsigned char *buffer, size_t length)
{
    ssize_t got = read(*(int *)context, buffer, length);

    return got <= 0 ? -1 : (int)got;
}

static int low_write(void *context, const unsigned char *buffer, size_t length)
{
    ssize_t sent = write(*(int *)context, buffer, length);

    return sent <= 0 ? -1 : (int)sent;
}

struct bytes {
    unsigned char data[8000];
    size_t length;
};

static void append(void *context, const void *data, size_t length)
{
    struct bytes *bytes = context;

    if (length <= sizeof(bytes->data) - bytes->length) {
        memcpy(bytes->data + bytes->length, data, length);
        bytes->length += length;
    }
}

/* The first PEM object of the file, as DER. */
static void read_pem(const char *file, struct bytes *der)
{
    static br_pem_decoder_context decoder;
    static char text[20000];
    FILE *stream = fopen(file, "r");
    size_t length, used = 0;

    if (stream == NULL) {
        perror(file);
        exit(3);
    }
    length = fread(text, 1, sizeof(text), stream);
    fclose(stream);
    br_pem_decoder_init(&decoder);
    while (used < length) {
        used += br_pem_decoder_push(&decoder, text + used, length - used);
        switch (br_pem_decoder_event(&decoder)) {
        case BR_PEM_BEGIN_OBJ:
            br_pem_decoder_setdest(&decoder, append, der);
            break;
        case BR_PEM_END_OBJ:
            return;
        }
    }
}

/* A trust anchor that borrows from statics: one root a program. */
static void read_anchor(const char *file, br_x509_trust_anchor *anchor)
{
    static struct bytes der, name;
    static br_x509_decoder_context decoder;

    read_pem(file, &der);
    br_x509_decoder_init(&decoder, append, &name);
    br_x509_decoder_push(&decoder, der.data, der.length);
    if (br_x509_decoder_get_pkey(&decoder) == NULL) {
        fprintf(stderr, "ca: %d\n", br_x509_decoder_last_error(&decoder));
        exit(1);
    }
    anchor->dn.data = name.data;
    anchor->dn.len = name.length;
    anchor->flags = BR_X509_TA_CA;
    anchor->pkey = *br_x509_decoder_get_pkey(&decoder);
}

int main(int count, char **words)
{
    static br_ssl_client_context client;
    static br_x509_minimal_context minimal;
    static unsigned char buffer[BR_SSL_BUFSIZE_BIDI];
    br_x509_trust_anchor anchor;
    br_sslio_context io;
    const char *name;
    char reply[500];
    int socket_fd, error;

    if (count < 5 || setting(words + 4, "ca") == NULL) {
        return 2;
    }
    name = setting(words + 4, "name");
    read_anchor(setting(words + 4, "ca"), &anchor);
    socket_fd = connected(words[2], words[3]);
    br_ssl_client_init_full(&client, &minimal, &anchor, 1);
    br_ssl_engine_set_buffer(&client.eng, buffer, sizeof(buffer), 1);
    br_ssl_client_reset(&client, name, 0);
    br_sslio_init(&io, &client.eng, low_read, &socket_fd, low_write, &socket_fd);
    br_sslio_write_all(&io, REQUEST, strlen(REQUEST));
    br_sslio_flush(&io);
    br_sslio_read(&io, reply, sizeof(reply));
    error = br_ssl_engine_last_error(&client.eng);
    if (error != 0) {
        fprintf(stderr, "handshake: %d\n", error);
    } else {
        br_sslio_close(&io);
    }
    close(socket_fd);
    return error != 0;
}
