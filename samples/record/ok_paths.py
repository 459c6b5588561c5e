"""Samples of handshakes that succeeded behind something else (STARTTLS, proxies, PROXY protocol) or over a bad network."""

import random
import socket
import ssl
import time

import programs
from hello import context, read_exactly, vanish
from lab import CLIENT, SERVER
from lines import Lines
from ok_ways import ok
from pki import NAME
from relay import hand_over

# --- STARTTLS: the script plays the cleartext part and hands the connection to openssl s_server ----------------------------

EHLO = "250-mail.server.example\r\n250-STARTTLS\r\n250 8BITMIME\r\n"
DIALOGUES = {
    "smtp": (25, "220 mail.server.example ESMTP\r\n", [("EHLO", EHLO)], ("STARTTLS", "220 2.0.0 Ready to start TLS\r\n")),
    "lmtp": (24, "220 mail.server.example LMTP\r\n", [("LHLO", EHLO)], ("STARTTLS", "220 2.0.0 Ready to start TLS\r\n")),
    "imap": (143, "* OK IMAP4rev1 ready\r\n", [("CAPABILITY", "* CAPABILITY IMAP4rev1 STARTTLS\r\nTAG OK done\r\n")], ("STARTTLS", "TAG OK Begin TLS negotiation now\r\n")),
    "pop3": (110, "+OK POP3 ready\r\n", [("CAPA", "+OK\r\nSTLS\r\n.\r\n")], ("STLS", "+OK Begin TLS negotiation\r\n")),
    "ftp": (21, "220 FTP ready\r\n", [("FEAT", "211-Features:\r\n AUTH TLS\r\n211 End\r\n")], ("AUTH TLS", "234 AUTH TLS successful\r\n")),
    "nntp": (119, "200 news ready\r\n", [("CAPABILITIES", "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n")], ("STARTTLS", "382 Continue with TLS negotiation\r\n")),
    "sieve": (4190, '"IMPLEMENTATION" "Sieve"\r\n"STARTTLS"\r\nOK "ready"\r\n', [], ("STARTTLS", 'OK "Begin TLS negotiation now"\r\n')),
    "irc": (6667, "", [("CAP LS", ":irc.server.example CAP * LS :tls\r\n")], ("STARTTLS", ":irc.server.example 670 you :STARTTLS successful\r\n")),
}


def read_line(connection):
    line = b""
    while not line.endswith(b"\n"):
        piece = connection.recv(1)
        if not piece:
            return None
        line += piece
    return line.decode().strip()


def dialogue(greeting, rules, start):
    """Speak lines until the one that starts TLS."""
    def meet(connection):
        connection.sendall(greeting.encode())
        while (line := read_line(connection)) is not None:
            tag, _, rest = line.partition(" ")
            for word, answer in rules + [start]:
                if word in (line.upper()[:len(word)], rest.upper()[:len(word)]):
                    connection.sendall(answer.replace("TAG", tag).encode())
                    if word == start[0]:
                        return hand_over(connection, b"")
                    break
    return meet


def starttls(variant, port, server, stack, start_client):
    @ok("starttls-" + variant, f"{variant.split('-')[0].upper()} with STARTTLS.", ("openssl s_server", "script", stack), expect=(), refuse=())
    def _(lab):
        programs.openssl_server(lab, www=None, port=8443, send="ok\n")
        lab.script_server(server, port=port, about="speaks the cleartext part, then hands over to s_server on 8443")
        start_client(lab)


def by_openssl(port, protocol):
    return lambda lab: programs.openssl_client(lab, "-starttls", protocol, port=port, send="")


for name, (number, greeting, rules, start) in DIALOGUES.items():
    starttls(name + "-openssl", number, dialogue(greeting, rules, start), "openssl s_client", by_openssl(number, name))
starttls("smtp-gnutls", 25, dialogue(*DIALOGUES["smtp"][1:]), "gnutls-cli",
         lambda lab: programs.gnutls_client(lab, "NORMAL", "--starttls-proto", "smtp", port=25, send=""))
starttls("imap-curl", 143, dialogue(*DIALOGUES["imap"][1:]), "curl",
         lambda lab: lab.client(["curl", "-sS", "-k", "--ssl-reqd", "--max-time", "1", f"imap://{SERVER}/"]))


def postgres(connection):
    read_exactly(connection, 8)
    connection.sendall(b"S")
    hand_over(connection, b"")


def mysql(connection):
    greeting = (b"\x0a8.0.36\0\x07\0\0\0abcdefgh\0" + bytes.fromhex("fffff72d0200ff8115") + bytes(10) + b"ijklmnopqrst\0mysql_native_password\0")
    connection.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
    head = read_exactly(connection, 4)
    read_exactly(connection, int.from_bytes(head[:3], "little"))
    hand_over(connection, b"")


def ldap(connection):
    head = read_exactly(connection, 2)
    request = read_exactly(connection, head[1])
    connection.sendall(b"\x30\x0c" + request[:3] + b"\x78\x07\x0a\x01\x00\x04\x00\x04\x00")
    hand_over(connection, b"")


def xmpp(connection):
    connection.recv(4096)
    connection.sendall(b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client' id='1' "
                       b"from='server.example' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:features>")
    connection.recv(4096)
    connection.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    hand_over(connection, b"")


for name, number, server in (("postgres", 5432, postgres), ("mysql", 3306, mysql), ("ldap", 389, ldap), ("xmpp", 5222, xmpp)):
    starttls(name + "-openssl", number, server, "openssl s_client", by_openssl(number, name))


@ok("starttls-not-asked", "SMTP in clear: STARTTLS is offered and not asked for. No TLS, and nothing failed.", ("script", "curl"), "", expect=(), refuse=())
def _(lab):
    rules = [("EHLO", EHLO), ("MAIL", "250 2.1.0 Ok\r\n"), ("RCPT", "250 2.1.5 Ok\r\n"), ("QUIT", "221 2.0.0 Bye\r\n"), ("DATA", "354 go\r\n"), (".", "250 2.0.0 Ok\r\n")]
    lab.script_server(Lines("220 mail.server.example ESMTP\r\n", rules, "250 2.0.0 Ok\r\n"), port=25, about="SMTP")
    lab.client(["curl", "-sS", "--max-time", "2", f"smtp://{SERVER}/client.example", "--mail-from", "a@client.example", "--mail-rcpt", "b@server.example",
                "-X", "NOOP"])

# --- proxies ---------------------------------------------------------------------------------------------------------------


def connect_proxy(connection):
    while line := read_line(connection):
        pass
    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    hand_over(connection, b"")


def socks5(connection):
    connection.recv(300)
    connection.sendall(b"\x05\x00")
    connection.recv(300)
    connection.sendall(b"\x05\x00\x00\x01" + socket.inet_aton(SERVER) + b"\x01\xbb")
    hand_over(connection, b"")


def socks4(connection):
    connection.recv(300)
    connection.sendall(b"\x00\x5a" + bytes(6))
    hand_over(connection, b"")


def proxied(variant, port, server, proxy):
    @ok("proxy-" + variant, "A tunnel through a proxy, then TLS.", ("openssl s_server", "script", "curl"), expect=(), refuse=())
    def _(lab):
        programs.openssl_server(lab, port=8443)
        lab.script_server(server, port=port, about="a proxy; hands over to s_server on 8443")
        lab.client(["curl", "-sS", "-k", "-o", "/dev/null", "--max-time", "3", "-x", proxy, f"https://{NAME}/"])


proxied("connect", 3128, connect_proxy, f"http://{SERVER}:3128")
proxied("socks5", 1080, socks5, f"socks5h://{SERVER}:1080")
proxied("socks4a", 1080, socks4, f"socks4a://{SERVER}:1080")

BALANCER = """
defaults
    mode tcp
    timeout connect 2s
    timeout client 5s
    timeout server 5s
listen front
    bind 127.0.0.1:8443
    server back {server}:443 {send}
"""


def proxy_protocol(variant, send):
    @ok("proxy-protocol-" + variant, "HAProxy puts a PROXY header before the ClientHello of the client behind it.", ("nginx", "haproxy", "curl"))
    def _(lab):
        programs.nginx(lab, listen="443 ssl proxy_protocol")
        lab.server(["haproxy", "-db", "-f", lab.file("front.cfg", BALANCER.format(server=SERVER, send=send))], port=8443, side="client")
        lab.client(["curl", "-sS", "-k", "-o", "/dev/null", "--max-time", "3", "--resolve", f"{NAME}:8443:127.0.0.1", f"https://{NAME}:8443/"])


proxy_protocol("v1", "send-proxy")
proxy_protocol("v2", "send-proxy-v2")

# --- a bad network ---------------------------------------------------------------------------------------------------------


def hurt(variant, about, make_decide, expect=("tls.app_data",)):
    @ok("hurt-" + variant, about, ("nginx", "curl", "script wire"), wire=True, expect=expect)
    def _(lab):
        lab.wire(make_decide())
        programs.nginx(lab)
        programs.curl(lab)


def lossy():
    chance = random.Random(7)
    return lambda frame, to_server: [] if frame.is_tcp and frame.data and chance.random() < 0.3 else None


def doubling():
    return lambda frame, to_server: [(to_server, frame.raw, 0), (to_server, frame.raw, 0.002)] if frame.is_tcp and frame.data else None


def reordering():
    chance = random.Random(3)
    return lambda frame, to_server: [(to_server, frame.raw, chance.choice((0, 0.004, 0.009)))] if frame.is_tcp and frame.data else None


def tiny(size):
    def decide(frame, to_server):
        if not frame.is_tcp or not frame.data or frame.flags & 0x07:
            return None
        return [(to_server, frame.with_offset(at, frame.data[at:at + size]), at / size * 0.0005) for at in range(0, len(frame.data), size)]
    return decide


def overlapping():
    def decide(frame, to_server):
        if not frame.is_tcp or len(frame.data) < 100 or frame.flags & 0x07:
            return None
        data = frame.data
        return [(to_server, frame.with_offset(0, data[:60]), 0), (to_server, frame.with_offset(20, data[20:90]), 0.001), (to_server, frame.raw, 0.002)]
    return decide


hurt("lossy", "A path that loses three of ten data packets.", lossy, expect=("tls.app_data", "tcp.analysis.retransmission"))
hurt("doubled", "A path that doubles each data packet.", doubling)
hurt("reordered", "A path that puts packets out of order.", reordering)
hurt("overlapping", "A path that cuts packets into overlapping ones.", overlapping)
hurt("tiny", "A path that cuts the data into segments of 100 bytes.", lambda: tiny(100))


@ok("hello-in-single-bytes", "The client's first 60 bytes come one by one.", ("nginx", "script python3 ssl client"))
def _(lab):
    def slowly():
        plain = socket.create_connection((SERVER, 443))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        fetch_slowly(plain)
    programs.nginx(lab)
    lab.script_client(slowly, "sends its ClientHello byte by byte")


def fetch_slowly(plain, single=60):
    """A TLS client over memory buffers, so that what it sends can be cut at will."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context().wrap_bio(incoming, outgoing, server_hostname=NAME)
    steps = [session.do_handshake, lambda: session.write(programs.REQUEST.encode()), lambda: session.read(4096)]
    while steps:
        try:
            steps[0]()
            steps.pop(0)
        except ssl.SSLWantReadError:
            pass
        data = outgoing.read()
        while data and single:
            plain.sendall(data[:1])
            data, single = data[1:], single - 1
            time.sleep(0.001)
        if data:
            plain.sendall(data)
        elif steps:
            incoming.write(plain.recv(16384))
    plain.close()


def one_port(times, port=45678):
    for _ in range(times):
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        plain.bind((CLIENT, port))
        plain.connect((SERVER, 443))
        connection = context("1.2", "1.2").wrap_socket(plain, server_hostname=NAME)
        connection.sendall(programs.REQUEST.encode())
        connection.recv(4096)
        vanish_after(connection)


def vanish_after(connection):
    time.sleep(0.1)
    vanish(socket.socket(fileno=connection.detach()))


@ok("port-reuse", "Two connections, one after the other, from the same port.", ("nginx", "script python3 ssl client"), "1.2")
def _(lab):
    programs.nginx(lab)
    lab.script_client(lambda: one_port(2), "connects twice from port 45678")


@ok("keep-alives", "TCP keep-alives between the handshake and the end.", ("nginx", "script python3 ssl client"), expect=("tcp.analysis.keep_alive",))
def _(lab):
    def idle():
        plain = socket.create_connection((SERVER, 443))
        for name, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1)):
            plain.setsockopt(socket.IPPROTO_TCP, name, value)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection = context().wrap_socket(plain, server_hostname=NAME)
        time.sleep(2.5)
        connection.close()
    programs.nginx(lab)
    lab.script_client(idle, "stays idle for 2.5 s")


@ok("plain-http", "HTTP on port 80: no TLS, nothing to report.", ("nginx", "curl"), "", expect=("http",))
def _(lab):
    cert = lab.pki["good"]
    lab.server(["nginx", "-e", "stderr", "-c", lab.file("nginx.conf", programs.NGINX.format(
        folder=lab.folder, cert=cert.chain, key=cert.key, lines="", listen="80", more="", name=NAME))], port=80)
    lab.client(["curl", "-sS", f"http://{SERVER}/"])


@ok("plain-dns-ssh", "DNS over UDP and an SSH banner: no TLS, nothing to report.", ("script",), "", bpf="tcp or udp", expect=("dns",))
def _(lab):
    def ask():
        question = bytes.fromhex("123401000001000000000000") + b"\x06server\x07example\x00\x00\x01\x00\x01"
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(question, (SERVER, 53))
        connection = socket.create_connection((SERVER, 22))
        connection.sendall(b"SSH-2.0-Client\r\n")
        connection.recv(100)
    lab.script_server(lambda connection: (connection.sendall(b"SSH-2.0-Server\r\n"), connection.recv(100)), port=22, about="an SSH banner")
    lab.script_client(ask, "asks for a name, greets in SSH")
