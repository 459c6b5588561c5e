"""Samples of peers that did not speak TLS to each other: cleartext servers and clients, STARTTLS and proxies that refuse."""

import struct
import time

import programs
from lines import Lines
from lab import SERVER, sample

# --- the server does not speak TLS -----------------------------------------------------------------------------------------

BANNERS = {
    "http": (b"", b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: close\r\n\r\nBad Request\n"),
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", b""),
    "smtp": (b"220 mail.server.example ESMTP Postfix (Debian/GNU)\r\n", b"500 5.5.2 Error: command not recognized\r\n"),
    "imap": (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] Dovecot ready.\r\n", b"* BYE Too many invalid commands\r\n"),
    "pop3": (b"+OK Dovecot ready.\r\n", b"-ERR Unknown command.\r\n"),
    "ftp": (b"220 ProFTPD Server (Debian) [10.77.0.1]\r\n", b"500 Invalid command\r\n"),
    "mysql": (bytes.fromhex("4a0000000a") + b"8.0.36\0" + bytes.fromhex("0b000000") + b"abcdefgh\0" + bytes.fromhex("fff7ff0200ff8115")
              + bytes(10) + b"ijklmnopqrst\0" + b"mysql_native_passw", b""),
    "redis": (b"", b"-ERR Protocol error: unauthenticated multibulk length\r\n"),
}


def speak(first, then):
    def meet(connection):
        if first:
            connection.sendall(first)
        connection.settimeout(1)
        try:
            connection.recv(16384)
        except TimeoutError:
            pass
        if then:
            connection.sendall(then)
        time.sleep(0.2)
    return meet


CLIENTS = {
    "curl": ("curl", programs.curl), "openssl": ("openssl s_client", programs.openssl_client),
    "gnutls": ("gnutls-cli", programs.gnutls_client), "java": ("javac Client.java", programs.java_client),
    "node": ("node client.js", programs.node_client), "nss": ("tstclnt", programs.nss_client), "go": ("go peer.go", programs.go_client),
}


def not_tls(protocol, client):
    stack, start_client = CLIENTS[client]

    @sample(f"protocol.server_not_tls~{protocol}-{client}", f"The server on port 443 speaks {protocol.upper()}, not TLS.", ("script", stack),
            refuse=("tls.handshake.type == 2",))
    def _(lab):
        lab.script_server(speak(*BANNERS[protocol]), about=f"speaks {protocol}")
        start_client(lab)


for pair in [("http", "curl"), ("http", "gnutls"), ("http", "nss"), ("ssh", "openssl"), ("ssh", "java"), ("smtp", "gnutls"), ("smtp", "curl"),
             ("imap", "node"), ("pop3", "openssl"), ("ftp", "curl"), ("mysql", "go"), ("redis", "openssl")]:
    not_tls(*pair)


def http_server(client):
    stack, start_client = CLIENTS[client]

    @sample(f"protocol.server_not_tls~nginx-http-{client}", "nginx speaks plain HTTP on the port: it answers 400 in clear.", ("nginx", stack),
            expect=("http",))
    def _(lab):
        programs.nginx(lab, listen="443")
        start_client(lab)


for name in ("curl", "java", "openssl"):
    http_server(name)

# --- the client does not speak TLS -----------------------------------------------------------------------------------------

TLS_SERVERS = {
    "nginx": ("nginx", lambda lab: programs.nginx(lab)), "openssl": ("openssl s_server", lambda lab: programs.openssl_server(lab)),
    "gnutls": ("gnutls-serv", lambda lab: programs.gnutls_server(lab)), "haproxy": ("haproxy", lambda lab: programs.haproxy(lab)),
    "java": ("javac Server.java", lambda lab: programs.java_server(lab)), "node": ("node server.js", lambda lab: programs.node_server(lab)),
    "go": ("go peer.go", lambda lab: programs.go_server(lab)), "nss": ("selfserv", lambda lab: programs.nss_server(lab)),
}


def plain_http(server):
    stack, start_server = TLS_SERVERS[server]

    @sample(f"protocol.client_not_tls~curl-{server}", "The client speaks plain HTTP to a TLS port.", (stack, "curl"))
    def _(lab):
        start_server(lab)
        if server == "nss":      # it neither answers nor closes: only another client shows that it speaks TLS
            programs.openssl_client(lab)
        lab.client(["curl", "-sS", "--max-time", "3", f"http://{SERVER}:443/"])


for name in TLS_SERVERS:
    plain_http(name)

# --- STARTTLS --------------------------------------------------------------------------------------------------------------

SMTP = "220 mail.server.example ESMTP\r\n"
EHLO = "250-mail.server.example\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
EHLO_WITHOUT = "250-mail.server.example\r\n250-SIZE 10240000\r\n250 8BITMIME\r\n"
REFUSING = {
    "smtp-454": (25, Lines(SMTP, [("EHLO", EHLO), ("STARTTLS", "454 4.7.0 TLS not available due to local problem\r\n"), ("QUIT", "221 2.0.0 Bye\r\n")], "500 5.5.2 Error: bad syntax\r\n")),
    "smtp-502": (25, Lines(SMTP, [("EHLO", EHLO), ("STARTTLS", "502 5.5.1 Error: command not implemented\r\n"), ("QUIT", "221 2.0.0 Bye\r\n")], "500 5.5.2 Error: bad syntax\r\n")),
    "smtp-not-offered": (25, Lines(SMTP, [("EHLO", EHLO_WITHOUT), ("STARTTLS", "502 5.5.1 Error: command not implemented\r\n"), ("QUIT", "221 2.0.0 Bye\r\n")], "500 5.5.2 Error: bad syntax\r\n")),
    "imap-no": (143, Lines("* OK IMAP4rev1 ready\r\n", [("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n"),
                                                        ("STARTTLS", "TAG NO STARTTLS not available\r\n"), ("LOGOUT", "* BYE\r\nTAG OK\r\n")], "TAG OK\r\n")),
    "imap-bad": (143, Lines("* OK IMAP4rev1 ready\r\n", [("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n"),
                                                         ("STARTTLS", "TAG BAD Unknown command\r\n"), ("LOGOUT", "* BYE\r\nTAG OK\r\n")], "TAG OK\r\n")),
    "pop3-err": (110, Lines("+OK POP3 ready\r\n", [("CAPA", "+OK\r\nSTLS\r\nUSER\r\n.\r\n"), ("STLS", "-ERR TLS is not available\r\n"), ("QUIT", "+OK\r\n")], "+OK\r\n")),
    "ftp-500": (21, Lines("220 FTP ready\r\n", [("FEAT", "211-Features:\r\n SIZE\r\n211 End\r\n"), ("AUTH", "500 AUTH not understood\r\n"), ("QUIT", "221 Goodbye\r\n")], "200 ok\r\n")),
    "ftp-534": (21, Lines("220 FTP ready\r\n", [("AUTH", "534 Local policy on server does not allow TLS secure connections.\r\n"), ("QUIT", "221 Goodbye\r\n")], "200 ok\r\n")),
    "nntp-580": (119, Lines("200 news ready\r\n", [("CAPABILITIES", "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"), ("STARTTLS", "580 Can not initiate TLS negotiation\r\n")], "500 what\r\n")),
    "sieve-no": (4190, Lines('"IMPLEMENTATION" "Sieve"\r\n"STARTTLS"\r\nOK "ready"\r\n', [("STARTTLS", 'NO "TLS is not available"\r\n')], 'OK\r\n')),
    "irc-691": (6667, Lines(None, [("CAP LS", ":irc.server.example CAP * LS :tls multi-prefix\r\n"), ("STARTTLS", ":irc.server.example 691 you :STARTTLS failed\r\n")], "")),
}
S_CLIENT_NAMES = {"smtp": "smtp", "imap": "imap", "pop3": "pop3", "ftp": "ftp", "nntp": "nntp", "sieve": "sieve", "irc": "irc"}


def refused(variant, port, server, stack, start_client):
    @sample(f"protocol.starttls_refused~{variant}", "The client asks for STARTTLS and the server refuses, or does not offer it.",
            ("script", stack), refuse=("tls.handshake.type == 2",))
    def _(lab):
        lab.script_server(server, port=port, about="speaks the protocol and refuses STARTTLS")
        start_client(lab)


def starttls_openssl(port, protocol):
    return lambda lab: programs.openssl_client(lab, "-starttls", protocol, port=port, timeout=3)


def starttls_curl(url):
    return lambda lab: lab.client(["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "3", url])


for name, (number, answers) in REFUSING.items():
    refused("openssl-" + name, number, answers, "openssl s_client", starttls_openssl(number, S_CLIENT_NAMES[name.split("-")[0]]))
for name, scheme in (("smtp-454", "smtp"), ("smtp-not-offered", "smtp"), ("imap-no", "imap"), ("pop3-err", "pop3"), ("ftp-500", "ftp")):
    number, answers = REFUSING[name]
    refused("curl-" + name, number, answers, "curl", starttls_curl(f"{scheme}://{SERVER}:{number}/" + ("client.example" if scheme == "smtp" else "")))
refused("gnutls-smtp-502", 25, REFUSING["smtp-502"][1], "gnutls-cli", lambda lab: programs.gnutls_client(lab, "NORMAL", "--starttls-proto", "smtp", port=25, timeout=3))


def ldap_refuses(connection):
    request = connection.recv(4096)
    message_id = request[2:5]
    body = b"\x0a\x01\x35\x04\x00\x04\x1aTLS support is not enabled" + b"\x8a\x161.3.6.1.4.1.1466.20037"
    answer = b"\x78" + bytes([len(body)]) + body
    connection.sendall(b"\x30" + bytes([len(message_id) + len(answer)]) + message_id + answer)
    connection.recv(4096)


def postgres_refuses(connection):
    connection.recv(8)
    connection.sendall(b"N")
    connection.recv(4096)


def xmpp_refuses(connection):
    connection.recv(4096)
    connection.sendall(b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' "
                       b"id='1' from='server.example' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
    connection.recv(4096)
    connection.sendall(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")


def mysql_without_tls(connection):
    greeting = (b"\x0a8.0.36\0" + struct.pack("<I", 7) + b"abcdefgh\0" + struct.pack("<HBHHB", 0xf7ff & ~0x0800, 0x2d, 2, 0x8000, 21)
                + bytes(10) + b"ijklmnopqrst\0" + b"mysql_native_password\0")
    connection.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
    connection.recv(4096)


refused("openssl-ldap", 389, ldap_refuses, "openssl s_client", starttls_openssl(389, "ldap"))
refused("openssl-postgres", 5432, postgres_refuses, "openssl s_client", starttls_openssl(5432, "postgres"))
refused("openssl-xmpp", 5222, xmpp_refuses, "openssl s_client", starttls_openssl(5222, "xmpp"))


@sample("ok~mysql-greeting-only", "The client wants TLS, finds that the server does not offer it and leaves without a word: a health check looks the same.",
        ("script", "openssl s_client"), refuse=("tls.handshake.type == 2",))
def mysql_greeting_only(lab):
    lab.script_server(mysql_without_tls, port=3306, about="speaks MySQL and does not offer TLS")
    starttls_openssl(3306, "mysql")(lab)


# --- proxies ---------------------------------------------------------------------------------------------------------------


def http_proxy(status):
    def meet(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(4096)
            if not piece:
                return
            data += piece
        extra = "Proxy-Authenticate: Basic realm=\"proxy\"\r\n" if status.startswith("407") else ""
        connection.sendall(f"HTTP/1.1 {status}\r\n{extra}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
    return meet


def proxy_refuses(variant, port, server, stack, start_client):
    @sample(f"protocol.proxy_refused~{variant}", "The proxy refuses to open the tunnel to the TLS server.", ("script", stack), refuse=("tls.handshake.type",))
    def _(lab):
        lab.script_server(server, port=port, about="a proxy that refuses")
        start_client(lab)


def curl_through(proxy):
    return lambda lab: lab.client(["curl", "-sS", "-k", "--max-time", "3", "-x", proxy, "https://server.example/"])


for status in ("403 Forbidden", "407 Proxy Authentication Required", "502 Bad Gateway"):
    proxy_refuses(f"curl-{status[:3]}", 3128, http_proxy(status), "curl", curl_through(f"http://{SERVER}:3128"))
proxy_refuses("openssl-403", 3128, http_proxy("403 Forbidden"), "openssl s_client",
              lambda lab: lab.client(["openssl", "s_client", "-proxy", f"{SERVER}:3128", "-connect", "server.example:443"]))


def socks5_refuses(connection):
    connection.recv(4096)
    connection.sendall(b"\x05\x00")
    connection.recv(4096)
    connection.sendall(b"\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00")


def socks5_wants_password(connection):
    connection.recv(4096)
    connection.sendall(b"\x05\xff")


def socks4_refuses(connection):
    connection.recv(4096)
    connection.sendall(b"\x00\x5b\x00\x00\x00\x00\x00\x00")


proxy_refuses("curl-socks5", 1080, socks5_refuses, "curl", curl_through(f"socks5h://{SERVER}:1080"))
proxy_refuses("curl-socks5-auth", 1080, socks5_wants_password, "curl", curl_through(f"socks5h://{SERVER}:1080"))
proxy_refuses("curl-socks4", 1080, socks4_refuses, "curl", curl_through(f"socks4a://{SERVER}:1080"))
