#!/usr/bin/env python3
"""What the program cannot do while it looks at packets.

    check_sandbox.py TLSWHY PROBE

PROBE (tests/sandbox_probe.c) enters the sandbox as the program does and tries; then the program itself is looked at in
/proc while it waits for more of a capture. Without root, or where the kernel lacks something, what cannot be tried is
skipped, and said.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from checked import end, expect

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "version.server_too_old~gnutls-openssl.pcap"
OK = ROOT / "samples" / "ok~hurt-tiny.pcap"
PATIENCE = 30  # seconds, for a machine that is busy with other tests
WRITE_ANY_FILE = 1 << 1  # CAP_DAC_OVERRIDE
READ_ANY_FILE = 1 << 2  # CAP_DAC_READ_SEARCH

NEVER = ["exec", "execveat", "fork", "thread", "ptrace", "signal", "more rights", "namespace", "root", "code",
         "data to code", "socket", "packet socket", "local socket", "socket pair", "connect", "bind",
         "send to anybody", "read the system's", "list the root", "read elsewhere", "write elsewhere",
         "create elsewhere", "create a nameless file elsewhere", "write an input", "truncate an input",
         "read past a link", "read past ..", "create among inputs", "read a process's memory", "remove elsewhere",
         "change rights elsewhere", "change folder", "create past ..", "make a folder beside the output",
         "make a link beside the output"]
ALWAYS = ["data", "data to constant", "read an input", "read below an input", "list an input",
          "read past a link that was found"]
LIVE = ["accept", "answer", "append to the output", "create beside the output", "rename beside the output",
        "remove beside the output"]
# What only Landlock refuses: files, what a call allowed in a live run is used for, and what seccomp must leave to the
# sanitizers' runtimes.
BY_LANDLOCK = [name for name in NEVER if name.startswith(("read", "list", "write", "create", "truncate", "remove"))]
BY_LANDLOCK_TCP = ["bind"]
BY_LANDLOCK_SANITIZED = ["ptrace", "signal", "read a process's memory"]


def skip(what, why):
    print(f"skipped: {what}: {why}")


# ---- what the sandbox refuses ----

def lay_out(folder):
    """Folders in which anybody may do anything, so that whatever is refused is refused by the sandbox."""
    for name in ("inputs/below", "elsewhere", "out"):
        (folder / name).mkdir(parents=True)
    for name in ("inputs/first.pcap", "inputs/below/second.pcap", "elsewhere/secret", "elsewhere/found"):
        (folder / name).write_bytes(b"")
    (folder / "inputs/out").symlink_to("../elsewhere/secret")
    (folder / "inputs/found.pcap").symlink_to("../elsewhere/found")
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o777)


def undecided(note, run):
    """What this kernel, or this build, cannot be asked."""
    sanitized = "sanitizers" in note
    names = [] if "by Landlock" in note else [*BY_LANDLOCK]
    if "files and TCP" not in note and "files, TCP" not in note and run == "live":
        names += BY_LANDLOCK_TCP
    if sanitized:
        names += BY_LANDLOCK_SANITIZED if "signals by Landlock" not in note else ["read a process's memory"]
    return names


def check_probe(probe, run, folder):
    done = subprocess.run([probe, run, folder / "inputs", folder / "elsewhere", folder / "out",
                           folder / "inputs/found.pcap"], capture_output=True, text=True, check=False)
    note = done.stderr
    expect(f"{run}: the probe", done.returncode == 0 and note.count("\n") == 1, f"{done.returncode} {note}")
    if "by seccomp" not in note:
        skip(f"{run}: all attempts", note.strip())
        return
    found = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    for name in undecided(note, run):
        found.pop(name, None)
        skip(f"{run}: {name}", note.strip())
    allowed = ALWAYS + (LIVE if run == "live" else [])
    for name, answer in found.items():
        if name in allowed:
            expect(f"{run}: {name}", answer == "done", answer)
        elif name in NEVER or name in LIVE:
            expect(f"{run}: {name}", answer in ("EPERM", "EACCES"), answer)
    missing = set(NEVER + ALWAYS + LIVE) - found.keys() - set(undecided(note, run))
    expect(f"{run}: all attempts", not missing, missing)


# ---- the program itself ----

def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {line.split(":")[0]: line.split(":")[1].split() for line in lines}


def watch(what, arguments, check, sandboxed=True, **how):
    """Runs the program with a capture on a pipe, of which a part never comes, and looks at it meanwhile."""
    run = subprocess.Popen([str(argument) for argument in arguments], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)
    data = SAMPLE.read_bytes()
    run.stdin.write(data[:-8])
    run.stdin.flush()
    until = time.monotonic() + PATIENCE
    status = {}
    while time.monotonic() < until and run.poll() is None:
        status = status_of(run.pid)
        waits = status.get("State") == ["S", "(sleeping)"] and status["NoNewPrivs"] == ["1"]
        if waits and (status["Seccomp"] == ["2"] or not sandboxed):
            break
        time.sleep(0.02)
    seen = {name: status.get(name) for name in
            ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")}
    out, errors = run.communicate(data[-8:])
    expect(what, check(seen), seen)
    expect(f"{what}: the verdict", run.returncode == 1 and b"version.server_too_old" in out,
           f"{run.returncode} {errors.decode()}")
    return errors.decode()


def capabilities(status, name="CapEff"):
    return int(status[name][0], 16)


def is_bare(status):
    return all(capabilities(status, name) == 0 for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))


def is_user(status, uid):
    return status["Uid"] == [str(uid)] * 4


def is_shut(status):
    return status["NoNewPrivs"] == ["1"] and status["Seccomp"] == ["2"]


def status_uid(status):
    return int(status["Uid"][0])


def hear(manager, run, word):
    """Waits for a message that begins with the word; False when the program ended without it."""
    until = time.monotonic() + PATIENCE
    manager.settimeout(0.1)
    while time.monotonic() < until:
        ended = run.poll() is not None
        try:
            while True:
                if manager.recv(4096).startswith(word):
                    return True
        except TimeoutError:
            if ended:
                return False
    return False


def check_anybody(tlswhy):
    uid = os.geteuid()
    watch("in the sandbox", [tlswhy, "-"],
          lambda status: is_shut(status) and is_bare(status) and (uid == 0 or is_user(status, uid)))
    said = watch("--no-sandbox", [tlswhy, "--no-sandbox", "-"],
                 lambda status: status["Seccomp"] == ["0"] and is_bare(status), sandboxed=False)
    expect("--no-sandbox is said", said.count("\n") == 1 and "--no-sandbox" in said, said)
    done = subprocess.run([tlswhy, "-Z", "no-such-user", SAMPLE], capture_output=True, text=True, check=False)
    expect("-Z with a wrong name", done.returncode == 3 and "no-such-user" in done.stderr,
           f"{done.returncode} {done.stderr}")
    try:
        socket.getservbyname("https")
    except OSError:
        skip("a name in a filter", "the system knows none")
        return
    done = subprocess.run([tlswhy, "-f", "tcp port https or not port https", SAMPLE], capture_output=True, text=True,
                          check=False)
    expect("a name in a filter", done.returncode == 1 and not done.stderr, f"{done.returncode} {done.stderr}")


def check_root(tlswhy, folder):
    nobody = pwd.getpwnam("nobody")

    def became(status):
        return is_user(status, nobody.pw_uid) and status["Gid"] == [str(nobody.pw_gid)] * 4 and \
            "0" not in status["Groups"]

    watch("root is given up", [tlswhy, "-"],
          lambda status: became(status) and is_shut(status) and is_bare(status) and capabilities(status, "CapBnd") == 0)
    watch("-Z root", [tlswhy, "-Z", "root", "-"],
          lambda status: is_user(status, 0) and is_shut(status) and is_bare(status))
    watch("captures are still to be read", [tlswhy, "-", OK],
          lambda status: became(status) and is_shut(status) and capabilities(status) == READ_ANY_FILE
          and capabilities(status, "CapPrm") == READ_ANY_FILE)
    watch("the last capture is open", [tlswhy, OK, "-"],
          lambda status: became(status) and is_shut(status) and is_bare(status))
    private = folder / "private"
    updated = folder / "updated"
    updated.mkdir(mode=0o700)
    shutil.copy(SAMPLE, updated / "one.pcap")
    os.chown(updated, 1000, 1000)
    done = subprocess.run([tlswhy, "--check", updated, "--update"], capture_output=True, text=True, check=False)
    expect("--update in another user's folder", done.returncode == 0 and (updated / "one.expect.json").exists(),
           f"{done.returncode} {done.stderr}")
    os.mkfifo(updated / "two.pcap")
    run = subprocess.Popen([tlswhy, "--check", updated / "two.pcap", "--update"], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
    with open(updated / "two.pcap", "wb") as pipe:
        pipe.write(SAMPLE.read_bytes()[:24])
        pipe.flush()
        status = status_of(run.pid)
        expect("--update keeps the right to write files", is_shut(status) and is_user(status, 0)
               and capabilities(status) == capabilities(status, "CapPrm") == WRITE_ANY_FILE, status)
    run.communicate()
    private.mkdir(mode=0o700)
    for name in ("one.pcap", "two.pcap"):
        shutil.copy(SAMPLE, private / name)
        (private / name).chmod(0o600)
    for arguments in ([private], [private / "one.pcap"]):
        done = subprocess.run([tlswhy, *arguments], capture_output=True, text=True, check=False)
        expect("what only root may read", done.returncode == 1 and not done.stderr,
               f"{done.returncode} {done.stderr}")


def check_live(tlswhy, folder):
    """As a service manager starts it: heard of, confined, its report reopened, and ended."""
    out = folder / "reports"
    out.mkdir()
    out.chmod(0o777)
    report = out / "live.txt"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "notify"))
        run = subprocess.Popen([tlswhy, "-i", "lo", "--output", report], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True,
                               env={**os.environ, "NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "1000000"})
        ready = hear(manager, run, b"READY=1")
        if not ready:
            run.kill()
            errors = run.communicate()[1]
            if "ermission" in errors or "ermitted" in errors:
                skip("a live run", errors.strip())
            else:
                expect("live: READY", False, errors)
            return
        status = status_of(run.pid)
        expect("live: confined", is_user(status, pwd.getpwnam("nobody").pw_uid) and is_shut(status)
               and is_bare(status), status)
        expect("live: signs of life", hear(manager, run, b"WATCHDOG=1"))
        report.rename(out / "live.txt.1")
        run.send_signal(signal.SIGHUP)
        until = time.monotonic() + PATIENCE
        while not report.exists() and time.monotonic() < until:
            time.sleep(0.02)
        expect("live: the report is made anew", report.exists() and report.stat().st_uid == status_uid(status))
        run.send_signal(signal.SIGTERM)
        expect("live: STOPPING", hear(manager, run, b"STOPPING=1"))
        errors = run.communicate()[1]
        expect("live: its end", run.returncode in (0, 1) and "packets captured" in errors, f"{run.returncode} {errors}")


def check_installed(tlswhy, folder):
    """A copy that was given rights as a file."""
    if os.statvfs(folder).f_flag & os.ST_NOSUID:
        skip("a copy with rights of its own", "the file system gives none")
        return
    copy = folder / "tlswhy"
    shutil.copy(tlswhy, copy)
    copy.chmod(0o4755)
    done = subprocess.run([copy, SAMPLE], capture_output=True, text=True, check=False, user=65534, cwd="/")
    expect("setuid is refused", done.returncode == 3 and "setuid" in done.stderr and not done.stdout,
           f"{done.returncode} {done.stderr}")
    copy.chmod(0o755)
    if shutil.which("setcap") is None or \
            subprocess.run(["setcap", "cap_net_raw,cap_net_admin+ep", copy], check=False).returncode != 0:
        skip("a copy with capabilities", "no setcap, or it may not")
        return
    watch("a copy with capabilities gives them up", [copy, "-"],
          lambda status: is_user(status, 65534) and is_shut(status) and is_bare(status), user=65534, cwd="/")


def check_unit(tlswhy, folder):
    """The unit as it is installed, with the program of the build in it."""
    unit = pathlib.Path(tlswhy).resolve().parent / "packaging" / "tlswhy@.service"
    if shutil.which("systemd-analyze") is None:
        skip("the systemd unit", "no systemd-analyze")
        return
    text = unit.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    expect("the unit's program", len(lines) == 1 and lines[0].split()[0].endswith("/bin/tlswhy"), lines)
    copy = folder / "tlswhy@lo.service"
    copy.write_text(text.replace(lines[0].split()[0], f"ExecStart={pathlib.Path(tlswhy).resolve()}"), encoding="utf-8")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False)
    wrong = [line for line in done.stderr.splitlines() if "tlswhy" in line]
    expect("the systemd unit", not wrong, wrong)


def main():
    tlswhy, probe = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for run in ("replay", "live"):
            lay_out(folder / run)
            folder.chmod(0o755)
            check_probe(probe, run, folder / run)
        check_anybody(tlswhy)
        check_unit(tlswhy, folder)
        if os.geteuid() == 0:
            check_root(tlswhy, folder)
            check_installed(tlswhy, folder)
            check_live(tlswhy, folder)
        else:
            skip("how root is given up", "not root")
    return end()


if __name__ == "__main__":
    sys.exit(main())
