"""Samples of handshakes that were broken off, and of peers that broke the protocol."""

import socket
import struct
import time

import programs
from hello import openssl_hello, read_record, vanish
from lab import SERVER, sample
from programs import OLD
from transport import CLIENTS

# --- internal_error --------------------------------------------------------------------------------------------------------


def policy(variant, stacks, start_server, start_client):
    @sample(f"version.client_too_old~policy-{variant}", "OpenSSL's server at security level 2 meets a client of TLS 1.0 or 1.1: alert 80 (a policy that looks like a crash).",
            stacks, "1.0", expect=("tls.alert_message.desc == 80",))
    def _(lab):
        start_server(lab)
        start_client(lab)


def level_2(lab):
    programs.openssl_server(lab, "-cipher", "ALL:@SECLEVEL=2")


policy("openssl-openssl", ("openssl s_server", "openssl s_client"), level_2, lambda lab: programs.openssl_client(lab, "-tls1", "-cipher", OLD))
policy("openssl-gnutls", ("openssl s_server", "gnutls-cli"), level_2, lambda lab: programs.gnutls_client(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.1"))
policy("haproxy-nss", ("haproxy", "tstclnt"), lambda lab: programs.haproxy(lab, "ssl-min-ver TLSv1.0 ciphers ALL:@SECLEVEL=2"),
       lambda lab: programs.nss_client(lab, "tls1.0:tls1.0"))

# --- broken off by an alert ------------------------------------------------------------------------------------------------


def alert(description, level=2, version=0x0303):
    return struct.pack("!BHHBB", 21, version, 2, level, description)


def alerting_server(cause, variant, description, client, about):
    stack, start_client = CLIENTS[client]

    @sample(f"{cause}~{variant}", about, ("script", stack), "1.3", expect=(f"tls.alert_message.desc == {description}",))
    def _(lab):
        def meet(connection):
            read_record(connection)
            connection.sendall(alert(description))
        lab.script_server(meet, about=f"answers the ClientHello with alert {description}")
        start_client(lab)


alerting_server("abort.internal_error", "script-curl", 80, "curl", "The server answers the ClientHello with internal_error.")
alerting_server("abort.internal_error", "script-java", 80, "java", "The server answers the ClientHello with internal_error.")
alerting_server("abort.internal_error", "script-gnutls", 80, "gnutls", "The server answers the ClientHello with internal_error.")
alerting_server("abort.access_denied", "script-openssl", 49, "openssl", "The server answers the ClientHello with access_denied.")
alerting_server("abort.access_denied", "script-go", 49, "go", "The server answers the ClientHello with access_denied.")
alerting_server("abort.access_denied", "script-nss", 49, "nss", "The server answers the ClientHello with access_denied.")
alerting_server("abort.user_canceled", "script-gnutls", 90, "gnutls", "The server answers the ClientHello with user_canceled.")
alerting_server("abort.user_canceled", "script-openssl", 90, "openssl", "The server answers the ClientHello with user_canceled.")


# --- broken off in the middle ----------------------------------------------------------------------------------------------

def before_the_end(act, cut, port=8443):
    """In front of a real server: passes its bytes until `cut` of them have passed, then acts."""
    def meet(connection):
        behind = socket.create_connection(("127.0.0.1", port))
        behind.sendall(read_record(connection))
        left = cut
        while left > 0 and (data := behind.recv(min(left, 16384))):
            connection.sendall(data)
            left -= len(data)
        act(connection)
    return meet


def close_quietly(connection):
    time.sleep(0.1)
    connection.shutdown(socket.SHUT_WR)
    time.sleep(0.5)


def stall(connection):
    time.sleep(30)


def server_breaks(cause, variant, act, client, cut, about):
    stack, start_client = CLIENTS[client]

    @sample(f"{cause}~{variant}", about, ("openssl s_server", "script", stack), "1.2", expect=("tls.handshake.type == 2",), refuse=("tls.handshake.type == 14",))
    def _(lab):
        programs.openssl_server(lab, "-tls1_2", port=8443)
        lab.script_server(before_the_end(act, cut), about=f"passes the first {cut} bytes of s_server on 8443, then ends or stalls")
        start_client(lab)


BREAKS = "After a part of the server's flight ({} bytes) the server {}."
for name, act, client, cut in [("closes", close_quietly, "openssl", 700), ("closes", close_quietly, "curl", 900), ("closes", close_quietly, "gnutls", 100),
                                                   ("resets", vanish, "go", 500), ("resets", vanish, "java", 300)]:
    server_breaks("abort.by_server", f"{name}-{client}", act, client, cut, BREAKS.format(cut, name))
for client, cut in (("openssl", 700), ("curl", 100), ("gnutls", 400)):
    server_breaks("abort.timeout", f"stalls-{client}", stall, client, cut, BREAKS.format(cut, "says nothing more; the client gives up"))


def client_breaks(variant, act, about, start_server, stack, most, records):
    def leave():
        connection = socket.create_connection((SERVER, 443))
        connection.sendall(openssl_hello("1.2", most))
        for _ in range(records):
            read_record(connection)
        connection.settimeout(0.3)
        try:
            while connection.recv(16384):
                pass
        except TimeoutError:
            act(connection)
            time.sleep(0.3)

    @sample(f"abort.by_client~{variant}", about, (stack, "script client"), most, expect=("tls.handshake.type == 2",))
    def _(lab):
        start_server(lab)
        lab.script_client(leave, "sends OpenSSL's ClientHello, reads the server's flight, ends without an alert")


client_breaks("closes-nginx-12", lambda connection: connection.close(), "The client closes after the server's flight, no alert.", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2;"), "nginx", "1.2", 1)
client_breaks("resets-nginx-12", vanish, "The client resets after the server's flight, no alert.", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2;"), "nginx", "1.2", 1)
client_breaks("resets-gnutls-13", vanish, "The client resets after the server's flight, no alert.", programs.gnutls_server, "gnutls-serv", "1.3", 1)
client_breaks("closes-haproxy-13", lambda connection: connection.close(), "The client closes after the server's flight, no alert.", programs.haproxy, "haproxy", "1.3", 1)


@sample("abort.user_canceled~client-12", "The client sends user_canceled (warning) and close_notify after the server's flight.", ("nginx", "script client"), "1.2",
        expect=("tls.alert_message.desc == 90",))
def _(lab):
    def cancel():
        connection = socket.create_connection((SERVER, 443))
        connection.sendall(openssl_hello("1.2", "1.2"))
        connection.settimeout(0.3)
        try:
            while connection.recv(16384):
                pass
        except TimeoutError:
            connection.sendall(alert(90, 1) + alert(0, 1))
        connection.close()
    programs.nginx(lab, "ssl_protocols TLSv1.2;")
    lab.script_client(cancel, "sends OpenSSL's ClientHello, reads the server's flight, cancels")

# --- broken protocol -------------------------------------------------------------------------------------------------------


def changed(match, change):
    """A wire that changes the payload of the first frame that match(data, to_server) accepts; its length may not change."""
    done = []

    def decide(frame, to_server):
        if not frame.is_tcp or not frame.data or done or not match(frame.data, to_server):
            return None
        done.append(True)
        return [(to_server, frame.with_data(change(bytearray(frame.data))), 0)]
    return decide


def put(at, *values):
    def change(data):
        data[at:at + len(values)] = bytes(values)
        return bytes(data)
    return change


def is_client_hello(data, to_server):
    return to_server and data[0] == 22 and data[5] == 1


def is_server_hello(data, to_server):
    return not to_server and data[0] == 22 and data[5] == 2


def malformed(variant, about, stacks, start_server, start_client, match, change, tls="1.2"):
    @sample(f"record.malformed~{variant}", about, stacks + ("script wire",), tls, wire=True, expect=("tls.alert_message.level == 2",))
    def _(lab):
        lab.wire(changed(match, change))
        start_server(lab)
        start_client(lab)


def cut_extensions(data):
    """Make the last extension's length larger than what is left."""
    at = 5 + 4 + 2 + 32
    at += 1 + data[at]
    at += 2 + struct.unpack_from("!H", data, at)[0]
    at += 1 + data[at]
    data[at + 2 + 2:at + 2 + 4] = b"\xff\xf0"
    return bytes(data)


NGINX_12 = ("nginx", lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.2;"))
malformed("server-hello-type-openssl", "The first message of the server has an unknown type on its way: the client alerts.", ("nginx", "openssl s_client"), NGINX_12[1],
          programs.openssl_client, is_server_hello, put(5, 99))
malformed("server-hello-type-gnutls", "The first message of the server has an unknown type on its way: the client alerts.", ("nginx", "gnutls-cli"), NGINX_12[1],
          programs.gnutls_client, is_server_hello, put(5, 99))
malformed("server-hello-suite-curl", "The ServerHello names a suite that nobody offered: the client alerts 47.", ("nginx", "curl"), NGINX_12[1],
          programs.curl, is_server_hello, lambda data: put(5 + 4 + 2 + 32 + 1 + data[5 + 4 + 2 + 32], 0x12, 0x34)(data))
malformed("record-too-long-go", "The server's record claims 20,000 bytes: the client alerts record_overflow.", ("nginx", "go peer.go"), NGINX_12[1],
          programs.go_client, is_server_hello, put(3, 0x4e, 0x20))
malformed("record-too-long-nss", "The server's record claims 20,000 bytes: the client alerts record_overflow.", ("nginx", "tstclnt"), NGINX_12[1],
          programs.nss_client, is_server_hello, put(3, 0x4e, 0x20))


def mangled_hello(server, stack, start_server):
    @sample(f"record.malformed~client-hello-{server}", "The ClientHello's extensions are longer than the message: the server alerts.", (stack, "script client"), "1.3",
            expect=("tls.alert_message.level == 2",))
    def _(lab):
        def send():
            connection = socket.create_connection((SERVER, 443))
            connection.sendall(cut_extensions(bytearray(openssl_hello("1.2", "1.3"))))
            connection.settimeout(2)
            while connection.recv(4096):
                pass
        start_server(lab)
        lab.script_client(send, "sends a ClientHello whose extensions are too long")


for server, stack, start_server in (("openssl", "openssl s_server", programs.openssl_server), ("gnutls", "gnutls-serv", programs.gnutls_server),
                                    ("nss", "selfserv", programs.nss_server), ("go", "go peer.go", programs.go_server)):
    mangled_hello(server, stack, start_server)
