"""Samples of extensions that are needed and absent, or that a peer cannot take, and of renegotiations that are refused."""

import socket
import ssl

from certificates import Case
from lab import sample
from lab import SERVER as SERVER_ADDRESS
from pki import NAME
from stacks import CLIENTS, SERVERS, connect, serve, shown
from tampered import CLIENT, SERVER, WORDS, altering

KNOWN = {"signature_algorithms": 13, "supported_groups": 10, "key_share": 51}


def hello_without(number):
    """OpenSSL's ClientHello for TLS 1.3, with the extension of that number renamed to one that nobody knows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    written = ssl.MemoryBIO()
    peer = context.wrap_bio(ssl.MemoryBIO(), written, server_hostname=NAME)
    try:
        peer.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = bytearray(written.read())
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 1 + hello[at] + 2
    while at + 4 <= len(hello):
        if int.from_bytes(hello[at:at + 2], "big") == number:
            hello[at:at + 2] = b"\x4a\x4b"
        at += 4 + int.from_bytes(hello[at + 2:at + 4], "big")
    return bytes(hello)


def absent(name, cases):
    for server, alert in (word.split(":") for word in cases.split()):
        def recipe(lab, server=server):
            serve(lab, server, own=shown(lab, "good"), tls="1.3" if server != "erlang" else None)

            def ask():
                with socket.create_connection((SERVER_ADDRESS, 443), 5) as connection:
                    connection.sendall(hello_without(KNOWN[name]))
                    connection.settimeout(3)
                    while connection.recv(4096):
                        pass
            lab.script_client(ask, f"a ClientHello of OpenSSL without {name}")
        sample(f"extension.required~{name.replace('_', '-')}-{server}-13", f"The ClientHello for TLS 1.3 has no {name}: {WORDS[alert]} "
               "by the server.", (SERVERS[server], "script client"), "1.3",
               expect=(f"ip.src == {SERVER} && tls.alert_message.desc == {alert}",))(recipe)


absent("signature_algorithms", "openssl:109 nss:109 java:109 go:109")
absent("supported_groups", "openssl:109 nss:109 java:109")
absent("key_share", "openssl:109 gnutls:109 java:109 node:109")

def rename(number, into=16):
    """A change to the ServerHello: the extension of that number becomes another, one that the client did not offer."""
    def change(data, found):
        for at, kind, length in found:
            if kind != 22 or data[at + 5] != 2:
                continue
            where = at + 5 + 4 + 2 + 32
            where += 1 + data[where] + 2 + 1 + 2
            while where + 4 <= at + 5 + length:
                if int.from_bytes(data[where:where + 2], "big") == number:
                    data[where:where + 2] = into.to_bytes(2, "big")
                    return True
                where += 4 + int.from_bytes(data[where + 2:where + 4], "big")
        return False
    return change


ALPN, USE_SRTP = 16, 14
for word in ("openssl-openssl-12:110 node-openssl-12:110 nss-openssl-12:110 gnutls-openssl-12:110 "
             "mbedtls-openssl-12:110 nss-openssl-13:110 nss-nginx-13:110").split():
    case = Case(word)

    def unasked(lab, case=case):
        serve(lab, case.server, own=shown(lab, "good"), tls=case.tls)
        lab.wire(altering(False, rename((65281 if case.client == "nss" else 11) if case.tls == "1.2" else 51,
                                         USE_SRTP if case.client == "nss" else ALPN)))
        connect(lab, case.client, tls=case.tls)
    sample(f"extension.unsupported~{case.place}", f"The ServerHello has an extension that the client did not offer: "
           f"{WORDS[case.alert] if case.alert else 'reset without an alert'} by the client.", ("script (changes the number)",) + case.stacks,
           case.tls, expect=case.expect(CLIENT)[0], wire=True)(unasked)


def client_asks(word, more=()):
    """The client asks for another handshake in an established connection, and the server refuses."""
    case = Case(word)

    def recipe(lab):
        serve(lab, case.server, own=shown(lab, "good"), tls="1.2", keys=case.keys()[0], more=more)
        send = "R\n" if case.client == "openssl" else ""
        connect(lab, case.client, tls="1.2", send=send, keys=True, more=["-e"] if case.client == "gnutls" else ())
    sample(f"renegotiation.refused~{case.place}", "The client asks for another handshake (for instance to show a certificate), the server "
           "refuses.", case.stacks, "1.2", expect=(f"ip.src == {SERVER} && tls.record.content_type == 21",))(recipe)


for word in "openssl-nginx-12:0 openssl-haproxy-12:0 openssl-go-12:0 gnutls-go-12:0".split():
    client_asks(word)
client_asks("openssl-java-12:0", ["-Djdk.tls.rejectClientInitiatedRenegotiation=true"])


def server_asks(word, more=(), client_more=()):
    """The server asks for another handshake to get a client certificate, and the client refuses."""
    case = Case(word)

    def recipe(lab):
        serve(lab, case.server, own=shown(lab, "good"), tls="1.2", more=["renegotiate=yes", *more])
        connect(lab, case.client, tls="1.2", keys=case.client in ("openssl", "curl", "go"), more=client_more)
    sample(f"renegotiation.refused~{case.place}-server-asks", "After the first request the server asks for another handshake, the "
           "client refuses.", case.stacks, "1.2", expect=(f"ip.src == {CLIENT} && tls.record.content_type == 21",))(recipe)


server_asks("go-node-12:0")
server_asks("openssl-node-12:0", client_more=["-no_renegotiation"])

for word in ("curl-node-12:0",):
    case = Case(word)

    def nothing_to_show(lab, case=case):
        serve(lab, case.server, own=shown(lab, "good"), tls="1.2", more=["renegotiate=yes"])
        connect(lab, case.client, tls="1.2", keys=True)
    sample(f"client_certificate.missing~{case.place}-renegotiation", "After the first request the server asks for another handshake and a "
           "client certificate in it, as IIS does; the client sends an empty one; the server leaves with a sealed alert.", case.stacks,
           "1.2", keyed=(f"ip.src == {SERVER} && tls.alert_message.level == 2",),
           blind=("client_certificate.missing", "renegotiation.refused", "client_certificate.rejected", "established"))(nothing_to_show)
