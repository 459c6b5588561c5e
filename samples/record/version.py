"""Samples of handshakes without a version in common: Scenario 5 (version.server_too_old) in all its variants, and its mirror image.

Silent ends, as of Schannel, are played by `front`: it hands hellos that may be answered with TLS 1.0 to a real server behind it.
"""

import re
import socket

import programs
from hello import offered_versions, openssl_hello, read_record, vanish
from lab import SERVER, sample
from programs import OLD
from relay import hand_over

JUST_1_0 = ("-tls1", "-cipher", OLD)
FROM_1_1_TO_1_2 = ("-cipher", OLD, "-no_tls1", "-no_tls1_3", "-no_ssl3")
GNUTLS_1_1_TO_1_2 = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.1"
ALERT_70 = ("tls.alert_message.desc == 70",)


def old_openssl(lab):
    programs.openssl_server(lab, *JUST_1_0)


def old_gnutls(lab):
    programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.0")


def old_nss(lab):
    programs.nss_server(lab, "tls1.0:tls1.0")


def old_java(lab):
    programs.java_server(lab, "protocols=TLSv1", "legacy=yes")


def old_nginx(lab):
    programs.nginx(lab, f"ssl_protocols TLSv1; ssl_ciphers {OLD};")


def old_go(lab):
    programs.go_server(lab, "min=1.0", "max=1.0")


# The server answers with a ServerHello of TLS 1.0, and the client, which allows 1.1 and 1.2, refuses it with alert 70.
REFUSALS = [
    ("openssl-client-refuses", ("openssl s_server", "openssl s_client"), old_openssl,
     lambda lab: programs.openssl_client(lab, *FROM_1_1_TO_1_2)),
    ("gnutls-openssl", ("gnutls-serv", "openssl s_client"), old_gnutls,
     lambda lab: programs.openssl_client(lab, *FROM_1_1_TO_1_2)),
    ("openssl-gnutls", ("openssl s_server", "gnutls-cli"), old_openssl,
     lambda lab: programs.gnutls_client(lab, GNUTLS_1_1_TO_1_2)),
    ("nss-nss", ("selfserv", "tstclnt"), old_nss, lambda lab: programs.nss_client(lab, "tls1.1:tls1.2")),
    ("nginx-node", ("nginx", "node client.js"), old_nginx,
     lambda lab: programs.node_client(lab, minVersion="TLSv1.1", maxVersion="TLSv1.2", ciphers=OLD)),
    ("go-curl", ("go peer.go", "curl"), old_go, lambda lab: programs.curl(lab, "--tlsv1.1", "--tls-max", "1.2", "--ciphers", OLD)),
    ("openssl-openssl-modern", ("openssl s_server", "openssl s_client"), old_openssl,
     lambda lab: programs.openssl_client(lab, "-cipher", OLD, "-no_tls1")),
    ("gnutls-curl-modern", ("gnutls-serv", "curl"), old_gnutls, lambda lab: programs.curl(lab, "--tlsv1.2")),
    ("nss-go-modern", ("selfserv", "go peer.go"), old_nss, lambda lab: programs.go_client(lab, "min=1.2")),
    ("java-curl-modern", ("javac Server.java", "curl"), old_java, lambda lab: programs.curl(lab, "--tlsv1.2")),
]


def register_refusal(variant, stacks, start_server, start_client):
    @sample(f"version.server_too_old~{variant}", "The server knows TLS 1.0 only; the client wants 1.1 or 1.2 at least.", stacks, "1.0")
    def _(lab):
        start_server(lab)
        start_client(lab)


for row in REFUSALS:
    register_refusal(*row)


ENDS = {
    "reset": vanish,
    "close": lambda connection: connection.close(),
    "alert-40": lambda connection: connection.sendall(bytes.fromhex("15030100020228")),
    "alert-70": lambda connection: connection.sendall(bytes.fromhex("15030100020246")),
}


def front(lab, end):
    """Port 443 is a script that gives hellos that allow TLS 1.0 to openssl s_server -tls1, and ends all others in one way."""
    def meet(connection):
        record = read_record(connection)
        if 0x0301 in offered_versions(record):
            hand_over(connection, record)
        else:
            ENDS[end](connection)

    programs.openssl_server(lab, *JUST_1_0, port=8443, www="-WWW")
    lab.script_server(meet, about=f"TLS 1.0 hellos go to s_server on 8443, others end by {end}")


def given_1_0(lab):
    """Three clients that allow TLS 1.0 and are given it."""
    programs.openssl_client(lab, *JUST_1_0)
    programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.0")
    programs.openssl_client(lab, "-cipher", OLD)


def by_openssl(lab):
    programs.openssl_client(lab, *FROM_1_1_TO_1_2)


def by_java(lab):
    programs.java_client(lab, "protocols=TLSv1.1,TLSv1.2", "legacy=yes")


def by_gnutls(lab):
    programs.gnutls_client(lab, GNUTLS_1_1_TO_1_2)


SILENT = [
    ("silent-reset-openssl", "reset", "openssl s_client", by_openssl, given_1_0),
    ("silent-close-openssl", "close", "openssl s_client", by_openssl, given_1_0),
    ("silent-reset-java", "reset", "javac Client.java", by_java, given_1_0),
    ("silent-close-gnutls", "close", "gnutls-cli", by_gnutls, given_1_0),
    ("alert-40-java", "alert-40", "javac Client.java", by_java, given_1_0),
    ("alert-40-openssl", "alert-40", "openssl s_client", by_openssl, given_1_0),
    ("alert-70-java", "alert-70", "javac Client.java", by_java, given_1_0),
]


def register_silent(variant, end, stack, start_client, company, first):
    @sample(f"version.server_too_old~{variant}" + ("-first" if first else ""),
            f"Three clients are given TLS 1.0 by the same server; the {'one before them' if first else 'fourth'}, which wants 1.1 or 1.2, "
            f"is ended by {end}, as other servers do (Schannel: silently).", ("script", "openssl s_server", stack, "gnutls-cli"), "1.0")
    def _(lab):
        front(lab, end)
        if first:
            start_client(lab)
        company(lab)
        if not first:
            start_client(lab)


for row in SILENT:
    register_silent(*row, first=False)
register_silent(*SILENT[0], first=True)


def leave(end, least, most):
    """A client that sends OpenSSL's hello, reads the ServerHello and ends the connection without an alert."""
    connection = socket.create_connection((SERVER, 443))
    connection.sendall(openssl_hello(least, most))
    connection.settimeout(0.3)
    try:
        while connection.recv(16384):
            pass
    except TimeoutError:
        end(connection)


def register_leaver(variant, end, least, most):
    @sample(f"version.server_too_old~{variant}", "The server answers with TLS 1.0 and the client ends the connection without an alert.",
            ("gnutls-serv", "script client"), "1.0", refuse=("tls.alert_message and ip.src == 10.77.0.2",))
    def _(lab):
        old_gnutls(lab)
        lab.script_client(lambda: leave(end, least, most), "sends a ClientHello, reads a ServerHello, ends")


register_leaver("client-resets", vanish, "1.1", "1.3")
register_leaver("client-closes", lambda connection: connection.close(), "1.1", "1.3")


def refused_beside_others(lab):
    """GnuTLS answers with alert 40, as it does when it has no certificate: it takes two served clients to tell which."""
    programs.curl(lab)
    programs.openssl_client(lab)
    programs.curl(lab, "--tlsv1.2", "--tls-max", "1.2")


# Clients at TLS 1.0 or 1.1 and servers that want more.
TOO_OLD_CLIENTS = [
    ("openssl-openssl", ("openssl s_server", "openssl s_client"), "1.1", lambda lab: programs.openssl_server(lab, "-no_tls1", "-no_tls1_1"),
     lambda lab: programs.openssl_client(lab, "-cipher", OLD, "-no_tls1_3", "-no_tls1_2")),
    ("openssl-openssl-12", ("openssl s_server", "openssl s_client"), "1.2", lambda lab: programs.openssl_server(lab, "-tls1_3"),
     lambda lab: programs.openssl_client(lab, "-tls1_2")),
    ("gnutls-openssl", ("gnutls-serv", "openssl s_client"), "1.0", lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2:+VERS-TLS1.3"),
     lambda lab: programs.openssl_client(lab, *JUST_1_0)),
    ("gnutls-curl-12", ("gnutls-serv", "curl"), "1.2", lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.3"),
     refused_beside_others),
    ("nss-gnutls", ("selfserv", "gnutls-cli"), "1.1", lambda lab: programs.nss_server(lab, "tls1.2:tls1.3"),
     lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0")),
    ("nginx-nss", ("nginx", "tstclnt"), "1.1", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2 TLSv1.3;"),
     lambda lab: programs.nss_client(lab, "tls1.0:tls1.1")),
    ("java-node", ("javac Server.java", "node client.js"), "1.1", lambda lab: programs.java_server(lab),
     lambda lab: programs.node_client(lab, minVersion="TLSv1", maxVersion="TLSv1.1", ciphers=OLD)),
    ("haproxy-java", ("haproxy", "javac Client.java"), "1.1", lambda lab: programs.haproxy(lab, settings="ssl-default-bind-options ssl-min-ver TLSv1.2"),
     lambda lab: programs.java_client(lab, "protocols=TLSv1,TLSv1.1", "legacy=yes")),
    ("go-curl", ("go peer.go", "curl"), "1.0", lambda lab: programs.go_server(lab, "min=1.2"),
     lambda lab: programs.curl(lab, "--tlsv1.0", "--tls-max", "1.0", "--ciphers", OLD)),
    ("node-go", ("node server.js", "go peer.go"), "1.1", lambda lab: programs.node_server(lab),
     lambda lab: programs.go_client(lab, "min=1.0", "max=1.1")),
]


def register_too_old_client(variant, stacks, tls, start_server, start_client):
    @sample(f"version.client_too_old~{variant}", f"The client knows TLS {tls} at most; the server wants a later one.", stacks, tls,
            expect=("tls.alert_message.level == 2",))
    def _(lab):
        start_server(lab)
        start_client(lab)


for row in TOO_OLD_CLIENTS:
    register_too_old_client(*row)


# An alert 70 by a server that read supported_versions: it may be too old or too new for what is listed there.
UNDECIDED = [
    ("java-java", ("javac Server.java", "javac Client.java"), "1.2",
     old_java, by_java),
    ("java-go", ("javac Server.java", "go peer.go"), "1.2", old_java, lambda lab: programs.go_client(lab, "min=1.1", "max=1.2")),
    ("openssl-go", ("openssl s_server", "go peer.go"), "1.2", lambda lab: programs.openssl_server(lab, "-tls1_3"),
     lambda lab: programs.go_client(lab, "min=1.1", "max=1.2")),
]


def register_undecided(variant, stacks, tls, start_server, start_client):
    @sample(f"version.mismatch~{variant}", "The client lists TLS 1.2 and 1.1 in supported_versions and the server alerts 70: it may "
            "know nothing later than 1.0 or nothing earlier than 1.3.", stacks, tls, expect=ALERT_70)
    def _(lab):
        start_server(lab)
        start_client(lab)


for row in UNDECIDED:
    register_undecided(*row)


# TLS_FALLBACK_SCSV: the client came back with less than it can do, and the server can do more.
def fallback(lab):
    programs.openssl_client(lab, "-cipher", OLD, "-no_tls1_3", "-no_tls1_2", "-fallback_scsv")


FALLBACKS = [
    ("openssl", ("openssl s_server", "openssl s_client"), lambda lab: programs.openssl_server(lab, "-cipher", OLD), fallback),
    ("gnutls", ("gnutls-serv", "openssl s_client"), lambda lab: programs.gnutls_server(lab, "NORMAL:+VERS-TLS-ALL"), fallback),
    ("nss", ("selfserv", "openssl s_client"), lambda lab: programs.nss_server(lab, "tls1.0:tls1.3"), fallback),
    ("nginx-12", ("nginx", "openssl s_client"), lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2 TLSv1.3;"),
     lambda lab: programs.openssl_client(lab, "-tls1_2", "-fallback_scsv")),
    ("go-gnutls", ("go peer.go", "gnutls-cli"), lambda lab: programs.go_server(lab, "min=1.0"),
     lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2:%FALLBACK_SCSV")),
]


def register_fallback(variant, stacks, start_server, start_client):
    @sample(f"version.fallback_rejected~{variant}", "The client retries lower with TLS_FALLBACK_SCSV and the server, which knows "
            "more, alerts 86.", stacks, "1.2" if "12" in variant or "go" in variant else "1.1", expect=("tls.alert_message.desc == 86",))
    def _(lab):
        start_server(lab)
        start_client(lab)


for row in FALLBACKS:
    register_fallback(*row)


def without_1_3(frame, to_server):
    """A wire that hides TLS 1.3 from the server: the hello's supported_versions extension becomes an unknown one."""
    if not to_server or not frame.is_tcp or frame.data[:1] != b"\x16" or frame.data[5:6] != b"\x01":
        return None
    found = re.search(rb"\x00\x2b\x00.[\x04-\x0c]\x03\x04\x03\x03", frame.data, re.DOTALL)
    if not found:
        return None
    return [(True, frame.with_data(frame.data[:found.start()] + b"\xff" + frame.data[found.start() + 1:]), 0)]


def register_sentinel(variant, stacks, start_server, start_client):
    @sample(f"version.fallback_rejected~sentinel-{variant}", "A box between the two hides TLS 1.3 from the server; the client sees the "
            "downgrade sentinel in the ServerHello and alerts 47.", stacks + ("script wire",), "1.2", wire=True,
            expect=("tls.alert_message.desc == 47 and ip.src == 10.77.0.2",))
    def _(lab):
        lab.wire(without_1_3)
        start_server(lab)
        start_client(lab)


register_sentinel("openssl", ("openssl s_server", "openssl s_client"), programs.openssl_server, programs.openssl_client)
register_sentinel("curl", ("haproxy", "curl"), programs.haproxy, programs.curl)
register_sentinel("go", ("nginx", "go peer.go"), lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2 TLSv1.3;"),
                  lambda lab: programs.go_client(lab, "min=1.2"))
