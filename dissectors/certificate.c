#include "certificate.h"

#include "hello.h"

enum { STATUS_OCSP = 1, STATUS_OCSP_MULTI = 2 };

bool certificate_message(struct certificate_message *message, struct wire body, uint16_t version)
{
    *message = (struct certificate_message){0};
    message->tls13 = hello_version_is_tls13(version);
    if (message->tls13) {
        message->context = wire_vector(&body, 1);
    }
    /* A list that is cut is used as far as it goes. */
    size_t length = wire_u24(&body);
    bool whole = wire_ok(&body) && length == body.left;
    message->list = wire_take_most(&body, length);
    return whole;
}

/* The response in a CertificateStatus (RFC 6066, section 8) or in an entry's status_request. Of
 * those for a whole chain (RFC 6961), the first. */
static bool status(struct wire *response, struct wire body)
{
    uint8_t type = wire_u8(&body);
    struct wire responses;

    *response = wire_over(NULL, 0);
    switch (type) {
    case STATUS_OCSP:
        *response = wire_vector(&body, 3);
        return wire_done(&body) && response->left > 0;
    case STATUS_OCSP_MULTI:
        responses = wire_vector(&body, 3);
        *response = wire_vector(&responses, 3);
        return wire_done(&body) && wire_ok(&responses) && response->left > 0;
    default:
        return false;
    }
}

/* The extensions of an entry (RFC 8446, section 4.4.2). Returns whether the block is whole. */
static bool entry_extensions(struct certificate_entry *entry, struct wire extensions)
{
    struct extension extension;
    bool well_formed = true;

    while (hello_next_extension(&extension, &extensions)) {
        struct wire response;
        if (extension.type != EXTENSION_STATUS_REQUEST) {
            continue;
        }
        if (status(&response, extension.body)) {
            entry->ocsp_response = response;
        } else {
            well_formed = false;
        }
    }
    return well_formed && wire_done(&extensions);
}

bool certificate_next(struct certificate_entry *entry, struct certificate_message *message,
                      bool *well_formed)
{
    *entry = (struct certificate_entry){0};
    if (message->list.left == 0) {
        return false;
    }
    entry->der = wire_vector(&message->list, 3);
    if (!wire_ok(&message->list)) {
        *well_formed = false;
        return false;
    }
    bool fits = entry->der.left > 0;
    if (message->tls13) {
        fits = entry_extensions(entry, wire_vector(&message->list, 2)) && fits;
    }
    if (!fits) {
        *well_formed = false;
    }
    return true;
}

bool certificate_next_authority(struct wire *name, struct wire *authorities)
{
    if (authorities->left == 0) {
        return false;
    }
    *name = wire_vector(authorities, 2);
    return wire_ok(authorities);
}

/* A list of DistinguishedNames with its length, and nothing behind it. Returns well-formed. */
static bool authorities_read(struct wire *authorities, struct wire body)
{
    struct wire list = wire_vector(&body, 2);
    struct wire name;

    if (!wire_ok(&list)) {
        return false;
    }
    *authorities = list;
    while (certificate_next_authority(&name, &list)) {
        if (name.left == 0) {
            return false;
        }
    }
    return wire_done(&body) && wire_done(&list);
}

/* A list of signature schemes with its length. Returns well-formed or not. */
static bool schemes_read(struct wire *schemes, struct wire *body)
{
    struct wire list = wire_vector(body, 2);

    if (!wire_ok(&list)) {
        return false;
    }
    *schemes = list;
    return list.left >= 2 && list.left % 2 == 0;
}

/* RFC 8446, section 4.3.2: what was a field is an extension. */
static bool request_tls13(struct certificate_request *request, struct wire body)
{
    struct wire extensions;
    struct extension extension;
    bool well_formed = true;

    (void)wire_vector(&body, 1); /* certificate_request_context */
    extensions = wire_vector(&body, 2);
    while (hello_next_extension(&extension, &extensions)) {
        if (extension.type == EXTENSION_SIGNATURE_ALGORITHMS) {
            well_formed = schemes_read(&request->schemes, &extension.body) &&
                          wire_done(&extension.body) && well_formed;
        } else if (extension.type == EXTENSION_CERTIFICATE_AUTHORITIES) {
            well_formed = authorities_read(&request->authorities, extension.body) && well_formed;
        }
    }
    return wire_done(&body) && wire_done(&extensions) && well_formed;
}

bool certificate_request(struct certificate_request *request, struct wire body, uint16_t version)
{
    bool well_formed = true;

    *request = (struct certificate_request){0};
    if (hello_version_is_tls13(version)) {
        return request_tls13(request, body);
    }
    struct wire types = wire_vector(&body, 1);
    if (!wire_ok(&types)) {
        return false;
    }
    request->types = types;
    if (hello_version_has_schemes(version)) {
        well_formed = schemes_read(&request->schemes, &body);
    }
    return authorities_read(&request->authorities, body) && well_formed && types.left > 0;
}

bool certificate_status(struct wire *response, struct wire body)
{
    return status(response, body);
}
