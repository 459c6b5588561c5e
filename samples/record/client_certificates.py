"""Samples of servers that refuse the client's certificate, or the lack of one. The words of a case are those of certificates.py,
said of the server here, and `http`: the handshake succeeds and an HTTP answer 400 inside it refuses (nginx).
"""

from certificates import Case, presented
from lab import sample
from stacks import connect, serve, shown

SERVER_ALERTS = {"49": "alert 49 (access_denied)", "116": "alert 116 (certificate_required)"}
REFUSED = "client_certificate.rejected"


class Refusal(Case):
    """A case in which the server is the one that refuses."""

    def keys(self):
        if self.how == "http":
            return False, True
        return super().keys()

    def what(self):
        if self.how == "http":
            return "the handshake succeeds, then the server answers HTTP 400"
        if self.alert in SERVER_ALERTS:
            return ("a sealed " if self.sealed else "") + SERVER_ALERTS[self.alert]
        return super().what().replace("the client", "the server")

    def expect(self, side="10.77.0.1"):
        if self.how == "http":
            return [], ["http.response.code == 400"]
        return super().expect(side)

    def blind(self, cause):
        if self.how == "http":
            return ("established",)
        if self.version != "13":
            return ()
        if self.how in ("fin", "rst"):
            return (REFUSED, "abort.by_server")
        return (cause, REFUSED) if cause == "client_certificate.missing" else (REFUSED,)


def mutual(case, own, server_more=(), crl=None, client_more=()):
    """A recipe: the server needs a client certificate; own(lab) is what the client has, None nothing."""
    def recipe(lab):
        by_server, by_client = case.keys()
        serve(lab, case.server, own=shown(lab, "good"), tls=case.tls, ask="need", keys=by_server, more=server_more,
              crl=crl(lab) if crl else None)
        connect(lab, case.client, own=own(lab) if own else None, tls=case.tls, keys=by_client, more=client_more)
    return recipe


def refusals(cause, about, cases, own, tag="", **words):
    for case in map(Refusal, cases.split()):
        plain, keyed = case.expect()
        register = sample(f"{cause}~{case.place}{case.tag or tag}", f"{about}: {case.what()}.", case.stacks, case.tls, expect=plain,
                          keyed=keyed, blind=case.blind(cause))
        register(mutual(case, own, **words))


def revoked_list(lab):
    return lab.pki.crl(revoked=[lab.pki.issue("client_revoked", san="client.example", usage="clientAuth")])


def revoked(lab):
    return shown(lab, "client_revoked", san="client.example", usage="clientAuth")


ELSEWHERE = "The client has a certificate, but of an issuer that the server does not name, and sends none"

refusals("client_certificate.missing", "The server needs a client certificate, the client sends an empty one",
         "curl-openssl-12:40 curl-openssl-13:(116) gnutls-openssl-12:40 curl-gnutls-12:50 curl-gnutls-13:(116) curl-nss-12:42 "
         "openssl-nss-13:(116) curl-nginx-12:http curl-nginx-13:http go-nginx-12:http openssl-haproxy-12:40 curl-haproxy-13:(116) "
         "curl-java-12:40 curl-java-13:(116) java-openssl-12:40 java-openssl-13:(116) go-go-12:42 go-go-13:(42) node-node-12:40 "
         "node-node-13:(116) nss-node-12:40 nss-openssl-13:(116) bc-openssl-12:40 bc-openssl-13:(116) erlang-erlang-12:40 "
         "curl-erlang-13:(116) curl-mbedtls-12:fin curl-wolfssl-12:rst curl-wolfssl-13:(116) mbedtls-haproxy-12:40 "
         "wolfssl-openssl-12:40 wolfssl-openssl-13:(116) bearssl-openssl-12:40", None)
refusals("client_certificate.missing", ELSEWHERE,
         "java-haproxy-12:40 java-openssl-13:(116) bc-openssl-12:40", presented("client_untrusted"), "-other-issuer")
refusals("client_certificate.expired", "The client's certificate expired in 2021",
         "openssl-openssl-12:45 openssl-openssl-13:(45) curl-gnutls-12:42 openssl-gnutls-13:(42) curl-nss-12:45 openssl-nss-13:(45) "
         "curl-nginx-12:http curl-nginx-13:http node-haproxy-12:45 go-haproxy-13:(45) go-java-12:46 openssl-java-13:(46) "
         "curl-go-12:42 go-go-13:(42) java-openssl-12:45 java-openssl-13:(45) openssl-node-12:fin curl-erlang-12:45 "
         "openssl-mbedtls-12:45 curl-wolfssl-12:45 mbedtls-openssl-12:45 wolfssl-haproxy-12:45", presented("client_expired"))
refusals("client_certificate.expired", "The client's certificate is valid from 2040 on",
         "openssl-openssl-12:42 curl-haproxy-12:42 openssl-openssl-13:(42) curl-go-12:42", presented("client_not_yet"), "-not-yet")
refusals("client_certificate.untrusted", "The client's certificate is of an issuer that the server does not trust",
         "openssl-openssl-12:48 openssl-openssl-13:(48) curl-gnutls-12:42 openssl-gnutls-13:(42) curl-nss-12:48 openssl-nss-13:(48) "
         "curl-nginx-12:http curl-nginx-13:http node-haproxy-12:48 go-haproxy-13:(48) go-java-12:46 openssl-java-13:(46) "
         "curl-go-12:42 go-go-13:(42) openssl-node-12:fin node-node-13:fin curl-erlang-12:48 openssl-erlang-13:(48) "
         "openssl-mbedtls-12:48 curl-wolfssl-12:48 openssl-wolfssl-13:(48) mbedtls-openssl-12:48 gnutls-openssl-12:48 nss-openssl-12:48 nss-openssl-13:(48)",
         presented("client_untrusted"))
refusals("client_certificate.untrusted", "The client's certificate is signed by itself", "openssl-openssl-12:48 curl-haproxy-12:48 "
         "go-go-12:42 openssl-openssl-13:(48)",
         presented("client_self", issuer=None, san="client.example", usage="clientAuth"), "-self-signed")
refusals("client_certificate.wrong_usage", "The client's certificate is for servers (no clientAuth in its extended key usage)",
         "openssl-openssl-12:43 openssl-openssl-13:(43) curl-nss-12:46 openssl-nss-13:(46) curl-nginx-12:http curl-haproxy-12:43 "
         "go-haproxy-13:(43) go-java-12:46 openssl-java-13:(46) curl-go-12:42 go-go-13:(42) node-node-12:fin curl-erlang-12:40 "
         "openssl-mbedtls-12:43 curl-wolfssl-12:42", presented("client_wrong_usage"))
refusals("client_certificate.revoked", "The client's certificate is on the server's revocation list",
         "openssl-openssl-12:44 openssl-openssl-13:(44) curl-haproxy-12:44 go-haproxy-13:(44) "
         "curl-mbedtls-12:44", revoked, crl=revoked_list)
refusals("client_certificate.rejected", "The client's certificate is on the server's revocation list, of which the wire shows nothing",
         "curl-java-12:46 openssl-java-13:(46) openssl-node-12:fin", revoked, "-revoked", crl=revoked_list)
refusals("client_certificate.rejected", "The client's certificate expired, but is sealed and nobody kept the keys",
         "java-haproxy-13:(45) erlang-java-13:(46) wolfssl-nss-13:(45)", presented("client_expired"), "-sealed")
refusals("client_certificate.unproven", "The client signs with a key that is not its certificate's",
         "mbedtls-openssl-12:51 mbedtls-haproxy-12:51 mbedtls-gnutls-12:51 java-openssl-12:51 java-openssl-13:(51) java-go-12:51 "
         "erlang-openssl-12:51 erlang-openssl-13:(51)", presented("client", key="client_wrong_usage"))


def accepted(cases, about, own, ask="want", tag="", server_more=(), words="", keys=False):
    """Register handshakes with a CertificateRequest that succeed."""
    for case in map(Case, cases.split()):
        def recipe(lab, case=case):
            serve(lab, case.server, own=shown(lab, "good"), tls=case.tls, ask=ask, more=server_more)
            connect(lab, case.client, own=own(lab) if own else None, tls=case.tls)
        data = "tls.record.content_type == 23" if case.tls == "1.2" else "tls.record.opaque_type == 23"
        sample(f"ok~{tag}-{case.place}", about, case.stacks, case.tls, expect=(f"ip.src == 10.77.0.1 && {data}",),
               refuse=("tls.alert_message.level == 2",))(recipe)


accepted("openssl-openssl-12:0 openssl-openssl-13:0 curl-nginx-12:0 curl-nginx-13:0 gnutls-haproxy-12:0 gnutls-gnutls-13:0 nss-nss-12:0 "
         "java-java-12:0 java-java-13:0 go-go-13:0 node-node-13:0 erlang-haproxy-12:0 mbedtls-openssl-12:0 wolfssl-nginx-13:0",
         "The server needs a client certificate; the client gives a good one.", presented("client"), ask="need", tag="mutual")
accepted("openssl-openssl-12:0 curl-nginx-12:0 curl-nginx-13:0 gnutls-gnutls-12:0 java-openssl-13:0 go-go-13:0 node-haproxy-12:0 "
         "nss-nss-13:0", "The server asks for a client certificate; the client has none; the server goes on.", None, tag="mutual-empty")
accepted("openssl-haproxy-12:0 curl-haproxy-13:0", "The client's certificate expired; the server takes it all the same.",
         presented("client_expired"), tag="mutual-expired", server_more=["ca-ignore-err all crt-ignore-err all"])
accepted("openssl-haproxy-12:0 go-haproxy-13:0", "The client's certificate is of an unknown issuer; the server takes it all the same.",
         presented("client_untrusted"), tag="mutual-untrusted", server_more=["ca-ignore-err all crt-ignore-err all"])
