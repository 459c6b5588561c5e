#!/usr/bin/env python3
"""The line that tells how far a run is: on a terminal, in a log, and never in the report.

    check_progress.py TLSWHY
"""

import os
import pathlib
import pty
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "version.server_too_old~silent-reset-java.pcap"
ERASE = "\r\033[K"
BAR = re.compile(r"^ *\d+% \[[#.]{10}\] .* packets?")
LINE = re.compile(r"^tlswhy: (\d+%, )?\d.* packets?")

TLSWHY = None
complaints = []
passed = 0


def environment(**more):
    return {**{name: value for name, value in os.environ.items() if name != "NO_COLOR"}, "TERM": "xterm", **more}


def on_terminal(*arguments, out="terminal", **more):
    """What a terminal gets, and what a pipe, where standard output is one."""
    master, slave = pty.openpty()
    how = {"terminal": slave, "pipe": subprocess.PIPE, "nothing": subprocess.DEVNULL}[out]
    child = subprocess.Popen([TLSWHY, "--color", "never", *map(str, arguments)], stdin=subprocess.DEVNULL,
                             stdout=how, stderr=slave, env=environment(**more))
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux says EIO where others say that it is the end
            piece = b""
        if not piece:
            break
        shown += piece
    os.close(master)
    piped = child.stdout.read().decode() if out == "pipe" else ""
    child.wait()
    return shown.decode().replace("\r\n", "\n"), piped


def screen(shown):
    """What is left to read: what was erased is gone."""
    return "\n".join(line.rsplit(ERASE, 1)[-1] for line in shown.split("\n"))


def check(what, good, *shown):
    global passed
    if good:
        passed += 1
    else:
        complaints.append("\n".join([what, *map(repr, shown)]))


def main():
    global TLSWHY
    TLSWHY = os.path.abspath(sys.argv[1])
    plain, _ = on_terminal(SAMPLE)
    check("a short run draws nothing", ERASE + " " not in plain and "%" not in plain, plain)

    shown, _ = on_terminal("--progress", SAMPLE)
    drawn = [part for part in shown.split(ERASE) if BAR.match(part)]
    check("--progress draws a bar on a terminal", drawn, shown)
    check("the bar leaves no trace in the report", screen(shown) == screen(plain), shown, plain)

    shown, _ = on_terminal("--progress", "--json", SAMPLE)
    check("the bar leaves no trace in JSON", all(line.startswith("{") for line in screen(shown).split("\n") if line),
          shown)

    _, alone = on_terminal(SAMPLE, out="pipe")
    shown, piped = on_terminal("--progress", SAMPLE, out="pipe")
    check("the report in a pipe has no bar", piped == alone and "✗" in piped and "%" not in piped, piped)
    check("the bar goes to the terminal", any(BAR.match(part) for part in shown.split(ERASE)), shown)
    check("nothing is left of it", screen(shown) == "", shown)

    shown, _ = on_terminal("--progress", SAMPLE, TERM="dumb", out="nothing")
    check("a dumb terminal gets lines", LINE.match(shown) and "\033" not in shown, shown)

    run = subprocess.run([TLSWHY, SAMPLE], capture_output=True, text=True, check=False)
    check("a log gets nothing that nobody asked for", run.stderr == "", run.stderr)
    run = subprocess.run([TLSWHY, "--progress", SAMPLE], capture_output=True, text=True, check=False)
    check("a log gets a line at the end", LINE.match(run.stderr) and run.stderr.startswith("tlswhy: 100%, ")
          and run.stderr.count("\n") == 1, run.stderr)
    run = subprocess.run([TLSWHY, "--progress", "-"], input=SAMPLE.read_bytes(), capture_output=True, check=False)
    check("a pipe has no percent", LINE.match(run.stderr.decode()) and b"%" not in run.stderr, run.stderr)
    run = subprocess.run([TLSWHY, "--progress", SAMPLE, "/none.pcap"], capture_output=True, text=True, check=False)
    check("a missing file does not stop the count", "file 1 of 1" not in run.stderr and run.returncode == 3
         , run.stderr)

    for complaint in complaints:
        print(complaint)
    print(f"{passed} passed, {len(complaints)} failed")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
