/* What stands around every page: its head, and its script at the end. The page may load and run
 * nothing but its own style and script, which its policy names by their digests. */
#include "report/html/html.h"
#include "report/html/html_assets.h"

#include <openssl/evp.h>

enum {
    DIGEST = 32,     /* bytes of SHA-256 */
    DIGEST_TEXT = 48 /* in base64, with its NUL: 45 */
};

/* Empty where libcrypto has no SHA-256: the page is then without style, and never without policy.
 */
static void digest_text(char text[DIGEST_TEXT], const struct html_asset *asset)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    text[0] = '\0';
    if (EVP_Digest(asset->bytes, asset->length, digest, &length, EVP_sha256(), NULL) == 1 &&
        length == DIGEST) {
        (void)EVP_EncodeBlock((unsigned char *)text, digest, DIGEST);
    }
}

static void write_policy(FILE *out)
{
    char style[DIGEST_TEXT], script[DIGEST_TEXT];
    digest_text(style, &html_style);
    digest_text(script, &html_script);
    fprintf(out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;; "
            "style-src &#39;sha256-%s&#39;; script-src &#39;sha256-%s&#39;; "
            "base-uri &#39;none&#39;; form-action &#39;none&#39;\" />\n",
            style, script);
}

void html_begin_page(FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n", out);
    write_policy(out);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
          "<meta name=\"color-scheme\" content=\"light dark\" />\n"
          "<meta name=\"referrer\" content=\"no-referrer\" />\n"
          "<title>tlswhy: why TLS handshakes failed</title>\n<style>",
          out);
    fwrite(html_style.bytes, 1, html_style.length, out);
    fputs("</style>\n</head>\n<body>\n"
          "<header class=\"masthead\"><b>tls<span>why</span></b> why TLS handshakes failed, "
          "as the packets tell it</header>\n",
          out);
}

void html_end_page(FILE *out)
{
    fputs("<script>", out);
    fwrite(html_script.bytes, 1, html_script.length, out);
    fputs("</script>\n</body>\n</html>\n", out);
}
