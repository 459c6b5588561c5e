"""The wire between check_live.py and its servers: a pair of virtual Ethernet, of which one end lies in
another network namespace; who speaks on it, and who listens besides tlswhy."""

import ctypes
import os
import pathlib
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

from live import server

HERE = pathlib.Path(__file__).resolve().parent
NEAR, FAR = "10.77.0.2", "10.77.0.1"
INTERFACE, FAR_INTERFACE = "near0", "far0"
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
ETH_P_ALL = 3


def enter_namespace():
    """Moves this process into a network namespace of its own; False where it may not."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if user == 0 and libc.unshare(CLONE_NEWNET) == 0:
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        return False
    try:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    except OSError:
        return False
    return True


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Wire:
    """Both ends, and the servers at the far one."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-keyout", "key.pem", "-out", "certificate.pem", "-days", "90", "-subj", "/CN=live.test",
             "-addext", "subjectAltName=DNS:live.test"],
            cwd=folder, check=True, stderr=subprocess.DEVNULL)
        (self.folder / "server.pem").write_text(
            (self.folder / "key.pem").read_text() + (self.folder / "certificate.pem").read_text())
        self.far = subprocess.Popen(["unshare", "-n", "cat"], stdin=subprocess.PIPE)
        self.wait_for_namespace()
        ip("link", "set", "lo", "up")
        self.lay()
        self.server = subprocess.Popen(
            self.at_far(sys.executable, str(HERE / "server.py"), str(folder), FAR),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(HERE.parent)})
        assert self.server.stdout.readline() == "ready\n"
        self.tls = self.client_contexts()

    def wait_for_namespace(self):
        ours = os.readlink("/proc/self/ns/net")
        while os.readlink(f"/proc/{self.far.pid}/ns/net") == ours:
            time.sleep(0.01)

    def at_far(self, *command):
        return ["nsenter", f"--net=/proc/{self.far.pid}/ns/net", *command]

    def lay(self):
        """Without addresses of IPv6 the wire is silent but for what is sent on purpose."""
        ip("link", "add", INTERFACE, "type", "veth", "peer", "name", FAR_INTERFACE)
        ip("link", "set", FAR_INTERFACE, "netns", str(self.far.pid))
        far = self.at_far("ip")
        for command, name, address in ((["ip"], INTERFACE, NEAR), (far, FAR_INTERFACE, FAR)):
            subprocess.run([*command, "link", "set", name, "addrgenmode", "none"], check=True)
            subprocess.run([*command, "address", "add", f"{address}/24", "dev", name], check=True)
        for command, name in ((["ip"], INTERFACE), (far, FAR_INTERFACE)):
            subprocess.run([*command, "link", "set", name, "up"], check=True)
        self.wait_for_carrier()

    def wait_for_carrier(self):
        """A carrier is seen a little later; until then what is sent is lost."""
        for _ in range(500):
            states = [subprocess.run([*command, "link", "show", name], check=True, text=True,
                                     capture_output=True).stdout
                      for command, name in ((["ip"], INTERFACE), (self.at_far("ip"), FAR_INTERFACE))]
            if all("state UP" in state for state in states):
                return
            time.sleep(0.01)
        raise TimeoutError("no carrier")

    def down(self):
        ip("link", "set", INTERFACE, "down")

    def up(self):
        ip("link", "set", INTERFACE, "up")
        self.wait_for_carrier()

    def cut(self):
        ip("link", "delete", INTERFACE)

    def client_contexts(self):
        """One that the servers like, one that is too old for MODERN, one for TLS 1.2."""
        made = []
        for most in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            tls.check_hostname = False
            tls.verify_mode = ssl.CERT_NONE
            tls.maximum_version = most
            made.append(tls)
        return made

    def client_hello(self):
        """Its bytes, for who sends no more."""
        outgoing = ssl.MemoryBIO()
        try:
            self.tls[0].wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="live.test").do_handshake()
        except ssl.SSLWantReadError:
            pass
        return outgoing.read()

    def handshake(self, fails=False, old=False):
        """One connection, to its end; whether it came to be."""
        port = server.MODERN if fails else server.GOOD
        connection = socket.create_connection((FAR, port), timeout=20)
        try:
            with self.tls[fails or old].wrap_socket(connection, server_hostname="live.test") as channel:
                channel.sendall(b"x")
                channel.recv(1)
                return True
        except OSError:
            connection.close()
            return False

    def handshakes(self, count, every=10, threads=4):
        """`count` of them, of which each `every`th fails. How many were made and failed."""
        made = [0, 0]
        lock = threading.Lock()

        def work(first):
            for i in range(first, count, threads):
                good = self.handshake(fails=i % every == every - 1, old=i % 2 == 0)
                with lock:
                    made[not good] += 1

        workers = [threading.Thread(target=work, args=(i,)) for i in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return tuple(made)

    def end(self):
        for process in (self.server, self.far):
            process.stdin.close()
            process.wait(10)


class Recorder:
    """Writes what passes INTERFACE to a pcap file, for a replay of what tlswhy saw live."""

    def __init__(self, path, interface=INTERFACE):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)  # SO_RCVBUFFORCE
        self.socket.bind((interface, ETH_P_ALL))
        self.socket.settimeout(0.3)
        self.path, self.count, self.ending = path, 0, False
        self.thread = threading.Thread(target=self.record)
        self.thread.start()

    def record(self):
        with open(self.path, "wb") as out:
            out.write(pcap_header())
            while True:
                try:
                    packet = self.socket.recv(1 << 18)
                except TimeoutError:
                    if self.ending:
                        return
                    continue
                out.write(pcap_packet(packet, time.time_ns()))
                self.count += 1

    def end(self):
        self.ending = True
        self.thread.join()
        self.socket.close()


def pcap_header():
    return struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, 1)


def pcap_packet(packet, at):
    return struct.pack("<IIII", at // 10**9, at % 10**9, len(packet), len(packet)) + packet


def tcp_packet(source, port, flags, sequence=1000, payload=b"", to_port=443):
    """From a client that does not exist; the checksums are nobody's concern."""
    tcp = struct.pack("!HHIIBBHHH", port, to_port, sequence, 0, 5 << 4, flags, 64240, 0, 0) + payload
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0,
                         struct.pack("!I", source), socket.inet_aton(FAR))
    return b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + header + tcp
