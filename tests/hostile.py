"""Captures whose every text was chosen by somebody who wants it to be read as something else: server names, ALPN
names, certificates' names, an HTTP answer. Made here, byte for byte, since no TLS stack would send them."""

import struct

# What somebody might try on a terminal, an XML or HTML parser, a log's columns, a workflow runner, a link.
TEXTS = [
    b"]]><script>alert(1)</script><![CDATA[",
    b'"\'><img src=x onerror=alert(1)>&amp;&#0;&lt;',
    b"\x1b[31mred\x1b]0;title\x07\x00\x08\x7f\x9b",
    b"a\r\nb\n::error::injected\n##[error]injected",
    b"tab\tseparated\t(empty)\t-",
    "safe\u202etxt.exe\u2066\u2069\u200b\ufeff\u2028\u2029".encode(),
    b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xc3",
    "\ufffe\uffff\U0010ffff\ue000".encode(),
    b"[click](javascript:alert(1)) {0} {1} {{",
    b"%0A%3A%25,title=x,line=1:: \\x0a \\",
    b"-",
    b"(empty)",
    b"${jndi:ldap://x/y}`id`$(id);'",
    "gr\u00fc\u00dfe.\u4f8b\u3048.test".encode(),
]
CLIENT, SERVER = bytes([10, 66, 0, 2]), bytes([10, 66, 0, 1])


def with_length(size, *parts):
    body = b"".join(parts)
    return len(body).to_bytes(size, "big") + body


def record(kind, body):
    return bytes([kind, 3, 3]) + with_length(2, body)


def message(kind, *parts):
    return record(22, bytes([kind]) + with_length(3, *parts))


def extension(kind, *parts):
    return kind.to_bytes(2, "big") + with_length(2, *parts)


def client_hello(name, protocol):
    sni = extension(0, with_length(2, b"\0" + with_length(2, name)))
    alpn = extension(16, with_length(2, with_length(1, protocol[:255])))
    groups = extension(10, with_length(2, b"\0\x1d\0\x17"))
    schemes = extension(13, with_length(2, b"\x08\x04\x04\x01"))
    return message(1, b"\3\3", bytes(32), b"\0", with_length(2, b"\xc0\x2f\xc0\x30"), b"\1\0",
                   with_length(2, sni, alpn, groups, schemes))


def server_hello(protocol):
    alpn = extension(16, with_length(2, with_length(1, protocol[:255])))
    return message(2, b"\3\3", bytes(32), b"\0", b"\xc0\x2f", b"\0", with_length(2, alpn))


def der(tag, *parts):
    body = b"".join(parts)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = (len(body).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(body).to_bytes(size, "big") + body


def certificate(name):
    """An X.509 certificate for this name, expired in 2002; nobody signed it."""
    common_name = der(0x31, der(0x30, der(6, b"\x55\x04\x03"), der(0x0C, name)))
    subject = der(0x30, common_name)
    algorithm = der(0x30, der(6, bytes.fromhex("2a864886f70d01010b")), der(5))
    key = der(0x30, der(2, b"\0" + b"\xc1" * 256), der(2, b"\1\0\1"))
    key_info = der(0x30, der(0x30, der(6, bytes.fromhex("2a864886f70d010101")), der(5)), der(3, b"\0" + key))
    validity = der(0x30, der(0x17, b"010101000000Z"), der(0x17, b"020101000000Z"))
    names = der(0x30, der(0x82, name))
    extensions = der(0xA3, der(0x30, der(0x30, der(6, b"\x55\x1d\x11"), der(4, names))))
    body = der(0x30, der(0xA0, der(2, b"\2")), der(2, b"\1"), algorithm, subject, validity, subject, key_info,
               extensions)
    return der(0x30, body, algorithm, der(3, b"\0" + bytes(256)))


class Capture:
    """A pcap file that grows by whole TCP connections."""

    def __init__(self):
        self.packets = []
        self.port = 40000

    def connection(self, *turns):
        """`turns`: (True where the client speaks, bytes). Both sides close at the end."""
        self.port += 1
        sequence = {True: 1000, False: 5000}
        self.segment(True, sequence, 2, b"")
        self.segment(False, sequence, 18, b"")
        for client, payload in turns:
            for start in range(0, len(payload), 1400):
                self.segment(client, sequence, 24, payload[start : start + 1400])
        self.segment(True, sequence, 17, b"")
        self.segment(False, sequence, 17, b"")

    def segment(self, client, sequence, flags, payload):
        ports = (self.port, 443) if client else (443, self.port)
        ends = (CLIENT, SERVER) if client else (SERVER, CLIENT)
        acknowledged = 0 if flags == 2 else sequence[not client]
        tcp = struct.pack("!HHIIBBHHH", *ports, sequence[client], acknowledged, 0x50, flags, 65535, 0, 0) + payload
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), len(self.packets) & 0xFFFF, 0, 64, 6, 0, *ends)
        self.packets.append(ip + tcp)
        sequence[client] += len(payload) + (flags & 3 != 0)

    def write(self, path):
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101)
        with open(path, "wb") as file:
            file.write(head)
            for number, packet in enumerate(self.packets):
                file.write(struct.pack("<IIII", 1795293660, number * 1000, len(packet), len(packet)) + packet)


def write(path):
    """For each text: a certificate that is refused, a ClientHello that is, and a server that speaks HTTP."""
    capture = Capture()
    for text in TEXTS:
        capture.connection((True, client_hello(text, text)), (False, server_hello(text)),
                           (False, message(11, with_length(3, with_length(3, certificate(text))))),
                           (False, message(14)), (True, record(21, b"\2\x2d")))
        capture.connection((True, client_hello(text, text)), (False, record(21, b"\2\x70")))
        capture.connection((True, client_hello(text, text)),
                           (False, b"HTTP/1.1 400 " + text + b"\r\nServer: " + text + b"\r\n\r\n" + text))
        capture.connection((False, b"220 " + text + b"\r\n"), (True, b"STARTTLS\r\n"),
                           (False, b"502 " + text + b"\r\n"))
    capture.write(path)
