#!/usr/bin/env python3
"""--metrics: a real HTTP client reads the page of a run on the loopback interface, sandbox and all, and finds what happened."""

import http.client
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

from checked import end, expect

COMMENT = re.compile(r"# (HELP|TYPE) ([a-z_]+) \S.*")
SAMPLE = re.compile(r'([a-z_]+)(\{[a-z]+="[a-z_.0-9]*"\})? ([0-9.]+)')
PATIENCE = 10  # seconds until something must have happened; as a rule it takes a tenth of one


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def begin(tlswhy, port, folder):
    """A run, and where it serves; None, with the reason, where it may not capture."""
    run = subprocess.Popen([tlswhy, "-i", "lo", "--metrics", "0", "--tls-port", str(port), "-w", str(folder / "x.pcapng"),
                            f"tcp port {port}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = ""
    for line in run.stderr:
        said += line
        found = re.search(r"http://127\.0\.0\.1:(\d+)/metrics", line)
        if found:
            return run, int(found.group(1)), said
    run.wait()
    return None, 0, said


def ask(port, method, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    client.request(method, path)
    answer = client.getresponse()
    body = answer.read().decode()
    client.close()
    return answer, body


def read(port):
    """The page's samples, by name and label; each line must be one of the format's."""
    answer, page = ask(port, "GET", "/metrics")
    expect("the page", answer.status == 200, answer.status)
    expect("its type", answer.getheader("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
    samples = {}
    for line in page.splitlines():
        sample = SAMPLE.fullmatch(line)
        if sample:
            samples[sample.group(1) + (sample.group(2) or "")] = float(sample.group(3))
        elif not COMMENT.fullmatch(line):
            expect("a line of the format", False, line)
    return samples


def check_pages(port):
    for method, path, status in (("GET", "/healthz", 200), ("HEAD", "/metrics", 200), ("GET", "/", 404),
                                 ("GET", "/metrics/x", 404), ("POST", "/metrics", 405), ("DELETE", "/healthz", 405)):
        answer, body = ask(port, method, path)
        expect(f"{method} {path}", answer.status == status, answer.status)
        if (method, path) == ("GET", "/healthz"):
            expect("health", body == "ok\n", body)


def check_failure(port, refused):
    """Nobody listens on the port: a handshake that failed."""
    before = read(port)
    expect("nothing failed yet", before['tlswhy_failures_total{cause="transport.refused"}'] == 0, before)
    with socket.socket() as client:
        client.connect_ex(("127.0.0.1", refused))
    until = time.monotonic() + PATIENCE
    after = before
    while not after['tlswhy_handshakes_total{status="failed"}'] and time.monotonic() < until:
        time.sleep(0.05)
        after = read(port)
    for name, least in (('tlswhy_failures_total{cause="transport.refused"}', 1), ("tlswhy_packets_total", 2),
                        ('tlswhy_handshakes_total{status="failed"}', 1), ("tlswhy_saved_handshakes_total", 1)):
        expect(name, after[name] == least, after[name])
    expect("every counter goes up", all(after[name] >= before[name] for name in before if "_total" in name))


def main():
    refused = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run, port, said = begin(sys.argv[1], refused, folder)
        if run is None:
            print(f"skipped: metrics of a live run: {said.strip()}")
            return 77
        try:
            check_pages(port)
            check_failure(port, refused)
        finally:
            run.terminate()
            run.stderr.read()
            expect("the exit status", run.wait() == 1, run.returncode)
        expect("what failed was saved", (folder / "x.pcapng").stat().st_size > 200)
    return end()


if __name__ == "__main__":
    sys.exit(main())
