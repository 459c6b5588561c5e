"""What scripts need to know of a ClientHello: made by OpenSSL through Python's ssl module, and read as far as the versions."""

import socket
import ssl
import struct

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def context(least="1.2", most="1.3", ciphers="ALL:@SECLEVEL=0"):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    made.set_ciphers(ciphers)
    made.minimum_version, made.maximum_version = VERSIONS[least], VERSIONS[most]
    return made


def openssl_hello(least="1.2", most="1.3", name="server.example", ciphers="ALL:@SECLEVEL=0"):
    """The bytes of a ClientHello record."""
    out = ssl.MemoryBIO()
    session = context(least, most, ciphers).wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def read_exactly(connection, count):
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            return data
        data += piece
    return data


def read_record(connection):
    """One TLS record with its header; less when the peer closed."""
    head = read_exactly(connection, 5)
    return head + (read_exactly(connection, struct.unpack("!H", head[3:])[0]) if len(head) == 5 else b"")


def extensions(record):
    """The extensions of a ClientHello record: {type: body}."""
    at = 5 + 4 + 2 + 32
    at += 1 + record[at]
    at += 2 + struct.unpack_from("!H", record, at)[0]
    at += 1 + record[at]
    found, at = {}, at + 2
    while at + 4 <= len(record):
        kind, size = struct.unpack_from("!HH", record, at)
        found[kind] = record[at + 4:at + 4 + size]
        at += 4 + size
    return found


def offered_versions(record):
    """The versions of supported_versions, or else only the highest one that the hello states."""
    body = extensions(record).get(43)
    if body is None:
        return [struct.unpack_from("!H", record, 9)[0]]
    return [struct.unpack_from("!H", body, at)[0] for at in range(1, len(body), 2)]


def vanish(connection):
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
