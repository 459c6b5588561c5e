"""Samples of certificates that cannot be read or do not verify, of servers without a usable one, and of refusals whose reason
the wire does not show."""

import base64
import pathlib

from certificates import Case, presented, refusals
from lab import sample
from pki import NAME
from stacks import CLIENTS, SERVERS, connect, serve, shown


def forged(lab):
    """A good certificate of which one byte of the signature was changed."""
    own = shown(lab, "forged", san=NAME)
    text = pathlib.Path(own.cert).read_text()
    body = "".join(line for line in text.splitlines() if not line.startswith("-"))
    der = bytearray(base64.b64decode(body))
    der[-20] ^= 0x55
    pem = "-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(bytes(der)).decode() + "-----END CERTIFICATE-----\n"
    own.cert = lab.file("forged.pem", pem)
    own.chain = lab.file("forged.chain.pem", pem + pathlib.Path(own.behind).read_text())
    own.both = lab.file("forged.both.pem", pathlib.Path(own.key).read_text() + pem + pathlib.Path(own.behind).read_text())
    return own


refusals("certificate.malformed", "A byte of the certificate's signature was changed, it does not verify",
         "openssl-openssl-12:51 openssl-openssl-13:51 curl-nginx-12:51 gnutls-openssl-12:42 gnutls-openssl-13:(42) nss-openssl-12:(42) "
         "java-haproxy-12:42 java-openssl-13:(42) go-openssl-12:42 go-openssl-13:(42) mbedtls-openssl-12:48 wolfssl-openssl-12:42 "
         "erlang-openssl-12:42 bearssl-openssl-12:rst chromium-openssl-12:46", forged, "-signature")


def damage(find, change):
    """A wire function that changes bytes of the server's Certificate message, found by what stands before them."""
    def decide(frame, to_server):
        if to_server or not frame.is_tcp or find not in frame.data:
            return None
        at = frame.data.index(find)
        data = bytearray(frame.data)
        change(data, at)
        return [(to_server, frame.with_data(bytes(data)), 0)]
    return decide


def no_sequence(data, at):
    """The algorithm identifier becomes an OCTET STRING in which a SEQUENCE has to be."""
    data[at - 2] = 0x04


def endless(data, at):
    """The algorithm's OBJECT IDENTIFIER becomes longer than what holds it."""
    data[at + 1] = 0x7f


SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
for label, about, change in (("tag", "an OCTET STRING where a SEQUENCE has to be", no_sequence),
                             ("length", "a length that points behind its end", endless)):
    for case in map(Case, {"tag": "openssl:42 curl:42 gnutls:42 java:42 go:42 mbedtls:42 nss:43",
                           "length": "openssl:42 gnutls:42 java:42 go:42 wolfssl:50 bearssl:rst"}[label]
                    .replace(":", "-openssl-12:").split()):
        def recipe(lab, case=case, change=change):
            serve(lab, "openssl", own=shown(lab, "good"), tls="1.2", keys=case.keys()[0])
            lab.wire(damage(SHA256_RSA, change))
            connect(lab, case.client, tls="1.2")
        plain, keyed = case.expect()
        sample(f"certificate.malformed~{case.place}-{label}", f"The certificate has {about}: {case.what()}.",
               ("script (changes the bytes)",) + case.stacks, "1.2", expect=plain, keyed=keyed, wire=True)(recipe)


def without(word, about="The server has no certificate"):
    """A server without a certificate refuses an ordinary ClientHello."""
    case = Case(word)

    def recipe(lab):
        by_server, by_client = case.keys()
        serve(lab, case.server, own=None, tls=None, keys=by_server)
        connect(lab, case.client, tls=case.tls if case.version == "12" else None, keys=by_client)
    plain, keyed = case.expect("10.77.0.1")
    sample(f"certificate.unavailable~{case.place}", f"{about}: {case.what().replace('the client', 'the server')}.", case.stacks,
           "1.2" if case.version == "12" else "", expect=plain, keyed=keyed,
           blind=("certificate.unavailable", "signature.no_overlap", "abort.by_server") if case.sealed else ())(recipe)


for word in ("openssl-openssl-12:40 curl-openssl-13:40 gnutls-gnutls-12:40 curl-gnutls-13:40 java-java-12:40 curl-java-13:(40) "
             "nss-node-12:40 curl-node-13:40 chromium-node-13:40 go-erlang-12:40 curl-mbedtls-12:40 openssl-wolfssl-12:40").split():
    without(word)


def first_accepted(lab):
    """Another client, whom nothing is wrong with, so that the certificate is seen to be good."""
    connect(lab, "curl", tls="1.2")


def listed(lab):
    return lab.pki.crl(revoked=[lab.pki.issue("revoked", san=NAME)])


refusals("certificate.rejected", "The certificate is on the client's revocation list, of which the wire shows nothing; a client "
         "without the list accepts it before", "bc-nginx-12:46 node-nginx-12:fin", presented("revoked", san=NAME),
         "-crl", before=first_accepted, crl=listed)
refusals("certificate.rejected", "The certificate expired, but is sealed and nobody kept the keys",
         "java-haproxy-13:(45) bc-haproxy-13:(46) nss-haproxy-13:(45) erlang-haproxy-13:(45) wolfssl-haproxy-13:(45) "
         "chromium-haproxy-13:(46)", presented("expired"), "-sealed")
refusals("certificate.rejected", "The certificate is for another name, but is sealed and nobody kept the keys",
         "java-java-13:(46) nss-nss-13:(42)", presented("wrong_name"), "-sealed")


def accepted(fault, about, own, cases, server_more=()):
    """A certificate that looks bad, and a client that takes it."""
    for case in map(Case, cases.replace(" ", ":0 ").split()):
        def recipe(lab, case=case):
            by_server, by_client = case.keys()
            serve(lab, case.server, own=own(lab), tls=case.tls, more=server_more, keys=by_server)
            connect(lab, case.client, tls=case.tls, verify=False, keys=by_client)
        data = "tls.record.content_type == 23" if case.tls == "1.2" else "tls.record.opaque_type == 23"
        sample(f"ok~{fault}-{case.place}", f"{about}; the client takes it all the same.",
               (SERVERS[case.server], CLIENTS[case.client]), case.tls, expect=(f"ip.src == 10.77.0.1 && {data}",),
               refuse=("tls.alert_message.level == 2",))(recipe)


accepted("expired", "The certificate expired in 2021", presented("expired"),
         "openssl-nginx-12 curl-nginx-12 curl-nginx-13 gnutls-haproxy-12 java-go-13 nss-haproxy-12 node-nginx-12 go-go-13 chromium-nginx-12 ")
accepted("not-yet-valid", "The certificate is valid from 2040 on", presented("not_yet"), "curl-nginx-12 go-nginx-13 ")
accepted("self-signed", "The certificate is signed by itself", presented("self_signed"),
         "curl-nginx-12 openssl-node-13 java-nginx-12 node-haproxy-12 erlang-go-12 ")
accepted("incomplete-chain", "The intermediate is missing", presented("good", behind=[]), "curl-nginx-12 gnutls-nginx-13 ")
accepted("untrusted-root", "The root is not trusted", presented("untrusted", behind=["stranger", "other_root"]),
         "curl-haproxy-12 mbedtls-nginx-12 wolfssl-nginx-13 ")
accepted("wrong-name", "The certificate is for another name", presented("wrong_name"), "curl-nginx-12 java-nginx-13 node-go-12 ")
accepted("wrong-usage", "The certificate is for clients", presented("wrong_usage"), "curl-nginx-12 bearssl-nginx-12 ")
accepted("weak-key", "The certificate's key is RSA of 1024 bits", presented("weak_key"), "curl-openssl-12 go-openssl-13 ",
         ["-cipher", "DEFAULT:@SECLEVEL=0"])
accepted("chain-of-six", "Five certificates stand behind the server's own, in no order and one of them twice",
         presented("good", behind=["root", "stranger", "intermediate", "other_root", "intermediate"]), "curl-openssl-12 openssl-openssl-13 ")
