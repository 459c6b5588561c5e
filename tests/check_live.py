#!/usr/bin/env python3
"""tlswhy on an interface, beside real clients and servers.

    check_live.py TLSWHY [--soak SECONDS] [--only TEST]

All of it happens in network namespaces of the test's own; the machine's interfaces are not touched.
Where none may be made the test is skipped."""

import argparse
import json
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.request

from live import server, wire
from live.watcher import Watcher

ROOT = pathlib.Path(__file__).resolve().parent.parent
HANDSHAKES = 2000
FLOOD = 60000


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, good, what):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print(f"FAILED: {what}", flush=True)

    def equal(self, seen, wanted, what):
        self.expect(seen == wanted, f"{what}: {seen}, not {wanted}")


def frames(value):
    """The numbers of the packets that a connection names."""
    return {leaf for place, leaf in paths(value) if place.endswith("/frame")}


def without_late_close(connection):
    """Live, a verdict behind an alert or a close does not wait for a peer that takes its time to close, too; a replay
    has it all."""
    handshake = connection.get("handshake", {})
    steps = handshake.get("steps", [])
    while steps and steps[-1]["what"] in ("fin", "rst"):
        steps.pop()
    unseen = [sentence for sentence in handshake.pop("unseen", []) if "with the connection open" not in sentence]
    if unseen:
        handshake["unseen"] = unseen


def comparable(connection):
    """A connection without what the clock of the watcher decides. Two sockets see packets that two
    processors take in at once in another order: packets are named by their place in the connection."""
    without_late_close(connection)
    rank = {frame: i for i, frame in enumerate(sorted(frames(connection)))}
    text = json.dumps(connection)
    text = re.sub(r'"frame": (\d+)', lambda m: f'"frame": {rank[int(m[1])]}', text)
    connection = json.loads(re.sub(r"#(\d+)", lambda m: f"#{rank.get(int(m[1]), m[1])}", text))
    connection.pop("@timestamp", None)
    connection.get("event", {}).pop("duration", None)
    for place in ("log", "observer"):
        connection.pop(place, None)
    for step in connection.get("handshake", {}).get("steps", []):
        step.pop("time", None)
    return connection


def identity(connection):
    return connection["client"]["port"], connection["server"]["port"]


def replayed(tlswhy, path, *options):
    run = subprocess.run([str(tlswhy), "--json", *options, str(path)], capture_output=True, text=True, check=False)
    return [json.loads(line) for line in run.stdout.splitlines()]


def paths(value, where=""):
    """A nested value as pairs of place and leaf."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, f"{where}/{key}")
    else:
        yield where, value


def difference(one, other):
    one, other = dict(paths(one)), dict(paths(other))
    return "; ".join(f"{place}: {one.get(place)} and {other.get(place)}" for place in sorted(one.keys() | other.keys())
                     if one.get(place) != other.get(place))


def of_the_wire(connections):
    """Those that are known by their ports; the file's name is no part of them."""
    return {identity(connection): comparable(connection) for connection in connections}


# ---- what is told ----

def many_handshakes(checks, tlswhy, net):
    """Each one is told of, none is lost, and a replay of the same packets says the same."""
    recorded = net.folder / "recorded.pcap"
    watcher = Watcher(tlswhy, "--json")
    recorder = wire.Recorder(recorded)
    made = net.handshakes(HANDSHAKES)
    failing = HANDSHAKES // 10
    checks.equal(made, (HANDSHAKES - failing, failing), "handshakes that clients made and saw fail")
    status = watcher.end()
    recorder.end()
    counters = watcher.counters()
    checks.equal(status, 1, f"exit status, {watcher.words[:3]}")
    checks.equal(watcher.statuses(), {"established": HANDSHAKES - failing, "failed": failing}, "connections told of")
    checks.equal(counters.get("dropped"), 0, "packets dropped")
    checks.equal(counters.get("captured"), counters.get("received"), "packets captured, of those received")
    late = recorder.count - counters.get("captured", 0) # what the last connections sent behind their end
    checks.expect(0 <= late < 100, f"{late} packets on the wire were not captured")
    causes = {c["diagnosis"]["cause"] for c in watcher.connections() if "diagnosis" in c}
    checks.expect(causes and all(cause.startswith("version.") for cause in causes), f"causes: {causes}")
    live, again = of_the_wire(watcher.connections()), of_the_wire(replayed(tlswhy, recorded))
    differing = [key for key in live.keys() | again.keys() if live.get(key) != again.get(key)]
    checks.equal(len(differing), 0, "connections of which replay says something else")
    for key in differing[:3]:
        print(f"{key}: {difference(live.get(key), again.get(key))}"[:1000])


def told_at_once(checks, tlswhy, net):
    """A failure is told within a second of its end, and a silent server's after the timeout."""
    watcher = Watcher(tlswhy, "--json", "--handshake-timeout", "3")

    def told(port):
        return [c for c in watcher.connections() if c["server"]["port"] == port]

    net.handshake(fails=True)
    checks.expect(watcher.until(lambda: told(server.MODERN), 1.5), "a failed handshake is told of within a second")
    with socket.create_connection((wire.FAR, server.SILENT)) as silent:
        silent.sendall(net.client_hello())
        time.sleep(1)
        checks.expect(not told(server.SILENT), "a handshake that goes on is not told of")
        checks.expect(watcher.until(lambda: told(server.SILENT), 10), "a silent one is told of after the timeout")
    watcher.end()
    checks.equal(len(watcher.lines), 2, "and each of them once")


# ---- ends ----

def ends_lose_nothing(checks, tlswhy, net):
    for number in (signal.SIGINT, signal.SIGTERM):
        for count in (1, 20):
            watcher = Watcher(tlswhy, "--json")
            made = net.handshakes(count, every=2)
            status = watcher.end(number)
            checks.equal(status, 1 if made[1] else 0, f"status after {number.name}")
            checks.equal(len(watcher.lines), count, f"connections told of when {number.name} came at once")
    watcher = Watcher(tlswhy, "--json", "-a", "2")
    net.handshakes(15)
    began = time.monotonic()
    checks.equal(watcher.finish(), 1, "status after -a")
    checks.expect(time.monotonic() - began < 10, "-a ends it")
    checks.equal(len(watcher.lines), 15, "connections told of with -a")
    watcher = Watcher(tlswhy, "-c", "3", "--json")
    net.handshakes(8)
    checks.equal(watcher.finish(), 0, "status after -c: none of the first three failed")
    checks.equal(len(watcher.lines), 3, "connections told of with -c 3")


def interface_goes_down(checks, tlswhy, net):
    for wait in (False, True):
        watcher = Watcher(tlswhy, "--json", *(["--wait"] if wait else []))
        net.handshakes(10)
        net.down()
        if wait:
            checks.expect(watcher.until(lambda w=watcher: w.said("went down; waiting"), 10), "it says that it waits")
            net.up()
            checks.expect(watcher.until(lambda w=watcher: w.said("is up again"), 10), "it says that it goes on")
            net.handshakes(10)
            checks.equal(watcher.end(), 1, "status with --wait")
            checks.equal(watcher.handshakes(), 20, "handshakes told of, before and after")
        else:
            checks.equal(watcher.finish(), 3, "status when the interface went down")
            checks.expect(watcher.said(f"tlswhy: {wire.INTERFACE}: the interface went down"), "and the reason")
            checks.equal(watcher.handshakes(), 10, "handshakes told of when the interface went down")
            net.up()


def interface_is_made_anew(checks, tlswhy, net):
    """In the sandbox, without privileges."""
    watcher = Watcher(tlswhy, "--json", "--wait")
    net.cut()
    checks.expect(watcher.until(lambda: watcher.said("disappeared; waiting"), 10), "it says that it waits")
    net.lay()
    checks.expect(watcher.until(lambda: watcher.said("is up again"), 10), "it says that it goes on")
    net.handshakes(10)
    checks.equal(watcher.end(), 1, "status")
    checks.equal(watcher.handshakes(), 10, "handshakes told of")


def signals_are_for_the_operator(checks, tlswhy, net):
    folder = net.folder / "reports"
    folder.mkdir()
    folder.chmod(0o777) # root is given up: what is made anew is made by nobody
    report = folder / "report.json"
    watcher = Watcher(tlswhy, "--json", "--output", str(report))
    net.handshakes(5)
    checks.expect(watcher.until(lambda: report.read_text().count("\n") == 5, 10), "the report is written as it grows")
    report.rename(folder / "rotated.json")
    watcher.tell(signal.SIGHUP)
    checks.expect(watcher.until(report.exists, 10), "SIGHUP makes the file anew")
    net.handshakes(3)
    watcher.tell(signal.SIGUSR1)
    checks.expect(watcher.until(lambda: watcher.said("packets captured"), 10), "SIGUSR1 prints the counters")
    watcher.end()
    checks.equal(report.read_text().count("\n"), 3, "connections in the new file")
    checks.equal((folder / "rotated.json").read_text().count("\n"), 5, "connections in the old one")


# ---- load ----

def replay_at_full_speed(checks, tlswhy, net):
    """Every packet that was sent was captured or is known to be lost."""
    large = net.folder / "large.pcap"
    with open(large, "wb") as out:
        out.write(wire.pcap_header())
        for i in range(150000):
            out.write(wire.pcap_packet(wire.tcp_packet(0x0A000000 + i % 5000, 20000, 0x18, i * 1000, bytes(900)), i))
    for buffer in ("", "256"):
        watcher = Watcher(tlswhy, *(["-B", buffer] if buffer else []))
        sent = subprocess.run(
            net.at_far("tcpreplay", "-q", "--topspeed", "--preload-pcap", "-i", wire.FAR_INTERFACE, str(large)),
            capture_output=True, text=True, check=True).stdout
        sent = int(re.search(r"Successful packets:\s+(\d+)", sent)[1])
        watcher.end()
        counters = watcher.counters()
        checks.equal(sent, 150000, "packets that tcpreplay sent")
        checks.equal(counters["captured"] + counters["dropped"], sent, f"captured and dropped, ring {buffer or 'as is'}")
        checks.equal(counters["received"], sent, f"received by filter, ring {buffer or 'as is'}")
        if buffer:
            checks.expect(counters["dropped"] > 0, "a small ring drops")


def flood(net, path, hello):
    with open(path, "wb") as out:
        out.write(wire.pcap_header())
        for i in range(FLOOD):
            source, port = 0x0A000000 + i // 50000, 1024 + i % 50000
            out.write(wire.pcap_packet(wire.tcp_packet(source, port, 0x02), i))
            if hello is not None:
                out.write(wire.pcap_packet(wire.tcp_packet(source, port, 0x18, 1001, hello), i))


def flood_stays_within_memory(checks, tlswhy, net):
    """Half-open connections go, oldest first; a real handshake meanwhile is told of."""
    for name, payload in (("SYN", None), ("ClientHello", net.client_hello())):
        path = net.folder / "flood.pcap"
        flood(net, path, payload)
        watcher = Watcher(tlswhy, "--memory", "16M")
        before = watcher.memory()
        subprocess.run(net.at_far("tcpreplay", "-q", "--pps", "40000", "-i", wire.FAR_INTERFACE, str(path)),
                       capture_output=True, check=True)
        net.handshake(fails=True)
        checks.expect(watcher.until(lambda w=watcher: any(":8443" in line for line in w.lines), 10),
                      f"a failed handshake is told of behind a flood of {name}s")
        grown = watcher.memory("VmHWM") - before
        # What the allocator and the sanitizers add is theirs; unbounded it would be more than this.
        checks.expect(grown < 48, f"memory grew by {grown:.0f} MiB in a flood of {name}s")
        watcher.end()


def soak(checks, tlswhy, net, seconds):
    """Memory is flat once every path was taken."""
    watcher = Watcher(tlswhy, "--handshake-timeout", "2")
    net.handshakes(200)
    warm = watcher.memory()
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        count += sum(net.handshakes(100, every=5))
    grown = watcher.memory() - warm
    checks.expect(grown < 8, f"memory grew by {grown:.1f} MiB in {count} handshakes")
    checks.equal(watcher.end(), 1, "status after the soak")
    checks.equal(watcher.counters().get("dropped"), 0, "packets dropped in the soak")


# ---- metrics ----

def samples(text):
    """A page of Prometheus' text format, by name and labels; every line must be of it."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = re.fullmatch(r"([a-z_]+(?:\{[^}]*\})?) ([0-9.e+-]+)", line).groups()
            found[name] = float(value)
    return found


def metrics_are_served(checks, tlswhy, net):
    watcher = Watcher(tlswhy, "--json", "--metrics", "127.0.0.1:19469")
    made = net.handshakes(20, every=4)
    watcher.until(lambda: len(watcher.lines) == 20, 10)
    page = urllib.request.urlopen("http://127.0.0.1:19469/metrics", timeout=10)
    text = page.read().decode()
    found = samples(text)
    by_status = {re.search(r'status="(\w+)"', name)[1]: value for name, value in found.items()
                 if "handshakes" in name and "status=" in name}
    checks.equal((by_status.get("established"), by_status.get("failed")), made, "handshakes on the page")
    checks.expect(page.headers.get_content_type() == "text/plain", "the page is plain text")
    checks.expect("live.test" not in text and wire.FAR not in text, "nothing from the wire is on the page")
    health = urllib.request.urlopen("http://127.0.0.1:19469/healthz", timeout=10)
    checks.equal(health.status, 200, "/healthz")
    watcher.end()


# ---- what is refused ----

def bad_input_is_named(checks, tlswhy, net):
    for options, words, wanted in (
            (["-i", "eth99"], "tlswhy: eth99: no such interface; -D", 3),
            (["-i", wire.INTERFACE, "tcp prot 443"], "filter", 2),
    ):
        run = subprocess.run([str(tlswhy), *options], capture_output=True, text=True, check=False, timeout=60)
        checks.expect(run.returncode in (wanted, 3) and words in run.stderr and run.stderr.count("\n") == 1,
                      f"{options}: {run.returncode} {run.stderr}")
    listed = subprocess.run([str(tlswhy), "-D"], capture_output=True, text=True, check=False)
    checks.expect(wire.INTERFACE in listed.stdout and wire.NEAR in listed.stdout, f"-D: {listed.stdout}")


def tests(arguments):
    found = [many_handshakes, told_at_once, ends_lose_nothing, interface_goes_down, interface_is_made_anew,
             signals_are_for_the_operator, replay_at_full_speed, flood_stays_within_memory, metrics_are_served,
             bad_input_is_named, soak]
    return [test for test in found if arguments.only in (None, test.__name__)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tlswhy", type=pathlib.Path)
    parser.add_argument("--soak", type=float, default=10, help="seconds")
    parser.add_argument("--only", help="a test's name")
    arguments = parser.parse_args()
    missing = [tool for tool in ("ip", "openssl", "tcpreplay", "nsenter") if shutil.which(tool) is None]
    if missing or not wire.enter_namespace():
        print("skipped: live: " + (f"{', '.join(missing)} is missing" if missing else "needs network namespaces"))
        return 77
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder).chmod(0o755)
        net = wire.Wire(folder)
        for test in tests(arguments):
            began = time.monotonic()
            more = [arguments.soak] if test is soak else []
            try:
                test(checks, arguments.tlswhy.resolve(), net, *more)
            except (OSError, ValueError, KeyError, subprocess.SubprocessError):
                checks.expect(False, f"{test.__name__}: {traceback.format_exc()}")
            print(f"{test.__name__}: {time.monotonic() - began:.1f} s", flush=True)
        net.end()
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed or not checks.passed else 0


if __name__ == "__main__":
    sys.exit(main())
