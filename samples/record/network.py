"""The two (or three) network namespaces that a sample is recorded in.

    direct:  client 10.77.0.2 ---------------- 10.77.0.1 server
    wire:    client 10.77.0.2 ---- [wire] ---- 10.77.0.1 server

The wire is a user-space program that sees each Ethernet frame and may drop, delay, change or add frames: it plays the lossy
network and the middlebox, without any help of the kernel but a packet socket.
"""

import ctypes
import os
import pathlib
import select
import shutil
import signal
import socket
import struct
import subprocess
import time
import traceback

CLIENT, SERVER = "10.77.0.2", "10.77.0.1"
CLIENT6, SERVER6 = "fd77::2", "fd77::1"
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def command(*argv):
    """Run a command that has to succeed."""
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
    return done.stdout


def enter(namespace):
    """Move this process into a network namespace."""
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if LIBC.setns(handle, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"setns {namespace}")
    os.close(handle)


def fork_into(namespace, function):
    """Run a Python function in a process of its own inside the namespace; returns the process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        enter(namespace)
        function()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


class Network:
    """Namespaces named after this process, so that several people can record at the same time."""

    def __init__(self, with_wire=False):
        stem = f"tlswhy{os.getpid()}"
        self.client, self.server, self.middle = stem + "c", stem + "s", stem + "w"
        self.names = [self.client, self.server] + ([self.middle] if with_wire else [])
        for name in self.names:
            command("ip", "netns", "add", name)
            hosts = pathlib.Path("/etc/netns", name, "hosts")  # ip netns exec lays it over /etc/hosts
            hosts.parent.mkdir(parents=True, exist_ok=True)
            hosts.write_text(f"127.0.0.1 localhost\n{SERVER} server.example\n")
        if with_wire:
            self.link(self.client, "veth0", self.middle, "left")
            self.link(self.server, "veth0", self.middle, "right")
        else:
            self.link(self.client, "veth0", self.server, "veth0")
        self.address(self.client, CLIENT, CLIENT6, "02:00:00:00:00:02")
        self.address(self.server, SERVER, SERVER6, "02:00:00:00:00:01")

    def link(self, first, first_name, second, second_name):
        command("ip", "-n", first, "link", "add", first_name, "type", "veth",
                "peer", "name", second_name, "netns", second)
        for namespace, name in ((first, first_name), (second, second_name)):
            command("ip", "-n", namespace, "link", "set", name, "up")
            command("ip", "-n", namespace, "link", "set", "lo", "up")
            command("ip", "netns", "exec", namespace, "ethtool", "-K", name,
                    "tso", "off", "gso", "off", "gro", "off", "tx", "off", "rx", "off")

    def address(self, namespace, four, six, mac):
        command("ip", "-n", namespace, "link", "set", "veth0", "address", mac)
        command("ip", "-n", namespace, "addr", "add", four + "/24", "dev", "veth0")
        command("ip", "-n", namespace, "addr", "add", six + "/64", "dev", "veth0", "nodad")

    def remove(self):
        for name in self.names:
            command("ip", "netns", "del", name)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)


class Frame:
    """An Ethernet frame with IPv4 and TCP in it, as far as a wire function wants to know and change it."""

    def __init__(self, raw):
        self.raw = raw
        ihl = (raw[14] & 15) * 4 if len(raw) > 34 else 20
        self.is_tcp = len(raw) >= 54 and raw[12:14] == b"\x08\x00" and raw[23] == 6
        self.tcp = 14 + ihl
        if not self.is_tcp:
            return
        self.sport, self.dport, self.seq, self.ack = struct.unpack_from("!HHII", raw, self.tcp)
        self.flags = raw[self.tcp + 13]
        total = struct.unpack_from("!H", raw, 16)[0]
        self.data_at = self.tcp + (raw[self.tcp + 12] >> 4) * 4
        self.data = raw[self.data_at:14 + total]

    def with_data(self, data):
        """The same frame with other payload bytes (of any length) and right checksums."""
        return seal(self.raw[:self.data_at] + data)

    def with_offset(self, skip, data):
        """A frame that carries `data`, which begins `skip` bytes after this frame's first byte."""
        raw = bytearray(self.raw[:self.data_at] + data)
        struct.pack_into("!I", raw, self.tcp + 4, (self.seq + skip) & 0xffffffff)
        return seal(bytes(raw))

    def reset_back(self, ttl, ident, window=0, flags=0x04):
        """A forged reset to this frame's sender, from its receiver's address."""
        raw = self.raw
        ethernet = raw[6:12] + raw[:6] + b"\x08\x00"
        ip = struct.pack("!BBHHHBBH", 0x45, 0, 40, ident, 0, ttl, 6, 0) + raw[30:34] + raw[26:30]
        tcp = struct.pack("!HHIIBBHHH", self.dport, self.sport, self.ack,
                          (self.seq + len(self.data)) & 0xffffffff, 0x50, flags, window, 0, 0)
        return seal(ethernet + ip + tcp)


def ones_sum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def seal(raw):
    """Put the right lengths and checksums into an Ethernet frame with IPv4 and TCP."""
    raw = bytearray(raw)
    tcp = 14 + (raw[14] & 15) * 4
    struct.pack_into("!H", raw, 16, len(raw) - 14)
    struct.pack_into("!H", raw, 24, 0)
    struct.pack_into("!H", raw, 24, ones_sum(bytes(raw[14:tcp])))
    struct.pack_into("!H", raw, tcp + 16, 0)
    pseudo = bytes(raw[26:34]) + struct.pack("!HH", 6, len(raw) - tcp)
    struct.pack_into("!H", raw, tcp + 16, ones_sum(pseudo + bytes(raw[tcp:])))
    return bytes(raw)


def run_wire(decide):
    """Forward frames between `left` (the client) and `right` (the server) for ever.

    decide(frame, to_server) returns a list of (to_server, raw, delay in seconds); None forwards the frame as it is.
    """
    ends = {}
    for name in ("left", "right"):
        ends[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        ends[name].bind((name, 0))
    waiting = []
    while True:
        pause = max(0.0, min((when for when, _, _ in waiting), default=time.time() + 1) - time.time())
        ready, _, _ = select.select(list(ends.values()), [], [], pause)
        for end in ready:
            raw, (_, _, kind, _, _) = end.recvfrom(65536)
            if kind == socket.PACKET_OUTGOING:
                continue
            to_server = end is ends["left"]
            out = decide(Frame(raw), to_server)
            for target, data, delay in [(to_server, raw, 0)] if out is None else out:
                waiting.append((time.time() + delay, target, data))
        due = [item for item in waiting if item[0] <= time.time()]
        waiting = [item for item in waiting if item not in due]
        for _, target, data in due:
            ends["right" if target else "left"].send(data)
