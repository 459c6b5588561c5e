#!/usr/bin/env python3
"""Holds the counts of the workloads of tests/bench, on a small scale, and instructions per packet under callgrind.

    check_bench.py PROGRAM

Instructions are those that a larger workload takes more than a smaller one, so that what the start costs does not
count; they depend on compilers and libraries, so that a build may take some more than was recorded. Skipped where
there is no valgrind, and under sanitizers, which it cannot run.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "bench"))
import run as bench

SCALES = {"dense": 0.02, "bulk": 0.002, "flows": 0.02, "noise": 0.02, "scan": 0.01}
# A smaller and a larger workload, and instructions a packet as recorded with gcc 12 -O2, libcrypto 3.0 and libpcap
# 1.10 on x86-64. Most of what noise and scan take here is each new certificate's, which more packets would outweigh.
RECORDED = {
    "dense": (0.005, 0.0075, 3850),
    "bulk": (0.001, 0.002, 1160),
    "flows": (0.001, 0.002, 2420),
    "noise": (0.02, 0.03, 580),
    "scan": (0.01, 0.05, 555),
}
SLACK = 1.25


def summary(program, path):
    return subprocess.run([program, "--summary", "-q", path], capture_output=True, text=True, check=False).stdout


def check_counts(program, build, folder):
    """The failures: a line each."""
    failures = []
    for workload, scale in SCALES.items():
        path = bench.make(build, folder, workload, scale)
        wrong = bench.differences(bench.truth_of(path), summary(program, path))
        failures += [f"{workload}: {difference}" for difference in wrong]
    return failures


def instructions(program, path):
    # The program gives up its rights, valgrind's too, so that valgrind writes nothing but its last words.
    out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no", program,
                          "--no-sandbox", "--summary", "-q", path], capture_output=True, text=True, check=False)
    found = re.search(r"Collected : (\d+)", out.stderr)
    return int(found[1]) if found else None


def per_packet(program, build, folder, workload):
    """Instructions that a packet takes; None where they cannot be counted."""
    sizes = []
    for scale in RECORDED[workload][:2]:
        path = bench.make(build, folder, workload, scale)
        counted = instructions(program, path)
        if counted is None:
            return None
        sizes.append((counted, bench.truth_of(path)["packets"]))
    return (sizes[1][0] - sizes[0][0]) / (sizes[1][1] - sizes[0][1])


def is_sanitized(program):
    with open(program, "rb") as file:
        return b"__asan_init" in file.read()


def main():
    program = sys.argv[1]
    build = os.path.dirname(os.path.abspath(program))
    failures = []
    checks = len(SCALES)
    with tempfile.TemporaryDirectory() as folder:
        failures += check_counts(program, build, folder)
        if shutil.which("valgrind") is None:
            print("skipped: instructions a packet, no valgrind")
        elif is_sanitized(program):
            print("skipped: instructions a packet, the build is sanitized")
        else:
            for workload, (_, _, recorded) in RECORDED.items():
                took = per_packet(program, build, folder, workload)
                print(f"{workload}: {took:.0f} instructions a packet, {recorded} recorded")
                checks += 1
                if took > recorded * SLACK:
                    failures.append(f"{workload}: {took:.0f} instructions a packet, {recorded} recorded")
    for failure in failures:
        print(f"failed: {failure}")
    print(f"{checks - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
