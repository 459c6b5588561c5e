#!/usr/bin/env python3
"""Lets memory run out at every point: the n-th allocation fails, for every n, over some samples and every report.

    check_memory.py PROGRAM FAILING-LIBRARY [--full] [--at N]

What must come of it: the program ends by itself, with a status of the contract; with status 3 it says why on stderr;
JSON stays JSON; and what is said of a connection is what was said with enough memory, or weaker (tests/hurt has the
order of verdicts), never another failure. Allocations of libraries that are not ours to mend do not count. Without
--full a selection is tried, which is the same each time.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile

from hurt import verdicts

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "samples"
SKIPPED = "libndpi,libcrypto,libseccomp,libstdc++,libsystemd"
# What is read, and how: each way of the program through its rooms once.
CASES = [
    ("certificate.expired~bc-openssl-12.pcap", ["--json"]),
    ("protocol.server_not_tls~ftp-curl.pcap", ["-v", "--all"]),
    ("ok~accepted-ecdsa.pcap", ["--json"]),
    ("client_certificate.revoked~curl-haproxy-12.pcap", ["--format", "zeek"]),
    ("hello.reset~curl.pcap", ["--junit", "OUT/a.xml", "--sarif", "OUT/a.sarif", "-w", "OUT/a.pcapng"]),
    ("version.server_too_old~form-two-interfaces.pcapng", ["--json"]),
    ("version.server_too_old~form-netmon.cap", ["--json"]),
    ("certificate.self_signed~bearssl-haproxy-12.pcap", ["--html", "OUT/a.html", "--summary"]),
]
QUICK = 24  # of each case's allocations one in so many is tried, another one in each case
STATUSES = (0, 1, 3)


def run(program, library, case, at, folder, count=1):
    """The program with its `at`-th allocation failing."""
    sample, options = case
    environment = {
        **os.environ,
        "LD_PRELOAD": library,
        "TLSWHY_FAIL_AT": str(at),
        "TLSWHY_FAIL_COUNT": str(count),
        "TLSWHY_FAIL_SKIP": SKIPPED,
    }
    command = [program, *(option.replace("OUT", folder) for option in options), str(SAMPLES / sample)]
    return subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)


def spoken(text):
    """The verdicts in JSON lines, and whether some of them say that they are not."""
    lines = text.splitlines()
    lost = [line for line in lines if json.loads(line).get("event", {}).get("kind") == "pipeline_error"]
    return [verdicts.from_line(line)[1] for line in lines if line not in lost], bool(lost)


def judge(done, whole, is_json):
    """What is wrong with a run, held against the one that had memory."""
    error = done.stderr.decode(errors="replace")
    if done.returncode not in STATUSES:
        yield f"exit status {done.returncode}: {error[:300]}"
        return
    if done.returncode == 3 and "tlswhy: " not in error:
        yield "exit status 3 without a word"
    if not is_json or done.returncode == 3:
        return
    try:
        now, lost = spoken(done.stdout)
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        yield f"a line is no connection: {broken!r}"
        return
    before, _ = spoken(whole.stdout)
    yield from verdicts.weakened(before, now)
    if len(now) < len(before) and not error and not lost:
        yield "a connection is missing, and nobody says so"


def try_case(arguments):
    """All allocations of a case."""
    program, library, case, step, offset, only = arguments
    passed, wrong = 0, []
    with tempfile.TemporaryDirectory() as folder:
        whole = run(program, library, case, 0, folder)
        if "allocations " not in (said := whole.stderr.decode()):
            return 0, [(case, 0, f"no count: {said[:200]}")]
        total = int(said.split("allocations ")[1].split()[0])
        points = only or range(1 + offset % step, total + 1, step)
        for at in points:
            for count in (1, 1 << 40):
                try:
                    done = run(program, library, case, at, folder, count)
                    found = list(judge(done, whole, "--json" in case[1]))
                except subprocess.TimeoutExpired:
                    found = ["does not end"]
                passed += not found
                wrong += [(case, f"{at}{'+' if count > 1 else ''} of {total}", what) for what in found]
    return passed, wrong


def main():
    parser = argparse.ArgumentParser(description="Lets memory run out at every point.")
    parser.add_argument("program")
    parser.add_argument("library")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--at", type=int, action="append")
    parser.add_argument("--case", type=int, action="append")
    arguments = parser.parse_args()
    step = 1 if arguments.full else QUICK
    jobs = [
        (arguments.program, arguments.library, case, step, 5 * i, arguments.at)
        for i, case in enumerate(CASES)
        if not arguments.case or i in arguments.case
    ]
    passed = failed = 0
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for good, bad in pool.imap(try_case, jobs):
            passed += good
            failed += len(bad)
            for (sample, options), at, what in bad:
                print(f"{sample} {' '.join(options)}: allocation {at}: {what}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
