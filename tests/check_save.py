#!/usr/bin/env python3
"""-w saves the packets of failed handshakes: what is saved fails of the same cause, Wireshark reads why, and no disk, name or
link type costs more than it must.

    check_save.py TLSWHY [--every]

--every: all samples, not two of each cause.
"""

import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from checked import end, expect

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
ROOTS = ROOT / "tests" / "authorities.pem"
RESET = SAMPLES / "version.server_too_old~silent-reset-java.pcap"
FINE = SAMPLES / "ok~accepted-ecdsa.pcap"

TLSWHY = None


def run(*arguments):
    return subprocess.run([TLSWHY, "--ca-file", str(ROOTS), *map(str, arguments)], capture_output=True, check=False)


def read(*arguments):
    """The connections that failed, by their ends and beginning, and what was said on stderr."""
    done = run("--json", *arguments)
    found = {}
    for line in done.stdout.splitlines():
        connection = json.loads(line)
        if connection["handshake"]["status"] == "failed":
            ends = [connection[side][part] for side in ("client", "server") for part in ("ip", "port")]
            found[(*ends, connection["@timestamp"])] = connection
    return found, done.stderr.decode()


# ---- the same causes ----

def chosen(every):
    """Two samples of each cause: with one of them, the cause's connections are saved as pcapng, with the other as pcap."""
    by_cause = collections.defaultdict(list)
    for path in sorted(SAMPLES.glob("*.pcap")):
        by_cause[path.name.split("~")[0]].append(path)
    return [(path, number % 2 == 0) for paths in by_cause.values()
            for number, path in enumerate(paths if every else paths[:2])]


def needs_others(diagnosis):
    """Whether it argues with what other connections showed, which are not saved when they did not fail."""
    return any("frame" not in evidence for evidence in diagnosis.get("evidence", []))


def check_same(path, saved):
    keys = path.with_suffix(".keys")
    options = ["-k", keys] if keys.exists() else []
    before, errors = read(*options, "-w", saved, path)
    after, more_errors = read(*options, saved)
    expect(path.name, not errors + more_errors, errors + more_errors)
    expect(f"{path.name}: connections", before.keys() == after.keys(), f"{len(before)} saved, {len(after)} read")
    for key in before.keys() & after.keys():
        was, now = before[key].get("diagnosis", {}), after[key].get("diagnosis", {})
        same = was.get("cause") == now.get("cause") and was.get("confidence") == now.get("confidence")
        expect(f"{path.name}: {was.get('cause')}", same or needs_others(was), f"became {now.get('cause')}")


# ---- Wireshark ----

def comments(saved):
    done = subprocess.run(["tshark", "-r", str(saved), "-Y", "frame.comment", "-T", "fields", "-e", "frame.number",
                           "-e", "frame.comment"], capture_output=True, text=True, check=False)
    rows = [line.split("\t", 1) for line in done.stdout.splitlines()]
    return {int(number): text for number, text in rows}


def check_comments(path, saved):
    """The verdict on the first packet; each piece of evidence on the packet that tshark, too, numbers so: the sample's
    failed connection is its only one, so that packets keep their numbers."""
    before, _ = read("-w", saved, path)
    diagnosis = next(iter(before.values()))["diagnosis"]
    said = comments(saved)
    verdict = f"tlswhy: failed: {diagnosis['cause']} ({diagnosis['confidence']}): {diagnosis['summary']}"
    expect(f"{path.name}: the verdict", said.get(1, "").startswith(verdict), said)
    for evidence in diagnosis["evidence"]:
        expect(f"{path.name}: #{evidence.get('frame')}",
               "tlswhy: " + evidence["text"] in said.get(evidence.get("frame", 1), ""), said)
    cited = {1} | {evidence["frame"] for evidence in diagnosis["evidence"] if "frame" in evidence}
    expect(f"{path.name}: comments", said.keys() == cited, said)


def check_wireshark(folder):
    missing = [tool for tool in ("tshark", "capinfos") if shutil.which(tool) is None]
    if missing:
        print(f"skipped: what Wireshark shows: there is no {missing[0]}")
        return
    for name in ("hello.reset~curl", "certificate.expired~bc-openssl-12", "transport.refused~curl"):
        check_comments(SAMPLES / f"{name}.pcap", folder / f"{name}.pcapng")
    for name in ("info.pcap", "info.pcapng"):
        run("-w", folder / name, RESET)
        about = subprocess.run(["capinfos", str(folder / name)], capture_output=True, text=True, check=False).stdout
        expect(f"{name}: nanoseconds", "nanoseconds" in about, about)
        expect(f"{name}: packets", "Number of packets:   6" in about, about)
        expect(f"{name}: who wrote it", ("tlswhy" in about) == name.endswith("ng"), about)


# ---- files ----

def packets_in(path):
    """The packets of a pcap file, counted by its own lengths; None when it is not whole."""
    data = path.read_bytes()
    place, packets = 24, 0
    while place + 16 <= len(data):
        place += 16 + int.from_bytes(data[place + 8:place + 12], "little")
        packets += 1
    return packets if place == len(data) else None


def check_rotation(folder):
    """All samples: by size into several files, each whole; in a pcap file, one link type."""
    one = folder / "one.pcap"
    many = folder / "many.pcap"
    alone = run("-q", "-w", one, SAMPLES)
    done = run("-q", "-w", many, "-C", 1, SAMPLES)
    files = [many] + [folder / f"many.pcap{number}" for number in range(1, 100)]
    files = [path for path in files if path.exists()]
    expect("-C: files", len(files) > 1 and len(list(folder.glob("many.pcap*"))) == len(files), files)
    expect("-C: sizes", all(10**6 < path.stat().st_size < 2 * 10**6 for path in files[:-1]))
    expect("-C: packets", sum(packets_in(path) for path in files) == packets_in(one))
    expect("-C: report", done.stdout == alone.stdout)
    expect("a link type that pcap has no room for", "link type" in done.stderr.decode(), done.stderr)
    everything = run("-q", "-w", folder / "all.pcapng", SAMPLES)
    expect("pcapng has room", everything.stderr == b"" and everything.returncode == 1, everything.stderr)


def check_trouble(folder):
    usual = run(RESET).stdout
    full = run("-w", "/dev/full", RESET)
    if os.path.exists("/dev/full"):
        expect("a full disk", full.returncode == 3 and full.stdout == usual, full)
        expect("a full disk is said", "/dev/full: No space left on device" in full.stderr.decode(), full.stderr)
    nowhere = run("-w", folder / "none" / "x.pcap", RESET)
    expect("no such folder", nowhere.returncode == 3 and nowhere.stdout == usual, nowhere)
    expect("no such folder is said", nowhere.stderr.count(b"\n") == 1 and b"none/x.pcap" in nowhere.stderr, nowhere.stderr)
    copy = folder / "input.pcap"
    shutil.copy(RESET, copy)
    same = run("-w", copy, folder / "." / "input.pcap")
    expect("an input as output", same.returncode == 2 and b"input.pcap" in same.stderr, same)
    expect("an input is not overwritten", copy.read_bytes() == RESET.read_bytes())
    for wrong in (("-C", 1, RESET), ("-w", "-", RESET)):
        expect(wrong, run(*wrong).returncode == 2)


def check_streams(folder):
    done = run("-w", "-", "--output", folder / "report.txt", RESET)
    (folder / "stream.pcap").write_bytes(done.stdout)
    expect("-w -", packets_in(folder / "stream.pcap") == 6 and done.returncode == 1, done.stderr)
    expect("-w - and --output", (folder / "report.txt").read_bytes() == run(RESET).stdout)
    for name in ("nothing.pcap", "nothing.pcapng"):
        saved = folder / name
        expect("nothing failed", run("-w", saved, FINE).returncode == 0)
        empty = run("--all", saved)
        expect(f"{name} can be read", empty.returncode == 0 and empty.stderr == b"", empty.stderr)


def main():
    global TLSWHY
    TLSWHY = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o777)  # who starts as root goes on as nobody
        for path, pcapng in chosen("--every" in sys.argv):
            check_same(path, folder / ("saved.pcapng" if pcapng else "saved.pcap"))
        check_wireshark(folder)
        check_rotation(folder)
        check_trouble(folder)
        check_streams(folder)
    return end()


if __name__ == "__main__":
    sys.exit(main())
