/* Warnings about the server's certificate: faults that the client took, or that are not why it
 * failed. */
#include "diagnosis/faults.h"
#include "diagnosis/warnings.h"

enum {
    DAY = 86400,       /* seconds */
    EXPIRING_DAYS = 30 /* in which a certificate is to be renewed */
};

struct fault_warning {
    enum fault fault;
    const char *code;
    const char *before, *behind; /* the certificate's name, in the sentence */
};

static const struct fault_warning WARNINGS[] = {
    {FAULT_SIGNATURE, "certificate.malformed", "The signature of the certificate for ",
     " does not verify."},
    {FAULT_EXPIRED, "certificate.expired", "The certificate for ", " had expired."},
    {FAULT_REVOKED, "certificate.revoked", "The stapled response says that the certificate for ",
     " is revoked."},
    {FAULT_NAME, "certificate.name_mismatch", "The certificate for ",
     " does not fit the name that was asked for."},
    {FAULT_USAGE, "certificate.wrong_usage", "The certificate for ",
     " is not for servers (extended key usage)."},
    {FAULT_WEAK, "certificate.weak", "The certificate for ",
     " has a short key or a signature with an old hash."},
    {FAULT_SELF_SIGNED, "certificate.self_signed", "The certificate for ", " is signed by itself."},
    {FAULT_INCOMPLETE, "certificate.incomplete_chain",
     "No root that is known here, and no certificate that was sent, issued the last certificate "
     "behind ",
     "."},
};

static void warn_of_expiry(struct verdict *verdict, const struct chain *chain)
{
    const struct certificate *leaf = chain->certificates[0];
    int64_t now = facts_judged_at(chain);
    int64_t left = leaf->malformed ? -1 : (leaf->not_after - now) / DAY;
    if (!leaf->malformed && leaf->not_after >= now && left < EXPIRING_DAYS) {
        char name[FAULTS_TEXT];
        char date[FAULTS_DATE];
        faults_write_name(name, leaf);
        faults_write_date(date, leaf->not_after);
        warnings_add(verdict, "certificate.expiring", "The certificate for %s expires on %s.", name,
                     date);
    }
}

void warnings_of_certificate(struct verdict *verdict, const struct facts *facts)
{
    const struct chain *chain = facts->chain[SERVER];
    if (chain == NULL || chain->count == 0) {
        return;
    }
    struct faults faults;
    faults_of_server(&faults, facts);
    for (size_t i = 0; i < sizeof WARNINGS / sizeof WARNINGS[0]; i++) {
        const struct fault_warning *row = &WARNINGS[i];
        const struct certificate *certificate = faults.certificate[row->fault];
        if ((faults.set & FAULT_BIT(row->fault)) != 0) {
            char name[FAULTS_TEXT];
            faults_write_name(name, certificate != NULL ? certificate : chain->certificates[0]);
            warnings_add(verdict, row->code, "%s%s%s", row->before, name, row->behind);
        }
    }
    if ((faults.set & FAULT_BIT(FAULT_EXPIRED)) == 0) {
        warn_of_expiry(verdict, chain);
    }
}
