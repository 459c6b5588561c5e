"""Samples of pre-shared keys: an identity that the server does not know, a key that is not the same on both sides, and
handshakes by PSK that succeed.
"""

from certificates import Case
from lab import SERVER, sample
from stacks import CLIENTS, PEERS, REQUEST, SERVERS, program

IDENTITY, KEY = "bob", "00112233445566778899aabbccddeeff"
OTHER = "ffeeddccbbaa99887766554433221100"
GNUTLS = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:+PSK",
          "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK"}
OPENSSL = {"1.2": ["-tls1_2", "-cipher", "PSK"], "1.3": ["-tls1_3"]}


def serve(lab, stack, tls):
    if stack == "openssl":
        lab.server(["openssl", "s_server", "-accept", "443", "-nocert", "-psk", KEY, "-psk_identity", IDENTITY, "-quiet", "-www",
                    *OPENSSL[tls]])
    elif stack == "gnutls":
        lab.server(["gnutls-serv", "-p", "443", "--http", "-q", "--pskpasswd", lab.file("psk.txt", f"{IDENTITY}:{KEY}\n"),
                    "--priority", GNUTLS[tls]])
    elif stack == "node":
        lab.server(["node", str(PEERS / "peer.js"), "server", "443", f"psk={IDENTITY}:{KEY}", "ciphers=PSK", "max=TLSv1.2"])
    elif stack == "mbedtls":
        lab.server([program(lab, "mbedtls_peer.c"), "server", "-", "443", f"psk={IDENTITY}:{KEY}"])


def connect(lab, stack, tls, identity, key):
    how = dict(send=REQUEST, linger=3)
    if stack == "openssl":
        lab.client(["openssl", "s_client", "-connect", SERVER + ":443", "-psk", key, "-psk_identity", identity, *OPENSSL[tls]], **how)
    elif stack == "gnutls":
        lab.client(["gnutls-cli", "-p", "443", "--pskusername", identity, "--pskkey", key, "--priority", GNUTLS[tls], SERVER], **how)
    elif stack == "node":
        lab.client(["node", str(PEERS / "peer.js"), "client", SERVER, "443", f"psk={identity}:{key}", "ciphers=PSK", "max=TLSv1.2"],
                   **how)
    elif stack == "mbedtls":
        lab.client([program(lab, "mbedtls_peer.c"), "client", SERVER, "443", f"psk={identity}:{key}", "verify=none"], **how)
    elif stack == "nss":
        lab.client(["tstclnt", "-h", SERVER, "-p", "443", "-d", "sql:" + lab.pki.nss(lab.pki["good"]), "-V", "tls1.3:tls1.3",
                    "-z", f"0x{key}:{identity}", "-o"], **how)


def attempts(label, about, cases, identity, key):
    """Register a handshake for each case; `label` is the sample's cause, or ok."""
    for word in cases.split():
        case = Case(word)

        def recipe(lab, case=case):
            serve(lab, case.server, case.tls)
            connect(lab, case.client, case.tls, identity, key)
        if label == "ok":
            sample(f"ok~psk-{case.place}", about, (SERVERS[case.server], CLIENTS[case.client]), case.tls,
                   refuse=("tls.alert_message.level == 2",))(recipe)
            continue
        sample(f"psk.rejected~{label}-{case.place}", f"{about}: alert {case.alert} by the server.", case.stacks, case.tls,
               expect=case.expect("10.77.0.1")[0])(recipe)


attempts("identity", "The server does not know the identity that the client gives",
         "openssl-gnutls-12:20 gnutls-gnutls-12:20 mbedtls-gnutls-12:20 openssl-node-12:115 gnutls-node-12:115 node-node-12:115 "
         "openssl-mbedtls-12:115 mbedtls-mbedtls-12:115 openssl-openssl-13:40 gnutls-openssl-13:40 nss-openssl-13:40 "
         "openssl-gnutls-13:47 gnutls-gnutls-13:47 nss-gnutls-13:47", "eve", KEY)
attempts("key", "The client's key for the identity is not the server's",
         "openssl-openssl-12:20 gnutls-openssl-12:20 mbedtls-openssl-12:20 openssl-gnutls-12:20 gnutls-node-12:20 node-node-12:20 "
         "mbedtls-mbedtls-12:20 node-mbedtls-12:20 openssl-openssl-13:47 gnutls-openssl-13:47 nss-openssl-13:47 "
         "openssl-gnutls-13:47 gnutls-gnutls-13:47 nss-gnutls-13:47", IDENTITY, OTHER)
attempts("ok", "A handshake by a pre-shared key that both sides know.",
         "openssl-openssl-12:0 node-openssl-12:0 openssl-gnutls-12:0 node-node-12:0 mbedtls-mbedtls-12:0 openssl-openssl-13:0 "
         "gnutls-openssl-13:0 nss-gnutls-13:0 gnutls-gnutls-13:0", IDENTITY, KEY)
