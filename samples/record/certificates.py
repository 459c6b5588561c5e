"""Samples of clients that refuse the server's certificate, each fault on many stacks.

A fault's cases are words "client-server-version:how", where `how` is what the client does:
    45        an alert of that number in clear
    (45)      the same, sealed: only the key log shows the number
    fin, rst  it closes or resets without an alert
    notify    it finishes the handshake and then closes with close_notify (curl on a wrong name)
"""

from lab import sample
from pki import NAME
from stacks import CLIENTS, SERVERS, KEYLOG, KEYLOG_VARIABLE, connect, serve, shown

WORDS = {"45": "alert 45 (certificate_expired)", "42": "alert 42 (bad_certificate)", "46": "alert 46 (certificate_unknown)",
         "48": "alert 48 (unknown_ca)", "43": "alert 43 (unsupported_certificate)", "44": "alert 44 (certificate_revoked)",
         "40": "alert 40 (handshake_failure)", "51": "alert 51 (decrypt_error)", "50": "alert 50 (decode_error)",
         "113": "alert 113 (bad_certificate_status_response)", "47": "alert 47 (illegal_parameter)",
         "71": "alert 71 (insufficient_security)", "80": "alert 80 (internal_error)"}
REFUSED = "certificate.rejected"
# What an alert in clear says of a certificate that is sealed.
TOLD = {"45": ["certificate.expired"], "44": ["certificate.revoked"], "43": ["certificate.wrong_usage"],
        "48": ["certificate.untrusted_root", "certificate.incomplete_chain", "certificate.self_signed"]}


# Faults that show only to those whose roots and revocation lists are the client's.
OF_TRUST = ("certificate.untrusted_root", "certificate.incomplete_chain", "certificate.self_signed", "certificate.rejected")


class Case:
    """One word of a list of cases, taken apart."""

    def __init__(self, word):
        place, self.how = word.split(":")
        self.client, self.server, self.version = place.split("-")[:3]
        self.tag = "".join("-" + one for one in place.split("-")[3:])
        self.tls = {"12": "1.2", "13": "1.3"}[self.version]
        self.sealed = self.how.startswith("(")
        self.alert = self.how.strip("()") if self.how.strip("()").isdigit() else None
        self.place = f"{self.client}-{self.server}-{self.version}"
        self.stacks = (SERVERS[self.server], CLIENTS[self.client])

    def keys(self):
        """Who writes the key log: (server, client), as far as one is needed and somebody can."""
        needed = self.sealed or self.version == "13" or self.how == "notify"
        able = lambda stack: stack in KEYLOG or stack in KEYLOG_VARIABLE
        return needed and able(self.server), needed and not able(self.server) and able(self.client)

    def what(self):
        if self.how == "fin":
            return "the client closes without an alert"
        if self.how == "rst":
            return "the client resets without an alert"
        if self.how == "notify":
            return "the client finishes the handshake and leaves with close_notify and no request"
        return ("a sealed " if self.sealed else "") + WORDS[self.alert]

    def expect(self, side="10.77.0.2"):
        """Filters without and with keys that prove that the peer at `side` did it."""
        if self.how == "fin":
            plain = [f"ip.src == {side} && tcp.flags.fin == 1"]
            return plain, []
        if self.how == "rst":
            return [f"ip.src == {side} && tcp.flags.reset == 1"], []
        if self.how == "notify":
            return [], [f"ip.src == {side} && tls.alert_message.desc == 0"]
        alert = [f"ip.src == {side} && tls.alert_message.level == 2 && tls.alert_message.desc == {self.alert}"]
        if self.sealed and not any(self.keys()):
            return [f"ip.src == {side} && (tls.record.content_type == 21 || tls.record.opaque_type == 23)"], []
        return ([], alert) if self.sealed else (alert, [])

    def blind(self, cause):
        """What may be said without the key log."""
        if self.version != "13":
            # Who finishes first and leaves then looks like one who is content; the fault must be plain to all.
            finished = self.sealed or self.how in ("fin", "notify")
            return (cause, REFUSED, "established") if finished and cause in OF_TRUST else ()
        if self.how == "fin":
            return (REFUSED, "abort.by_client")
        if self.how == "notify":
            return (REFUSED, "established")
        told = [] if self.sealed else TOLD.get(self.alert, [])
        return tuple(dict.fromkeys(([cause] if cause in told else []) + told + [REFUSED]))


def make(case, own, server_more=(), client_more=(), before=None, **words):
    """The recipe of a case; `own(lab)` gives the certificate shown; before(lab) runs first."""
    def recipe(lab):
        by_server, by_client = case.keys()
        mine = own(lab)
        more = server_more(lab) if callable(server_more) else server_more
        serve(lab, case.server, own=mine, tls=case.tls, more=more, keys=by_server)
        if before:
            before(lab)
        given = client_more(lab) if callable(client_more) else client_more
        made = {key: value(lab) if callable(value) else value for key, value in words.items()}
        connect(lab, case.client, tls=case.tls, more=given, keys=by_client, **made)
    return recipe


def refusals(cause, about, cases, own, tag="", **words):
    """Register a sample for each case of a fault."""
    for case in map(Case, cases.split()):
        plain, keyed = case.expect()
        register = sample(f"{cause}~{case.place}{case.tag or tag}", f"{about}: {case.what()}.", case.stacks, case.tls, expect=plain,
                          keyed=keyed, blind=case.blind(cause))
        register(make(case, own, **words))


def presented(name, behind=None, key=None, **issue):
    return lambda lab: shown(lab, name, behind, key, **issue)


AIA = ("authorityInfoAccess=caIssuers;URI:http://ca.example/intermediate.der",)
OLD_CA = dict(issuer="root", ca=True, san=None, valid=("20200101000000Z", "20210101000000Z"))


def expired_intermediate(lab):
    lab.pki.issue("old_intermediate", **OLD_CA)
    return shown(lab, "under_old", issuer="old_intermediate", behind=["old_intermediate"])


def small_ca(lab):
    """A good leaf under an intermediate of RSA 1024."""
    lab.pki.issue("small_intermediate", issuer="root", ca=True, san=None, key="rsa:1024")
    return shown(lab, "under_small", issuer="small_intermediate", behind=["small_intermediate"])


refusals("certificate.expired", "The certificate expired in 2021",
         "openssl-nginx-12:45 openssl-openssl-13:45 curl-haproxy-12:45 curl-nginx-13:45 gnutls-openssl-12:42 gnutls-nginx-13:(42) "
         "nss-node-12:(45) nss-openssl-13:(45) java-go-12:45 java-openssl-13:(45) bc-openssl-12:46 go-java-12:42 go-nginx-13:(42) "
         "node-nginx-12:fin node-openssl-13:fin erlang-openssl-12:45 erlang-openssl-13:(45) mbedtls-openssl-12:45 "
         "wolfssl-gnutls-12:45 bearssl-nginx-12:rst chromium-nginx-12:46 chromium-openssl-13:(46)", presented("expired"))
refusals("certificate.expired", "The certificate is good, the intermediate behind it expired in 2021",
         "openssl-openssl-12:45 curl-openssl-13:45 go-nginx-12:42 java-openssl-12:45", expired_intermediate, "-intermediate")
refusals("certificate.not_yet_valid", "The certificate is valid from 2040 on",
         "openssl-openssl-12:42 openssl-nginx-13:42 curl-nginx-12:42 gnutls-haproxy-12:42 gnutls-openssl-13:(42) nss-openssl-12:(45) "
         "java-nginx-12:42 java-openssl-13:(42) go-haproxy-12:42 go-openssl-13:(42) node-openssl-12:fin erlang-nginx-12:45 "
         "mbedtls-haproxy-12:46 wolfssl-openssl-12:45 wolfssl-openssl-13:(45) bearssl-openssl-12:rst chromium-openssl-12:46",
         presented("not_yet"))
refusals("certificate.self_signed", "The certificate is signed by itself and trusted by nobody",
         "openssl-openssl-12:48 openssl-openssl-13:48 curl-nginx-12:48 curl-node-13:48 gnutls-nginx-12:42 nss-nginx-12:(48) "
         "java-node-12:46 java-openssl-13:(46) go-nginx-12:42 go-go-13:(42) node-haproxy-12:fin erlang-nginx-12:42 "
         "mbedtls-nginx-12:48 wolfssl-nginx-12:42 bearssl-haproxy-12:rst chromium-haproxy-12:46 chromium-openssl-13:(46)",
         presented("self_signed"))
refusals("certificate.incomplete_chain", "The server sends its certificate without the intermediate that signed it",
         "openssl-nginx-12:48 openssl-openssl-13:48 curl-haproxy-12:48 curl-nginx-13:48 gnutls-openssl-12:42 gnutls-openssl-13:(42) "
         "nss-openssl-12:(48) java-nginx-12:46 java-openssl-13:(46) go-node-12:42 go-nginx-13:(42) node-nginx-12:fin erlang-go-12:48 "
         "mbedtls-nginx-12:48 wolfssl-haproxy-12:48 bearssl-nginx-12:rst",
         presented("alone", behind=[], extensions=AIA))
refusals("certificate.untrusted_root", "The chain is complete up to a root that the client does not trust",
         "openssl-haproxy-12:48 openssl-openssl-13:48 curl-nginx-12:48 curl-openssl-13:48 gnutls-nginx-12:42 gnutls-openssl-13:(42) "
         "nss-nginx-12:(48) java-openssl-12:46 java-openssl-13:(46) bc-nginx-12:46 go-openssl-12:42 go-openssl-13:(42) "
         "node-openssl-12:fin erlang-openssl-12:48 mbedtls-openssl-12:48 wolfssl-nginx-12:48 bearssl-openssl-12:rst "
         "chromium-nginx-12:46", presented("untrusted", behind=["stranger", "other_root"]))
refusals("certificate.untrusted_root", "The server sends its certificate and the intermediate, whose root the client does not trust",
         "curl-nginx-12:48 java-nginx-12:46 go-openssl-13:(42)", presented("untrusted"), "-root-not-sent")
refusals("certificate.name_mismatch", "The certificate is for other.example, the client asked for server.example",
         "openssl-nginx-12:42 openssl-openssl-13:42 curl-openssl-12:notify curl-openssl-13:notify gnutls-nginx-12:42 "
         "gnutls-openssl-13:(42) nss-openssl-12:(42) java-haproxy-12:46 java-openssl-13:(46) bc-openssl-13:(46) go-openssl-12:42 "
         "go-nginx-13:(42) node-nginx-12:fin erlang-openssl-12:40 erlang-openssl-13:(40) mbedtls-haproxy-12:42 wolfssl-openssl-12:42 "
         "bearssl-nginx-12:rst chromium-nginx-12:46 chromium-openssl-13:(46)", presented("wrong_name"))
refusals("certificate.name_mismatch", "The certificate has the name as its common name only, not as an alternative name",
         "go-nginx-12:42 go-openssl-13:(42) chromium-nginx-12:46", presented("name_in_subject", san=None, subject=NAME), "-common-name")
refusals("certificate.name_mismatch", "The certificate is for *.example.org, the client asked for a.b.example.org",
         "openssl-nginx-12:42 java-openssl-12:46 gnutls-openssl-12:42", presented("wildcard", san="*.example.org"), "-wildcard",
         name="a.b.example.org")
refusals("certificate.wrong_usage", "The certificate is for clients (no serverAuth in its extended key usage)",
         "openssl-nginx-12:43 openssl-openssl-13:43 curl-haproxy-12:43 curl-nginx-13:43 gnutls-nginx-12:42 gnutls-openssl-13:(42) "
         "nss-nginx-12:(46) java-openssl-12:46 java-openssl-13:(46) go-nginx-12:42 go-openssl-13:(42) node-openssl-12:fin "
         "erlang-openssl-12:40 mbedtls-nginx-12:43 wolfssl-nginx-12:42 chromium-nginx-12:46", presented("wrong_usage"))
refusals("certificate.wrong_usage", "The certificate is for code signing", "openssl-openssl-12:43 java-nginx-12:46 go-openssl-12:42",
         presented("code_signing", usage="codeSigning"), "-code-signing")

LAX = ["-cipher", "DEFAULT:@SECLEVEL=0"]
refusals("certificate.weak", "The certificate's key is RSA of 1024 bits",
         "openssl-openssl-12:42 openssl-openssl-13:42 curl-openssl-12:42 mbedtls-openssl-12:43", presented("weak_key"), "-rsa1024",
         server_more=LAX)
refusals("certificate.weak", "The certificate is signed with SHA-1",
         "openssl-openssl-12:42 openssl-openssl-13:42 curl-openssl-12:42 gnutls-openssl-12:42 gnutls-openssl-13:(42) "
         "go-openssl-12:42 go-openssl-13:(42) mbedtls-openssl-12:46 chromium-openssl-12:46", presented("weak_digest"), "-sha1",
         server_more=LAX)
refusals("certificate.weak", "The intermediate's key is RSA of 1024 bits", "openssl-openssl-12:42 curl-openssl-13:42", small_ca,
         "-rsa1024-issuer", server_more=LAX)
refusals("certificate.weak", "The certificate is signed with MD5",
         "java-go-12:43 java-go-13:(42) gnutls-go-12:42", presented("md5", digest="md5"), "-md5")
