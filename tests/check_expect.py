#!/usr/bin/env python3
"""--check: the samples are as samples/expect.json says, and what is not as expected is told of, field by
field, with the right exit status. And --fail-on and --allow, over whole runs."""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import checked

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
OLD = "version.server_too_old~silent-reset-java"  # three established at TLS 1.0, one failed
FINE = "ok~accepted-ecdsa"
STALE = "certificate.expired~bc-openssl-12"
SCHEMA = json.loads((ROOT / "tests/schema/connection.schema.json").read_text(encoding="utf-8"))

TLSWHY = None


def run(*arguments, **how):
    return subprocess.run([TLSWHY, *map(str, arguments)], capture_output=True, text=True, check=False, **how)


def expect(what, done, status, *words, errors=()):
    """This status, these words on stdout, and one line on stderr for each of `errors`."""
    wrong = [] if done.returncode == status else [f"status {done.returncode}, not {status}"]
    wrong += [f"no {word!r} on stdout" for word in words if word not in done.stdout]
    wrong += [f"no {word!r} on stderr" for word in errors if word not in done.stderr]
    if len(done.stderr.splitlines()) != len(errors):
        wrong.append(f"{len(done.stderr.splitlines())} lines on stderr, not {len(errors)}")
    checked.expect(what, not wrong, "; ".join(wrong), done.stdout + done.stderr)


class Folder:
    """Copies of a few samples, to have expectations beside them."""

    def __init__(self, *names):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="expect-"))
        for name in names:
            shutil.copy(SAMPLES / f"{name}.pcap", self.path)

    def write(self, name, text):
        path = self.path / (name if name.endswith(".json") else f"{name}.expect.json")
        path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
        return path

    def check(self, *options):
        return run("--check", self.path, *options)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        shutil.rmtree(self.path)


def check_samples():
    done = run("--check", SAMPLES, "--strict")
    expect("the samples", done, 0, " 0 not, 0 without expectation")


def check_differences():
    with Folder(STALE) as folder:
        wrong = {"tls": {"version": "1.3"}, "diagnosis": {"cause": "certificate.weak"}, "server": {"port": 443}}
        path = folder.write(STALE, "[\n\n" + json.dumps(wrong) + "]")
        expect("a planted expectation", folder.check(), 1, "not as expected", f"{path.name}:3",
               '"certificate.weak"', '"certificate.expired"', '"1.3"', '"1.2"', "1 capture: 0 as expected, 1 not")
        lines = [json.loads(line)["check"] for line in folder.check("--json").stdout.splitlines()]
        checked.expect("a planted expectation, in JSON", len(lines) == 1 and lines[0]["finding"] == "differs" and
             {"field": "tls.version", "expected": "1.3", "found": "1.2"} in lines[0]["differences"] and
             len(lines[0]["differences"]) == 2 and lines[0]["line"] == 3)
        junit = folder.path / "report.xml"
        expect("a planted expectation, in JUnit", folder.check("--junit", junit), 1)
        checked.expect("JUnit counts it", "<failure" in junit.read_text() and "certificate.weak" in junit.read_text())
        folder.write(STALE, [{"server": {"port": 443}}, {"server": {"port": 443}}])
        expect("two expectations, one connection", folder.check(), 1, "not in the capture")
        folder.write(STALE, [])
        expect("a failure that nothing names", folder.check(), 1, "✗", "certificate.expired (likely)")
        expect("a failure that is allowed", folder.check("--allow", "certificate"), 0)
        folder.write(STALE, [{"diagnosis": None}])
        expect("a diagnosis that should not be", folder.check(), 1, "nothing")
        folder.write(STALE, [{"tls": {"client": {"ja3": None, "nothing": None}}}])
        expect("null for an unknown field", folder.check(), 3, errors=["tls.client.nothing"])


def check_matching():
    """Each expectation finds a connection of its own, however the file is ordered."""
    with Folder(OLD) as folder:
        folder.write(OLD, [{}, {"handshake": {"status": "failed"}}, {"tls": {"version": "1.0"}}])
        expect("the general before the specific", folder.check(), 0)
        folder.write(OLD, [{"tls": {"version": "1.0"}}] * 4)
        expect("one too many", folder.check(), 1)
        steps = [{"what": "client_hello", "from": "client"}, {"what": "rst", "from": "server"}]
        warnings = [{"code": "sni.missing"}]
        folder.write(OLD, [{"handshake": {"status": "failed", "steps": steps}, "warnings": warnings}])
        expect("lists of objects, in part", folder.check(), 0)
        folder.write(OLD, [{"handshake": {"status": "failed", "steps": steps[::-1]}}])
        expect("steps in another order", folder.check(), 1, "handshake.steps")
        folder.write(OLD, [{"handshake": {"status": "failed", "client": {"versions": ["1.2"]}}}])
        expect("a list of texts, in part", folder.check(), 1, '["1.2","1.1"]')
        folder.write(OLD, [{"handshake": {"status": "failed"}, "server": {"port": 443.0}}])
        expect("443.0", folder.check(), 0)


def check_files():
    with Folder(FINE, STALE) as folder:
        expect("no expectations", folder.check(), 0, "2 without expectation")
        expect("no expectations, strictly", folder.check("--strict"), 1, "2 without expectation")
        folder.write(FINE, [{"handshake": {"status": "established"}}])
        for text, words in (("[\n{", "is no JSON"), ("[{}]\n[]", "is no JSON"), ("{}", "wants a list"),
                            ("[[]]", "wants a list"), ('[\n\n{"tls":{\n"versoin":"1.2"}}]', ":4: tls.versoin"),
                            ('[{"tls":{"version":1.2}}]', "tls.version: is a text"),
                            ('[{"handshake":{"steps":["syn"]}}]', "handshake.steps: is a list of objects"),
                            ("[" * 100 + "]" * 100, "is no JSON"), ("", "is no JSON"),
                            ('[{"tls":{"cipher":"\xff"}}]'.encode("latin-1"), "is no JSON")):
            path = folder.path / f"{STALE}.expect.json"
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            expect(f"expectations {text!r:.30}", folder.check("--all"), 3, "established",
                   errors=[path.name])
            checked.expect(f"{text!r:.30}: {words}", words in folder.check().stderr)
        (folder.path / f"{STALE}.expect.json").unlink()
        folder.write("expect.json", {f"{STALE}.pcap": [{"diagnosis": {"cause": "certificate.expired"}}]})
        expect("a folder's file", folder.check("--strict"), 0, "2 as expected")
        folder.write("expect.json", {f"{STALE}.pcap": [], "gone.pcap": [{"server": {"ip": "10.0.0.1"}}]})
        expect("a capture that is gone", folder.check(), 1, "gone.pcap", "10.0.0.1", "not in the capture")
        folder.write("expect.json", {f"{STALE}.pcap": {}})
        expect("a folder's file that is none", folder.check(), 3, errors=["expect.json:1"])
        expect("no capture", run("--check", folder.path / "none.pcap"), 3, errors=["none.pcap"])


def check_update():
    with Folder(OLD, FINE) as folder:
        expect("expectations are written", folder.check("--update"), 0, f"{OLD}.expect.json", f"{FINE}.expect.json")
        expect("and met", folder.check("--strict"), 0, "2 as expected")
        written = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.path.glob("*.json")}
        expect("nothing more to write", folder.check("--update"), 0, "nothing to write")
        checked.expect("what is met is left alone",
             written == {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in written})
        text = (folder.path / f"{OLD}.expect.json").read_text()
        checked.expect("no ports of clients, no times, no random values",
             not any(word in text for word in ("timestamp", "ja3", "duration", "frame", '"client":{"port"')))
        mine = {"tls": {"version": "1.2", "curve": "x448"}, "handshake": {"status": "failed"}, "warnings": []}
        folder.write(FINE, [mine])
        expect("a choice of fields", folder.check("--update"), 0)
        kept = json.loads((folder.path / f"{FINE}.expect.json").read_text())
        checked.expect("is kept, with new values", len(kept) == 1 and list(kept[0]) == ["tls", "handshake", "warnings"] and
             kept[0]["handshake"] == {"status": "established"} and kept[0]["tls"]["version"] == "1.3")
        checked.expect("no draft is left", not [path for path in folder.path.iterdir() if path.suffix not in (".json", ".pcap")])
        for path in folder.path.glob("*.expect.json"):
            path.unlink()
        folder.write("expect.json", "{}")
        expect("into the folder's file", folder.check("--update"), 0, "expect.json", "1 file")
        checked.expect("by name", list(json.loads((folder.path / "expect.json").read_text())) ==
             sorted([f"{OLD}.pcap", f"{FINE}.pcap"]))
        (folder.path / f"{FINE}.pcap").unlink()
        expect("what is gone goes", folder.check("--update"), 0)
        checked.expect("from the folder's file", list(json.loads((folder.path / "expect.json").read_text())) == [f"{OLD}.pcap"])


def paths(schema, path=""):
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].split("/")[-1]]
    if schema.get("type") == "array":
        yield from paths(schema.get("items", {}), path) if "object" in str(schema.get("items")) else [path]
    elif "properties" in schema:
        for key, value in schema["properties"].items():
            yield from paths(value, f"{path}.{key}" if path else key)
    else:
        yield path


def expectation(path):
    """One that says of this field that it should be absent."""
    lists = [name for name in ("handshake.steps", "diagnosis.evidence", "diagnosis.remedies",
                               "diagnosis.alternatives", "warnings") if path.startswith(name + ".")]
    value = None
    for i in reversed(range(len(path.split(".")))):
        value = {path.split(".")[i]: value}
        if lists and i == len(lists[0].split(".")):
            value = [value]
    return value


def check_fields():
    """Every field of the schema can be expected."""
    with Folder(FINE) as folder:
        folder.write(FINE, [expectation(path) for path in paths(SCHEMA)])
        done = folder.check()
        checked.expect(f"every field can be expected: {done.stderr}", done.returncode == 1 and not done.stderr)


def check_policy():
    old, fine = SAMPLES / f"{OLD}.pcap", SAMPLES / f"{FINE}.pcap"
    for status, capture, *options in (
            (1, old), (0, fine), (0, old, "--allow", "version"), (0, old, "--fail-on", "certificate"),
            (1, old, "--fail-on", "version.server_too_old"), (0, old, "--allow", "hello.reset,version.server_too_old"),
            (1, old, "--allow", "version", "--fail-on", "failed,below-tls1.2"),
            (1, old, "--fail-on", "version.obsolete"), (0, fine, "--fail-on", "below-tls1.3"),
            (1, fine, "--fail-on", "established"), (1, old, "--fail-on", "sni.missing", "--fail-on", "hello"),
            (0, old, "--fail-on", "warning", "--allow", "sni.missing,version.obsolete")):
        expect(" ".join(options) or "no policy", run(capture, "-q", *options), status)
        expect(f"{' '.join(options)} --json", run(capture, "--json", *options), status)
    expect("an unknown name", run(fine, "--fail-on", "version.server_to_old"), 2,
           errors=["did you mean version.server_too_old?"])
    expect("an unknown name to allow", run("--check", SAMPLES, "--allow", "chipher.weak"), 2, errors=["cipher.weak"])


def main():
    global TLSWHY
    TLSWHY = sys.argv[1]
    for check in (check_samples, check_differences, check_matching, check_files, check_update, check_fields,
                  check_policy):
        check()
    return checked.end()


if __name__ == "__main__":
    sys.exit(main())
