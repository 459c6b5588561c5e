"""What may be done to packets without that anybody's verdict changes."""

import itertools
from dataclasses import replace

from .segments import ACK, FIN, PSH, RST, SYN, Segment, readdress

CLOSE = 200_000  # nanoseconds: packets so near to each other may be captured in either order

STRAGGLER = 30 * 10**9  # nanoseconds that a segment may live


def doubled(packets, _random):
    """Each packet is captured twice, as on a mirror port that sees both ways through a switch."""
    return [packet for packet in packets for _ in range(2)], {}


def doubled_late(packets, _random):
    """Each packet comes once more, behind the one that follows it; but not as late as no network is."""
    late = []
    for before, packet in itertools.pairwise([None, *packets]):
        late.append(packet)
        if before is not None and packet.time - before.time < STRAGGLER:
            late.append(replace(before, time=packet.time))
    return late, {}


def answers(right, left):
    """Whether a segment was sent by who had received the other one. A reset that acknowledges nothing has for its
    sequence number what it answers had acknowledged (RFC 9293, section 3.5.2)."""
    if (
        not isinstance(left, Segment)
        or not isinstance(right, Segment)
        or (right.sender, right.receiver) != (left.receiver, left.sender)
    ):
        return False
    if right.flags & (RST | ACK) == RST:
        return right.sequence == left.acknowledgement
    return (
        right.acknowledgement - left.sequence & 0xFFFFFFFF < 1 << 31
        and right.acknowledgement != left.sequence
    )


def swap(packets, first, with_answers=False):
    """Neighbours change places where they are close in time, from index `first` on, in pairs: but not an answer and what
    it answers, unless `with_answers`, since from then on nobody knows who said what first."""
    swapped = list(packets)
    for i in range(first, len(packets) - 1, 2):
        left, right = packets[i : i + 2]
        if right.time - left.time <= CLOSE and (with_answers or not answers(right, left)):
            swapped[i] = replace(right, time=left.time)
            swapped[i + 1] = replace(left, time=right.time)
    return swapped


def swapped_even(packets, _random):
    """The first two, the next two ..."""
    return swap(packets, 0), {}


def swapped_odd(packets, _random):
    """The second and the third, the next two ..."""
    return swap(packets, 1), {}


def pieces_of(segment, sizes):
    """A segment's payload in pieces; FIN and PSH are the last one's."""
    pieces, at = [], 0
    while at < len(segment.payload):
        size = next(sizes)
        last = at + size >= len(segment.payload)
        flags = segment.flags if last else segment.flags & ~(FIN | PSH)
        if at > 0:
            flags &= ~SYN
        begin = at + (1 if segment.flags & SYN and at > 0 else 0)
        pieces.append(
            replace(
                segment,
                sequence=segment.sequence + begin,
                flags=flags,
                payload=segment.payload[at : at + size],
            )
        )
        at += size
    return pieces or [segment]


def split(packets, sizes):
    """All payload in pieces of these sizes."""
    result = []
    for packet in packets:
        whole = isinstance(packet, Segment) and packet.missing == 0
        result += pieces_of(packet, sizes) if whole else [packet]
    return result, {}


def split_small(packets, random):
    """Segments of 1 to 20 bytes."""
    return split(packets, iter(lambda: random.randint(1, 20), None))


def split_mirrored(packets, random):
    """Small segments, the last first; but each side's first one stays whole, since a capture that began late
    knows no beginning but that."""
    result, spoken = [], set()
    for packet in packets:
        plain = isinstance(packet, Segment) and packet.missing == 0 and not packet.flags & (SYN | FIN)
        if plain and (packet.sender, packet.receiver) in spoken:
            sizes = iter(lambda: random.randint(1, 400), None)
            result += reversed(pieces_of(packet, sizes))
        else:
            result.append(packet)
        if plain and packet.payload:
            spoken.add((packet.sender, packet.receiver))
    return result, {}


def follows(before, segment):
    """Whether a segment's payload goes on where another one's ended."""
    return (
        before is not None
        and before.missing == segment.missing == 0
        and before.payload
        and segment.payload
        and not segment.flags & SYN
        and (before.sequence + len(before.payload)) & 0xFFFFFFFF == segment.sequence
    )


def overlap(packets, random, lie):
    """Each segment begins with bytes of the one before, as `lie` changes them."""
    result, before = [], {}
    for packet in packets:
        changed = packet
        if isinstance(packet, Segment):
            last = before.get((packet.sender, packet.receiver))
            if follows(last, packet):
                size = random.randint(1, min(len(last.payload), 60))
                changed = replace(
                    packet,
                    sequence=packet.sequence - size & 0xFFFFFFFF,
                    payload=lie(last.payload[-size:]) + packet.payload,
                )
            if packet.payload:
                before[packet.sender, packet.receiver] = packet
        result.append(changed)
    return result, {}


def overlapping(packets, random):
    """Retransmissions that bring something new, too."""
    return overlap(packets, random, lambda tail: tail)


def overlapping_lies(packets, random):
    """The same, and what is sent again is not what it was: the first copy counts."""
    return overlap(packets, random, lambda tail: bytes(byte ^ 0xFF for byte in tail))


def repeated_together(packets, _random):
    """Two segments in a row are sent again as one."""
    result, before = [], {}
    for packet in packets:
        result.append(packet)
        if isinstance(packet, Segment):
            last = before.get((packet.sender, packet.receiver))
            if follows(last, packet):
                both = replace(
                    packet,
                    sequence=last.sequence,
                    payload=last.payload + packet.payload,
                    flags=packet.flags & ~FIN,
                )
                result.append(both)
            if packet.payload:
                before[packet.sender, packet.receiver] = packet
    return result, {}


def wrapped(packets, random):
    """Sequence numbers of both sides are shifted so that they wrap on the way."""
    spans = {}
    for packet in packets:
        if isinstance(packet, Segment):
            way = packet.sender, packet.receiver
            first, last = spans.get(way, (packet.sequence, packet.sequence))
            ahead = packet.sequence + packet.length - first & 0xFFFFFFFF
            if ahead < 1 << 24:
                last = max(last, first + ahead)
            spans[way] = first, last
    shift = {
        way: (1 << 32) - first - random.randint(0, last - first + 1)
        for way, (first, last) in spans.items()
    }
    result = []
    for packet in packets:
        if isinstance(packet, Segment):
            back = shift.get((packet.receiver, packet.sender), 0)
            acknowledges = packet.flags & 16 != 0
            packet = replace(
                packet,
                sequence=packet.sequence + shift[packet.sender, packet.receiver] & 0xFFFFFFFF,
                acknowledgement=packet.acknowledgement + (back if acknowledges else 0) & 0xFFFFFFFF,
            )
        result.append(packet)
    return result, {}


class Renumbering:
    """Gives every endpoint another name, and remembers which."""

    def __init__(self, address, port):
        self.address, self.port = address, port
        self.addresses, self.ends = {}, {}

    def __call__(self, address, port):
        new = self.addresses.setdefault(address, None)
        if new is None:
            new = self.addresses[address] = self.address(address, len(self.addresses))
        if port is None:
            return new, None
        return self.ends.setdefault((address, port), (new, self.port(port)))


def renumber(packets, address, port=lambda port: port):
    """Other addresses (of the old one and a running number) and ports."""
    renumbering = Renumbering(address, port)
    return [readdress(packet, renumbering) for packet in packets], renumbering.ends


def renumbered(packets, random):
    """Other addresses, in another order, and other ports above the services'."""
    used = {}
    order = random.randrange(65536)

    def address(old, number):
        head = bytes([10, random.randrange(256)]) if len(old) == 4 else random.randbytes(14)
        return head + (number ^ order).to_bytes(2, "big")

    def port(old):
        if old < 32768:
            return old
        return used.setdefault(old, 32768 + (len(used) * 7919 + random.randrange(7000)) % 32768)

    return renumber(packets, address, port)


def set_apart(packets, number):
    """Addresses that no other capture's have, whose number is another."""
    return renumber(
        packets,
        lambda old, count: (b"\x0a" if len(old) == 4 else b"\xfd" + bytes(12))
        + bytes([number, count >> 8, count & 255]),
    )


KEEPING = {
    "as-it-is": lambda packets, _random: (packets, {}),
    "doubled": doubled,
    "doubled-late": doubled_late,
    "swapped-even": swapped_even,
    "swapped-odd": swapped_odd,
    "split": split_small,
    "split-mirrored": split_mirrored,
    "overlapping": overlapping,
    "overlapping-lies": overlapping_lies,
    "repeated-together": repeated_together,
    "wrapped": wrapped,
    "renumbered": renumbered,
}


def interleaved(captures):
    """Several captures in one, by time, so that they end together: packets, and what the endpoints are called now."""
    merged, names = [], []
    end = max(packet.time for packets in captures for packet in packets)
    for number, packets in enumerate(captures):
        apart, ends = set_apart(packets, number)
        late = end - max(packet.time for packet in packets)
        merged += [replace(packet, time=packet.time + late) for packet in apart]
        names.append(ends)
    return sorted(merged, key=lambda packet: packet.time), names
