"""Headers that a packet may wear: tags, labels, tunnels and other link layers."""

import struct
from dataclasses import replace

from . import captures
from .segments import (
    Datagram,
    Segment,
    build_ip,
    build_tcp,
    ipv4_header,
    ipv6_header,
    TCP,
)

MACS = b"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02"
OUTER4 = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
OUTER6 = b"\x20\x01\x0d\xb8" + bytes(11) + b"\x01", b"\x20\x01\x0d\xb8" + bytes(11) + b"\x02"
UDP, GRE, IPV4, IPV6 = 17, 47, 4, 41


def ethertype(data):
    """Of an IP packet."""
    return 0x0800 if data[0] >> 4 == 4 else 0x86DD


def ethernet(kind, data):
    """An Ethernet frame around `data`."""
    return MACS + struct.pack(">H", kind) + data


def inner(data):
    """The packet as an Ethernet frame within another."""
    return ethernet(ethertype(data), data)


def outer(protocol, data, length, version=4):
    """An IP packet between the ends of a tunnel, in Ethernet; `length` bytes of its payload were sent."""
    header = ipv4_header if version == 4 else ipv6_header
    source, target = OUTER4 if version == 4 else OUTER6
    return inner(header(source, target, protocol, length) + data)


def udp(port, data, length):
    """A datagram of a tunnel."""
    head = struct.pack(">HHHH", 49152, port, length + 8 if length + 8 < 65536 else 0, 0)
    return outer(UDP, head + data, length + 8)


def vlan(data, _length):
    """IEEE 802.1Q."""
    return MACS + struct.pack(">HHH", 0x8100, 7, ethertype(data)) + data


def qinq(data, _length):
    """IEEE 802.1ad."""
    return MACS + struct.pack(">HHHHH", 0x88A8, 7, 0x8100, 8, ethertype(data)) + data


def mpls(data, _length):
    """Two labels."""
    return ethernet(0x8847, struct.pack(">II", 16 << 12 | 64, 17 << 12 | 0x100 | 64) + data)


def mpls_ethernet(data, _length):
    """A pseudowire with a control word."""
    return ethernet(0x8847, struct.pack(">II", 17 << 12 | 0x100 | 64, 0) + inner(data))


def pppoe(data, length):
    """RFC 2516."""
    protocol = 0x0021 if data[0] >> 4 == 4 else 0x0057
    return ethernet(0x8864, struct.pack(">BBHHH", 0x11, 0, 1, length + 2, protocol) + data)


def gre(data, length):
    """IP in GRE, with a key."""
    head = struct.pack(">HHI", 0x2000, ethertype(data), 99)
    return outer(GRE, head + data, length + 8)


def gre_ethernet(data, length):
    """Ethernet in GRE."""
    return outer(GRE, struct.pack(">HH", 0, 0x6558) + inner(data), length + 14 + 4)


def vxlan(data, length):
    """RFC 7348."""
    return udp(4789, struct.pack(">II", 0x08000000, 5 << 8) + inner(data), length + 14 + 8)


def geneve(data, length):
    """RFC 8926, with an option."""
    head = struct.pack(">BBHIHBB4x", 2, 0, 0x6558, 5 << 8, 0x0102, 0x80, 1)
    return udp(6081, head + inner(data), length + 14 + 16)


def gtp(data, length):
    """GTP-U."""
    return udp(2152, struct.pack(">BBHI", 0x30, 255, length & 0xFFFF, 1) + data, length + 8)


def in4(data, length):
    """IP in IPv4."""
    return outer(IPV4 if data[0] >> 4 == 4 else IPV6, data, length)


def in6(data, length):
    """IP in IPv6."""
    return outer(IPV4 if data[0] >> 4 == 4 else IPV6, data, length, version=6)


def sll(data, _length):
    """LINKTYPE_LINUX_SLL."""
    return struct.pack(">HHH8sH", 0, 1, 6, bytes(8), ethertype(data)) + data


def sll2(data, _length):
    """LINKTYPE_LINUX_SLL2."""
    return struct.pack(">HHIHBB8s", ethertype(data), 0, 2, 1, 0, 6, bytes(8)) + data


def null(data, _length):
    """LINKTYPE_NULL, in little-endian order."""
    return struct.pack("<I", 2 if data[0] >> 4 == 4 else 30) + data


def loop(data, _length):
    """LINKTYPE_LOOP."""
    return struct.pack(">I", 2 if data[0] >> 4 == 4 else 24) + data


WRAPPINGS = {
    "vlan": (captures.ETHERNET, vlan),
    "qinq": (captures.ETHERNET, qinq),
    "mpls": (captures.ETHERNET, mpls),
    "mpls-ethernet": (captures.ETHERNET, mpls_ethernet),
    "pppoe": (captures.ETHERNET, pppoe),
    "gre": (captures.ETHERNET, gre),
    "gre-ethernet": (captures.ETHERNET, gre_ethernet),
    "vxlan": (captures.ETHERNET, vxlan),
    "geneve": (captures.ETHERNET, geneve),
    "gtp": (captures.ETHERNET, gtp),
    "in4": (captures.ETHERNET, in4),
    "in6": (captures.ETHERNET, in6),
    "sll": (captures.SLL, sll),
    "sll2": (captures.SLL2, sll2),
    "raw": (captures.RAW, lambda data, _length: data),
    "null": (captures.NULL, null),
    "loop": (captures.LOOP, loop),
}


def wrap(packets, name):
    """The link type and the frames of the packets in that wrapping."""
    link, around = WRAPPINGS[name]
    frames = []
    for packet in packets:
        data, length = build_ip(packet)
        wrapped = around(data, length)
        frames.append(captures.Frame(packet.time, wrapped, len(wrapped) + length - len(data)))
    return link, frames


def as_ipv6(packets):
    """The packets over IPv6, and what their endpoints are called now; None where not all of them can be."""
    if any(isinstance(packet, Datagram) for packet in packets):
        return None
    result, ends = [], {}

    def named(end):
        address, port = end
        return ends.setdefault(end, ((b"\xfd" + bytes(11) + address)[-16:], port))

    for packet in packets:
        (source, _), (target, _) = named(packet.sender), named(packet.receiver)
        result.append(replace(packet, source=source, target=target))
    return result, ends


def with_headers(packets):
    """Options in the IPv4 header, hop-by-hop and destination options behind the IPv6 header."""
    frames = []
    for packet in packets:
        data, length = build_ip(packet)
        extra = length - len(data)
        if isinstance(packet, Segment):
            body, sent = build_tcp(packet)
            ends = packet.source, packet.target
            if len(packet.source) == 4:
                options = b"\x94\x04\x00\x00" + b"\x01" * 4
                head = ipv4_header(*ends, TCP, sent, packet.ttl, packet.ip_id, options)
            else:
                options = struct.pack(">BB6xBB14x", 60, 0, TCP, 1)
                head = ipv6_header(*ends, 0, sent + len(options), packet.ttl) + options
            data = head + body
            extra = packet.missing
        wrapped = inner(data)
        frames.append(captures.Frame(packet.time, wrapped, len(wrapped) + extra))
    return captures.ETHERNET, frames
