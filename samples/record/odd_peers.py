"""Samples of peers that are too late, too large, nameless, or somebody else; and of certificates refused behind STARTTLS."""

import struct
import time

import ok_paths
import programs
from everyday import connect, serve, stacks_of
from hello import read_record
from lab import SERVER, sample
from ok_ways import ok
from pki import NAME
from protocol import speak
from relay import hand_over
from stacks import shown

# --- what the server sends does not arrive ---------------------------------------------------------------------------------


def path_mtu(variant, tls, stack, start_server, argv):
    @sample(f"abort.timeout~path-mtu-{variant}", "What is larger than 1300 bytes does not reach the client's TCP: the server sends it again and again.",
            stack, tls, refuse=("tls.handshake.type == 16",))
    def _(lab):
        start_server(lab)
        lab.iptables("-A", "INPUT", "-p", "tcp", "--sport", "443", "-m", "length", "--length", "1300:65535", "-j", "DROP", where="client")
        lab.client(argv, linger=7, timeout=8)


path_mtu("curl-13", "1.3", ("nginx", "curl"), lambda lab: programs.nginx(lab, "ssl_protocols TLSv1.3;"), ["curl", "-k", "--max-time", "6", f"https://{SERVER}/"])
path_mtu("openssl-12", "1.2", ("gnutls-serv", "openssl s_client"), lambda lab: programs.gnutls_server(lab, "NORMAL:-VERS-ALL:+VERS-TLS1.2"),
         ["openssl", "s_client", "-connect", SERVER + ":443", "-servername", NAME])

# --- too late --------------------------------------------------------------------------------------------------------------


def after(seconds):
    def meet(connection):
        hello = read_record(connection)
        time.sleep(seconds)
        hand_over(connection, hello)
    return meet


@sample("hello.no_reply~too-late-curl", "The server answers after 5 seconds, when the client has given up.", ("openssl s_server", "script", "curl"))
def _(lab):
    programs.openssl_server(lab, port=8443)
    lab.script_server(after(5), about="holds the ClientHello back, then hands over to s_server on 8443")
    lab.client(["curl", "-k", "--max-time", "4", f"https://{SERVER}/"])
    lab.wait(1.5)


for word, version in (("12", "-tls1_2"), ("13", "-tls1_3")):
    @ok(f"slow-openssl-{word}", "The server answers after 7 seconds, and the client has waited.", ("openssl s_server", "script", "openssl s_client"))
    def _(lab, version=version):
        programs.openssl_server(lab, port=8443)
        lab.script_server(after(7), about="holds the ClientHello back, then hands over to s_server on 8443")
        lab.client(["openssl", "s_client", "-connect", SERVER + ":443", "-servername", NAME, version], send="GET / HTTP/1.0\r\n\r\n", linger=8.5, timeout=11)


@sample("transport.no_client_hello~waits-for-greeting", "A client of SMTP waits 4 seconds for the greeting at a port of TLS, and leaves.", ("haproxy", "script client"))
def _(lab):
    import socket

    def wait():
        connection = socket.create_connection((SERVER, 443), 5)
        connection.settimeout(4)
        try:
            connection.recv(100)
        except TimeoutError:
            pass
        connection.close()
    programs.haproxy(lab)
    lab.script_client(wait, "waits for a greeting")


# --- the server is somebody else -------------------------------------------------------------------------------------------

OTHERS = {
    "telnet-gnutls": (bytes.fromhex("fffd18fffd20fffd23fffd27"), b"", "gnutls-cli", programs.gnutls_client),
    "vnc-go": (b"RFB 003.008\n", b"", "go peer.go", programs.go_client),
    "http2-curl": (bytes.fromhex("00000c04000000000000030000006400040000ffff"), b"", "curl", programs.curl),
    "postgres-java": (b"", b"E\0\0\0\x55SFATAL\0C0A000\0Munsupported frontend protocol 5635.0\0", "javac Client.java", programs.java_client),
    "rdp-nss": (b"", bytes.fromhex("030000130ed000001234000209080000000000"), "tstclnt", programs.nss_client),
    "memcached-node": (b"", b"ERROR\r\n", "node client.js", programs.node_client),
}


def other(variant):
    first, then, stack, start_client = OTHERS[variant]

    @sample("protocol.server_not_tls~" + variant, f"The server on port 443 speaks {variant.split('-')[0]}.", ("script", stack))
    def _(lab):
        lab.script_server(speak(first, then), about=f"speaks {variant.split('-')[0]}")
        start_client(lab)


for name in OTHERS:
    other(name)

# --- refused behind STARTTLS -----------------------------------------------------------------------------------------------


def grant_postgres(connection):
    connection.recv(8)
    connection.sendall(b"S")
    hand_over(connection, b"")


def grant_mysql(connection):
    greeting = b"\x0a8.0.36\0\x0b\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xdf\x15" + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0"
    connection.sendall(struct.pack("<I", len(greeting)) + greeting)
    connection.recv(36)
    hand_over(connection, b"")


def grant_ldap(connection):
    connection.recv(100)
    connection.sendall(bytes.fromhex("300c02010178070a010004000400"))
    hand_over(connection, b"")


def behind_starttls(cause, preset, protocol, port, server):
    @sample(f"certificate.{cause}~starttls-{protocol}", f"Behind STARTTLS of {protocol} the client refuses the certificate.",
            ("openssl s_server", "script", "openssl s_client"), "1.2")
    def _(lab):
        own = shown(lab, preset)
        lab.server(["openssl", "s_server", "-accept", "8443", "-cert", own.chain, "-cert_chain", own.chain, "-key", own.key, "-tls1_2", "-quiet"], port=8443)
        lab.script_server(server, port=port, about="speaks the cleartext part, then hands over to s_server on 8443")
        lab.client(["openssl", "s_client", "-starttls", protocol, "-connect", f"{SERVER}:{port}", "-servername", NAME, "-verify_hostname", NAME,
                    "-CAfile", lab.pki.root, "-verify_return_error"], linger=1)


def lines(protocol):
    port, greeting, rules, start = ok_paths.DIALOGUES[protocol]
    return protocol, port, ok_paths.dialogue(greeting, rules, start)


behind_starttls("expired", "expired", "postgres", 5432, grant_postgres)
behind_starttls("name_mismatch", "wrong_name", "mysql", 3306, grant_mysql)
behind_starttls("expired", "expired", "ldap", 389, grant_ldap)
behind_starttls("self_signed", "self_signed", *lines("smtp"))
behind_starttls("wrong_usage", "wrong_usage", *lines("imap"))
behind_starttls("not_yet_valid", "not_yet", *lines("ftp"))

# --- what nothing on the wire tells apart ----------------------------------------------------------------------------------


@sample("certificate.rejected~by-address-openssl-12", "The client connects to an address, and sends no name; the certificate has names only: alert 42.",
        ("nginx", "openssl s_client"), "1.2", expect=("tls.alert_message.desc == 42",))
def _(lab):
    programs.nginx(lab, "ssl_protocols TLSv1.2;")
    lab.client(["openssl", "s_client", "-connect", SERVER + ":443", "-noservername", "-CAfile", lab.pki.root, "-verify_ip", SERVER, "-verify_return_error"], linger=1)


@sample("cipher.no_overlap~stunnel-deno-12", "The server has RSA key transport alone, which rustls does not know; nothing else is unusual: alert 40.",
        stacks_of("stunnel", "deno"), "1.2", expect=("tls.alert_message.desc == 40",))
def _(lab):
    serve(lab, "stunnel", tls="1.2", more="ciphers = AES256-SHA")
    connect(lab, "deno")
