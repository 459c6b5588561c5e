#!/usr/bin/env python3
"""What --junit, --sarif, --format zeek and GitHub's annotations say, read as their readers do: by an XML parser and a
JUnit schema, a JSON schema, a reader of Zeek's logs and the rules of workflow commands; over samples of every cause,
and over captures whose texts are there to break out of them. Each is held against --json of the same connections."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import urllib.parse
import xml.etree.ElementTree

from checked import end, expect
import hostile

TESTS = pathlib.Path(__file__).resolve().parent
SAMPLES = TESTS.parent / "samples"
AN_EVERY = 3  # samples: every third, and one of each cause

TLSWHY = None


def run(folder, *arguments, **environment):
    names = {name: value for name, value in os.environ.items() if name != "GITHUB_ACTIONS"}
    return subprocess.run([TLSWHY, *arguments], capture_output=True, check=False, cwd=folder,
                          env={**names, **environment})


def once(pairs):
    """An object whose keys are all different."""
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("twice the same key")
    return dict(pairs)


def unseemly(text, lines=True):
    """Characters that nobody must be shown: controls, marks of direction, what is no character."""
    return sorted({hex(ord(character)) for character in text
                   if not (lines and character == "\n")
                   and (unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
                        or 0x202A <= ord(character) <= 0x202E or 0x2066 <= ord(character) <= 0x2069
                        or ord(character) & 0xFFFE == 0xFFFE)})


# ---- JUnit ----


def check_junit(name, data, connections):
    text = data.decode("utf-8")
    root = xml.etree.ElementTree.fromstring(text)
    expect(f"{name}: JUnit's root", root.tag == "testsuites", root.tag)
    for element in root.iter():
        for part in (element.text or "", *element.attrib.values()):
            expect(f"{name}: JUnit's characters", not unseemly(part), unseemly(part))
    cases = []
    for suite in root:
        own = suite.findall("testcase")
        cases += own
        for attribute, found in (("tests", len(own)), ("failures", len(suite.findall("testcase/failure"))),
                                 ("skipped", len(suite.findall("testcase/skipped")))):
            expect(f"{name}: JUnit's {attribute} of {suite.get('name')}", suite.get(attribute) == str(found),
                   f"{suite.get(attribute)}, not {found}")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    expect(f"{name}: JUnit's cases have names of their own", len(set(names)) == len(names))
    expect(f"{name}: JUnit's cases", len(cases) == len(connections), f"{len(cases)}, not {len(connections)}")
    for case, connection in zip(cases, connections):
        check_case(name, case, connection)


def check_case(name, case, connection):
    status, diagnosis = connection["handshake"]["status"], connection.get("diagnosis", {})
    results = [child.tag for child in case]
    wanted = {"failed": ["failure"], "established": []}.get(status, ["skipped"])
    expect(f"{name}: JUnit's result of a connection that is {status}", results == wanted, results)
    if status == "failed" and "cause" in diagnosis:
        failure = case.find("failure")
        expect(f"{name}: JUnit's type", failure.get("type") == diagnosis["cause"], failure.get("type"))
        expect(f"{name}: JUnit's message", failure.get("message") == diagnosis["summary"], failure.get("message"))
        for remedy in diagnosis.get("remedies", []):
            word = remedy["text"].split()[0]
            expect(f"{name}: JUnit's text has the remedies", word in failure.text, word)


def check_schema(name, path):
    xmllint = shutil.which("xmllint")
    if xmllint is None:
        return
    done = subprocess.run([xmllint, "--noout", "--nonet", "--schema", TESTS / "schema" / "junit.xsd", path],
                          capture_output=True, text=True, check=False)
    expect(f"{name}: JUnit's schema", done.returncode == 0, done.stderr)


# ---- SARIF ----


def strings(value):
    """All strings in it, keys too, but those that may have several lines."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)
    elif isinstance(value, str):
        yield value


def check_sarif(name, folder, data, connections, validator):
    log = json.loads(data.decode("utf-8"), object_pairs_hook=once)
    for error in validator.iter_errors(log) if validator else ():
        expect(f"{name}: SARIF's schema", False, f"{'/'.join(map(str, error.absolute_path))}: {error.message}")
    expect(f"{name}: SARIF's characters", not any(unseemly(text) for text in strings(log)))
    sarif = log["runs"][0]
    rules = sarif["tool"]["driver"].get("rules", [])
    results = sarif["results"]
    for result in results:
        expect(f"{name}: SARIF's ruleIndex", rules[result["ruleIndex"]]["id"] == result["ruleId"])
        check_message(name, result["message"]["text"])
        check_place(name, folder, result)
    expect(f"{name}: SARIF's rules are different", len({rule["id"] for rule in rules}) == len(rules))
    prints = [result["partialFingerprints"]["tlswhyResult/v1"] for result in results]
    expect(f"{name}: SARIF's fingerprints are different", len(set(prints)) == len(prints))
    failed = [connection for connection in connections if connection["handshake"]["status"] == "failed"]
    errors = [result for result in results if result["level"] == "error"]
    expect(f"{name}: SARIF's errors", len(errors) == len(failed), f"{len(errors)}, not {len(failed)}")
    for result, connection in zip(errors, failed):
        check_result(name, result, connection)
    warnings = sum(len(connection.get("warnings", [])) for connection in connections)
    notes = sum(result["level"] == "note" for result in results)
    expect(f"{name}: SARIF's notes are the warnings", notes == warnings, f"{notes}, not {warnings}")
    return prints


def check_message(name, text):
    """No link, and no placeholder (3.11.5): a brace that is text is doubled."""
    expect(f"{name}: SARIF's message has no link", not re.search(r"\]\(", text), text)
    rest = text.replace("{{", "").replace("}}", "")
    expect(f"{name}: SARIF's message has no placeholder", "{" not in rest and "}" not in rest, text)


def check_place(name, folder, result):
    place = result["locations"][0]["physicalLocation"]
    path = urllib.parse.unquote_to_bytes(place["artifactLocation"]["uri"])
    expect(f"{name}: SARIF's file is there", os.path.exists(os.path.join(os.fsencode(folder), path)), path)
    expect(f"{name}: SARIF's file is relative", place["artifactLocation"].get("uriBaseId") == "%SRCROOT%")
    line = place["region"]["startLine"]
    expect(f"{name}: SARIF's message names the packet", f"(packet {line}; " in result["message"]["text"])


def check_result(name, result, connection):
    diagnosis = connection.get("diagnosis", {})
    expect(f"{name}: SARIF's rule is the cause", result["ruleId"] == diagnosis.get("cause", "failed"))
    properties = result["properties"]
    expect(f"{name}: SARIF's client", properties["client"]["port"] == connection["client"]["port"])
    if "cause" in diagnosis:
        expect(f"{name}: SARIF's confidence", properties["confidence"] == diagnosis["confidence"])
        frames = [item["frame"] for item in diagnosis.get("evidence", []) if "frame" in item]
        related = [location["physicalLocation"]["region"]["startLine"]
                   for location in result.get("relatedLocations", [])]
        expect(f"{name}: SARIF's evidence", frames == related, f"{related}, not {frames}")


# ---- Zeek ----

HISTORY = re.compile(r"[HCSVTXKRNYGFWUAZIBDEOPMJLQ]{0,100}", re.I)
TYPES = {
    "time": re.compile(r"\d+\.\d{6}"),
    "port": re.compile(r"\d{1,5}"),
    "addr": re.compile(r"[0-9a-f.:]+"),
    "bool": re.compile(r"[TF]"),
}


def unescape(field):
    """What Zeek's escapes stand for."""
    return re.sub(rb"\\(x[0-9a-f]{2}|\\)",
                  lambda found: b"\\" if found[1] == b"\\" else bytes([int(found[1][1:], 16)]), field)


def read_zeek(name, data):
    """The lines of a log, as its own head says they are to be read."""
    head, rows = {}, []
    for line in data.decode("utf-8").split("\n")[:-1]:
        if line.startswith("#separator "):
            head["separator"] = line.split(" ", 1)[1].encode().decode("unicode_escape")
        elif line.startswith("#"):
            word, *values = line[1:].split(head["separator"])
            head[word] = values
        else:
            fields = line.split(head["separator"])
            expect(f"{name}: Zeek's columns", len(fields) == len(head["fields"]), len(fields))
            rows.append({})
            for field, column, kind in zip(fields, head["fields"], head["types"]):
                if field != head["unset_field"][0]:
                    expect(f"{name}: Zeek's {column}", kind not in TYPES or TYPES[kind].fullmatch(field), field)
                    rows[-1][column] = "" if field == head["empty_field"][0] else field
    expect(f"{name}: Zeek's types", len(head["types"]) == len(head["fields"]))
    expect(f"{name}: Zeek's log is closed", "close" in head)
    return rows


def check_zeek(name, data, connections):
    expect(f"{name}: Zeek's characters", not unseemly(data.decode("utf-8").replace("\t", "")))
    rows = read_zeek(name, data)
    expect(f"{name}: Zeek's lines", len(rows) == len(connections), f"{len(rows)}, not {len(connections)}")
    expect(f"{name}: Zeek's uids are different", len({row["uid"] for row in rows}) == len(rows))
    for row, connection in zip(rows, connections):
        tls, diagnosis = connection.get("tls", {}), connection.get("diagnosis", {})
        expect(f"{name}: Zeek's ssl_history", HISTORY.fullmatch(row["ssl_history"]), row["ssl_history"])
        for column, wanted in (
            ("id.orig_h", connection["client"]["ip"]), ("id.orig_p", str(connection["client"]["port"])),
            ("id.resp_h", connection["server"]["ip"]), ("id.resp_p", str(connection["server"]["port"])),
            ("cipher", tls.get("cipher")), ("curve", tls.get("curve")),
            ("server_name", tls.get("client", {}).get("server_name")), ("next_protocol", tls.get("next_protocol")),
            ("established", {True: "T", False: "F"}.get(tls.get("established"))),
            ("resumed", {True: "T", False: "F"}.get(tls.get("resumed"))),
            ("status", connection["handshake"]["status"]), ("cause", diagnosis.get("cause")),
            ("confidence", diagnosis.get("confidence")), ("reason", diagnosis.get("summary")),
        ):
            found = row.get(column) and unescape(row[column].encode()).decode("utf-8")
            expect(f"{name}: Zeek's {column}", (found or None) == wanted, f"{found!r}, not {wanted!r}")


CORPUS = TESTS.parent.parent / "shared" / "corpus"
# Where we see more than Zeek did: it gave up on the connection before its end.
GIVEN_UP = {("tls__tls1.2-late-protocol-error", "established"), ("tls__tls1.2-late-protocol-error", "ssl_history")}


def check_against_zeek():
    """Zeek's own logs of other projects' captures say the same, as far as both say something."""
    compared = 0
    for truth in sorted(CORPUS.glob("*/*.jsonl")):
        wanted = {}
        for connection in map(json.loads, truth.read_text(encoding="utf-8").splitlines()):
            log = connection.get("peers", {}).get("zeek", {})
            if connection.get("kind") == "tls" and "ssl_history" in log:
                ends = connection["client"], connection["server"]
                wanted[tuple(str(end[key]) for end in ends for key in ("ip", "port"))] = log
        captures = [path for path in truth.parent.glob(truth.stem + ".pcap*")]
        if not wanted or not captures:
            continue
        for row in read_zeek(truth.stem, run(truth.parent, "--format", "zeek", captures[0]).stdout):
            log = wanted.pop(tuple(row[f"id.{end}_{key}"] for end in ("orig", "resp") for key in "hp"), {})
            for column, value in log.items():
                if column in row and (truth.stem, column) not in GIVEN_UP:
                    compared += 1
                    expect(f"{truth.stem}: {column} as in Zeek's log", row[column] == value,
                           f"{row[column]}, not {value}")
        expect(f"{truth.stem}: the connections of Zeek's log", not wanted, wanted)
    if compared == 0:
        print("skipped: our ssl.log against Zeek's: no corpus at hand")


# ---- annotations ----

COMMAND = re.compile(r"::(error|notice) ((?:[a-z]+=[^,:\r\n]*)(?:,[a-z]+=[^,:\r\n]*)*)::(.*)")


def unquoted(text):
    expect("annotations: every % is an escape's", not re.search(r"%(?!25|0D|0A|3A|2C)", text), text)
    return re.sub(r"%(25|0D|0A|3A|2C)", lambda found: chr(int(found[1], 16)), text)


def check_annotations(name, data, connections):
    failed = [connection for connection in connections if connection["handshake"]["status"] == "failed"]
    lines = data.decode("utf-8").split("\n")[:-1]
    shown = [COMMAND.fullmatch(line) for line in lines]
    expect(f"{name}: annotations are commands", all(shown), lines)
    errors = [command for command in shown if command and command[1] == "error"]
    expect(f"{name}: annotations", len(errors) == min(10, len(failed)), len(errors))
    more = [command for command in shown if command and command[1] == "notice"]
    expect(f"{name}: annotations say how many more", [command[3].split()[0] for command in more] ==
           ([str(len(failed) - 10)] if len(failed) > 10 else []))
    for command, connection in zip(errors, failed):
        text = unquoted(command[3])
        properties = dict(part.split("=", 1) for part in command[2].split(","))
        expect(f"{name}: annotations' characters", not unseemly(text), text)
        file = connection["log"]["file"]["path"].removeprefix("./")
        expect(f"{name}: an annotation's file", unquoted(properties["file"]) == file, properties["file"])
        expect(f"{name}: an annotation's title is the cause",
               unquoted(properties["title"]) == connection.get("diagnosis", {}).get("cause", "failed"))
        expect(f"{name}: an annotation says why",
               text.startswith(connection.get("diagnosis", {}).get("summary", "failed")))


# ---- all of them ----


def check(name, folder, captures, validator):
    """All reports of one run, and --json's of the same captures."""
    lines = run(folder, "--json", *captures).stdout.split(b"\n")[:-1]
    connections = [json.loads(line) for line in lines]
    junit, sarif = folder / "junit.xml", folder / "result.sarif"
    done = run(folder, "--junit", junit, "--sarif", sarif, "--format", "zeek", *captures, GITHUB_ACTIONS="true")
    expect(f"{name}: the exit status", done.returncode == 1, done.returncode)
    check_junit(name, junit.read_bytes(), connections)
    check_schema(name, junit)
    prints = check_sarif(name, folder, sarif.read_bytes(), connections, validator)
    check_zeek(name, done.stdout, connections)
    check_annotations(name, done.stderr, connections)
    junit_again, sarif_again = junit.read_bytes(), sarif.read_bytes()
    again = run(folder, "--junit", junit, "--sarif", sarif, "--format", "zeek", *captures)
    expect(f"{name}: twice the same", (again.stdout, junit.read_bytes(), sarif.read_bytes()) ==
           (done.stdout, junit_again, sarif_again))
    expect(f"{name}: no annotation without GitHub", again.stderr == b"", again.stderr)
    piped = run(folder, "--junit", "/dev/stderr", *captures)
    expect(f"{name}: JUnit into a pipe is the same", piped.stderr == junit_again)
    return prints


def chosen_samples():
    """One of each cause, and of the others some."""
    causes, chosen = set(), []
    for number, path in enumerate(sorted(SAMPLES.glob("*.pcap*"))):
        cause = path.name.split("~")[0]
        if path.name.endswith((".pcap", ".pcapng")) and (cause not in causes or number % AN_EVERY == 0):
            causes.add(cause)
            chosen.append(path)
    return chosen


def check_moved(folder, prints):
    """The same captures in another folder have the same fingerprints."""
    other = folder / "moved" / "deeper"
    other.mkdir(parents=True)
    shutil.copytree(folder / "captures", other / "captures")
    sarif = other / "result.sarif"
    run(other, "--sarif", sarif, str(other / "captures"))
    names = [place["uri"] for place in
             (result["locations"][0]["physicalLocation"]["artifactLocation"]
              for result in json.loads(sarif.read_text())["runs"][0]["results"])]
    moved = [result["partialFingerprints"]["tlswhyResult/v1"]
             for result in json.loads(sarif.read_text())["runs"][0]["results"]]
    expect("moved: the same fingerprints", moved == prints)
    expect("moved: paths relative to the new folder", all(name.startswith("captures/") for name in names))


def check_unwritable(folder, capture):
    """A report that cannot be written costs the status, and no other report."""
    sarif = folder / "kept.sarif"
    done = run(folder, "--junit", "no/such/folder.xml", "--sarif", sarif, "--json", capture)
    expect("unwritable: the status", done.returncode == 3, done.returncode)
    expect("unwritable: the file is named", b"no/such/folder.xml" in done.stderr, done.stderr)
    expect("unwritable: the others are written", json.loads(sarif.read_text())["runs"] and done.stdout)
    if os.path.exists("/dev/full"):
        done = run(folder, "--junit", "/dev/full", "--json", capture)
        expect("full: the status", done.returncode == 3, done.returncode)
        expect("full: the file is named", b"/dev/full" in done.stderr, done.stderr)


def sarif_validator():
    try:
        import jsonschema
    except ImportError:
        print("skipped: SARIF against its schema: no Python module jsonschema")
        return None
    schema = json.loads((TESTS / "schema" / "sarif.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def main():
    global TLSWHY
    TLSWHY = str(pathlib.Path(sys.argv[1]).resolve())
    validator = sarif_validator()
    if shutil.which("xmllint") is None:
        print("skipped: JUnit against its schema: no xmllint")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name).resolve()
        (folder / "captures").mkdir()
        for path in chosen_samples():
            shutil.copy(path, folder / "captures")
        prints = check("samples", folder, ["captures"], validator)
        check_moved(folder, prints)
        hostile.write(folder / "hostile.pcap")
        check("hostile texts", folder, ["hostile.pcap"], validator)
        for number, text in enumerate(hostile.TEXTS):
            capture = os.path.join(os.fsencode(folder), text.replace(b"/", b"_").replace(b"\0", b"") + b".pcap")
            shutil.copy(os.fsencode(folder / "hostile.pcap"), capture)
            check(f"hostile file name {number}", folder, [b"./" + os.path.basename(capture)], validator)
        check_unwritable(folder, "hostile.pcap")
    check_against_zeek()
    return end()


if __name__ == "__main__":
    sys.exit(main())
