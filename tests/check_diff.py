#!/usr/bin/env python3
"""--diff: where a working and a failing trace part, and what that means. The samples are the traces."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from checked import end, expect

SAMPLES = pathlib.Path(__file__).resolve().parent.parent / "samples"
FINE = SAMPLES / "ok~accepted-ecdsa.pcap"
OLD = SAMPLES / "version.server_too_old~gnutls-openssl.pcap"  # ServerHello TLS 1.0, refused
MIXED = SAMPLES / "version.server_too_old~silent-reset-java.pcap"  # three that worked, and one that failed
STALE = SAMPLES / "certificate.expired~bc-openssl-12.pcap"
REFUSED = SAMPLES / "transport.refused~curl.pcap"

TLSWHY = None


def run(*arguments):
    return subprocess.run([TLSWHY, *map(str, arguments)], capture_output=True, text=True, check=False)


def hold(what, true, done=None):
    expect(what, true, f"\n{done.stdout}{done.stderr}" if done else "")


def compare(working, failing):
    done = run("--diff", working, failing, "--json")
    hold(f"{failing.name}: status and stderr", done.returncode == 0 and not done.stderr, done)
    return json.loads(done.stdout)["pairs"]


def fields(pair):
    return {(offer["from"], offer["field"]): offer for offer in pair["offers"]}


def check_scenario():
    """A client that wants more than TLS 1.0, and a server that has no more."""
    pair = compare(FINE, OLD)[0]
    marks = [step["mark"] for step in pair["steps"]]
    hold("both hellos differ, then they part", marks[:3] == ["differs", "differs", "parted"])
    parted = [step for step in pair["steps"] if step["mark"] == "parted"]
    hold("a little beyond, and no more", 1 <= len(parted) <= 4)
    offers = fields(pair)
    hold("versions", offers["client", "versions"]["working"] == ["1.3", "1.2", "1.1", "1.0"] and
         offers["client", "versions"]["failing"] == ["up to 1.2"])
    hold("the server's", (offers["server", "version"]["working"], offers["server", "version"]["failing"]) ==
         ("1.3", "1.0"))
    suites = offers["client", "cipher suites"]
    hold("suites in order", suites["common"] + len(suites["only_working"]) == len(suites["working"]))
    hold("what it means", "version.server_too_old (certain)" in pair["meaning"] and
         "the client's versions and the server's version" in pair["meaning"] and
         "chooses TLS 1.3, here TLS 1.0" in pair["meaning"])


def check_pairing():
    pairs = compare(MIXED, MIXED)
    hold("what failed against what worked", len(pairs) == 1 and "established" in pairs[0]["working"]["outcome"] and
         "version.server_too_old" in pairs[0]["failing"]["outcome"])
    hold("the same server", pairs[0]["same_server"] and "different servers" not in pairs[0]["meaning"])
    pair = compare(FINE, STALE)[0]
    hold("a sealed certificate is not compared", "cannot be compared" in pair["meaning"] and
         ("server", "certificate") not in fields(pair))
    pair = compare(FINE, FINE)[0]
    hold("nothing failed", "Nothing failed" in pair["meaning"] and not pair.get("offers") and
         all(step["mark"] == "same" for step in pair["steps"]))
    hold("and nobody blames", "Both clients offer the same" in pair["meaning"])
    pair = compare(FINE, REFUSED)[0]
    hold("no ClientHello", "no offers can be compared" in pair["meaning"] and not pair.get("offers"))


def check_bad_input():
    done = run("--diff", REFUSED, FINE)
    hold("no handshake in the working one", done.returncode == 3 and REFUSED.name in done.stderr and
         len(done.stderr.splitlines()) == 1 and not done.stdout, done)
    done = run("--diff", FINE, SAMPLES / "none.pcap")
    hold("no such capture", done.returncode == 3 and "none.pcap" in done.stderr, done)
    hold("one capture", run("--diff", FINE).returncode == 2)
    done = run("--diff", FINE, OLD, "--html", "/nowhere/at/all.html")
    hold("a page that cannot be written", done.returncode == 3 and "all.html" in done.stderr and "part" in done.stdout,
         done)


def check_text():
    for working, failing in ((FINE, OLD), (FINE, STALE), (FINE, REFUSED), (MIXED, MIXED), (FINE, FINE)):
        done = run("--diff", working, failing)
        lines = done.stdout.splitlines()[2:]
        hold(f"{failing.name}: 100 columns", done.returncode == 0 and all(len(line) <= 100 for line in lines), done)
        hold(f"{failing.name}: no colours", "\033" not in done.stdout)
        hold(f"{failing.name}: no blanks at the ends", not any(line != line.rstrip() for line in lines), done)
    hold("colours", "\033[1;31m" in run("--diff", FINE, OLD, "--color", "always").stdout)
    hold("a long list is cut", "more" in run("--diff", FINE, OLD).stdout)
    hold("and whole with -v", " and 50 more" not in run("--diff", FINE, OLD, "-v").stdout)


def check_page():
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "diff.html"
        done = run("--diff", FINE, OLD, "--html", page)
        text = page.read_text(encoding="utf-8")
        hold("the text as well", done.returncode == 0 and "Means" in done.stdout, done)
        markup = re.sub(r"<(script|style)>.*?</\1>|<!DOCTYPE html>", "", text, flags=re.S)
        body = xml.etree.ElementTree.fromstring(markup)
        words = "".join(body.find("body").itertext())
        hold("the page says it", "here they part" in words and "version.server_too_old (certain)" in words)
        hold("nothing from elsewhere", "http://" not in markup and "src=" not in markup)


def check_every_sample():
    """Whatever failed can be laid beside what worked: no sample ends it otherwise than with an answer."""
    names = sorted({path.name.split("~")[0]: path for path in SAMPLES.glob("*~*.pcap")}.items())
    for _, path in names:
        done = run("--diff", FINE, path)
        hold(f"{path.name}: an answer", done.returncode in (0, 3) and (done.stdout or done.stderr), done)


def main():
    global TLSWHY
    TLSWHY = sys.argv[1]
    for check in (check_scenario, check_pairing, check_bad_input, check_text, check_page, check_every_sample):
        check()
    return end()


if __name__ == "__main__":
    sys.exit(main())
