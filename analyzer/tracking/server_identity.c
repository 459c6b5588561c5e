#include "tracking/server_identity.h"

#include <arpa/inet.h>
#include <string.h>

/* ASCII alone: a name in another script is asked for, and certified, in its A-labels. */
static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static bool is_same(const char *left, size_t left_length, const char *right, size_t right_length)
{
    if (left_length != right_length) {
        return false;
    }
    for (size_t i = 0; i < left_length; i++) {
        if (lower(left[i]) != lower(right[i])) {
            return false;
        }
    }
    return true;
}

/* The length of a name without the dot of the root. */
static size_t length_of(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && name[length - 1] == '.' ? length - 1 : length;
}

bool identity_dns_fits(const char *pattern, const char *wanted)
{
    size_t pattern_length = length_of(pattern);
    size_t wanted_length = length_of(wanted);
    if (wanted_length == 0) {
        return false;
    }
    if (strncmp(pattern, "*.", 2) != 0) {
        return is_same(pattern, pattern_length, wanted, wanted_length);
    }
    size_t label = strcspn(wanted, "."); /* that the wildcard stands for */
    bool two_labels = strchr(pattern + 2, '.') != NULL;
    return two_labels && label > 0 && label < wanted_length &&
           is_same(pattern + 1, pattern_length - 1, wanted + label, wanted_length - label);
}

/* The address in `text` in network order, and its length; 0 where it is none. */
static size_t address_of(uint8_t address[16], const char *text)
{
    if (inet_pton(AF_INET, text, address) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, text, address) == 1 ? 16 : 0;
}

static bool address_fits(const char *name, const uint8_t *wanted, size_t wanted_length)
{
    uint8_t address[16];
    return address_of(address, name) == wanted_length &&
           memcmp(address, wanted, wanted_length) == 0;
}

bool identity_fits(struct text_list names, const bool *is_address, const char *wanted)
{
    uint8_t address[16];
    size_t length = address_of(address, wanted);
    for (size_t i = 0; i < names.count; i++) {
        bool fits = length == 0 ? !is_address[i] && identity_dns_fits(names.at[i], wanted)
                                : is_address[i] && address_fits(names.at[i], address, length);
        if (fits) {
            return true;
        }
    }
    return false;
}
