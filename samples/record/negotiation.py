"""Samples of handshakes that failed because the two sides had something not in common: suite, group, signature, ALPN, name, DH size."""

import socket
import threading

import programs
from hello import read_record
from lab import CLIENT, SERVER, sample
from pki import NAME
from programs import OLD
from relay import relay

ALERT_40 = ("tls.alert_message.desc == 40 and ip.src == 10.77.0.1",)
ALERT_120 = ("tls.alert_message.desc == 120",)
ALERT_112 = ("tls.alert_message.desc == 112",)


def register(cause, about, rows, expect=("tls.alert_message.level == 2",)):
    """rows: (variant, stacks, TLS version, start the server, start the client)"""
    for variant, stacks, tls, start_server, start_client in rows:
        sample(f"{cause}~{variant}", about, stacks, tls, expect=expect)(
            lambda lab, start_server=start_server, start_client=start_client: (start_server(lab), start_client(lab)))


AES256 = "ECDHE-RSA-AES256-GCM-SHA384"
AES128 = "ECDHE-RSA-AES128-GCM-SHA256"
GNUTLS_AES256 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM"
CHACHA = "TLS_CHACHA20_POLY1305_SHA256"

register("cipher.no_overlap", "The two have no cipher suite in common; the server alerts.", [
    ("openssl-openssl-12", ("openssl s_server", "openssl s_client"), "1.2",
     lambda lab: programs.openssl_server(lab, "-tls1_2", "-cipher", AES256),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-cipher", AES128)),
    ("openssl-openssl-13", ("openssl s_server", "openssl s_client"), "1.3",
     lambda lab: programs.openssl_server(lab, "-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-ciphersuites", CHACHA)),
    ("gnutls-curl-12", ("gnutls-serv", "curl"), "1.2", lambda lab: programs.gnutls_server(lab, GNUTLS_AES256),
     lambda lab: programs.curl(lab, "--tls-max", "1.2", "--ciphers", AES128)),
    ("gnutls-openssl-13", ("gnutls-serv", "openssl s_client"), "1.3",
     lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM"),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-ciphersuites", CHACHA)),
    ("nss-gnutls-12", ("selfserv", "gnutls-cli"), "1.2",
     lambda lab: programs.nss_server(lab, "tls1.2:tls1.2", "-c", ":C02F"), lambda lab: programs.gnutls_client(lab, GNUTLS_AES256)),
    ("nginx-nss-12", ("nginx", "tstclnt"), "1.2", lambda lab: programs.nginx(lab, f"ssl_protocols TLSv1.2; ssl_ciphers {AES256};"),
     lambda lab: programs.nss_client(lab, "tls1.2:tls1.2", "-c", ":C02F")),
    ("java-node-12", ("javac Server.java", "node client.js"), "1.2",
     lambda lab: programs.java_server(lab, "protocols=TLSv1.2", "ciphers=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
     lambda lab: programs.node_client(lab, maxVersion="TLSv1.2", ciphers=AES128)),
    ("haproxy-java-12", ("haproxy", "javac Client.java"), "1.2", lambda lab: programs.haproxy(lab, f"ssl-max-ver TLSv1.2 ciphers {AES256}"),
     lambda lab: programs.java_client(lab, "protocols=TLSv1.2", "ciphers=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")),
    ("go-openssl-12", ("go peer.go", "openssl s_client"), "1.2", lambda lab: programs.go_server(lab, "max=1.2", "ciphers=c030"),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-cipher", AES128)),
    ("node-go-12", ("node server.js", "go peer.go"), "1.2", lambda lab: programs.node_server(lab, maxVersion="TLSv1.2", ciphers=AES256),
     lambda lab: programs.go_client(lab, "max=1.2", "ciphers=c02f")),
])

register("group.no_overlap", "The two have no key-exchange group in common; the server alerts.", [
    ("openssl-openssl-13", ("openssl s_server", "openssl s_client"), "1.3", lambda lab: programs.openssl_server(lab, "-tls1_3", "-groups", "P-384"),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-groups", "X25519")),
    ("openssl-openssl-12", ("openssl s_server", "openssl s_client"), "1.2",
     lambda lab: programs.openssl_server(lab, "-tls1_2", "-groups", "P-384", "-cipher", "ECDHE"),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-groups", "X25519", "-cipher", "ECDHE")),
    ("gnutls-curl-13", ("gnutls-serv", "curl"), "1.3", lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-SECP384R1"),
     lambda lab: programs.curl(lab, "--tlsv1.3", "--curves", "X25519")),
    ("gnutls-gnutls-12", ("gnutls-serv", "gnutls-cli"), "1.2",
     lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA:-GROUP-ALL:+GROUP-SECP384R1"),
     lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519")),
    ("nss-go-13", ("selfserv", "go peer.go"), "1.3", lambda lab: programs.nss_server(lab, "tls1.3:tls1.3", "-I", "P384"),
     lambda lab: programs.go_client(lab, "min=1.3", "curves=29")),
    ("nginx-nss-13", ("nginx", "tstclnt"), "1.3", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.3; ssl_ecdh_curve secp384r1;"),
     lambda lab: programs.nss_client(lab, "tls1.3:tls1.3", "-I", "x25519")),
    ("haproxy-node-12", ("haproxy", "node client.js"), "1.2", lambda lab: programs.haproxy(lab, "curves P-384 ssl-max-ver TLSv1.2 ciphers ECDHE"),
     lambda lab: programs.node_client(lab, maxVersion="TLSv1.2", ecdhCurve="X25519", ciphers="ECDHE")),
    ("java-openssl-13", ("javac Server.java", "openssl s_client"), "1.3",
     lambda lab: programs.java_server(lab, properties=("-Djdk.tls.namedGroups=secp384r1",)),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-groups", "X25519")),
    ("go-java-13", ("go peer.go", "javac Client.java"), "1.3", lambda lab: programs.go_server(lab, "min=1.3", "curves=24"),
     lambda lab: programs.java_client(lab, "protocols=TLSv1.3", properties=("-Djdk.tls.namedGroups=x25519",))),
])

register("signature.no_overlap", "The client takes ECDSA signatures only, the server's key is RSA; the server alerts.", [
    ("openssl-openssl-13", ("openssl s_server", "openssl s_client"), "1.3", lambda lab: programs.openssl_server(lab, "-tls1_3"),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-sigalgs", "ECDSA+SHA256")),
    ("openssl-openssl-12", ("openssl s_server", "openssl s_client"), "1.2", lambda lab: programs.openssl_server(lab, "-tls1_2", "-cipher", "ECDHE"),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-cipher", "ECDHE", "-sigalgs", "ECDSA+SHA256")),
    ("gnutls-openssl-13", ("gnutls-serv", "openssl s_client"), "1.3", lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-sigalgs", "ECDSA+SHA256")),
    ("nginx-gnutls-13", ("nginx", "gnutls-cli"), "1.3", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.3;"),
     lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256")),
    ("java-openssl-12", ("javac Server.java", "openssl s_client"), "1.2", lambda lab: programs.java_server(lab, "protocols=TLSv1.2"),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-cipher", "ECDHE", "-sigalgs", "ECDSA+SHA256")),
    ("haproxy-node-13", ("haproxy", "node client.js"), "1.3", lambda lab: programs.haproxy(lab, "ssl-min-ver TLSv1.3"),
     lambda lab: programs.node_client(lab, minVersion="TLSv1.3", sigalgs="ecdsa_secp256r1_sha256")),
    ("nss-openssl-13", ("selfserv", "openssl s_client"), "1.3", lambda lab: programs.nss_server(lab, "tls1.3:tls1.3"),
     lambda lab: programs.openssl_client(lab, "-tls1_3", "-sigalgs", "ECDSA+SHA256")),
])

register("alpn.no_overlap", "The client asks for one application protocol, the server has only another.", [
    ("openssl-openssl-13", ("openssl s_server", "openssl s_client"), "1.3", lambda lab: programs.openssl_server(lab, "-alpn", "h2"),
     lambda lab: programs.openssl_client(lab, "-alpn", "http/1.0")),
    ("openssl-curl-12", ("openssl s_server", "curl"), "1.2", lambda lab: programs.openssl_server(lab, "-alpn", "imap"),
     lambda lab: programs.curl(lab, "--tls-max", "1.2")),
    ("gnutls-gnutls-12", ("gnutls-serv", "gnutls-cli"), "1.2", lambda lab: programs.gnutls_server(lab, "NORMAL", "--alpn", "h2", "--alpn-fatal"),
     lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2", "--alpn", "imap")),
    ("node-go-13", ("node server.js", "go peer.go"), "1.3", lambda lab: programs.node_server(lab, ALPNProtocols=["h2"]),
     lambda lab: programs.go_client(lab, "alpn=imap")),
    ("go-node-12", ("go peer.go", "node client.js"), "1.2", lambda lab: programs.go_server(lab, "alpn=h2", "max=1.2"),
     lambda lab: programs.node_client(lab, ALPNProtocols=["imap"])),
    ("java-openssl-12", ("javac Server.java", "openssl s_client"), "1.2", lambda lab: programs.java_server(lab, "alpn=h2", "protocols=TLSv1.2"),
     lambda lab: programs.openssl_client(lab, "-alpn", "imap")),
    ("nginx-openssl-13", ("nginx", "openssl s_client"), "1.3", lambda lab: programs.nginx(lab, listen="443 ssl http2"),
     lambda lab: programs.openssl_client(lab, "-alpn", "imap")),
], expect=ALERT_120)

OTHER = "other.example"
REJECT = "server { listen 443 ssl default_server; ssl_reject_handshake on; }"

register("sni.unrecognized", "The server does not know the name that the client asks for and alerts 112.", [
    ("nginx-curl-13", ("nginx", "curl"), "1.3", lambda lab: programs.nginx(lab, more=REJECT),
     lambda lab: programs.curl(lab, "--resolve", f"{OTHER}:443:{SERVER}", url=f"https://{OTHER}/")),
    ("haproxy-openssl-12", ("haproxy", "openssl s_client"), "1.2", lambda lab: programs.haproxy(lab, "strict-sni"),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-servername", OTHER)),
    ("openssl-openssl-13", ("openssl s_server", "openssl s_client"), "1.3",
     lambda lab: programs.openssl_server(lab, "-servername", NAME, "-servername_fatal", "-cert2", lab.pki["good"].cert, "-key2", lab.pki["good"].key),
     lambda lab: programs.openssl_client(lab, "-servername", OTHER)),
    ("gnutls-gnutls-13", ("gnutls-serv", "gnutls-cli"), "1.3", lambda lab: programs.gnutls_server(lab, "NORMAL", "--sni-hostname", NAME, "--sni-hostname-fatal"),
     lambda lab: programs.gnutls_client(lab, "NORMAL", "--sni-hostname", OTHER)),
    ("nss-nss-12", ("selfserv", "tstclnt"), "1.2", lambda lab: programs.nss_server(lab, "tls1.2:tls1.2", "-a", NAME),
     lambda lab: programs.nss_client(lab, "tls1.2:tls1.2", "-a", OTHER)),
    ("haproxy-java-13", ("haproxy", "javac Client.java"), "1.3", lambda lab: programs.haproxy(lab, "strict-sni"),
     lambda lab: programs.java_client(lab, f"sni={OTHER}")),
], expect=ALERT_112)

register("sni.missing", "The client sends no server name and the server, which needs one, refuses.", [
    ("haproxy-openssl-13", ("haproxy", "openssl s_client"), "1.3", lambda lab: programs.haproxy(lab, "strict-sni"),
     lambda lab: programs.openssl_client(lab, "-noservername")),
    ("nginx-curl-12", ("nginx", "curl"), "1.2", lambda lab: programs.nginx(lab, more=REJECT),
     lambda lab: programs.curl(lab, "--tls-max", "1.2", url=f"https://{SERVER}/")),
    ("nginx-gnutls-13", ("nginx", "gnutls-cli"), "1.3", lambda lab: programs.nginx(lab, more=REJECT),
     lambda lab: programs.gnutls_client(lab, "NORMAL", "--disable-sni")),
    ("haproxy-go-12", ("haproxy", "go peer.go"), "1.2", lambda lab: programs.haproxy(lab, "strict-sni"),
     lambda lab: programs.go_client(lab, "max=1.2")),
    ("haproxy-java-12", ("haproxy", "javac Client.java"), "1.2", lambda lab: programs.haproxy(lab, "strict-sni"),
     lambda lab: programs.java_client(lab, "protocols=TLSv1.2")),
])


def with_company(cause, variant, about, stacks, tls, start_server, good_client, bad_client):
    """A client that the same server served shows what the server accepts."""
    @sample(f"{cause}~{variant}", about, stacks, tls, expect=("tls.app_data",) + ALERT_40)
    def _(lab):
        start_server(lab)
        good_client(lab)
        bad_client(lab)


with_company("cipher.no_overlap", "company-nginx-13", "One client is served with AES-256, the next offers ChaCha20 only.",
             ("nginx", "curl", "openssl s_client"), "1.3",
             lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.3; ssl_conf_command Ciphersuites TLS_AES_256_GCM_SHA384;"), programs.curl,
             lambda lab: programs.openssl_client(lab, "-ciphersuites", CHACHA, "-tls1_3"))
with_company("group.no_overlap", "company-nginx-12", "One client is served with P-384, the next offers X25519 only.",
             ("nginx", "curl", "gnutls-cli"), "1.2", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2; ssl_ecdh_curve secp384r1; ssl_ciphers ECDHE;"),
             programs.curl, lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA:-GROUP-ALL:+GROUP-X25519"))
with_company("signature.no_overlap", "company-haproxy-12", "One client is shown an RSA certificate, the next takes ECDSA signatures only.",
             ("haproxy", "curl", "openssl s_client"), "1.2", lambda lab: programs.haproxy(lab, "ssl-max-ver TLSv1.2 ciphers ECDHE"),
             programs.curl, lambda lab: programs.openssl_client(lab, "-tls1_2", "-cipher", "ECDHE", "-sigalgs", "ECDSA+SHA256"))

DHE = "DHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256"


def dh_parameters(lab, bits):
    path = lab.pki.folder / f"dh{bits}.pem"
    if not path.exists():
        lab.pki.openssl("dhparam", "-out", str(path), str(bits))
    return path


def small_dh_openssl(bits):
    return lambda lab: programs.openssl_server(lab, "-tls1_2", "-cipher", DHE + ":@SECLEVEL=0", "-dhparam", dh_parameters(lab, bits))


def small_dh_gnutls(bits):
    return lambda lab: programs.gnutls_server(lab, "NORMAL:-KX-ALL:+DHE-RSA:-VERS-ALL:+VERS-TLS1.2:%PROFILE_VERY_WEAK",
                                              "--dhparams", dh_parameters(lab, bits))


register("dh.too_small", "The server's Diffie-Hellman prime is too short for the client, which refuses it.", [
    ("openssl-openssl-1024", ("openssl s_server", "openssl s_client"), "1.2", small_dh_openssl(1024),
     lambda lab: programs.openssl_client(lab, "-cipher", DHE)),
    ("gnutls-gnutls-512", ("gnutls-serv", "gnutls-cli"), "1.2", small_dh_gnutls(512),
     lambda lab: programs.gnutls_client(lab, "NORMAL:-KX-ALL:+DHE-RSA:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL")),
    ("nginx-curl-1024", ("nginx", "curl"), "1.2",
     lambda lab: programs.nginx(lab, f"ssl_protocols TLSv1.2; ssl_ciphers {DHE}:@SECLEVEL=0; ssl_dhparam {dh_parameters(lab, 1024)};"),
     lambda lab: programs.curl(lab, "--ciphers", DHE)),
    ("gnutls-nss-512", ("gnutls-serv", "tstclnt"), "1.2", small_dh_gnutls(512),
     lambda lab: programs.nss_client(lab, "tls1.2:tls1.2", "-c", ":009E:009F", "-I", "P256")),
    ("gnutls-java-512", ("gnutls-serv", "javac Client.java"), "1.2", small_dh_gnutls(512),
     lambda lab: programs.java_client(lab, "protocols=TLSv1.2", "ciphers=TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
                                      properties=("-Djdk.tls.namedGroups=secp256r1",))),
], expect=("tls.alert_message.level == 2 and ip.src == " + CLIENT,))



def without_5746(record):
    """A flight that begins with a ServerHello record, without renegotiation_info: as of a server from before RFC 5746."""
    empty = bytes.fromhex("ff01000100")
    if record[:1] != b"\x16" or record[5:6] != b"\x02" or empty not in record:
        return record
    hello_size = 4 + int.from_bytes(record[6:9], "big")
    hello, rest = record[5:5 + hello_size], record[5 + hello_size:]
    at = 4 + 2 + 32
    at += 1 + hello[at] + 3
    extensions = hello[at + 2:].replace(empty, b"")
    body = hello[4:at] + (len(extensions).to_bytes(2, "big") + extensions if extensions else b"")
    messages = b"\x02" + len(body).to_bytes(3, "big") + body + rest
    return record[:3] + len(messages).to_bytes(2, "big") + messages


def proxy_without_5746(lab, start_server):
    """Port 443 is a script that passes records to a real server on 8443 and back, changing its ServerHello."""
    def meet(connection):
        behind = socket.create_connection(("127.0.0.1", 8443))
        threading.Thread(target=relay, args=(connection, behind), daemon=True).start()
        while record := read_record(behind):
            connection.sendall(without_5746(record))

    start_server(lab)
    lab.script_server(meet, about="passes all to port 8443; takes renegotiation_info out of the ServerHello")


def register_insecure(variant, stack, tls, start_client):
    @sample(f"renegotiation.insecure~{variant}", "The ServerHello lacks renegotiation_info (RFC 5746), and the client refuses with alert 40.",
            ("openssl s_server", "script", stack), tls, expect=("tls.alert_message.desc == 40 and ip.src == " + CLIENT,))
    def _(lab):
        proxy_without_5746(lab, lambda lab: programs.openssl_server(lab, "-cipher", OLD, "-no_tls1_3", port=8443))
        start_client(lab)


register_insecure("openssl-12", "openssl s_client", "1.2", programs.openssl_client)
register_insecure("curl-12", "curl", "1.2", lambda lab: programs.curl(lab, "--tls-max", "1.2"))
register_insecure("node-12", "node client.js", "1.2", lambda lab: programs.node_client(lab, maxVersion="TLSv1.2"))
register_insecure("gnutls-12", "gnutls-cli", "1.2", lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2:%SAFE_RENEGOTIATION"))
register_insecure("openssl-10", "openssl s_client", "1.0", lambda lab: programs.openssl_client(lab, "-cipher", OLD, "-tls1"))
register_insecure("java-12", "javac Client.java", "1.2", lambda lab: programs.java_client(lab, "protocols=TLSv1.2", properties=(
    "-Dsun.security.ssl.allowLegacyHelloMessages=false",)))
