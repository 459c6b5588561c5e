#!/usr/bin/env python3
"""Makes seeds for the fuzz targets from samples.

    tests/fuzz/make_seeds.py FOLDER [SAMPLE|FOLDER ...]

Writes FOLDER/<target>/<number> for every target: packets, streams, records, messages, extensions and certificates as
they are in the samples, each behind the bytes with which its target chooses what to do. They are many; the few that
are kept in seeds/ are what libFuzzer's -merge=1 leaves of them and of what it found.
"""

import hashlib
import itertools
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from hurt import captures, segments, wrappings  # noqa: E402  (the path is set above)

LINKS = [1, 113, 276, 12, 0, 108, 9, 50, 51, 104, 105, 127]  # as fuzz_packet.c has them
HANDSHAKE, ALERT = 22, 21
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, KEY_EXCHANGE, REQUEST, VERIFY, STATUS = 1, 2, 11, 12, 13, 15, 22
SEED_MOST = 24 << 10  # bytes: libFuzzer finds little in longer ones
CAPTURE_MOST = 6 << 10


def streams(packets):
    """What each side of each connection said, as (speaker, bytes) in the order of the capture: turns of a dialogue."""
    dialogues, expected, first = {}, {}, {}
    for packet in packets:
        if not isinstance(packet, segments.Segment) or not packet.payload or packet.missing:
            continue
        pair = frozenset((packet.sender, packet.receiver))
        opener = first.setdefault(pair, packet.sender)
        way = packet.sender, packet.receiver
        if expected.get(way, packet.sequence) != packet.sequence:
            continue
        expected[way] = packet.sequence + len(packet.payload) & 0xFFFFFFFF
        dialogues.setdefault(pair, []).append((packet.sender != opener, packet.payload))
    return list(dialogues.values())


def records(data):
    """The TLS records at the front of some bytes, as (type, version, body)."""
    at = 0
    while at + 5 <= len(data) and 20 <= data[at] <= 24 and data[at + 1] == 3:
        version, length = struct.unpack_from(">HH", data, at + 1)
        if at + 5 + length > len(data):
            return
        yield data[at], version, data[at + 5 : at + 5 + length]
        at += 5 + length


def messages(data):
    """The handshake messages in clear at the front of some bytes, as (type, body)."""
    text = b""
    for kind, _, body in records(data):
        if kind == 20:
            break
        if kind == HANDSHAKE:
            text += body
    at = 0
    while at + 4 <= len(text):
        length = int.from_bytes(text[at + 1 : at + 4], "big")
        if at + 4 + length > len(text):
            return
        yield text[at], text[at + 4 : at + 4 + length]
        at += 4 + length


def extensions_of(kind, body):
    """The block of extensions in a hello."""
    try:
        at = 34 + 1 + body[34]
        if kind == CLIENT_HELLO:
            at += 2 + int.from_bytes(body[at : at + 2], "big")
            at += 1 + body[at]
        else:
            at += 3
        return body[at + 2 :]
    except IndexError:
        return b""


def chain_seed(body):
    """The certificates of a Certificate message, each behind its length in two bytes."""
    parts, at = [], 3
    while at + 3 <= len(body):
        length = int.from_bytes(body[at : at + 3], "big")
        parts.append(struct.pack(">H", length & 0xFFFF) + body[at + 3 : at + 3 + length])
        at += 3 + length
    return b"".join(parts)


def message_seeds(kind, body):
    """The seeds in a handshake message, as (target, bytes)."""
    whole = bytes([kind]) + len(body).to_bytes(3, "big") + body
    if kind in (CLIENT_HELLO, SERVER_HELLO):
        yield "fuzz_hello", bytes([kind - 1]) + body
        yield "fuzz_extensions", bytes([kind - 1]) + extensions_of(kind, body)
    elif kind == CERTIFICATE:
        for version in (1, 2):
            yield "fuzz_certificate", bytes([version * 3]) + body
        length = int.from_bytes(body[3:6], "big")
        if 6 + length <= len(body):
            yield "fuzz_x509", chain_seed(body)
    elif kind == REQUEST:
        yield "fuzz_certificate", bytes([4]) + body
    elif kind == STATUS:
        yield "fuzz_certificate", bytes([5]) + body
    elif kind in (KEY_EXCHANGE, VERIFY):
        for choice in (0x11, 0x12, 0x15, 0x1A):
            yield "fuzz_handshake", bytes([choice]) + whole


def turns(dialogue, longest):
    """A dialogue as the targets read it: a byte that says who speaks and how much, and the bytes."""
    parts = []
    for from_server, data in dialogue:
        for at in range(0, len(data), longest):
            piece = data[at : at + longest]
            parts.append(bytes([len(piece) - 1 << 1 | from_server]) + piece)
    return b"".join(parts)


def session_turns(dialogue):
    """The same for fuzz_session: circumstances, then who speaks, the length in two bytes, and no holes."""
    return b"\x09" + b"".join(struct.pack(">BH", from_server, len(data)) + data for from_server, data in dialogue)


def talk_seed(packets):
    """The connections of a sample for fuzz_talk, up to four of them."""
    parts, expected, order = [b"\x00"], {}, {}
    for packet in packets:
        if not isinstance(packet, segments.Segment) or packet.missing or len(packet.payload) > 4000:
            continue
        pair = frozenset((packet.sender, packet.receiver))
        number, opener = order.setdefault(pair, (len(order), packet.sender))
        way = packet.sender, packet.receiver
        jump = packet.sequence - expected.get(way, packet.sequence)
        if number > 3 or abs(jump) > 255:
            continue
        flags = packet.flags & 0x17 | (8 if jump < 0 else 0)
        who = (packet.sender != opener) | number << 1 | 8
        parts.append(struct.pack(">BBBH", flags, who, abs(jump), len(packet.payload)) + packet.payload)
        expected[way] = packet.sequence + len(packet.payload) + (flags & 3 != 0) & 0xFFFFFFFF
    return b"".join(parts)


def stream_seed(dialogue):
    """A direction of a dialogue for fuzz_stream: segments' places and lengths."""
    parts, at = [], 0
    for _, data in dialogue[:60]:
        length = min(len(data), 255)
        parts.append(struct.pack(">BHB", 0, at & 0xFFFF, length))
        at += length
    return b"\x00" + b"".join(parts)


def fragments_seed(packet, size):
    """Fragments for fuzz_fragments, as a packet might be cut."""
    data, _ = segments.build_ip(packet)
    length = len(data) - 20
    parts = []
    for at in range(0, length, size):
        more = at + size < length
        parts.append(struct.pack(">BHB", more << 2, at // 8, min(size, length - at)))
    return b"".join(parts)


def dialogue_seeds(dialogue):
    """The seeds in one connection."""
    yield "fuzz_session", session_turns(dialogue)
    yield "fuzz_stream", stream_seed(dialogue)
    if dialogue[0][1][0] not in (22, 0x80):
        yield "fuzz_preface", turns(dialogue, 128)
    for side in (False, True):
        data = b"".join(piece for from_server, piece in dialogue if from_server == side)
        if data and data[0] & 0x80:
            yield "fuzz_sslv2", bytes([side]) + data
            yield "fuzz_hello", bytes([2 + side]) + data[2:]
        yield "fuzz_record", data
        for kind, body in messages(data):
            yield from message_seeds(kind, body)


def packet_seeds(packets):
    """Some packets in every link type."""
    for packet, (name, (link, around)) in zip(
        itertools.cycle(packets[:8]), wrappings.WRAPPINGS.items(), strict=False
    ):
        data, length = segments.build_ip(packet)
        link = 12 if link == captures.RAW else link
        yield "fuzz_packet", bytes([LINKS.index(link), 0]) + around(data, length)


def capture_seed(packets):
    """A small capture for the engine."""
    frames = [segments.build(packet) for packet in packets]
    for count in range(len(frames), 0, -1):
        data = captures.pcap(captures.ETHERNET, frames[:count])
        if len(data) <= CAPTURE_MOST:
            yield "fuzz_engine", data
            return


def pcap_seeds(packets):
    """The first packets' first bytes in files of every kind."""
    frames = [segments.build(packet) for packet in packets[:4]]
    frames = [frame._replace(data=frame.data[:62]) for frame in frames]
    for name, form in captures.FORMS.items():
        if "gzip" not in name:
            yield "fuzz_netmon" if name == "netmon" else "fuzz_pcap", form(captures.ETHERNET, frames) + bytes([6])
    yield "fuzz_netmon", captures.netmon(captures.ETHERNET, frames, (1, 1))


def seeds(packets):
    """Every seed of a sample."""
    for dialogue in streams(packets):
        yield from dialogue_seeds(dialogue)
    yield from packet_seeds(packets)
    yield "fuzz_talk", talk_seed(packets)
    for size in (8, 64, 248):
        yield "fuzz_fragments", fragments_seed(packets[-1], size)
    yield from capture_seed(packets)
    yield from pcap_seeds(packets)


def samples(paths):
    """The captures in files and folders."""
    for path in map(pathlib.Path, paths):
        yield from sorted(path.glob("*.pcap*")) if path.is_dir() else [path]


def main():
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    target = pathlib.Path(sys.argv[1])
    written = 0
    for path in samples(sys.argv[2:] or [HERE.parent.parent / "samples"]):
        try:
            packets = segments.load(path)
        except captures.Unreadable:
            continue
        for name, data in seeds(packets):
            if 0 < len(data) <= SEED_MOST:
                folder = target / name
                folder.mkdir(parents=True, exist_ok=True)
                (folder / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)
                written += 1
    print(f"{written} seeds in {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
