#!/usr/bin/env python3
"""Adds up what the tests of a ctest log say at their end, and closes with one line.

    tally.py LastTest.log

A test that ends without saying anything that is known counts as one, passed or failed as ctest has it.
"""

import re
import sys

ENDS = [
    re.compile(r"^(?P<passed>\d+) passed, (?P<failed>\d+) failed", re.M),
    re.compile(r"^\[  PASSED  \] (?P<passed>\d+) test\(s\)\.", re.M),
]
FAILED = re.compile(r"^\[  FAILED  \] (?P<failed>\d+) test\(s\)", re.M)
SKIPPED = re.compile(r"^skipped: (?P<why>.*)", re.M)


def count(output, passed_by_ctest):
    """How many checks of one test passed and failed."""
    for end in ENDS:
        found = end.findall(output) and [m.groupdict() for m in end.finditer(output)]
        if found:
            passed = sum(int(m["passed"]) for m in found)
            failed = sum(int(m.get("failed") or 0) for m in found)
            failed += sum(int(m["failed"]) for m in FAILED.finditer(output))
            return passed, failed if passed_by_ctest or failed else 1
    return (1, 0) if passed_by_ctest else (0, 1)


def main():
    log = open(sys.argv[1], encoding="utf-8", errors="replace").read()
    passed = failed = skipped = 0
    for part in re.split(r"^\d+/\d+ Testing: ", log, flags=re.M):
        verdict = re.search(r"^Test (Passed|Failed|Skipped)\.?", part, re.M)
        skips = SKIPPED.findall(part)
        for why in skips:
            print(f"skipped: {why}")
        skipped += len(skips)
        if verdict is None or verdict.group(1) == "Skipped":
            continue
        more = count(part, verdict.group(1) == "Passed")
        passed += more[0]
        failed += more[1]
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
