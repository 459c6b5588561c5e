#!/usr/bin/env python3
"""Hurts captures and looks whether tlswhy still says the same of them.

    tests/hurt.py BINARY [SAMPLE|FOLDER ...] [--only KIND] [--quick] [--keep FOLDER] [--list]

Every sample is doubled, shuffled, split, overlapped, renumbered, cut into IP fragments, wrapped in other headers and
written in other forms,
under which no verdict may change; and cut, thinned out and begun late, under which a verdict may weaken but
never become another (tests/hurt/verdicts.py says what is weaker than what). --quick takes a selection that is the
same each time. --keep writes the captures that failed, and what they were made of, for a closer look.
"""

import argparse
import collections
import fnmatch
import itertools
import multiprocessing
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import zlib
from typing import NamedTuple

from hurt import captures, changes, fragments, losses, segments, verdicts, wrappings

SAMPLES = pathlib.Path(__file__).parent.parent / "samples"
BATCH = 400  # captures that one run of the program reads
DAY = 86400 * 10**9  # nanoseconds
PARTIES = 5  # captures that are interleaved into one
QUICK = {"keeping": 0.04, "losing": 0.04}  # parts of all variants that --quick takes
FORMS = [f"form-{name}" for name in captures.FORMS]
WRAPS = [f"in-{name}" for name in wrappings.WRAPPINGS]
AS_IPV6 = {  # what can be done only where every packet can be
    "in-ipv6": lambda packets, random: (captures.ETHERNET, list(map(segments.build, packets))),
    "in-6in4": lambda packets, random: wrappings.wrap(packets, "in4"),
    "ipv6-fragments": fragments.FRAGMENTS["fragments"],
    "ipv6-fragments-in-6in4": fragments.FRAGMENTS["fragments-in-ip"],
}
KINDS = [
    *changes.KEEPING,
    *WRAPS,
    *fragments.FRAGMENTS,
    *AS_IPV6,
    "in-options",
    *FORMS,
    "interleaved",
    *losses.LOSSES,
]


class Variant(NamedTuple):
    """A hurt capture, and what should be said of it."""

    kind: str
    name: str
    data: bytes
    keeps: bool
    bases: list  # of (the capture's name that it was made from, what its endpoints are called now)


class Job(NamedTuple):
    """What one process works on."""

    binary: str
    groups: list  # of lists of samples; a list with several is interleaved
    only: str
    quick: bool
    keep: str | None


def is_chosen(job, name, part):
    """Whether a variant is taken; the same ones each time."""
    return not job.quick or zlib.crc32(name.encode()) % 10000 < part * 10000


def wants(job, kind):
    """Whether --only lets a kind through."""
    return fnmatch.fnmatchcase(kind, job.only)


def kept_variants(job, name, packets):
    """The variants of a capture under which nothing may change; made only when they are chosen."""

    def make(kind, link, frames, form="pcap", ends=None):
        data = captures.FORMS[form](link, frames)
        return Variant(kind, name, data, True, [(name, ends or {})])

    def chosen(kind):
        return wants(job, kind) and is_chosen(job, f"{name}~{kind}", QUICK["keeping"])

    frames = [segments.build(packet) for packet in packets]
    for kind, change in changes.KEEPING.items():
        if chosen(kind):
            changed, ends = change(packets, random.Random(name))
            built = [segments.build(packet) for packet in changed]
            yield make(kind, captures.ETHERNET, built, ends=ends)
    for wrapping, kind in zip(wrappings.WRAPPINGS, WRAPS, strict=True):
        if chosen(kind):
            yield make(kind, *wrappings.wrap(packets, wrapping))
    if chosen("in-options"):
        yield make("in-options", *wrappings.with_headers(packets))
    for kind, cut in fragments.FRAGMENTS.items():
        if chosen(kind):
            yield make(kind, *cut(packets, random.Random(name)))
    in_ipv6 = [kind for kind in AS_IPV6 if chosen(kind)]
    ipv6 = wrappings.as_ipv6(packets) if in_ipv6 else None
    for kind in in_ipv6 if ipv6 is not None else []:
        yield make(kind, *AS_IPV6[kind](ipv6[0], random.Random(name)), ends=ipv6[1])
    for form, kind in zip(captures.FORMS, FORMS, strict=True):
        if chosen(kind):
            yield make(kind, captures.ETHERNET, frames, form)


def losing_variants(job, name, packets):
    """The variants of a capture under which verdicts may weaken."""
    frames = [segments.build(packet) for packet in packets]
    for kind, lose in losses.LOSSES.items():
        if wants(job, kind):
            for suffix, left in lose(frames, packets):
                if is_chosen(job, f"{name}~{kind}~{suffix}", QUICK["losing"]):
                    data = captures.pcap(captures.ETHERNET, left)
                    yield Variant(kind, f"{name}~{suffix}", data, False, [(name, {})])


def interleaved_variant(job, group):
    """Several captures in one; of about the same time, by which certificates are judged."""
    ends = [max(packet.time for packet in packets) for _, packets in group]
    group = [member for member, end in zip(group, ends, strict=True) if abs(end - ends[0]) < DAY]
    if len(group) > 1 and wants(job, "interleaved"):
        merged, names = changes.interleaved([packets for _, packets in group])
        frames = [segments.build(packet) for packet in merged]
        bases = [(name, ends) for (name, _), ends in zip(group, names, strict=True)]
        data = captures.pcap(captures.ETHERNET, frames, unit=1)
        yield Variant("interleaved", "+".join(name for name, _ in group), data, True, bases)


def load(path):
    """The packets of a sample; none when this test cannot take it apart."""
    try:
        return segments.load(path)
    except (captures.Unreadable, OSError):
        return []


def variants_of(job, loaded):
    """All that is to be tried."""
    for group in loaded:
        for name, packets in group:
            yield from kept_variants(job, name, packets)
            yield from losing_variants(job, name, packets)
        yield from interleaved_variant(job, group)


def ask(job, folder):
    """What the program says of each capture in a folder; and what it wrote on stderr where it failed."""
    run = subprocess.run(
        [job.binary, "--json", folder], capture_output=True, check=False, timeout=600
    )
    said = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        path, verdict = verdicts.from_line(line)
        said[pathlib.Path(path).name].append(verdict)
    complaint = None
    if run.returncode not in (0, 1):
        complaint = f"exit status {run.returncode}: {run.stderr.decode(errors='replace')[:2000]}"
    return said, complaint


def judge(variant, said, before):
    """What is wrong with what was said of a variant."""
    expected = [
        verdict.renamed(ends) for base, ends in variant.bases for verdict in before[base]
    ]
    if variant.keeps:
        return verdicts.kept(expected, said)
    return verdicts.weakened(expected, said)


def keep(job, variant, number):
    """Writes a failed variant where --keep wants it."""
    if job.keep:
        name = f"{variant.kind}~{variant.name}"[:180].replace("/", "_")
        (pathlib.Path(job.keep) / f"{name}~{number}").write_bytes(variant.data)


def try_batch(job, batch, before):
    """Runs the program over some variants; how many passed, and what is wrong with the others."""
    with tempfile.TemporaryDirectory() as folder:
        for number, variant in enumerate(batch):
            (pathlib.Path(folder) / f"{number:05}.pcap").write_bytes(variant.data)
        (pathlib.Path(folder) / "none.pcap").write_bytes(captures.pcap(captures.ETHERNET, []))
        said, complaint = ask(job, folder)
    wrong = [("program", batch[0].name, complaint)] if complaint else []
    for number, variant in enumerate(batch):
        found = judge(variant, said[f"{number:05}.pcap"], before)
        if found:
            keep(job, variant, number)
            wrong.append((variant.kind, variant.name, "; ".join(found)))
    return len(batch) + bool(complaint) - len(wrong), wrong


def originals(job):
    """What is said of the captures as they are."""
    paths = {str(path): path for group in job.groups for path in group}
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths.values()):
            (pathlib.Path(folder) / f"{number:05}{''.join(path.suffixes[-1:])}").symlink_to(path.resolve())
        (pathlib.Path(folder) / "none.pcap").write_bytes(captures.pcap(captures.ETHERNET, []))
        said, _ = ask(job, folder)
    by_number = {pathlib.Path(name).stem: heard for name, heard in said.items()}
    return {name: by_number.get(f"{number:05}", []) for number, name in enumerate(paths)}


def work(job):
    """What one process does."""
    before = originals(job)
    loaded = [[(str(path), load(path)) for path in group] for group in job.groups]
    loaded = [[(name, packets) for name, packets in group if packets] for group in loaded]
    passed, wrong = 0, []
    variants = variants_of(job, loaded)
    while batch := list(itertools.islice(variants, BATCH)):
        good, bad = try_batch(job, batch, before)
        passed += good
        wrong += bad
    return passed, wrong


def find_samples(paths):
    """The captures in files and folders."""
    for path in map(pathlib.Path, paths):
        if path.is_dir():
            yield from sorted(
                found
                for found in path.rglob("*")
                if found.name.endswith((".pcap", ".pcapng", ".pcap.gz", ".pcapng.gz"))
            )
        else:
            yield path


def read_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description="Hurts captures and compares verdicts.")
    parser.add_argument("binary")
    parser.add_argument("samples", nargs="*", default=[str(SAMPLES)])
    parser.add_argument("--only", default="*", metavar="KIND", help="a kind, or a pattern of them")
    parser.add_argument("--quick", action="store_true", help="a selection")
    parser.add_argument("--keep", metavar="FOLDER", help="where captures that failed are put")
    parser.add_argument("--list", action="store_true", help="list the kinds")
    return parser.parse_intermixed_args()


def main():
    arguments = read_arguments()
    if arguments.list:
        print("\n".join(KINDS))
        return 0
    if not any(fnmatch.fnmatchcase(kind, arguments.only) for kind in KINDS):
        print(f"hurt: no kind {arguments.only}; --list lists them", file=sys.stderr)
        return 2
    samples = list(find_samples(arguments.samples))
    stride = -(-len(samples) // PARTIES)  # neighbours are alike: each party is of different ones
    groups = [samples[i::stride] for i in range(stride)]
    rest = arguments.only, arguments.quick, arguments.keep
    jobs = [
        Job(arguments.binary, groups[i : i + 8], *rest) for i in range(0, len(groups), 8)
    ]
    passed = failed = 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for good, bad in pool.imap(work, jobs):
            passed += good
            failed += len(bad)
            for kind, name, complaint in bad:
                print(f"{kind}: {name}: {complaint}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
