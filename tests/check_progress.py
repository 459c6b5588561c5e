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

from checked import end, expect

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "version.server_too_old~silent-reset-java.pcap"
ERASE = "\r\033[K"
BAR = re.compile(r"^ *\d+% \[[#.]{10}\] .* packets?")
LINE = re.compile(r"^tlswhy: (\d+%, )?\d.* packets?")

TLSWHY = None


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


def main():
    global TLSWHY
    TLSWHY = os.path.abspath(sys.argv[1])
    plain, _ = on_terminal(SAMPLE)
    expect("a short run draws nothing", ERASE + " " not in plain and "%" not in plain, plain)

    shown, _ = on_terminal("--progress", SAMPLE)
    drawn = [part for part in shown.split(ERASE) if BAR.match(part)]
    expect("--progress draws a bar on a terminal", drawn, shown)
    expect("the bar leaves no trace in the report", screen(shown) == screen(plain), shown, plain)

    shown, _ = on_terminal("--progress", "--json", SAMPLE)
    expect("the bar leaves no trace in JSON", all(line.startswith("{") for line in screen(shown).split("\n") if line),
          shown)

    _, alone = on_terminal(SAMPLE, out="pipe")
    shown, piped = on_terminal("--progress", SAMPLE, out="pipe")
    expect("the report in a pipe has no bar", piped == alone and "✗" in piped and "%" not in piped, piped)
    expect("the bar goes to the terminal", any(BAR.match(part) for part in shown.split(ERASE)), shown)
    expect("nothing is left of it", screen(shown) == "", shown)

    shown, _ = on_terminal("--progress", SAMPLE, TERM="dumb", out="nothing")
    expect("a dumb terminal gets lines", LINE.match(shown) and "\033" not in shown, shown)

    run = subprocess.run([TLSWHY, SAMPLE], capture_output=True, text=True, check=False)
    expect("a log gets nothing that nobody asked for", run.stderr == "", run.stderr)
    run = subprocess.run([TLSWHY, "--progress", SAMPLE], capture_output=True, text=True, check=False)
    expect("a log gets a line at the end", LINE.match(run.stderr) and run.stderr.startswith("tlswhy: 100%, ")
          and run.stderr.count("\n") == 1, run.stderr)
    run = subprocess.run([TLSWHY, "--progress", "-"], input=SAMPLE.read_bytes(), capture_output=True, check=False)
    expect("a pipe has no percent", LINE.match(run.stderr.decode()) and b"%" not in run.stderr, run.stderr)
    run = subprocess.run([TLSWHY, "--progress", SAMPLE, "/none.pcap"], capture_output=True, text=True, check=False)
    expect("a missing file does not stop the count", "file 1 of 1" not in run.stderr and run.returncode == 3
         , run.stderr)

    return end()


if __name__ == "__main__":
    sys.exit(main())
