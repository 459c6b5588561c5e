#!/usr/bin/env python3
"""Holds the program to its bounds on what an attacker may send: by memory and instructions, never by the clock.

    check_resources.py PROGRAM FAILING-LIBRARY

Each capture comes in two sizes. The heap at its fullest may not go beyond what is stated here, over that of an empty
capture; and what the second size takes more than the first, under callgrind, may not be more than so many
instructions for each packet or byte that it has more. Instructions are skipped where there is no valgrind.
"""

import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from typing import NamedTuple

from hurt import captures
from hurt.segments import ACK, PSH, SYN, Segment, build

CLIENT, SERVER = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
START = 1_700_000_000 * 10**9
HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
MIB = 1 << 20
LARGE_PAGES = 24 * MIB  # flows and sessions lie in pages of 2 MiB: up to twice as much is asked for to align them
# With few roots, which take long to load; outside the sandbox, which neither valgrind nor the library stands.
QUIETLY = ("-q", "--no-sandbox", "--ca-file", str(pathlib.Path(__file__).resolve().parent / "authorities.pem"))


def vector(prefix, body):
    """A length of `prefix` bytes, and what is so long."""
    return len(body).to_bytes(prefix, "big") + body


def message(kind, body):
    """A handshake message."""
    return bytes([kind]) + vector(3, body)


def records(data, size=16384):
    """Handshake records."""
    return b"".join(
        b"\x16\x03\x03" + vector(2, data[at : at + size]) for at in range(0, len(data), size)
    )


def client_hello(suites=b"\xc0\x2f", extensions=b""):
    """A ClientHello of TLS 1.2."""
    body = b"\x03\x03" + bytes(range(32)) + b"\x00" + vector(2, suites) + b"\x01\x00"
    return message(HELLO, body + vector(2, extensions))


def server_hello():
    """The answer to it."""
    return message(SERVER_HELLO, b"\x03\x03" + bytes(range(32)) + b"\x00\xc0\x2f\x00")


class Talk:
    """The packets of connections."""

    def __init__(self):
        self.packets, self.time = [], START

    def segment(self, port, from_server, sequence, flags, payload=b"", server_port=443, acknowledgement=0):
        """One packet, a microsecond behind the one before."""
        ends = (CLIENT, port), (SERVER, server_port)
        (source, source_port), (target, target_port) = ends[::-1] if from_server else ends
        self.time += 1000
        self.packets.append(
            Segment(self.time, source, target, 64, len(self.packets) & 0xFFFF, source_port, target_port,
                    sequence, acknowledgement, flags, 65535, b"", payload)
        )

    def opened(self, port, server_port=443):
        """A connection's three packets."""
        self.segment(port, False, 0, SYN, server_port=server_port)
        self.segment(port, True, 0, SYN | ACK, server_port=server_port, acknowledgement=1)
        self.segment(port, False, 1, ACK, server_port=server_port, acknowledgement=1)

    def said(self, port, from_server, data, sequence=1, size=1400, backwards=False):
        """Data in segments."""
        places = range(0, len(data), size)
        for at in reversed(places) if backwards else places:
            piece = data[at : at + size]
            self.segment(port, from_server, sequence + at, PSH | ACK, piece, acknowledgement=1)


def garbage(count):
    """So many connections, each with three bytes that nobody understands; unlike each other."""
    talk = Talk()
    for i in range(count):
        port, server_port = 1024 + i % 60000, 7000 + i // 60000
        talk.segment(port, False, 0, SYN, server_port=server_port)
        talk.segment(port, False, 1, PSH | ACK, struct.pack(">HB", i & 0xFFFF, 0x99), server_port)
    return talk


def garbage_on_tls(count):
    """The same at the port of TLS, where it is told of."""
    talk = Talk()
    for i in range(count):
        talk.segment(1024 + i, False, 0, SYN)
        talk.segment(1024 + i, False, 1, PSH | ACK, struct.pack(">HB", i & 0xFFFF, 0x99))
    return talk


def large_certificate(size):
    """One certificate, as large as a message can be."""
    talk = Talk()
    talk.opened(1024)
    talk.said(1024, False, records(client_hello()))
    der = b"\x30\x83" + (size - 5).to_bytes(3, "big") + bytes(size - 5)
    talk.said(1024, True, records(server_hello() + message(CERTIFICATE, vector(3, vector(3, der)))))
    return talk


def broken_promise(count):
    """Messages that claim 16 MB, of which 16 KB come."""
    talk = Talk()
    for i in range(count):
        talk.opened(1024 + i)
        talk.said(1024 + i, False, records(b"\x01\xff\xff\xff" + bytes(16380)))
    return talk


def many_extensions(count):
    """A ClientHello of nothing but empty extensions."""
    talk = Talk()
    talk.opened(1024)
    extensions = b"".join(struct.pack(">HH", 0x4000 + i, 0) for i in range(count))
    talk.said(1024, False, records(client_hello(extensions=extensions)))
    return talk


def nested_certificate(depth):
    """A certificate of sequences within sequences."""
    der = b""
    for _ in range(depth):
        der = b"\x30\x82" + vector(2, der) if len(der) > 127 else b"\x30" + vector(1, der)
    talk = Talk()
    talk.opened(1024)
    talk.said(1024, False, records(client_hello()))
    talk.said(1024, True, records(server_hello() + message(CERTIFICATE, vector(3, vector(3, der)))))
    return talk


def many_suites(count):
    """A ClientHello with as many cipher suites as there can be."""
    talk = Talk()
    talk.opened(1024)
    suites = b"".join(struct.pack(">H", 0xC02F + i & 0xFFFF) for i in range(count))
    talk.said(1024, False, records(client_hello(suites=suites)))
    return talk


def single_bytes_backwards(size):
    """A ClientHello in segments of one byte, the last one first."""
    talk = Talk()
    talk.opened(1024)
    padding = struct.pack(">H", 21) + vector(2, bytes(min(size, 65000)))
    hello = records(client_hello(bytes(max(size - 65000, 2) & ~1), padding))
    talk.said(1024, False, hello[:size], size=1, backwards=True)
    return talk


class Case(NamedTuple):
    """What is sent, and what it may cost."""

    make: object
    size: int  # what `make` is given
    heap: int  # bytes that it may hold more than an empty capture
    sizes: tuple  # a smaller one and a larger one, to see what instructions grow by
    unit: str  # "packet" or "byte"
    instructions: int  # for each
    options: tuple = ()


CASES = [
    # A session with the facts of a connection that may still turn out to be TLS behind STARTTLS.
    Case(garbage, 8000, 8000 * 9000 + LARGE_PAGES, (500, 1000), "packet", 15000),
    Case(garbage_on_tls, 4000, 4000 * 9000 + LARGE_PAGES, (500, 1000), "packet", 30000),
    # All of it together.
    Case(garbage_on_tls, 6000, 16 * MIB + LARGE_PAGES, (3000, 3500), "packet", 30000, ("--memory", "16")),
    # Never more than ASSEMBLY_MAX of a message and a record; a longer message is passed over.
    Case(large_certificate, 16 * MIB - 100, MIB, (MIB, 2 * MIB), "byte", 20),
    # Of each the record that came, and the session.
    Case(broken_promise, 200, 200 * 48000 + MIB, (10, 20), "byte", 100),
    Case(many_extensions, 16000, MIB, (8000, 16000), "byte", 800),
    Case(nested_certificate, 12000, MIB, (3000, 12000), "byte", 100),
    Case(many_suites, 32767, MIB, (16000, 32767), "byte", 1000),
    # STREAM_WAITING_PIECES of the segments at once; each is held against all that wait.
    Case(single_bytes_backwards, 100000, MIB, (4000, 8000), "packet", 20000),
]


def write(path, talk):
    """The capture; its packets and its bytes."""
    frames = [build(packet) for packet in talk.packets]
    path.write_bytes(captures.pcap(captures.ETHERNET, frames))
    return {"packet": len(frames), "byte": sum(len(frame.data) for frame in frames)}


def heap(program, library, path, options=()):
    """Bytes at the fullest; and the exit status."""
    run = subprocess.run(
        [program, *QUIETLY, *options, str(path)],
        env={**os.environ, "LD_PRELOAD": library, "TLSWHY_FAIL_AT": "0"},
        capture_output=True, text=True, check=False)
    found = re.search(r"peak (\d+)", run.stderr)
    return int(found[1]) if found else None, run.returncode


def instructions(program, path, options, folder):
    """Instructions of a run."""
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'callgrind'}", program,
         *QUIETLY, *(("-Z", "root") if os.geteuid() == 0 else ()), *options, str(path)],
        capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    return int(found[1]) if found else None


def growth(program, case, folder):
    """Instructions that each packet or byte more takes; None where they cannot be counted."""
    counted = []
    for size in case.sizes:
        path = folder / "grown.pcap"
        units = write(path, case.make(size))[case.unit]
        took = instructions(program, path, case.options, folder)
        if took is None:
            return None
        counted.append((took, units))
    (small, fewer), (large, more) = counted
    return (large - small) / (more - fewer)


def check(name, value, allowed, unit):
    """Nothing where a value is allowed."""
    line = f"{name}: {value:.0f} {unit}, {allowed} allowed"
    print(line, flush=True)
    return [line] if value > allowed else []


def try_case(program, library, case, empty, folder):
    """What is wrong, and how many checks there were."""
    name = " ".join([case.make.__name__, *case.options])
    path = folder / "large.pcap"
    write(path, case.make(case.size))
    held, status = heap(program, library, path, case.options)
    if held is None or status not in (0, 1):
        return 1, [f"{name}: exit status {status}"]
    wrong = check(name, held - empty, case.heap, "bytes of heap")
    if shutil.which("valgrind") is None:
        return 1, wrong
    each = growth(program, case, folder)
    if each is None:
        return 2, [*wrong, f"{name}: no instructions were counted"]
    return 2, wrong + check(name, each, case.instructions, f"instructions a {case.unit}")


def main():
    program, library = sys.argv[1:3]
    checks, wrong = 0, []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(folder / "empty.pcap", Talk())
        empty, _ = heap(program, library, folder / "empty.pcap")
        if empty is None:
            print("the heap cannot be counted\n0 passed, 1 failed")
            return 1
        if shutil.which("valgrind") is None:
            print("skipped: instructions, no valgrind")
        for case in CASES:
            count, found = try_case(program, library, case, empty, folder)
            checks += count
            wrong += found
    for complaint in wrong:
        print(f"failed: {complaint}")
    print(f"{checks - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
