#include "tracking/x509.h"

#include "tracking/printable.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    NAME_TEXT = 1024,  /* bytes of a distinguished name; real ones have up to 300 */
    VALUE_TEXT = 256,  /* bytes of a DNS name (255 by RFC 1035), common name or URL */
    COMMON_NAMES = 8,  /* kept of one name; real ones have one, now and then two */
    SERIAL_BYTES = 64, /* kept of a serial number; RFC 5280, section 4.1.2.2, allows 20 */
    KEY_NAME = 80
};

/* ---- text ---- */

static const char *keep_bytes(struct x509_reader *reader, const void *bytes, size_t length,
                              size_t most)
{
    const char *text =
        printable_copy(reader->arena, wire_over(length > 0 ? bytes : NULL, length), most);
    if (text == NULL) {
        reader->short_of_memory = true;
    }
    return text;
}

static const char *keep_text(struct x509_reader *reader, const char *text)
{
    return keep_bytes(reader, text, strlen(text), VALUE_TEXT);
}

/* An ASN.1 string, whatever its type, as UTF-8; one that its type does not allow as the bytes that
 * it is. */
static const char *keep_string(struct x509_reader *reader, const ASN1_STRING *string)
{
    unsigned char *converted = NULL;
    int length = ASN1_STRING_to_UTF8(&converted, string);
    if (length < 0) {
        return keep_bytes(reader, ASN1_STRING_get0_data(string), (size_t)ASN1_STRING_length(string),
                          VALUE_TEXT);
    }
    const char *text = keep_bytes(reader, converted, (size_t)length, VALUE_TEXT);
    OPENSSL_free(converted);
    return text;
}

static void *keep_array(struct x509_reader *reader, const void *array, size_t count, size_t size)
{
    void *kept = arena_take(reader->arena, count * size);
    if (kept == NULL) {
        reader->short_of_memory = true;
    } else if (count > 0) {
        memcpy(kept, array, count * size);
    }
    return kept;
}

const char *x509_name(struct x509_reader *reader, const X509_NAME *name)
{
    /* RFC 2253's escapes, but UTF-8 as it is: what may not be shown is escaped by us. */
    const unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    BIO *bio = BIO_new(BIO_s_mem());
    const char *text = NULL;
    if (bio == NULL) {
        reader->short_of_memory = true;
        return NULL;
    }
    if (X509_NAME_print_ex(bio, name, 0, flags) < 0) {
        text = keep_text(reader, "");
    } else {
        char *bytes = NULL;
        long length = BIO_get_mem_data(bio, &bytes);
        text = keep_bytes(reader, bytes, length > 0 ? (size_t)length : 0, NAME_TEXT);
    }
    BIO_free(bio);
    return text;
}

static struct text_list common_names(struct x509_reader *reader, const X509_NAME *name)
{
    const char *found[COMMON_NAMES];
    size_t count = 0;
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    while (at >= 0 && count < COMMON_NAMES) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, at);
        found[count] = keep_string(reader, X509_NAME_ENTRY_get_data(entry));
        count += found[count] != NULL;
        at = X509_NAME_get_index_by_NID(name, NID_commonName, at);
    }
    const char **kept = count == 0 ? NULL : keep_array(reader, found, count, sizeof *found);
    return (struct text_list){kept, kept == NULL ? 0 : count};
}

static const char *serial(struct x509_reader *reader, const X509 *x509)
{
    static const char hex[] = "0123456789ABCDEF";
    const ASN1_INTEGER *number = X509_get0_serialNumber(x509);
    const unsigned char *bytes = ASN1_STRING_get0_data(number);
    size_t length = (size_t)ASN1_STRING_length(number);
    char text[2 * SERIAL_BYTES + 1];
    size_t used = 0;
    if (ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER) {
        text[used++] = '-';
    }
    for (size_t i = 0; i < length && i < SERIAL_BYTES; i++) {
        text[used++] = hex[bytes[i] >> 4];
        text[used++] = hex[bytes[i] & 15];
    }
    return keep_bytes(reader, text, used, sizeof text);
}

/* ---- time ---- */

bool x509_time(int64_t *seconds, const ASN1_TIME *time)
{
    struct tm tm;
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    /* Days since 0000-03-01 of the proleptic Gregorian calendar, whose years then end with the leap
     * day. */
    int64_t month = tm.tm_mon >= 2 ? tm.tm_mon - 2 : tm.tm_mon + 10;
    int64_t year = tm.tm_year + 1900 - (tm.tm_mon < 2);
    int64_t days =
        year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + tm.tm_mday - 1;
    const int64_t epoch = 719468; /* 1970-01-01 */
    *seconds = ((days - epoch) * 24 + tm.tm_hour) * 3600 + tm.tm_min * 60 + tm.tm_sec;
    return true;
}

/* ---- subjectAltName ---- */

/* The text of one name, NULL where it is of a kind that we do not show. */
static const char *general_name(struct certificate *certificate, bool *is_address,
                                struct x509_reader *reader, const GENERAL_NAME *name)
{
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    char text[INET6_ADDRSTRLEN];
    *is_address = false;
    if (type == GEN_DNS || type == GEN_EMAIL || type == GEN_URI) {
        certificate->dns_count += type == GEN_DNS;
        return keep_bytes(reader, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value),
                          VALUE_TEXT);
    }
    if (type != GEN_IPADD) {
        return NULL;
    }
    int length = ASN1_STRING_length(value);
    int family = length == 4 ? AF_INET : AF_INET6;
    if ((length != 4 && length != 16) ||
        inet_ntop(family, ASN1_STRING_get0_data(value), text, sizeof text) == NULL) {
        return NULL;
    }
    *is_address = true;
    certificate->ip_count++;
    return keep_text(reader, text);
}

static void alternative_names(struct certificate *certificate, const bool **is_address,
                              struct x509_reader *reader, const X509 *x509)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    int sent = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
    size_t most = sent > 0 ? (size_t)sent : 0;
    const char **texts = most == 0 ? NULL : arena_take(reader->arena, most * sizeof *texts);
    bool *kinds = most == 0 ? NULL : arena_take(reader->arena, most * sizeof *kinds);
    size_t count = 0;
    if (texts != NULL && kinds != NULL) {
        for (int i = 0; i < sent; i++) {
            const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
            texts[count] = general_name(certificate, &kinds[count], reader, name);
            count += texts[count] != NULL;
        }
        certificate->names = (struct text_list){texts, count};
        *is_address = kinds;
    } else if (most > 0) {
        reader->short_of_memory = true;
    }
    GENERAL_NAMES_free(names);
}

/* ---- the key and the signature ---- */

/* Takes the next element of DER, which must have this tag; a failed wire where it has not. */
static struct wire element(struct wire *bytes, uint8_t tag)
{
    uint8_t found = wire_u8(bytes);
    size_t length = wire_u8(bytes);
    if (length >= 0x80) {
        size_t count = length & 0x7f; /* of the bytes that the length takes; 0 is not DER */
        length = count >= 1 && count <= 4 ? wire_number(bytes, count) : SIZE_MAX;
    }
    struct wire body = wire_take(bytes, length);
    body.failed = body.failed || found != tag;
    return body;
}

/* How many bits a positive INTEGER has that stands first in a SEQUENCE: an RSA modulus (RFC 8017,
 * appendix A.1.1) or the prime of DSA and DH parameters (RFC 3279, section 2.3); 0 where there is
 * none. */
static size_t first_number_bits(struct wire sequence)
{
    struct wire body = element(&sequence, V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED);
    struct wire number = element(&body, V_ASN1_INTEGER);
    if (!wire_ok(&number)) {
        return 0;
    }
    while (number.left > 0 && wire_peek(&number, 0) == 0) {
        wire_skip(&number, 1);
    }
    size_t bits = number.left * 8;
    for (uint8_t first = wire_peek(&number, 0); first != 0 && (first & 0x80) == 0;
         first = (uint8_t)(first << 1)) {
        bits--;
    }
    return bits;
}

static struct wire parameters_of(int *type, const X509_ALGOR *algorithm)
{
    const void *value = NULL;
    X509_ALGOR_get0(NULL, type, &value, algorithm);
    const ASN1_STRING *sequence = *type == V_ASN1_SEQUENCE ? value : NULL;
    return sequence == NULL
               ? wire_over(NULL, 0)
               : wire_over(ASN1_STRING_get0_data(sequence), (size_t)ASN1_STRING_length(sequence));
}

/* Curves as IANA's TLS registry calls them, where libcrypto has another name or the size of a point
 * does not tell theirs. */
static const struct curve {
    int nid;
    const char *name;
    uint16_t bits;
} curves[] = {
    {NID_X9_62_prime256v1, "secp256r1", 256},
    {NID_X9_62_prime192v1, "secp192r1", 192},
    {NID_secp521r1, "secp521r1", 521},
};

/* The curve that an EC key's algorithm names (RFC 5480, section 2.1.1), and its size. */
static void curve_of(char text[KEY_NAME], size_t *bits, const X509_ALGOR *algorithm, size_t point)
{
    int type = V_ASN1_UNDEF;
    const void *value = NULL;
    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    *bits = (point - (point > 0)) / 2 * 8; /* a byte, then two coordinates */
    if (type != V_ASN1_OBJECT) {
        (void)snprintf(text, KEY_NAME, "EC"); /* parameters of its own */
        return;
    }
    int nid = OBJ_obj2nid(value);
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (curves[i].nid == nid) {
            *bits = curves[i].bits;
            (void)snprintf(text, KEY_NAME, "EC %s", curves[i].name);
            return;
        }
    }
    char name[KEY_NAME / 2] = "";
    if (nid == NID_undef) {
        (void)OBJ_obj2txt(name, sizeof name, value, 1);
    }
    (void)snprintf(text, KEY_NAME, "EC %s", nid == NID_undef ? name : OBJ_nid2sn(nid));
}

static const struct key_kind {
    int nid;
    enum certificate_key key;
    const char *name;
    uint16_t bits; /* 0: the key or its parameters tell */
} key_kinds[] = {
    {NID_rsaEncryption, KEY_RSA, "RSA", 0},      {NID_rsassaPss, KEY_RSA_PSS, "RSA-PSS", 0},
    {NID_X9_62_id_ecPublicKey, KEY_EC, "EC", 0}, {NID_ED25519, KEY_ED25519, "Ed25519", 256},
    {NID_ED448, KEY_ED448, "Ed448", 456},        {NID_dsa, KEY_DSA, "DSA", 0},
    {NID_dhKeyAgreement, KEY_DH, "DH", 0},       {NID_dhpublicnumber, KEY_DH, "DH", 0},
};

/* The key is read here, and not by libcrypto, whose search for a decoder costs five times as much
 * as all the rest. */
static void public_key(struct certificate *certificate, struct x509_reader *reader,
                       const X509 *x509)
{
    ASN1_OBJECT *object = NULL;
    X509_ALGOR *algorithm = NULL;
    const unsigned char *bytes = NULL;
    int length = 0;
    int type = V_ASN1_UNDEF;
    char text[KEY_NAME] = "";
    size_t bits = 0;
    (void)X509_PUBKEY_get0_param(&object, &bytes, &length, &algorithm, X509_get_X509_PUBKEY(x509));
    struct wire key = wire_over(bytes, length > 0 ? (size_t)length : 0);
    int nid = OBJ_obj2nid(object);
    (void)OBJ_obj2txt(text, sizeof text, object, 0);
    for (size_t i = 0; i < sizeof key_kinds / sizeof key_kinds[0]; i++) {
        const struct key_kind *kind = &key_kinds[i];
        if (kind->nid != nid) {
            continue;
        }
        certificate->key = (uint8_t)kind->key;
        bits = kind->bits;
        if (kind->key == KEY_EC) {
            curve_of(text, &bits, algorithm, key.left);
        } else if (kind->bits > 0) {
            (void)snprintf(text, sizeof text, "%s", kind->name);
        } else {
            bool in_key = kind->key == KEY_RSA || kind->key == KEY_RSA_PSS;
            bits = first_number_bits(in_key ? key : parameters_of(&type, algorithm));
            (void)snprintf(text, sizeof text, "%s %zu", kind->name, bits);
        }
    }
    certificate->key_bits = bits <= UINT16_MAX ? (uint16_t)bits : UINT16_MAX;
    certificate->key_name = keep_text(reader, text);
}

static uint16_t digest_bits(int nid)
{
    switch (nid) {
    case NID_md2:
    case NID_md4:
    case NID_md5:
        return 128;
    case NID_sha1:
        return 160;
    case NID_sha224:
    case NID_sha3_224:
        return 224;
    case NID_sha256:
    case NID_sha3_256:
    case NID_sm3:
        return 256;
    case NID_sha384:
    case NID_sha3_384:
        return 384;
    case NID_sha512:
    case NID_sha3_512:
        return 512;
    default:
        return 0;
    }
}

/* The hash that RSASSA-PSS' parameters name (RFC 4055, section 3.1). */
static int pss_hash(const X509_ALGOR *algorithm)
{
    int type = V_ASN1_UNDEF;
    struct wire parameters = parameters_of(&type, algorithm);
    const unsigned char *at = parameters.at;
    RSA_PSS_PARAMS *pss = d2i_RSA_PSS_PARAMS(NULL, &at, (long)parameters.left);
    const ASN1_OBJECT *hash = NULL;
    int nid = NID_undef;
    if (pss != NULL) {
        nid = NID_sha1;
    }
    if (pss != NULL && pss->hashAlgorithm != NULL) {
        X509_ALGOR_get0(&hash, NULL, NULL, pss->hashAlgorithm);
        nid = OBJ_obj2nid(hash);
    }
    RSA_PSS_PARAMS_free(pss);
    return nid;
}

static void signature(struct certificate *certificate, struct x509_reader *reader, const X509 *x509)
{
    const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(x509);
    const ASN1_OBJECT *object = NULL;
    char text[KEY_NAME] = "";
    int digest = NID_undef;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    (void)OBJ_obj2txt(text, sizeof text, object, 0);
    certificate->signature = keep_text(reader, text);
    if (OBJ_obj2nid(object) == NID_rsassaPss) {
        digest = pss_hash(algorithm);
    } else {
        (void)OBJ_find_sigid_algs(OBJ_obj2nid(object), &digest, NULL);
    }
    certificate->signature_hash_bits = digest_bits(digest);
}

/* ---- other extensions ---- */

static const char *first_url(struct x509_reader *reader, const AUTHORITY_INFO_ACCESS *access,
                             int method)
{
    int count = access == NULL ? 0 : sk_ACCESS_DESCRIPTION_num(access);
    for (int i = 0; i < count; i++) {
        const ACCESS_DESCRIPTION *entry = sk_ACCESS_DESCRIPTION_value(access, i);
        int type = 0;
        const ASN1_STRING *url = GENERAL_NAME_get0_value(entry->location, &type);
        if (type == GEN_URI && OBJ_obj2nid(entry->method) == method) {
            return keep_bytes(reader, ASN1_STRING_get0_data(url), (size_t)ASN1_STRING_length(url),
                              VALUE_TEXT);
        }
    }
    return NULL;
}

static void information_access(struct certificate *certificate, struct x509_reader *reader,
                               const X509 *x509)
{
    AUTHORITY_INFO_ACCESS *access = X509_get_ext_d2i(x509, NID_info_access, NULL, NULL);
    certificate->ocsp_url = first_url(reader, access, NID_ad_OCSP);
    certificate->issuer_url = first_url(reader, access, NID_ad_ca_issuers);
    AUTHORITY_INFO_ACCESS_free(access);
}

static uint8_t found(bool present)
{
    return present ? USAGE_PRESENT : USAGE_LACKS;
}

/* RFC 5280, section 4.2.1.12. An extension that cannot be read counts as absent: that it lacks
 * something may only be said of one that can. */
static void extended_key_usage(struct certificate *certificate, const X509 *x509)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    int count = usages == NULL ? 0 : sk_ASN1_OBJECT_num(usages);
    bool server = false;
    bool client = false;
    for (int i = 0; i < count; i++) {
        int nid = OBJ_obj2nid(sk_ASN1_OBJECT_value(usages, i));
        bool any = nid == NID_anyExtendedKeyUsage;
        /* Server Gated Cryptography was serverAuth's forerunner, and stacks still take it for it.
         */
        server = server || any || nid == NID_server_auth || nid == NID_ms_sgc || nid == NID_ns_sgc;
        client = client || any || nid == NID_client_auth;
    }
    if (usages != NULL) {
        certificate->server_auth = found(server);
        certificate->client_auth = found(client);
    }
    EXTENDED_KEY_USAGE_free(usages);
}

/* RFC 5280, section 4.2.1.3. */
static void key_usage(struct certificate *certificate, const X509 *x509)
{
    enum { DIGITAL_SIGNATURE = 0, KEY_ENCIPHERMENT = 2 };
    ASN1_BIT_STRING *usages = X509_get_ext_d2i(x509, NID_key_usage, NULL, NULL);
    if (usages != NULL) {
        certificate->digital_signature =
            found(ASN1_BIT_STRING_get_bit(usages, DIGITAL_SIGNATURE) != 0);
        certificate->key_encipherment =
            found(ASN1_BIT_STRING_get_bit(usages, KEY_ENCIPHERMENT) != 0);
    }
    ASN1_BIT_STRING_free(usages);
}

static bool is_authority(const X509 *x509)
{
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, NULL, NULL);
    bool authority = constraints != NULL && constraints->ca != 0;
    BASIC_CONSTRAINTS_free(constraints);
    return authority;
}

/* RFC 7633: the TLS features extension names status_request. */
static bool must_staple(const X509 *x509)
{
    enum { STATUS_REQUEST = 5 };
    TLS_FEATURE *features = X509_get_ext_d2i(x509, NID_tlsfeature, NULL, NULL);
    int count = features == NULL ? 0 : sk_ASN1_INTEGER_num(features);
    bool found = false;
    for (int i = 0; i < count && !found; i++) {
        found = ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) == STATUS_REQUEST;
    }
    TLS_FEATURE_free(features);
    return found;
}

bool x509_read(struct certificate *certificate, const bool **is_address, struct x509_reader *reader,
               const X509 *x509)
{
    const X509_NAME *subject = X509_get_subject_name(x509);
    const X509_NAME *issuer = X509_get_issuer_name(x509);
    *is_address = NULL;
    if (!x509_time(&certificate->not_before, X509_get0_notBefore(x509)) ||
        !x509_time(&certificate->not_after, X509_get0_notAfter(x509))) {
        return false;
    }
    certificate->subject = x509_name(reader, subject);
    certificate->issuer = x509_name(reader, issuer);
    certificate->subject_common_names = common_names(reader, subject);
    certificate->issuer_common_names = common_names(reader, issuer);
    certificate->serial = serial(reader, x509);
    alternative_names(certificate, is_address, reader, x509);
    public_key(certificate, reader, x509);
    signature(certificate, reader, x509);
    information_access(certificate, reader, x509);
    extended_key_usage(certificate, x509);
    key_usage(certificate, x509);
    certificate->is_authority = is_authority(x509);
    certificate->self_issued = X509_NAME_cmp(subject, issuer) == 0;
    certificate->must_staple = must_staple(x509);
    certificate->has_scts = X509_get_ext_by_NID(x509, NID_ct_precert_scts, -1) >= 0;
    return true;
}
