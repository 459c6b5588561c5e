#!/usr/bin/env python3
"""Holds our dissection and verdicts against captures that others recorded and judged.

    check_corpus.py TLSWHY [--show]

The captures, their reference answers (X.jsonl beside X.pcap) and failures.tsv, the judged failures and successes, are not part of
this repository: they are looked for in ../shared/corpus, and without them the test is skipped. Connections over TCP
count. Where the reference is wrong, tests/corpus.tsv says so, with the reason: a row is capture, number, field.
"""

import collections
import concurrent.futures
import importlib.util
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CORPUS = SHARED / "corpus"
SUFFIXES = (".pcap", ".pcapng", ".pcap.gz", ".cap")


def load_compare():
    spec = importlib.util.spec_from_file_location("compare", SHARED / "tools" / "compare.py")
    compare = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compare)
    return compare


def answer(tlswhy, truth):
    """The program's connections for the capture beside a file of reference answers."""
    base = str(truth)[: -len(".jsonl")]
    capture = next(base + suffix for suffix in SUFFIXES if os.path.exists(base + suffix))
    run = subprocess.run([tlswhy, "--json", capture], capture_output=True, check=False)
    if run.returncode not in (0, 1):
        return truth, None, run.stderr.decode()
    return truth, [json.loads(line) for line in run.stdout.splitlines()], ""


def known_disagreements():
    rows = (ROOT / "tests" / "corpus.tsv").read_text(encoding="utf-8").splitlines()
    return {tuple(row.split("\t")[:3]) for row in rows if row and not row.startswith("#")}


def field_complaints(compare, name, truth, said, known):
    """Fields in which a capture's connections differ from the reference."""
    _, notes = compare.compare(truth, said, compare.FIELDS, lambda t: t.get("transport") == "tcp")
    for t, field, expected, got in notes:
        if t is None or (name, str(t["conn"]), field) in known or (name, "*", field) in known:
            continue
        yield f"{name} #{t['conn']} {field}: {str(expected)[:70]}, not {str(got)[:70]}"


def judged():
    rows = (CORPUS / "failures.tsv").read_text(encoding="utf-8").splitlines()
    for row in rows:
        cells = row.split("\t")
        if row.startswith("#") or len(cells) < 9 or not cells[0]:
            continue
        yield cells[0], cells[2], cells[4], cells[5], {cells[6], *cells[8].replace(",", " ").split()}


def ends(connection):
    """The connection's ends as failures.tsv writes them."""
    both = []
    for side in ("client", "server"):
        ip, port = connection[side]["ip"], connection[side]["port"]
        both.append(f"{ip}:{port}")
    return tuple(both)


def verdict_complaints(said, known):
    """Judged failures that are called otherwise, and successes that alarm."""
    index = collections.defaultdict(list)
    for name, connections in said.items():
        for connection in connections:
            index[(name, *ends(connection))].append(connection)
    count = 0
    for verdict, name, client, server, causes in judged():
        ours = index.get((name, client, server), [])
        if verdict != "FAILED" and not ours:
            continue  # DTLS, QUIC
        if (name, client, "verdict") in known:
            continue
        count += 1
        failed = {c.get("diagnosis", {}).get("cause") for c in ours
                  if c["handshake"]["status"] == "failed" or "diagnosis" in c}
        if verdict != "FAILED" and any(c["handshake"]["status"] == "failed" for c in ours):
            yield f"{name} {client}: alarms: {', '.join(map(str, failed))}", 0
        elif verdict == "FAILED" and not failed & causes:
            yield f"{name} {client}: {' or '.join(sorted(causes))}, not {', '.join(map(str, failed)) or 'failed'}", 0
    yield None, count


def main():
    if not CORPUS.is_dir():
        print("skipped: captures of other projects: they are not here")
        return 77
    compare = load_compare()
    known = known_disagreements()
    truths = sorted(CORPUS.rglob("*.jsonl"))
    complaints, said, passed = [], {}, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, connections, error in pool.map(lambda truth: answer(sys.argv[1], truth), truths):
            name = path.relative_to(CORPUS).as_posix()[: -len(".jsonl")]
            if connections is None:
                complaints.append(f"{name}: {error}")
                continue
            said[name] = connections
            found = list(field_complaints(compare, name, compare.load(path), connections, known))
            complaints += found
            passed += not found
    for complaint, count in verdict_complaints(said, known):
        passed += count
        if complaint is not None:
            complaints.append(complaint)
            passed -= 1
    for complaint in complaints:
        print(complaint)
    print(f"{passed} passed, {len(complaints)} failed")
    return 1 if complaints or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
