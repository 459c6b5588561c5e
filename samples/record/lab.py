"""The laboratory in which samples are recorded.

How to add a recipe: write a function in the file of its family (or in a new file; `run` imports every .py file beside it):

    from lab import sample, SERVER

    @sample("cipher.no_overlap~openssl-tls12", "The server takes AES256 only, the client offers AES128 only; alert 40.",
            stacks=("openssl s_server", "openssl s_client"), tls="1.2", expect=("tls.alert_message.desc == 40",))
    def _(lab):
        cert = lab.pki["good"]                                  # see pki.py
        lab.server(["openssl", "s_server", "-accept", "443", "-cert", cert.cert, "-key", cert.key, "-quiet"])
        lab.client(["openssl", "s_client", "-connect", SERVER + ":443"])

The name is the truth: every failed connection in the capture must have exactly the cause before the `~`; `ok~` has none that
failed. `stacks`: the first word of each is a program that must be installed (see STACKS), else the recipe is skipped; "script"
is a peer played by Python code of ours. `expect`: tshark display filters, each must match at least one packet, `refuse`: must
match none. `keyed`: filters that must match once the recipe's key log is applied. `blind`: the causes that may be named without
the key log, most specific first ("established" when no failure can be seen); they go to ../sealed.tsv. `wire=True` puts a
user-space wire between the two (lab.wire). `bpf`: what tcpdump keeps. `suffix`, `convert`: for other file formats. Several similar samples: call sample(...)(function) in a loop.

What a recipe may use:

    lab.server(argv, port=443)      start a server program; returns when it listens; stopped after the capture has ended
    lab.client(argv, send="", linger=0.4, timeout=8)   run a client to its end (its standard input is kept open for `linger`
                                    seconds); returns its output; a client that takes longer is ended by SIGTERM
    lab.script_server(handler, port=443)   handler(socket) is called for each connection, in a process of the server's namespace
    lab.script_client(function)     run a Python function in the client's namespace, wait for it
    lab.wire(decide)                see network.run_wire (only with wire=True)
    lab.iptables(..., where="server")      lab.run_in("client", argv)       lab.wait(seconds)
    lab.pki, lab.folder (a temp folder), lab.file(name, text) -> its path, lab.keylog (a path; saved as NAME.keys if written)

Run `run NAME` and then look at it: `run --show NAME`. Read the packets before you commit a sample.
"""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import network
from network import CLIENT, CLIENT6, SERVER, SERVER6  # recipes import them from here

HERE = pathlib.Path(__file__).resolve().parent
SAMPLES = HERE.parent
REGISTRY = {}
CAPTURED = "tcp or icmp or (icmp6 and ip6[40] < 128)"

# How each stack tells its version.
STACKS = {
    "openssl": ["openssl", "version"], "gnutls-cli": ["gnutls-cli", "--version"],
    "gnutls-serv": ["gnutls-serv", "--version"], "tstclnt": ["dpkg-query", "-W", "libnss3-tools"],
    "selfserv": ["dpkg-query", "-W", "libnss3-tools"], "curl": ["curl", "--version"], "nginx": ["nginx", "-v"],
    "haproxy": ["haproxy", "-v"], "node": ["node", "--version"], "go": ["go", "version"], "javac": ["javac", "-version"],
    "botan": ["botan", "version"], "erl": ["dpkg-query", "-W", "erlang-ssl"], "chromium": ["chromium", "--version"],
    "mbedtls": ["dpkg-query", "-W", "libmbedtls-dev"], "wolfssl": ["dpkg-query", "-W", "libwolfssl-dev"],
    "bearssl": ["dpkg-query", "-W", "libbearssl-dev"], "python3": ["python3", "-c", "import ssl; print('Python ssl,', ssl.OPENSSL_VERSION)"],
    "gcc": ["gcc", "--version"], "psql": ["psql", "--version"],
}


class Sample:
    def __init__(self, name, about, stacks, tls, expect, refuse, wire, bpf, interface, suffix, convert, recipe, keyed=(), blind=()):
        self.name, self.about, self.stacks, self.tls, self.keyed, self.blind = name, about, stacks, tls, keyed, blind
        self.expect, self.refuse, self.wire, self.bpf, self.interface = expect, refuse, wire, bpf, interface
        self.suffix, self.convert, self.recipe = suffix, convert, recipe

    @property
    def path(self):
        return SAMPLES / (self.name + self.suffix)

    def missing(self):
        """The first stack that is not installed, or None."""
        for stack in self.stacks:
            word = stack.split()[0]
            if word != "script" and version(word) is None:
                return word
        return None


def sample(name, about, stacks=(), tls="", expect=(), refuse=(), wire=False, bpf=CAPTURED,
           interface=("-i", "veth0"), suffix=".pcap", convert=None, keyed=(), blind=()):
    """Register the decorated function as the recipe of the sample `name`."""
    def register(recipe):
        if name in REGISTRY:
            raise ValueError(f"two recipes for {name}")
        REGISTRY[name] = Sample(name, about, stacks, tls, expect, refuse, wire, bpf, interface, suffix, convert, recipe,
                                keyed, blind)
        return recipe
    return register


VERSIONS = {}


def version(word):
    """The first line of what the stack says of its version; None when it is not installed."""
    if word not in VERSIONS:
        try:
            done = subprocess.run(STACKS.get(word, [word, "--version"]), capture_output=True, text=True)
            lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip() and "root" not in line]
            VERSIONS[word] = None if done.returncode else " ".join(lines[0].split())
        except OSError:
            VERSIONS[word] = None
    return VERSIONS[word]


class Lab:
    """One recording: namespaces, a running capture, and what was started in them."""

    def __init__(self, sample, pki, folder):
        self.sample, self.pki, self.folder = sample, pki, pathlib.Path(folder)
        self.keylog = str(self.folder / "keys")
        self.raw = self.folder / "raw.pcap"
        self.servers, self.forks, self.log = [], [], []
        self.network = network.Network(sample.wire)

    def where(self, side):
        return {"client": self.network.client, "server": self.network.server, "middle": self.network.middle}[side]

    def start_capture(self):
        self.tcpdump = subprocess.Popen(
            ["ip", "netns", "exec", self.network.client, "tcpdump", "-Z", "root", "--immediate-mode", "-U", "-s", "0",
             "-n", *self.sample.interface, "-w", str(self.raw), self.sample.bpf], stderr=subprocess.PIPE, text=True)
        while "listening on" not in (line := self.tcpdump.stderr.readline()):
            if not line:
                raise RuntimeError("tcpdump did not start")

    def stop_capture(self):
        time.sleep(0.4)
        self.tcpdump.send_signal(signal.SIGINT)
        self.tcpdump.wait(5)

    def note(self, side, text):
        text = text.replace(str(self.folder), "$WORK").replace(str(self.pki.folder), "$PKI").replace(str(HERE) + "/", "")
        self.log.append(f"{side}$ {text}")

    def start(self, side, argv, env=None, **options):
        argv = [str(word) for word in argv]
        changes = " ".join(f"{key}={value}" for key, value in (env or {}).items())
        self.note(side, (changes + " " if changes else "") + " ".join(word if word and " " not in word else repr(word) for word in argv))
        return subprocess.Popen(["ip", "netns", "exec", self.where(side), *argv], cwd=self.folder,
                                env={**os.environ, **(env or {})}, start_new_session=True, **options)

    def server(self, argv, port=443, env=None, side="server", send=None):
        """Start a server and wait until it listens. `send` is written to its standard input, which stays open."""
        output = open(self.folder / f"server{len(self.servers)}.log", "w+b")
        process = self.start(side, argv, env, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
        process.output = output
        self.servers.append(process)
        if send:
            process.stdin.write(send.encode())
            process.stdin.flush()
        self.listening(process.pid, port, lambda: process.poll() is None or process.returncode == 0)
        return process

    def listening(self, pid, port, alive):
        for _ in range(200):
            for table in ("tcp", "tcp6"):
                try:
                    rows = pathlib.Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
                except OSError:
                    rows = []
                if any(row.split()[1].endswith(f":{port:04X}") and row.split()[3] == "0A" for row in rows):
                    time.sleep(0.05)
                    return
            if not alive():
                break
            time.sleep(0.05)
        raise RuntimeError(f"no server on port {port}: {self.server_output()}")

    def server_output(self):
        for process in self.servers:
            process.output.flush()
        return "\n".join(path.read_text(errors="replace")[-1500:] for path in sorted(self.folder.glob("server*.log")))

    def script_server(self, handler, port=443, host="0.0.0.0", about=""):
        """Serve connections by a Python function, each in a thread; the socket is closed when the function returns."""
        def serve_one(connection):
            try:
                with connection:
                    handler(connection)
            except OSError:
                pass

        def serve():
            listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
            listener.listen(16)
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve_one, args=(connection,), daemon=True).start()

        self.log.append(f"server$ (script of ours on port {port}: {about or getattr(handler, '__name__', 'handler')})")
        pid = network.fork_into(self.network.server, serve)
        self.forks.append(pid)
        self.listening(pid, port, lambda: os.waitpid(pid, os.WNOHANG)[0] == 0)
        return pid

    def script_client(self, function, about=""):
        self.log.append(f"client$ (script of ours: {about or function.__name__})")
        pid = network.fork_into(self.network.client, function)
        status = os.waitpid(pid, 0)[1]
        if status:
            raise RuntimeError("the client's script failed")

    def wire(self, decide):
        self.forks.append(network.fork_into(self.network.middle, lambda: network.run_wire(decide)))
        time.sleep(0.2)

    def client(self, argv, send="", linger=0.4, timeout=8, env=None, side="client"):
        process = self.start(side, argv, env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        chunks = []
        reader = threading.Thread(target=lambda: chunks.append(process.stdout.read()), daemon=True)
        reader.start()
        deadline = time.time() + timeout
        try:
            process.stdin.write(send.encode() if isinstance(send, str) else send)
            process.stdin.flush()
            process.wait(linger)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            pass
        try:
            process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            process.wait(max(0.1, deadline - time.time()))
        except subprocess.TimeoutExpired:
            end_group(process)
        reader.join(2)
        self.output = b"".join(chunks).decode(errors="replace")
        return self.output

    def run_in(self, side, argv):
        self.note(side, " ".join(map(str, argv)))
        return network.command("ip", "netns", "exec", self.where(side), *map(str, argv))

    def iptables(self, *rule, where="server"):
        return self.run_in(where, ["iptables", *rule])

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def wait(self, seconds):
        time.sleep(seconds)

    def stop(self, process):
        """Stop a server now, while the capture still runs."""
        end_group(process)
        process.stdin.close()
        process.output.close()
        if process in self.servers:
            self.servers.remove(process)

    def close(self):
        for process in list(self.servers):
            self.stop(process)
        for pid in self.forks:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        self.network.remove()


def end_group(process):
    """End a process and its children (it leads a session of its own)."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(2)
        except subprocess.TimeoutExpired:
            continue
        except ProcessLookupError:
            pass
    process.wait()


def matches(path, display_filter, keys=None):
    argv = ["tshark", "-n", "-r", str(path), "-Y", display_filter]
    argv += ["-o", f"tls.keylog_file:{keys}"] if keys else []
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{display_filter}: {done.stderr}")
    return len(done.stdout.splitlines())


def check(sample, path, keys=None):
    """Raise when the capture is not what its recipe promises."""
    if not matches(path, "frame"):
        raise RuntimeError("the capture is empty")
    for wanted in sample.expect:
        if not matches(path, wanted):
            raise RuntimeError(f"no packet matches {wanted!r}")
    for unwanted in sample.refuse:
        if matches(path, unwanted):
            raise RuntimeError(f"a packet matches {unwanted!r}")
    for wanted in sample.keyed:
        if not matches(path, wanted, keys):
            raise RuntimeError(f"with the key log, no packet matches {wanted!r}")


def record(sample, pki, verbose=False):
    """Record one sample; raises when it fails, and leaves an older sample as it was."""
    with tempfile.TemporaryDirectory(prefix="tlswhy-") as folder:
        lab = Lab(sample, pki, folder)
        try:
            lab.start_capture()
            try:
                sample.recipe(lab)
            finally:
                lab.stop_capture()
                if verbose:
                    print(getattr(lab, "output", ""), lab.server_output(), sep="\n", file=sys.stderr)
        finally:
            lab.close()
        result = lab.raw
        if sample.convert:
            result = sample.convert(lab.raw, lab.folder / ("converted" + sample.suffix))
        check(sample, result, lab.keylog)
        shutil.copyfile(result, sample.path)
        if os.path.exists(lab.keylog):
            shutil.copyfile(lab.keylog, SAMPLES / (sample.name + ".keys"))
        write_made(sample, lab)


def write_made(sample, lab):
    """Keep which versions and commands made the sample."""
    folder = HERE / "made"
    folder.mkdir(exist_ok=True)
    words = dict.fromkeys(stack.split()[0] for stack in sample.stacks)
    stacks = [f"{word}: {version(word)}" for word in words if word != "script"]
    (folder / (sample.name + ".txt")).write_text("\n".join(stacks + lab.log) + "\n")
