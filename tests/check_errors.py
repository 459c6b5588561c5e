#!/usr/bin/env python3
"""Bad input gets one clear line that names it, the right exit status, and loses nothing of the rest."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import checked

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
GOOD = SAMPLES / "version.server_too_old~gnutls-openssl.pcap"
MIXED = SAMPLES / "version.server_too_old~form-two-interfaces.pcapng"
NETMON = SAMPLES / "version.server_too_old~form-netmon.cap"
FINE = next(path for path in sorted(SAMPLES.glob("ok~*.pcap")))
HEADER = 24  # bytes of a pcap file's header
PACKET = 16  # bytes of a packet's

TLSWHY = None


def run(*arguments, **how):
    return subprocess.run([TLSWHY, *map(str, arguments)], capture_output=True, text=True, check=False, **how)


def expect(what, done, status, *words, lines=1, out=None):
    """One line on stderr with these words, this status, and `out` on stdout."""
    errors = done.stderr.splitlines()
    wrong = []
    if done.returncode != status:
        wrong.append(f"status {done.returncode}, not {status}")
    if len(errors) != lines:
        wrong.append(f"{len(errors)} lines on stderr, not {lines}")
    wrong += [f"no {word!r} on stderr" for word in words if str(word) not in done.stderr]
    if lines and not all(line.startswith("tlswhy: ") for line in errors):
        wrong.append("a line on stderr that does not begin with tlswhy:")
    if out is not None and out not in done.stdout:
        wrong.append(f"no {out!r} on stdout")
    checked.expect(what, not wrong, "; ".join(wrong), done.stderr)


def check_usage():
    expect("no argument", run(), 2)
    expect("an unknown option", run("--colour", GOOD), 2, "--colour")
    expect("an unknown short option", run("-y", GOOD), 2, "-y")
    expect("a missing value", run("--color"), 2, "--color")
    expect("a wrong value", run("--color", "pink", GOOD), 2, "--color")
    expect("a bad filter", run("-f", "tcp and and", GOOD), 2, "tcp and and")
    expect("an unknown cause", run("--explain", "no.such"), 2, "no.such")
    for option in ("--help", "--version", "--list-causes"):
        expect(option, run(option), 0, lines=0)
    expect("--explain", run("--explain", "version.server_too_old"), 0, lines=0, out="TLS")


def check_inputs(folder):
    verdict = "version.server_too_old"
    good = GOOD.read_bytes()
    empty = folder / "empty.pcap"
    empty.write_bytes(b"")
    text = folder / "text.pcap"
    text.write_text("this is no capture\n")
    header = folder / "header.pcap"
    header.write_bytes(good[:HEADER + PACKET // 2])
    short = folder / "short.pcap"
    short.write_bytes(good[:-3])
    bare = folder / "bare"
    bare.mkdir()
    (bare / "README").write_text("nothing here")

    keys = ("-k", folder / "none.keys", GOOD)
    expect("a missing key log", run(*keys), 3, "none.keys", out="")
    expect("a folder as a key log", run("--keylog", folder, GOOD), 3, folder)
    expect("a missing file", run(folder / "none.pcap"), 3, "none.pcap")
    expect("an empty file", run(empty), 3, "empty.pcap")
    expect("no capture", run(text), 3, "text.pcap")
    expect("a folder without captures", run(bare), 3, "bare")
    expect("cut in a packet header", run(header), 0, "header.pcap", "cut")
    expect("cut in a packet", run(short), 1, "short.pcap", "cut", out=verdict)
    expect("a bad one among good ones", run(folder / "none.pcap", GOOD, text, FINE), 3, "none.pcap",
           "text.pcap", lines=2, out=verdict)
    expect("a failed handshake", run(GOOD), 1, lines=0, out=verdict)
    expect("nothing failed", run(FINE), 0, lines=0)
    with open(GOOD, "rb") as stream:
        expect("standard input", run("-", stdin=stream), 1, lines=0, out=verdict)
    expect("-r", run("-r", GOOD), 1, lines=0, out=verdict)
    expect("a filter that lets nothing through", run("-f", "udp port 9", GOOD), 0, lines=0)
    check_unreadable(folder)


def check_unreadable(folder):
    secret = folder / "secret.pcap"
    shutil.copy(GOOD, secret)
    secret.chmod(0)
    if os.access(secret, os.R_OK):
        print("skipped: a file without read permission: root reads everything")
        return
    expect("an unreadable file", run(secret), 3, "secret.pcap")


def check_link_type(folder):
    odd = folder / "odd.pcap"
    data = bytearray(GOOD.read_bytes())
    data[20:24] = (147).to_bytes(4, sys.byteorder)  # LINKTYPE_USER0
    odd.write_bytes(data)
    expect("an unknown link type", run(odd), 3, "odd.pcap", "147")


def check_formats(folder):
    verdict = "version.server_too_old"
    mixed = bytearray(MIXED.read_bytes())
    link = mixed.index(b"\1\0\0\0", mixed.index(b"\1\0\0\0") + 4) + 8  # of the first interface
    mixed[link : link + 2] = (147).to_bytes(2, "little")
    some = folder / "some.pcapng"
    some.write_bytes(mixed)
    expect("some packets of an unknown link type", run(some), 1, "some.pcapng", "147", "left out", out=verdict)
    expect("interfaces of different link types", run(MIXED), 1, lines=0, out="2 failed")
    netmon = NETMON.read_bytes()
    place = int.from_bytes(netmon[24:28], "little")
    part = folder / "part.cap"
    for what, length in (("before its table", place), ("in its table", place + 5), ("in a packet", place - 5)):
        part.write_bytes(netmon[:length])
        expect(f"NetMon cut {what}", run(part), 1, "part.cap", "cut short", out=verdict)
    part.write_bytes(netmon[:100])
    expect("NetMon cut in its header", run(part), 3, "part.cap", "cut short")
    part.write_bytes(netmon[:place] + b"\xff\xff\xff\xff" + netmon[place + 4 :])
    expect("a NetMon frame that is nowhere", run(part), 1, "part.cap", "1 damaged", out=verdict)
    part.write_bytes(netmon[:5] + b"\7" + netmon[6:])
    expect("a NetMon version that nobody knows", run(part), 3, "part.cap", "version 7")


def main():
    global TLSWHY
    TLSWHY = sys.argv[1]
    check_usage()
    with tempfile.TemporaryDirectory() as folder:
        check_inputs(pathlib.Path(folder))
        check_link_type(pathlib.Path(folder))
        check_formats(pathlib.Path(folder))
    return checked.end()


if __name__ == "__main__":
    sys.exit(main())
