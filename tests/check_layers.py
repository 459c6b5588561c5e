#!/usr/bin/env python3
"""The rules between rooms that the build itself does not keep: who may include what, where memory is
allocated, and how long files and functions may be."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Which rooms may reach for a library's headers.
LIBRARIES = {
    r"pcap(/|\.h)": {"analyzer/capture/capture.c", "analyzer/capture/source", "analyzer/capture/saved", "analyzer/capture/links.c",
                "analyzer/capture/interface", "analyzer/capture/listing.c"},
    r"ndpi": {"analyzer/tracking/classify.c"},
    r"json(-c)?/": {"analyzer/report/json", "analyzer/report/expect", "analyzer/report/diff",
                      "analyzer/report/sarif"},
    r"openssl/": {"analyzer/tracking/chain", "analyzer/tracking/x509", "analyzer/tracking/fingerprint.c",
                 "analyzer/tracking/keylog.c", "analyzer/tracking/unseal", "analyzer/report/html/html_frame.c"},
    r"microhttpd": {"analyzer/metrics.c"},
    r"(zlib|zstd)\.h": {"analyzer/capture/expand.c"},
    r"seccomp\.h": {"analyzer/capture/calls.c"},
    r"cap-ng\.h": {"analyzer/capture/privileges.c"},
}
# Which folders never include which others.
NEVER = {
    "dissectors": ["tracking/", "diagnosis/", "report/", "capture/", "engine.h", "options.h"],
    "analyzer/diagnosis": ["tracking/stream.h", "tracking/session.h", "tracking/flow.h", "capture/",
                           "report/", "engine.h", "wire.h"],
    "analyzer/report": ["tracking/stream.h", "tracking/session.h", "tracking/flow.h", "capture/",
                        "engine.h", "wire.h"],
    "analyzer/tracking": ["diagnosis/", "report/", "capture/", "engine.h"],
    "analyzer/capture": ["tracking/", "diagnosis/", "report/", "engine.h"],
}
# Which rooms own memory.
OWNERS = ("analyzer/tracking/", "analyzer/capture/", "analyzer/report/", "analyzer/diagnosis/servers.c",
          "analyzer/engine.c", "analyzer/connections.c", "analyzer/judgement.c", "analyzer/pending.c",
          "analyzer/options.c",
          "analyzer/check.c", "analyzer/compare.c", "analyzer/metrics.c")
STDERR = ("analyzer/main.c", "analyzer/replay.c", "analyzer/check.c", "analyzer/compare.c", "analyzer/live.c",
          "analyzer/outputs.c", "analyzer/options.c", "analyzer/progress.c", "analyzer/terminal.c",
          "analyzer/capture/")
FILE_LINES = 600
FUNCTION_LINES = 60


def sources():
    for folder in ("dissectors", "analyzer"):
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def includes(text):
    return re.findall(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', text, re.M)


def library_complaints(name, text):
    for include in includes(text):
        for library, rooms in LIBRARIES.items():
            if re.match(library, include) and not any(name.startswith(room) for room in rooms):
                yield f"{name}: includes {include}"


def folder_complaints(name, text):
    for folder, forbidden in NEVER.items():
        if name.startswith(folder + "/"):
            for include in includes(text):
                if any(include.startswith(other) for other in forbidden):
                    yield f"{name}: includes {include}"


def memory_complaints(name, text):
    text = without_comments(text)
    calls = re.search(r"\b(malloc|calloc|realloc|strdup|strndup)\s*\(", text)
    if calls and not name.startswith(OWNERS):
        yield f"{name}: calls {calls.group(1)}"
    if re.search(r"\bstderr\b|\bperror\b", text) and not name.startswith(STDERR):
        yield f"{name}: writes to stderr"
    if name.startswith("dissectors/") and re.search(r"\b(printf|fopen|time|getenv)\s*\(", text):
        yield f"{name}: is not pure"


def length_complaints(name, text):
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{name}: {len(lines)} lines"
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start - 1 > FUNCTION_LINES:
                yield f"{name}:{start}: a function of {number - start - 1} lines"
            start = None


def code_complaints(name, text):
    """--fail-on and --allow know the warnings by the table in warnings.c: it holds them all."""
    if not name.startswith("analyzer/diagnosis/warnings"):
        return
    table = re.search(r"CODES\[\] = {(.*?)};", (ROOT / "analyzer/diagnosis/warnings.c").read_text(), re.S)
    known = set(re.findall(r'"([^"]+)"', table.group(1)))
    rest = text.replace(table.group(0), "")
    for code in re.findall(r'"([a-z_]+\.[a-z_]{2,})"', rest):
        if code not in known:
            yield f"{name}: the code {code} is not in CODES of warnings.c"


def main():
    checks = complaints = 0
    for name, text in sources():
        for check in (library_complaints, folder_complaints, memory_complaints, length_complaints,
                      code_complaints):
            found = list(check(name, text))
            checks += not found
            complaints += len(found)
            for complaint in found:
                print(complaint)
    print(f"{checks} passed, {complaints} failed")
    return 1 if complaints or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
