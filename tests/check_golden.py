#!/usr/bin/env python3
"""Every sample gives the verdict that its name says, and the text report keeps its wording.

    check_golden.py TLSWHY [--matrix] [--update]

A sample is called <cause>~<variant>: each of its connections that failed failed of that cause, and at least one did; in
ok~<variant> none failed. Where the cause can only be read with the key log beside the capture (<sample>.keys), samples/sealed.tsv
names what may be said without; with it, the cause must be the name's, and more than possible. So a wrong answer cannot be blessed. The texts in tests/golden/ are for wording alone: --update writes
them anew. --matrix prints cause against verdict.
"""

import argparse
import collections
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
GOLDEN = ROOT / "tests" / "golden"
ROOTS = ROOT / "tests" / "authorities.pem"  # the system's would differ from machine to machine
CAPTURE = re.compile(r"\.(pcap|pcapng|cap)(\.gz|\.zst)?$")


def acceptable_without_keys():
    """sample -> the verdicts that may be given where its sealed part cannot be read."""
    table = SAMPLES / "sealed.tsv"
    rows = table.read_text(encoding="utf-8").splitlines() if table.exists() else []
    cells = [row.split("\t") for row in rows if row and not row.startswith("#")]
    return {cell[0]: re.split(r"[ ,]+", cell[1].strip()) for cell in cells if len(cell) > 1}


def connections(tlswhy, *options):
    """sample's file name -> its connections."""
    run = subprocess.run([tlswhy, "--json", "--ca-file", str(ROOTS), *options, str(SAMPLES)],
                         capture_output=True, check=False)
    if run.returncode != 1 or run.stderr:
        sys.exit(f"tlswhy --json samples/: status {run.returncode}\n{run.stderr.decode()}")
    found = collections.defaultdict(list)
    for line in run.stdout.splitlines():
        connection = json.loads(line)
        found[pathlib.Path(connection["log"]["file"]["path"]).name].append(connection)
    return found


def verdict_of(connections):
    """The causes of the connections that failed, and those of which nothing can be said."""
    failed = {c.get("diagnosis", {}).get("cause", "none")
              for c in connections if c["handshake"]["status"] == "failed"}
    later = {c["diagnosis"]["cause"] for c in connections
             if c["handshake"]["status"] == "established" and "diagnosis" in c}
    return failed, later


def judge(name, found, sealed):
    """What is wrong with a sample's verdict; None when it is right."""
    cause = name.split("~")[0]
    stem = CAPTURE.sub("", name)
    failed, later = verdict_of(found)
    if cause == "ok":
        return f"alarms: {', '.join(sorted(failed))}" if failed else None
    said = failed or later
    allowed = {cause} | set(sealed.get(stem, sealed.get(name, [])))
    if not said:
        if allowed & {"established", "incomplete", "none"}:
            return None
        return "no failure found"
    return None if said <= allowed else f"said {', '.join(sorted(said - allowed))}"


def key_logs():
    """sample's file name -> the key log beside it."""
    logs = {path.stem: path for path in SAMPLES.glob("*.keys")}
    return {path.name: logs[CAPTURE.sub("", path.name)] for path in sorted(SAMPLES.iterdir())
            if CAPTURE.search(path.name) and CAPTURE.sub("", path.name) in logs}


def judge_opened(name, found):
    """What is wrong with the verdict on a sample whose keys are known; None when it is right."""
    complaint = judge(name, found, {})
    if complaint is not None:
        return f"with its key log: {complaint}"
    guesses = [c["diagnosis"]["cause"] for c in found
               if "diagnosis" in c and c["diagnosis"]["confidence"] == "possible"]
    return f"with its key log: only possible: {', '.join(guesses)}" if guesses else None


def check_opened(tlswhy):
    """Samples with a key log beside them: with it, nothing but the cause of the name will do."""
    logs = key_logs()
    with tempfile.NamedTemporaryFile("w", suffix=".keys", encoding="utf-8") as all_logs:
        all_logs.writelines(log.read_text(encoding="utf-8") + "\n" for log in logs.values())
        all_logs.flush()
        found = connections(tlswhy, "-k", all_logs.name)
    complaints = [f"{name}: {complaint}" for name in logs
                  if (complaint := judge_opened(name, found[name])) is not None]
    for complaint in complaints:
        print(complaint)
    return len(logs) - len(complaints), len(complaints)


def print_matrix(rows):
    """cause against verdict, over all samples."""
    cells = collections.Counter()
    for name, found in rows.items():
        failed, later = verdict_of(found)
        for said in failed or later or {"-"}:
            cells[name.split("~")[0], said] += 1
    for (cause, said), number in sorted(cells.items()):
        print(f"{number:5}  {cause:34} {'' if cause == said or said == '-' and cause == 'ok' else '!'} {said}")


def text_of(tlswhy, name):
    run = subprocess.run([tlswhy, "--color", "never", "--all", "--ca-file", str(ROOTS),
                          f"samples/{name}"], capture_output=True, check=False, cwd=ROOT)
    return run.stdout.decode("utf-8")


def chosen(names):
    """One sample a cause whose text is kept: the first by name."""
    first = {}
    for name in sorted(names):
        first.setdefault(name.split("~")[0], name)
    return sorted(first.values())


def check_texts(tlswhy, names, update):
    wrong = 0
    kept = {CAPTURE.sub(".txt", name): name for name in chosen(names)}
    if update:
        GOLDEN.mkdir(exist_ok=True)
        for old in GOLDEN.glob("*.txt"):
            old.unlink()
    for file, name in kept.items():
        text = text_of(tlswhy, name)
        if update:
            (GOLDEN / file).write_text(text, encoding="utf-8")
            continue
        path = GOLDEN / file
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if text != before:
            wrong += 1
            sys.stdout.writelines(difflib.unified_diff(
                before.splitlines(True), text.splitlines(True), f"tests/golden/{file}", name, n=1))
    return len(kept) - wrong, wrong


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("tlswhy")
    arguments.add_argument("--matrix", action="store_true")
    arguments.add_argument("--update", action="store_true")
    arguments = arguments.parse_args()

    names = sorted(path.name for path in SAMPLES.iterdir() if CAPTURE.search(path.name))
    found = connections(arguments.tlswhy)
    if arguments.matrix:
        print_matrix({name: found[name] for name in names})
    sealed = acceptable_without_keys()
    wrong = 0
    for name in names:
        complaint = judge(name, found[name], sealed)
        if complaint is not None:
            wrong += 1
            print(f"{name}: {complaint}")
    opened, wrong_opened = check_opened(arguments.tlswhy)
    texts, wrong_texts = check_texts(arguments.tlswhy, names, arguments.update)
    wrong_all = wrong + wrong_opened + wrong_texts
    print(f"{len(names) - wrong + opened + texts} passed, {wrong_all} failed")
    return 1 if wrong_all or not names else 0


if __name__ == "__main__":
    sys.exit(main())
