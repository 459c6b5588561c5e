"""Capture files as lists of packets, to write them again in another form."""

import struct


def read(path):
    """The packets of a little-endian microsecond pcap: [(seconds, microseconds, bytes)]."""
    data = path.read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        raise ValueError(f"{path} is no pcap of this machine's order")
    packets, at = [], 24
    while at < len(data):
        seconds, micros, kept, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds, micros, data[at + 16:at + 16 + kept]))
        at += 16 + kept
    return packets


def write(path, packets, link=1, order="<", nano=False):
    magic = 0xa1b23c4d if nano else 0xa1b2c3d4
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link)]
    for seconds, micros, raw in packets:
        out.append(struct.pack(order + "IIII", seconds, micros * 1000 + 123 if nano else micros, len(raw), len(raw)) + raw)
    path.write_bytes(b"".join(out))
    return path


def block(kind, body):
    body += bytes(-len(body) % 4)
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def write_pcapng(path, interfaces):
    """A pcapng of several interfaces: [(link type, snap length, packets)]."""
    out = [block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))]
    out += [block(1, struct.pack("<HHI", link, 0, snap)) for link, snap, _ in interfaces]
    for seconds, micros, number, raw in sorted((*packet[:2], number, packet[2]) for number, one in enumerate(interfaces) for packet in one[2]):
        time = seconds * 1000000 + micros
        out.append(block(6, struct.pack("<IIIII", number, time >> 32, time & 0xffffffff, len(raw), len(raw)) + raw))
    path.write_bytes(b"".join(out))
    return path


def payload(raw):
    """The TCP payload of an Ethernet frame with IPv4; None when it is something else."""
    if len(raw) < 54 or raw[12:14] != b"\x08\x00" or raw[23] != 6:
        return None
    tcp = 14 + (raw[14] & 15) * 4
    return raw[tcp + (raw[tcp + 12] >> 4) * 4:14 + struct.unpack_from("!H", raw, 16)[0]]


def client_port(raw, server_port=443):
    ports = struct.unpack_from("!HH", raw, 14 + (raw[14] & 15) * 4)
    return ports[1] if ports[0] == server_port else ports[0]
