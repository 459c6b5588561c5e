#include "tracking/x509.h"

#include "tracking/printable.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
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

/* The curve as IANA's TLS registry has it, where X9.62 had another name for it. */
static const char *curve_name(const char *name)
{
    static const char *const names[][2] = {
        {"prime256v1", "secp256r1"}, {"prime192v1", "secp192r1"}, {"P-256", "secp256r1"},
        {"P-384", "secp384r1"},      {"P-521", "secp521r1"},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return name;
}

static const struct key_kind {
    int nid;
    enum certificate_key key;
    const char *name;
} key_kinds[] = {
    {EVP_PKEY_RSA, KEY_RSA, "RSA"},       {EVP_PKEY_RSA_PSS, KEY_RSA_PSS, "RSA-PSS"},
    {EVP_PKEY_EC, KEY_EC, "EC"},          {EVP_PKEY_ED25519, KEY_ED25519, "Ed25519"},
    {EVP_PKEY_ED448, KEY_ED448, "Ed448"}, {EVP_PKEY_DSA, KEY_DSA, "DSA"},
    {EVP_PKEY_DH, KEY_DH, "DH"},          {EVP_PKEY_DHX, KEY_DH, "DH"},
};

/* The algorithm that the certificate names, where its key itself cannot be read. */
static const char *algorithm_name(struct x509_reader *reader, const X509 *x509)
{
    ASN1_OBJECT *algorithm = NULL;
    char text[KEY_NAME] = "";
    if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509)) == 1) {
        (void)OBJ_obj2txt(text, sizeof text, algorithm, 0);
    }
    return keep_text(reader, text);
}

static void public_key(struct certificate *certificate, struct x509_reader *reader,
                       const X509 *x509)
{
    EVP_PKEY *key = X509_get0_pubkey(x509);
    const struct key_kind *kind = NULL;
    for (size_t i = 0; key != NULL && i < sizeof key_kinds / sizeof key_kinds[0]; i++) {
        if (EVP_PKEY_get_base_id(key) == key_kinds[i].nid) {
            kind = &key_kinds[i];
        }
    }
    if (kind == NULL) {
        certificate->key_name = algorithm_name(reader, x509);
        return;
    }
    char text[KEY_NAME];
    char curve[KEY_NAME / 2] = "";
    int bits = EVP_PKEY_get_bits(key);
    certificate->key = (uint8_t)kind->key;
    certificate->key_bits = bits > 0 && bits <= UINT16_MAX ? (uint16_t)bits : 0;
    if (kind->key == KEY_EC && EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1) {
        (void)snprintf(text, sizeof text, "%s %s", kind->name, curve_name(curve));
    } else if (kind->key == KEY_ED25519 || kind->key == KEY_ED448) {
        (void)snprintf(text, sizeof text, "%s", kind->name);
    } else {
        (void)snprintf(text, sizeof text, "%s %d", kind->name, bits);
    }
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

static void signature(struct certificate *certificate, struct x509_reader *reader, X509 *x509)
{
    const X509_ALGOR *algorithm = X509_get0_tbs_sigalg(x509);
    const ASN1_OBJECT *object = NULL;
    char text[KEY_NAME] = "";
    int digest = NID_undef;
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    if (OBJ_obj2txt(text, sizeof text, object, 0) > 0) {
        certificate->signature = keep_text(reader, text);
    }
    if (X509_get_signature_info(x509, &digest, NULL, NULL, NULL) != 1) {
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

static uint8_t usage(uint32_t usages, uint32_t wanted)
{
    if (usages == UINT32_MAX) {
        return USAGE_ABSENT;
    }
    return (usages & wanted) != 0 ? USAGE_PRESENT : USAGE_LACKS;
}

/* An extension that cannot be read says nothing of a usage: that it lacks one may only be said
 * where it can. */
static void usages(struct certificate *certificate, X509 *x509)
{
    bool unreadable = (X509_get_extension_flags(x509) & EXFLAG_INVALID) != 0;
    uint32_t extended = unreadable ? UINT32_MAX : X509_get_extended_key_usage(x509);
    uint32_t key = unreadable ? UINT32_MAX : X509_get_key_usage(x509);
    certificate->server_auth = usage(extended, XKU_SSL_SERVER | XKU_SGC | XKU_ANYEKU);
    certificate->client_auth = usage(extended, XKU_SSL_CLIENT | XKU_ANYEKU);
    certificate->digital_signature = usage(key, KU_DIGITAL_SIGNATURE);
    certificate->key_encipherment = usage(key, KU_KEY_ENCIPHERMENT);
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
               X509 *x509)
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
    usages(certificate, x509);
    certificate->is_authority = (X509_get_extension_flags(x509) & EXFLAG_CA) != 0;
    certificate->self_issued = X509_NAME_cmp(subject, issuer) == 0;
    certificate->self_signed =
        certificate->self_issued && X509_verify(x509, X509_get0_pubkey(x509)) == 1;
    certificate->must_staple = must_staple(x509);
    certificate->has_scts = X509_get_ext_by_NID(x509, NID_ct_precert_scts, -1) >= 0;
    return true;
}
