"""tlswhy as check_live.py runs it: live, with its words collected as they come."""

import json
import os
import re
import signal
import subprocess
import threading
import time

from live.wire import INTERFACE

# Freed memory that AddressSanitizer keeps would hide whether ours grows.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"}
WAIT = 60


class Watcher:
    def __init__(self, tlswhy, *options, interface=INTERFACE):
        self.process = subprocess.Popen([str(tlswhy), "-i", interface, *options], text=True, env=ENVIRONMENT,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines, self.words = [], []
        self.readers = [threading.Thread(target=self.collect, args=pair, daemon=True)
                        for pair in ((self.process.stdout, self.lines), (self.process.stderr, self.words))]
        for reader in self.readers:
            reader.start()
        self.until(lambda: self.said("listening on") or self.process.poll() is not None)

    @staticmethod
    def collect(stream, lines):
        for line in stream:
            lines.append(line.rstrip("\n"))

    def said(self, words):
        return any(words in line for line in self.words)

    def until(self, condition, seconds=WAIT):
        """Waits for it; whether it came true."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.01)
        return bool(condition())

    def finish(self):
        """Waits for the end; the exit status."""
        status = self.process.wait(WAIT)
        for reader in self.readers:
            reader.join(WAIT)
        return status

    def end(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.finish()

    def tell(self, number):
        self.process.send_signal(number)

    def connections(self):
        return [json.loads(line) for line in self.lines]

    def statuses(self):
        found = {}
        for connection in self.connections():
            status = connection["handshake"]["status"]
            found[status] = found.get(status, 0) + 1
        return found

    def handshakes(self):
        """How many were seen whole: while the interface was down a peer may have lost the other's close, and what it
        then sends again is a connection whose beginning nobody saw."""
        return sum(count for status, count in self.statuses().items() if status != "incomplete")

    def counters(self):
        """tcpdump's three, from the closing lines."""
        names = {"captured": "packets captured", "received": "packets received by filter",
                 "dropped": "packets dropped by kernel"}
        return {name: int(match[1]) for name, words in names.items() for line in self.words
                if (match := re.fullmatch(rf"(\d+) {words}", line))}

    def memory(self, field="VmRSS"):
        """MiB, of which /proc knows."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.M)[1]) / 1024
