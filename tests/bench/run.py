#!/usr/bin/env python3
"""Measures speed and memory against the floor, and counts against the truth.

    run.py --build BUILD [--scale 1] [--pairs 5] [--folder FOLDER] [--json] [--peers] [WORKLOAD ...]

For each workload the program and the floor run in turn, in pairs, since cores are noisy; a pair's ratio is that of
their CPU time (user and system, of the whole run), and the median of the ratios is told. The workloads are made
in FOLDER (5 to 10 GB at scale 1) unless they are there already. A line whose counts differ from the truth says so,
and then its figures mean nothing.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "samples")
WORKLOADS = {  # what is wanted: ratio, and memory in MiB
    "dense": (3.0, 128),
    "bulk": (1.2, 16),
    "flows": (4.0, 512),
    "noise": (1.2, 32),
    "scan": (1.2, 32),
}
PEERS = {
    "tshark": ["tshark", "-n", "-q", "-r", "FILE", "-z", "io,stat,0,tls.handshake.type==1"],
    "ssldump": ["ssldump", "-n", "-r", "FILE"],
    "ndpiReader": ["ndpiReader", "-q", "-i", "FILE"],
}


def measure(command, out=subprocess.DEVNULL):
    """CPU seconds and largest resident KiB of one run, and what it wrote."""
    with tempfile.TemporaryFile() as text:
        child = subprocess.Popen(command, stdout=text if out is None else out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        text.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss, text.read().decode(errors="replace"), child.returncode


def make(build, folder, workload, scale):
    """The capture of a workload, made unless it is there."""
    path = os.path.join(folder, f"{workload}-{scale:g}.pcap")
    if not os.path.exists(path + ".truth"):
        subprocess.run([os.path.join(build, "tests", "bench", "bench_generate"), workload, f"{scale:g}", SAMPLES,
                        os.path.join(HERE, "mix.tsv"), path], check=True)
    return path


def truth_of(path):
    with open(path + ".truth", encoding="ascii") as file:
        return {name: int(number) for name, number in (line.split("\t") for line in file)}


def told(text):
    """The counts in a summary: by status, and by cause."""
    counts = {"established": 0, "failed": 0, "incomplete": 0}
    for line in text.splitlines():
        if re.match(r"\d+ handshakes?:", line):
            for number, status in re.findall(r"(\d+) (established|failed|incomplete)", line):
                counts[status] = int(number)
        row = re.match(r" +(\d+)  ([a-z_]+\.[a-z_0-9]+) ", line)
        if row:
            counts[row[2]] = counts.get(row[2], 0) + int(row[1])
    return counts


def differences(truth, text):
    """What the summary counts otherwise than the truth. Causes are compared where the summary lists them all."""
    counts = told(text)
    causes = {name for name in counts if "." in name}
    listed = sum(counts[name] for name in causes) == counts["failed"]
    names = ["established", "failed", "incomplete"]
    names += [name for name in sorted(set(truth) | causes) if "." in name] if listed else []
    return [f"{name} {counts.get(name, 0)} instead of {truth.get(name, 0)}" for name in names
            if counts.get(name, 0) != truth.get(name, 0)]


def describe(workload, figures, exact):
    ratio, memory, base = figures
    wanted_ratio, wanted_memory = WORKLOADS[workload]
    print(f"| {workload} | {ratio:.2f} | {wanted_ratio} | {memory:.0f} | {wanted_memory} | {base:.2f} | {exact} |",
          flush=True)


def run(workload, options):
    path = make(options.build, options.folder, workload, options.scale)
    truth = truth_of(path)
    how = ["--json"] if options.json else ["--summary", "-q"]
    program = [os.path.join(options.build, "tlswhy"), *how, path]
    floor = [os.path.join(options.build, "tests", "bench", "bench_floor"), path]
    measure(floor)
    ratios, memories, floors, wrong = [], [], [], []
    for _ in range(options.pairs):
        base = measure(floor)
        took = measure(program, None if not options.json else subprocess.DEVNULL)
        ratios.append(took[0] / base[0])
        floors.append(base[0])
        memories.append(took[1] / 1024)
        if not options.json:
            wrong = differences(truth, took[2])
    figures = statistics.median(ratios), max(memories), statistics.median(floors)
    describe(workload, figures, "not compared" if options.json else "; ".join(wrong[:3]) or "exact")
    for name, command in PEERS.items() if options.peers else ():
        if shutil.which(command[0]):
            base = measure(floor)
            took = measure([path if word == "FILE" else word for word in command])
            print(f"|   {name} | {took[0] / base[0]:.1f} | | {took[1] / 1024:.0f} | | | status {took[3]} |", flush=True)
        else:
            print(f"|   {name} | not installed | | | | | |")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--build", required=True, help="folder of a Release build")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--folder", default=os.path.join(tempfile.gettempdir(), "tlswhy-bench"))
    parser.add_argument("--json", action="store_true", help="an object for every connection instead of the summary")
    parser.add_argument("--peers", action="store_true", help="other programs, too, where they are installed")
    parser.add_argument("workload", nargs="*")
    options = parser.parse_args()
    unknown = set(options.workload) - set(WORKLOADS)
    if unknown:
        parser.error(f"no such workload: {', '.join(sorted(unknown))}")
    os.makedirs(options.folder, exist_ok=True)
    print("| workload | times the floor | wanted | MiB | wanted | floor, s | counts |")
    print("|---|---|---|---|---|---|---|")
    exact = [run(workload, options) for workload in options.workload or WORKLOADS]
    return 0 if all(exact) else 1


if __name__ == "__main__":
    sys.exit(main())
