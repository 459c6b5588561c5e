"""Packets as TCP segments and back: what is changed lies between dissect() and build()."""

import struct
from dataclasses import dataclass, replace

from . import captures

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
TCP, ICMP, ICMP6 = 6, 1, 58


@dataclass(frozen=True)
class Segment:
    """A TCP segment in an IP packet."""

    time: int
    source: bytes  # 4 or 16
    target: bytes
    ttl: int
    ip_id: int
    source_port: int
    target_port: int
    sequence: int
    acknowledgement: int
    flags: int
    window: int
    options: bytes
    payload: bytes
    missing: int = 0  # bytes of payload that were sent but not captured

    @property
    def sender(self):
        """Who sends it."""
        return self.source, self.source_port

    @property
    def receiver(self):
        """Whom it is for."""
        return self.target, self.target_port

    @property
    def length(self):
        """Bytes of payload that were sent."""
        return len(self.payload) + self.missing


@dataclass(frozen=True)
class Datagram:
    """Any other IP packet: ICMP, UDP, fragments; `data` is as it was captured."""

    time: int
    data: bytes
    missing: int

    @property
    def version(self):
        """Of IP."""
        return self.data[0] >> 4

    @property
    def protocol(self):
        """What the IP header says that follows it."""
        return self.data[9] if self.version == 4 else self.data[6]


def network_layer(link, data):
    """What of a frame begins with the IP header; None where it is not IP."""
    at, kind = 0, None
    if link == captures.ETHERNET:
        at = 12
        while data[at : at + 2] in (b"\x81\x00", b"\x88\xa8", b"\x91\x00"):
            at += 4
        kind = data[at : at + 2]
        at += 2
    elif link == captures.SLL:
        at, kind = 16, data[14:16]
    elif link == captures.SLL2:
        at, kind = 20, data[0:2]
    elif link in (captures.NULL, captures.LOOP):
        at = 4
    elif link not in (captures.RAW, 12, 14, 228, 229):
        return None
    if kind not in (None, b"\x08\x00", b"\x86\xdd") or len(data) < at + 20:
        return None
    return data[at:]


def dissect(link, frame):
    """The Segment or Datagram in a frame; None where there is no IP."""
    data = network_layer(link, frame.data)
    if data is None or data[0] >> 4 not in (4, 6):
        return None
    cut = frame.length - len(frame.data)
    if data[0] >> 4 == 4:
        head, total = (data[0] & 15) * 4, struct.unpack_from(">H", data, 2)[0]
        plain = data[9] == TCP and struct.unpack_from(">H", data, 6)[0] & 0x3FFF == 0
    elif len(data) < 40:
        return None
    else:
        head, total = 40, struct.unpack_from(">H", data, 4)[0]
        total += 40 if total else 0
        plain = data[6] == TCP
    if total:  # 0: segmentation offload
        captured = len(data)
        data = data[:total]
        cut = max(0, min(total, captured + cut) - len(data))
    if plain and len(data) >= head + 20:
        return dissect_tcp(frame.time, data, head, cut)
    return Datagram(frame.time, data, cut)


def dissect_tcp(time, data, head, cut):
    """The Segment behind an IP header of `head` bytes."""
    fields = struct.unpack_from(">HHIIBBH", data, head)
    offset = (fields[4] >> 4) * 4
    if offset < 20 or len(data) < head + offset:
        return Datagram(time, data, cut)
    if data[0] >> 4 == 4:
        source, target, ttl = data[12:16], data[16:20], data[8]
        ip_id = struct.unpack_from(">H", data, 4)[0]
    else:
        source, target, ttl, ip_id = data[8:24], data[24:40], data[7], 0
    options, payload = data[head + 20 : head + offset], data[head + offset :]
    return Segment(
        time, source, target, ttl, ip_id, *fields[:4], fields[5], fields[6], options, payload, cut
    )


def checksum(data):
    """RFC 1071."""
    total = int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF
    return 0xFFFF - total


def ipv4_header(source, target, protocol, length, ttl=64, ip_id=0, options=b""):
    """In front of `length` bytes; a total beyond 16 bits is 0, as with segmentation offload."""
    total = 20 + len(options) + length
    head = struct.pack(
        ">BBHHHBBH4s4s",
        0x45 + len(options) // 4,
        0,
        total if total < 65536 else 0,
        ip_id,
        0x4000,
        ttl,
        protocol,
        0,
        source,
        target,
    )
    head += options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:]


def ipv6_header(source, target, protocol, length, ttl=64):
    """In front of `length` bytes."""
    length = length if length < 65536 else 0
    return struct.pack(">IHBB16s16s", 0x60000000, length, protocol, ttl, source, target)


def build_tcp(segment):
    """The TCP header and payload of a segment, with its checksum where all is there."""
    head = struct.pack(
        ">HHIIBBHHH",
        segment.source_port,
        segment.target_port,
        segment.sequence & 0xFFFFFFFF,
        segment.acknowledgement & 0xFFFFFFFF,
        (20 + len(segment.options)) // 4 << 4,
        segment.flags,
        segment.window,
        0,
        0,
    )
    data = head + segment.options + segment.payload
    length = len(data) + segment.missing
    pseudo = segment.source + segment.target + struct.pack(">II", length, TCP)
    return data[:16] + struct.pack(">H", checksum(pseudo + data)) + data[18:], length


def build_ip(packet):
    """An IP packet and how many bytes of it were sent."""
    if isinstance(packet, Datagram):
        return packet.data, len(packet.data) + packet.missing
    body, length = build_tcp(packet)
    if len(packet.source) == 4:
        head = ipv4_header(
            packet.source, packet.target, TCP, length, packet.ttl, packet.ip_id
        )
    else:
        head = ipv6_header(packet.source, packet.target, TCP, length, packet.ttl)
    return head + body, len(head) + length


def build(packet):
    """An Ethernet frame, padded to its least length."""
    data, length = build_ip(packet)
    kind = b"\x08\x00" if data[0] >> 4 == 4 else b"\x86\xdd"
    data = b"\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02" + kind + data
    length += 14
    if len(data) == length < 60:
        data += bytes(60 - length)
        length = 60
    return captures.Frame(packet.time, data, length)


def load(path):
    """The packets of a capture that this test can take apart."""
    link, frames = captures.read(path)
    packets = [dissect(link, frame) for frame in frames]
    return [packet for packet in packets if packet is not None]


def readdress(packet, endpoint):
    """The packet with other addresses and ports; `endpoint` maps (address, port), with a port of None where
    there is none. An ICMP error's quote follows."""
    if isinstance(packet, Segment):
        source, source_port = endpoint(packet.source, packet.source_port)
        target, target_port = endpoint(packet.target, packet.target_port)
        return replace(
            packet, source=source, source_port=source_port, target=target, target_port=target_port
        )
    data = readdress_ip(packet.data, endpoint)
    return replace(packet, data=data)


def readdress_ip(data, endpoint):
    """readdress() for an IP packet in bytes; checksums are left as they are."""
    if data[0] >> 4 == 4:
        at, size, head, protocol = 12, 4, (data[0] & 15) * 4, data[9]
        first = struct.unpack_from(">H", data, 6)[0] & 0x1FFF == 0
    else:
        at, size, head, protocol, first = 8, 16, 40, data[6], True
    ends = [data[at : at + size], data[at + size : at + 2 * size]]
    ports = [None, None]
    if protocol == TCP and first and len(data) >= head + 4:
        ports = list(struct.unpack_from(">HH", data, head))
    (ends[0], ports[0]), (ends[1], ports[1]) = map(endpoint, ends, ports)
    body = data[head:]
    if ports[0] is not None:
        body = struct.pack(">HH", *ports) + body[4:]
    elif protocol in (ICMP, ICMP6) and is_icmp_error(protocol, body):
        body = body[:8] + readdress_ip(body[8:], endpoint)
    return data[:at] + ends[0] + ends[1] + data[at + 2 * size : head] + body


def is_icmp_error(protocol, body):
    """Whether the message quotes a packet that is long enough to be read."""
    kinds = (3, 11) if protocol == ICMP else (1, 2, 3)
    return len(body) >= 8 + (20 if protocol == ICMP else 40) and body[0] in kinds
