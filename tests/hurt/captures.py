"""Captures in memory: pcap and pcapng, read and written in every form that libpcap knows, and others that it does not."""

import gzip
import struct
import time
from typing import NamedTuple

ETHERNET, RAW, LOOP, SLL, NULL, SLL2 = 1, 101, 108, 113, 0, 276

MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
SECTION = b"\x0a\x0d\x0d\x0a"
SNAP_LENGTH = 262144


class Frame(NamedTuple):
    """One packet as it was captured."""

    time: int  # nanoseconds since 1970
    data: bytes
    length: int  # bytes that were sent


class Unreadable(Exception):
    """No capture, or one that this reader does not understand."""


def read(path):
    """The link type of a capture, and its frames."""
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    if data[:4] in MAGIC:
        return read_pcap(data)
    if data[:4] == SECTION:
        return read_pcapng(data)
    raise Unreadable("no capture")


def read_pcap(data):
    """The frames of a pcap file."""
    order, unit = MAGIC[data[:4]]
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    frames = []
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, held, length = struct.unpack_from(order + "IIII", data, at)
        body = data[at + 16 : at + 16 + held]
        if len(body) < held:
            break
        frames.append(Frame(seconds * 10**9 + fraction * unit, body, max(length, held)))
        at += 16 + held
    return link, frames


def ticks_per_second(options, order):
    """The resolution of a pcapng interface: if_tsresol, 10^-6 where it is not given."""
    at = 0
    while at + 4 <= len(options):
        code, length = struct.unpack_from(order + "HH", options, at)
        if code == 9 and length == 1:
            exponent = options[at + 4]
            return 2 ** (exponent & 0x7F) if exponent & 0x80 else 10**exponent
        if code == 0:
            break
        at += 4 + (length + 3) // 4 * 4
    return 10**6


def read_pcapng(data):
    """The frames of a pcapng file whose interfaces have one link type."""
    interfaces, links, frames = [], set(), []
    order = "<"
    at = 0
    while at + 12 <= len(data):
        if data[at : at + 4] == SECTION:
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            interfaces = []
        kind, length = struct.unpack_from(order + "II", data, at)
        if length < 12 or at + length > len(data):
            break
        body = data[at + 8 : at + length - 4]
        if kind == 1:
            links.add(struct.unpack_from(order + "H", body)[0])
            interfaces.append(ticks_per_second(body[8:], order))
        elif kind == 6:
            number, high, low, held, sent = struct.unpack_from(order + "IIIII", body)
            time = (high << 32 | low) * 10**9 // interfaces[number]
            frames.append(Frame(time, body[20 : 20 + held], sent))
        elif kind in (2, 3, 10):
            raise Unreadable("an old kind of packet block, or secrets, which would be lost")
        at += length
    if len(links) != 1:
        raise Unreadable("not one link type")
    return links.pop(), frames


def pcap(link, frames, order="<", unit=1000):
    """A pcap file; `unit` is how many nanoseconds a fraction counts."""
    magic = 0xA1B2C3D4 if unit == 1000 else 0xA1B23C4D
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, SNAP_LENGTH, link)]
    for frame in frames:
        seconds, fraction = divmod(frame.time, 10**9)
        parts.append(
            struct.pack(order + "IIII", seconds, fraction // unit, len(frame.data), frame.length)
        )
        parts.append(frame.data)
    return b"".join(parts)


def block(order, kind, body):
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(link, frames, order="<", digits=6):
    """A pcapng file with times in units of 10^-digits seconds."""
    resolution = struct.pack(order + "HHB3xHH", 9, 1, digits, 0, 0)
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    interface = struct.pack(order + "HHI", link, 0, SNAP_LENGTH) + resolution
    parts = [block(order, 0x0A0D0D0A, section), block(order, 1, interface)]
    for frame in frames:
        ticks = frame.time * 10**digits // 10**9
        head = struct.pack(
            order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame.data), frame.length
        )
        parts.append(block(order, 6, head + frame.data))
    return b"".join(parts)


def as_raw(frame):
    """An Ethernet frame without its header; None where that is not just before IP."""
    if frame.data[12:14] not in (b"\x08\x00", b"\x86\xdd"):
        return None
    return frame._replace(data=frame.data[14:], length=frame.length - 14)


def pcapng_mixed(link, frames):
    """A pcapng file of interfaces that differ in link type, snap length and unit, and of two sections."""
    parts = []
    for order, some in (("<", frames[: len(frames) // 2]), (">", frames[len(frames) // 2 :])):
        section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
        parts.append(block(order, 0x0A0D0D0A, section))
        for kind, digits in ((link, 6), (RAW, 9)):
            head = struct.pack(order + "HHI", kind, 0, SNAP_LENGTH - digits)
            parts.append(block(order, 1, head + struct.pack(order + "HHB3xHH", 9, 1, digits, 0, 0)))
        for number, frame in enumerate(some):
            raw = as_raw(frame) if link == ETHERNET and number % 2 else None
            written = raw or frame
            ticks = frame.time if raw else frame.time // 1000
            head = struct.pack(
                order + "IIIII", raw is not None, ticks >> 32, ticks & 0xFFFFFFFF, len(written.data), written.length
            )
            parts.append(block(order, 6, head + written.data))
    return b"".join(parts)


def netmon(link, frames, version=(2, 1)):
    """A NetMon file; version 2.1 has each frame's link type, as pcap's number."""
    start = min((frame.time for frame in frames), default=0) // 10**9
    date = time.gmtime(start)
    head = struct.pack("<BBH", version[1], version[0], 1)
    head += struct.pack("<8H", date.tm_year, date.tm_mon, 0, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec, 0)
    parts, places, at = [], [], 128
    for frame in frames:
        ticks = (frame.time - start * 10**9) // 1000
        if version[0] == 1:
            data = struct.pack("<IHH", ticks // 1000, min(frame.length, 65535), len(frame.data)) + frame.data
        else:
            data = struct.pack("<QII", ticks, frame.length, len(frame.data)) + frame.data
            data += struct.pack("<H", 0xE000 + link)
        places.append(at)
        parts.append(data)
        at += len(data)
    magic = b"RTSS" if version[0] == 1 else b"GMBU"
    head = (magic + head + struct.pack("<II", at, len(places) * 4)).ljust(128, b"\0")
    return b"".join([head, *parts, *(struct.pack("<I", place) for place in places)])


FORMS = {
    "pcap": pcap,
    "pcap-big-endian": lambda link, frames: pcap(link, frames, ">"),
    "pcap-nanoseconds": lambda link, frames: pcap(link, frames, "<", 1),
    "pcap-nanoseconds-big-endian": lambda link, frames: pcap(link, frames, ">", 1),
    "pcap-gzip": lambda link, frames: gzip.compress(pcap(link, frames), 1, mtime=0),
    "pcapng": pcapng,
    "pcapng-big-endian": lambda link, frames: pcapng(link, frames, ">"),
    "pcapng-nanoseconds": lambda link, frames: pcapng(link, frames, "<", 9),
    "pcapng-gzip": lambda link, frames: gzip.compress(pcapng(link, frames), 1, mtime=0),
    "pcapng-mixed": pcapng_mixed,
    "netmon": netmon,
    "netmon-gzip": lambda link, frames: gzip.compress(netmon(link, frames), 1, mtime=0),
}
