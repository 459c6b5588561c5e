"""Samples of handshakes that succeeded in an unusual way: resumed, by PSK, retried, early data, over proxies and STARTTLS, hurt on the way."""

import socket
import threading
import time

import programs
from hello import context, vanish
from lab import SERVER, SERVER6, sample
from pki import NAME
from programs import OLD
from relay import relay

FINE = ("tls.alert_message.level == 2",)


def ok(variant, about, stacks, tls="1.3", expect=("tls.app_data",), refuse=FINE, **how):
    return sample("ok~" + variant, about, stacks, tls, expect=expect, refuse=refuse, **how)


# --- resumption ------------------------------------------------------------------------------------------------------------

def resumed(variant, about, server_options, client_options, tls):
    @ok("resumed-" + variant, about, ("openssl s_server", "openssl s_client"), tls)
    def _(lab):
        programs.openssl_server(lab, *server_options, www=None, send="ok\n")
        session = lab.file("session", "")
        programs.openssl_client(lab, *client_options, "-sess_out", session)
        programs.openssl_client(lab, *client_options, "-sess_in", session)


resumed("openssl-ticket-12", "A full handshake, then one resumed by a ticket.", (), ("-tls1_2",), "1.2")
resumed("openssl-id-12", "A full handshake, then one resumed by session id.", ("-no_ticket",), ("-tls1_2", "-no_ticket"), "1.2")
resumed("openssl-id-10", "A full handshake, then one resumed by session id.", ("-no_ticket", "-cipher", OLD), ("-tls1", "-no_ticket", "-cipher", OLD), "1.0")
resumed("openssl-13", "A full handshake, then one resumed by a PSK from a ticket.", (), ("-tls1_3",), "1.3")


@ok("resumed-gnutls-13", "A full handshake, then one resumed by a PSK from a ticket.", ("gnutls-serv", "gnutls-cli"))
def _(lab):
    programs.gnutls_server(lab)
    programs.gnutls_client(lab, "NORMAL", "--resume", "--waitresumption")


@ok("resumed-go-nginx-13", "Two connections of one client, the second resumed.", ("nginx", "go peer.go"))
def _(lab):
    programs.nginx(lab)
    programs.go_client(lab, "connections=2")


@ok("resumed-java-12", "Two connections of one client, the second resumed.", ("javac Server.java", "javac Client.java"), "1.2")
def _(lab):
    programs.java_server(lab, "protocols=TLSv1.2")
    programs.java_client(lab, "connections=2", "protocols=TLSv1.2")


@ok("resumption-refused", "The client offers a ticket that the restarted server cannot read: a full handshake follows.", ("openssl s_server", "openssl s_client"), "1.2")
def _(lab):
    first = programs.openssl_server(lab)
    session = lab.file("session", "")
    programs.openssl_client(lab, "-tls1_2", "-sess_out", session)
    lab.stop(first)
    programs.openssl_server(lab)
    programs.openssl_client(lab, "-tls1_2", "-sess_in", session)


PSK = ("-psk", "000102030405060708090a0b0c0d0e0f")


def psk(variant, tls, options):
    @ok("psk-" + variant, "A pre-shared key instead of a certificate.", ("openssl s_server", "openssl s_client"), tls)
    def _(lab):
        lab.server(["openssl", "s_server", "-accept", "443", "-nocert", *PSK, *options], send="ok\n")
        programs.openssl_client(lab, *PSK, *options)


psk("openssl-12", "1.2", ("-tls1_2", "-cipher", "PSK"))
psk("openssl-13", "1.3", ("-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"))


@ok("early-data", "0-RTT: the second connection sends its request with the ClientHello.", ("openssl s_server", "openssl s_client"))
def _(lab):
    programs.openssl_server(lab, "-early_data", www=None, send="ok\n")
    session, request = lab.file("session", ""), lab.file("request", programs.REQUEST)
    programs.openssl_client(lab, "-sess_out", session)
    programs.openssl_client(lab, "-sess_in", session, "-early_data", request)


@ok("early-data-refused", "0-RTT that the server does not take: it skips the early data and goes on.", ("openssl s_server", "openssl s_client"))
def _(lab):
    first = programs.openssl_server(lab, "-early_data", www=None, send="ok\n")
    session, request = lab.file("session", ""), lab.file("request", programs.REQUEST)
    programs.openssl_client(lab, "-sess_out", session)
    lab.stop(first)
    programs.openssl_server(lab, www=None, send="ok\n")
    programs.openssl_client(lab, "-sess_in", session, "-early_data", request)


def retried(variant, stacks, start_server, start_client):
    @ok("hello-retry-" + variant, "The server asks for another group by a HelloRetryRequest.", stacks,
        expect=("tls.app_data", "tls.handshake.random == cf:21:ad:74:e5:9a:61:11:be:1d:8c:02:1e:65:b8:91:c2:a2:11:16:7a:bb:8c:5e:07:9e:09:e2:c8:a8:33:9c"))
    def _(lab):
        start_server(lab)
        start_client(lab)


retried("openssl-openssl", ("openssl s_server", "openssl s_client"), lambda lab: programs.openssl_server(lab, "-groups", "P-384"), programs.openssl_client)
retried("nginx-curl", ("nginx", "curl"), lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.3; ssl_ecdh_curve secp521r1;"), programs.curl)
retried("java-gnutls", ("javac Server.java", "gnutls-cli"), lambda lab: programs.java_server(lab, properties=("-Djdk.tls.namedGroups=secp384r1",)), programs.gnutls_client)

# --- a little alarming -----------------------------------------------------------------------------------------------------


@ok("no-compatibility-ccs", "TLS 1.3 without the change_cipher_spec records of middlebox compatibility.", ("openssl s_server", "openssl s_client"),
    refuse=FINE + ("tls.record.content_type == 20",))
def _(lab):
    programs.openssl_server(lab, "-no_middlebox")
    programs.openssl_client(lab, "-no_middlebox")


@ok("renegotiation-12", "A renegotiation in TLS 1.2 that succeeds.", ("openssl s_server", "openssl s_client"), "1.2")
def _(lab):
    programs.openssl_server(lab, "-client_renegotiation", www=None, send="hello\n")
    programs.openssl_client(lab, "-tls1_2", send="R\n", linger=1)


@ok("sni-warning", "The server does not know the name, says so by a warning (112), and goes on.", ("openssl s_server", "openssl s_client"), "1.2",
    expect=("tls.alert_message.desc == 112", "tls.app_data"))
def _(lab):
    cert = lab.pki["good"]
    programs.openssl_server(lab, "-servername", NAME, "-cert2", cert.cert, "-key2", cert.key)
    programs.openssl_client(lab, "-tls1_2", "-servername", "other.example")


@ok("closed-straight-after-12", "The client closes right after the handshake, without any data.", ("nginx", "openssl s_client"), "1.2", expect=("tls.handshake.type == 2",))
def _(lab):
    programs.nginx(lab)
    programs.openssl_client(lab, "-tls1_2", send="", linger=0)


@ok("closed-straight-after-13", "The client closes right after the handshake, without any data.", ("haproxy", "openssl s_client"), expect=("tls.handshake.type == 2",))
def _(lab):
    programs.haproxy(lab)
    programs.openssl_client(lab, send="", linger=0)


def speak_and(act, most, rest=0.3):
    """A Python client that sends a request, reads the answer and ends the connection in its own way."""
    connection = context("1.2", most).wrap_socket(socket.create_connection((SERVER, 443)), server_hostname=NAME)
    connection.sendall(programs.REQUEST.encode())
    connection.recv(16384)
    act(connection)
    time.sleep(rest)


def reset_now(connection):
    plain = socket.socket(fileno=connection.detach())
    vanish(plain)


def fin_now(connection):
    socket.socket(fileno=connection.detach()).close()


def half_close(connection):
    plain = socket.socket(fileno=connection.detach())
    plain.shutdown(socket.SHUT_WR)
    time.sleep(0.5)
    plain.close()


def ends(variant, about, act, most):
    @ok(variant, about, ("nginx", "script python3 ssl client"), most)
    def _(lab):
        programs.nginx(lab, "keepalive_timeout 60;")
        lab.script_client(lambda: speak_and(act, most), "fetches a page and ends in its own way")


ends("client-resets-after-12", "The client has its answer and resets the connection.", reset_now, "1.2")
ends("client-resets-after-13", "The client has its answer and resets the connection.", reset_now, "1.3")
ends("client-no-close-notify", "The client has its answer and closes without close_notify.", fin_now, "1.2")
ends("client-half-close", "The client has its answer and closes its direction; later all.", half_close, "1.3")


@ok("server-no-close-notify", "The server closes after its answer without close_notify; the client complains (fatal alert, inside) although all is well.",
    ("openssl s_server", "gnutls-cli", "openssl s_client"), "1.2", refuse=())
def _(lab):
    def meet(connection):
        behind = socket.create_connection(("127.0.0.1", 8443))
        threading.Thread(target=relay, args=(connection, behind), daemon=True).start()
        behind.settimeout(0.4)
        try:
            while data := behind.recv(16384):
                connection.sendall(data)
        except TimeoutError:
            connection.shutdown(socket.SHUT_RDWR)
    programs.openssl_server(lab, "-tls1_2", www=None, port=8443, send="ok\n")
    lab.script_server(meet, about="passes all to 8443 and closes after 0.4 s of silence")
    programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2", linger=1)
    programs.openssl_client(lab, linger=1)


@ok("empty-client-certificate-12", "The server asks for a client certificate, gets none and goes on.", ("openssl s_server", "openssl s_client"), "1.2",
    expect=("tls.handshake.type == 13", "tls.app_data"))
def _(lab):
    programs.openssl_server(lab, "-verify", "1", "-CAfile", lab.pki.root)
    programs.openssl_client(lab, "-tls1_2")


@ok("empty-client-certificate-13", "The server asks for a client certificate, gets none and goes on.", ("nginx", "gnutls-cli"))
def _(lab):
    programs.nginx(lab, f"ssl_verify_client optional; ssl_client_certificate {lab.pki.root};")
    programs.gnutls_client(lab)


def accepted(cert, about):
    @ok("accepted-" + cert.replace("_", "-"), about, ("nginx", "curl"))
    def _(lab):
        programs.nginx(lab, cert=cert)
        programs.curl(lab)


accepted("self_signed", "A self-signed certificate that the client accepts (curl -k).")
accepted("expired", "An expired certificate that the client accepts (curl -k).")
accepted("ecdsa", "An ECDSA certificate.")


@ok("ipv6", "Over IPv6.", ("openssl s_server", "openssl s_client"), expect=("ipv6 and tls.app_data",))
def _(lab):
    programs.openssl_server(lab, "-6")
    programs.openssl_client(lab, host=SERVER6)


@ok("odd-port", "TLS on port 23.", ("openssl s_server", "openssl s_client"), expect=())
def _(lab):
    programs.openssl_server(lab, port=23)
    programs.openssl_client(lab, port=23)


@ok("long-alpn", "A large ClientHello in two segments.", ("openssl s_server", "openssl s_client"))
def _(lab):
    programs.openssl_server(lab)
    programs.openssl_client(lab, "-alpn", ",".join(f"protocol-number-{n}" for n in range(100)))
