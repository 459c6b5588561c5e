"""IP fragments: packets with payload in pieces, in any order, in tunnels and around them."""

import struct

from . import captures, wrappings
from .segments import Segment, build_ip, checksum

MORE = 0x2000
FRAGMENT = 44  # IPv6's header, by its protocol number


def ipv4_pieces(data, sizes, identification):
    """RFC 791, section 3.2: the pieces of an IPv4 packet whose header has no options to copy."""
    head = (data[0] & 15) * 4
    body = data[head:]
    pieces, at = [], 0
    while at < len(body):
        piece = body[at : at + next(sizes)]
        place = at // 8 | (MORE if at + len(piece) < len(body) else 0)
        begin = data[:2] + struct.pack(">HHH", head + len(piece), identification, place)
        header = begin + data[8:10] + bytes(2) + data[12:head]
        header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
        pieces.append(header + piece)
        at += len(piece)
    return pieces


def ipv6_pieces(data, sizes, identification):
    """RFC 8200, section 4.5: behind the fixed header each piece has a fragment header."""
    body = data[40:]
    pieces, at = [], 0
    while at < len(body):
        piece = body[at : at + next(sizes)]
        place = at | (at + len(piece) < len(body))
        fragment = struct.pack(">BBHI", data[6], 0, place, identification)
        header = data[:4] + struct.pack(">HB", 8 + len(piece), FRAGMENT) + data[7:40]
        pieces.append(header + fragment + piece)
        at += len(piece)
    return pieces


class Cutter:
    """Cuts IP packets, each with an identification that its sender has not used; the packet's own, if possible."""

    def __init__(self, sizes):
        self.sizes, self.used, self.last = sizes, set(), 0xC000

    def number(self, wanted):
        """An identification of 16 bits."""
        while wanted == 0 or wanted in self.used:
            self.last = self.last + 1 & 0xFFFF
            wanted = self.last
        self.used.add(wanted)
        return wanted

    def __call__(self, data):
        if data[0] >> 4 == 4:
            return ipv4_pieces(data, self.sizes, self.number(struct.unpack_from(">H", data, 4)[0]))
        return ipv6_pieces(data, self.sizes, self.number(0) << 16 | 1)


def units(random, least, most):
    """Lengths of pieces: multiples of 8."""
    return iter(lambda: 8 * random.randint(least, most), None)


def is_cut(packet):
    """Whether a packet is cut in these tests: all there, and with payload."""
    return isinstance(packet, Segment) and packet.missing == 0 and packet.payload != b""


def fragmented(packets, cut, arrange=list, around=None):
    """Frames in which packets with payload are cut into pieces; `arrange` orders those of one packet, `around` puts a
    tunnel around each of them."""
    frames = []
    for packet in packets:
        data, length = build_ip(packet)
        pieces = arrange(cut(data)) if is_cut(packet) and length < 65536 else [data]
        for piece in pieces:
            missing = length - len(data) if piece is data else 0
            wrapped = around(piece, len(piece) + missing) if around else wrappings.inner(piece)
            frames.append(captures.Frame(packet.time, wrapped, len(wrapped) + missing))
    return captures.ETHERNET, frames


def backwards(pieces):
    """The last piece first."""
    return pieces[::-1]


def twice_shuffled(random):
    """Each piece twice, in any order."""

    def arrange(pieces):
        both = pieces * 2
        random.shuffle(both)
        return both

    return arrange


def tunnel_in_fragments(packets, random):
    """The packets of a tunnel are cut, as when its MTU was forgotten."""
    cut = Cutter(units(random, 8, 60))
    frames = []
    for packet in packets:
        data, length = build_ip(packet)
        around = wrappings.gre(data, length)
        pieces = [around]
        if is_cut(packet) and length < 65000:
            pieces = [wrappings.inner(piece) for piece in cut(around[14:])]
        extra = length - len(data)
        frames += [captures.Frame(packet.time, piece, len(piece) + extra) for piece in pieces]
    return captures.ETHERNET, frames


FRAGMENTS = {
    "fragments": lambda packets, random: fragmented(packets, Cutter(units(random, 1, 40))),
    "fragments-tiny": lambda packets, random: fragmented(packets, Cutter(units(random, 1, 1))),
    "fragments-backwards": lambda packets, random: fragmented(
        packets, Cutter(units(random, 1, 40)), backwards
    ),
    "fragments-twice": lambda packets, random: fragmented(
        packets, Cutter(units(random, 8, 60)), twice_shuffled(random)
    ),
    "fragments-in-gre": lambda packets, random: fragmented(
        packets, Cutter(units(random, 4, 40)), around=wrappings.gre
    ),
    "fragments-in-ip": lambda packets, random: fragmented(
        packets, Cutter(units(random, 4, 40)), around=wrappings.in4
    ),
    "gre-in-fragments": tunnel_in_fragments,
}


def first_only(packets, random):
    """A filter for a port lets only first pieces through; now and then a packet goes in one."""
    link, frames = fragmented(packets, Cutter(units(random, 8, 120)))
    return link, [frame for frame in frames if is_first(frame.data)]


def is_first(frame):
    """Whether a frame holds no piece, or the first one of a packet."""
    if frame[12:14] == b"\x08\x00":
        return struct.unpack_from(">H", frame, 20)[0] & 0x1FFF == 0
    return frame[20] != FRAGMENT or struct.unpack_from(">H", frame, 56)[0] & 0xFFF8 == 0


def without_some(packets, random):
    """Some pieces are missing."""
    link, frames = fragmented(packets, Cutter(units(random, 8, 60)))
    return link, [frame for frame in frames if random.random() > 0.1]
