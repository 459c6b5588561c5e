#!/usr/bin/env python3
"""The commands of README.md do what it says, and the outputs it shows are what comes out.

    check_readme.py TLSWHY

A line that begins with "tlswhy" is run where files of the names that it uses are at hand; one that begins with
"$ tlswhy" must print what stands below it, up to "..." where there is one. Live ones need rights and are only parsed.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

from checked import end, expect

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
FAILS = SAMPLES / "version.server_too_old~silent-reset-java.pcap"
README = (ROOT / "README.md").read_text(encoding="utf-8")
WRITTEN = {"--html": b"<!DOCTYPE html>", "--junit": b"<?xml", "--sarif": b"{", "-w": b"\n\r\r\n"}


def run(program, words, folder):
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}
    return subprocess.run([program, *words], cwd=folder, capture_output=True, env=environment, check=False)


def commands():
    """The command lines that stand in indented blocks, without what is said of them."""
    for line in README.splitlines():
        found = re.match(r"    (tlswhy .*?)(?:   *\S.*)?$", line)
        if found:
            yield found[1].split(" | ")[0].split(" || ")[0]
    yield from (line.strip("- ").removeprefix("run: ") for line in README.splitlines()
                if re.match(r" +- (run: )?tlswhy ", line))


def shown():
    """The commands with a prompt, and what README.md shows below them."""
    for block in re.findall(r"^    \$ (tlswhy .*\n(?:(?:    .*)?\n)*)", README, re.M):
        command, *lines = block.split("\n")
        text = "\n".join(line[4:] for line in lines)
        yield shlex.split(command)[1:], text.strip("\n")


def check_shown(program):
    for words, text in shown():
        if "-i" in words:
            continue
        is_now = run(program, words, ROOT).stdout.decode().strip("\n")
        wanted = text.split("\n...")[0]
        good = is_now == wanted if wanted == text else is_now.startswith(wanted)
        expect(f"README.md shows of {' '.join(words)}:", good, wanted, "it prints:", is_now)


def prepare(folder):
    shutil.copy(FAILS, folder / "trace.pcap")
    shutil.copy(FAILS, folder / "tests.pcap")
    (folder / "captures").mkdir()
    shutil.copy(FAILS, folder / "captures" / "trace.pcap")
    shutil.copy(next(SAMPLES.glob("*.keys")), folder / "keys.log")


def check_commands(program, folder):
    told = set()
    for command in commands():
        words = shlex.split(command)[1:]
        if "-i" in words:
            told.add(" ".join(words))
            continue
        done = run(program, words, folder)
        fails = 1 if {"trace.pcap", "tests.pcap", "captures/"} & set(words) and "--check" not in words else 0
        quiet = not done.stderr or "-v" in words  # which says how it is confined
        expect(command, done.returncode == fails and quiet, done.returncode, done.stderr.decode())
        for option in set(words) & set(WRITTEN):
            path = folder / words[words.index(option) + 1]
            begins = path.read_bytes()[:64] if path.exists() else b""
            expect(f"{command}: {option} is written", begins.lstrip().startswith(WRITTEN[option].lstrip())
                  or begins.startswith(WRITTEN[option]), begins)
        if "--json" in words:
            expect(f"{command}: lines are JSON", all(json.loads(line) for line in done.stdout.splitlines()))
    if told:
        print(f"skipped: {len(told)} commands of README.md listen on interfaces")


def check_expectation(program, folder):
    """The small expectation is one: it is met by a handshake of TLS 1.3 and not by one that fails."""
    text = re.search(r"```json\n(.*?)```", README, re.S)[1]
    for sample, status in (("ok~openssl-gnutls-13.pcap", 0), (FAILS.name, 1)):
        place = folder / f"expected-{status}"
        place.mkdir()
        shutil.copy(SAMPLES / sample, place / "one.pcap")
        (place / "one.expect.json").write_text(text, encoding="utf-8")
        done = run(program, ["--check", place], folder)
        expect(f"the small expectation and {sample}", done.returncode == status, done.stdout.decode(), done.stderr.decode())


def check_links():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if "://" not in target:
            expect(f"README.md links to {target}", (ROOT / target).exists())
    for script in re.findall(r"^    (scripts/\w+)", README, re.M):
        expect(f"README.md names {script}", os.access(ROOT / script, os.X_OK))


def main():
    program = os.path.abspath(sys.argv[1])
    check_shown(program)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # the one that root becomes reads it
        prepare(folder)
        check_commands(program, folder)
        check_expectation(program, folder)
    check_links()
    return end()


if __name__ == "__main__":
    sys.exit(main())
