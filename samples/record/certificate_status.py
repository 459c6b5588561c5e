"""Samples of certificates that are revoked, or whose stapled OCSP response is bad or missing where the certificate demands one."""

from certificates import Case, presented, refusals
from lab import sample
from pki import NAME
from stacks import SERVERS, connect, serve, shown

MUST_STAPLE = ("tlsfeature=status_request",)
ASKS = {"curl": ("--cert-status",), "openssl": ("-status",), "nss": ("-T",), "wolfssl": ("ocsp=staple",),
        "node": ("ocsp=1",)}


def listed(lab):
    """A CRL on which the certificate "revoked" is."""
    return lab.pki.crl(revoked=[lab.pki.issue("revoked", san=NAME)])


def stapled(name, signer=None, revoke=False, **when):
    """s_server's words that staple a response on the certificate called `name`."""
    def words(lab):
        cert = lab.pki[name]
        if revoke:
            lab.pki.crl(issuer=cert.issuer, revoked=[cert])
        return ["-status_file", lab.pki.ocsp(cert, signer, **when)]
    return words


def stapling(cause, about, cases, own, tag, words):
    """Refusals by clients that ask for a stapled response."""
    for word in cases.split():
        refusals(cause, about, word, own, tag, server_more=words, client_more=ASKS.get(word.split("-")[0], ()))


refusals("certificate.revoked", "The certificate is on the client's revocation list",
         "openssl-nginx-12:44 openssl-openssl-13:44 curl-haproxy-12:44 curl-nginx-13:44 mbedtls-nginx-12:44 "
         "java-nginx-12:44 java-openssl-13:(44)", presented("revoked", san=NAME), "-crl", crl=listed)
stapling("certificate.revoked", "The stapled OCSP response says that the certificate is revoked",
         "gnutls-openssl-12:42 gnutls-openssl-13:(42) curl-openssl-12:notify curl-openssl-13:notify chromium-openssl-13:(46)",
         presented("revoked", san=NAME), "-stapled", stapled("revoked", revoke=True))
stapling("certificate.status_invalid", "The stapled OCSP response is signed by a CA that has nothing to do with the certificate",
         "gnutls-openssl-12:42 gnutls-openssl-13:(42) curl-openssl-12:notify curl-openssl-13:notify wolfssl-openssl-12:113",
         presented("good"), "-stranger", stapled("good", signer="stranger"))
stapling("certificate.status_invalid", "The stapled OCSP response expired in January 2025",
         "gnutls-openssl-12:42 gnutls-openssl-13:(42) curl-openssl-12:notify wolfssl-openssl-12:113",
         presented("good"), "-old", stapled("good", days=5, at="2025-01-01"))
stapling("certificate.status_invalid", "The certificate demands a stapled OCSP response, the server sends none",
         "gnutls-nginx-12:42 gnutls-openssl-13:(42) curl-openssl-12:notify", presented("must_staple", extensions=MUST_STAPLE),
         "-must-staple", ())


for case in map(Case, "openssl-12:0 openssl-13:0 gnutls-12:0 gnutls-13:0 curl-13:0 nss-12:0 node-12:0 wolfssl-13:0".replace(
        "-1", "-openssl-1").split()):
    def recipe(lab, case=case):
        own = shown(lab, "must_staple", extensions=MUST_STAPLE)
        serve(lab, "openssl", own=own, tls=case.tls, more=stapled("must_staple")(lab))
        connect(lab, case.client, tls=case.tls, more=ASKS.get(case.client, ()))
    sample(f"ok~stapled-{case.place}", "The certificate demands a stapled OCSP response, and the server staples a good one.",
           (SERVERS["openssl"], case.stacks[1]), case.tls, refuse=("tls.alert_message.level == 2",),
           expect=("tls.handshake.type == 22",) if case.tls == "1.2" else ())(recipe)
