"""What was said of each connection, and which words are weaker than others."""

import collections
import fnmatch
import ipaddress
import json
from typing import NamedTuple

CONFIDENCE = {"possible": 1, "likely": 2, "certain": 3, None: 0}

# What remains to be said where packets are missing: each cause, and the more general ones that describe the same
# failure. The first row that fits counts. Besides, every failure may become incomplete.
HELLO = ["hello.reset", "hello.closed", "hello.no_reply", "abort.by_*", "abort.timeout"]
WEAKER = [
    ("version.mismatch", HELLO),
    ("version.*", ["version.mismatch", *HELLO]),
    ("cipher.*", HELLO),
    ("group.*", HELLO),
    ("signature.*", HELLO),
    ("alpn.*", HELLO),
    ("sni.*", HELLO),
    ("psk.*", HELLO),
    ("extension.*", HELLO),
    ("renegotiation.*", HELLO),
    ("certificate.unavailable", HELLO),
    ("dh.*", ["abort.by_*", "abort.timeout"]),
    ("certificate.rejected", ["abort.by_*", "abort.timeout"]),
    ("certificate.*", ["certificate.rejected", "abort.by_*", "abort.timeout"]),
    ("client_certificate.rejected", ["abort.by_*", "abort.timeout"]),
    (
        "client_certificate.*",
        ["client_certificate.rejected", "abort.by_*", "abort.timeout"],
    ),
    ("key.*", ["record.bad_mac", "abort.by_*"]),
    ("record.*", ["abort.by_*"]),
    ("hello.lost", ["hello.no_reply", "abort.timeout"]),
    ("hello.reset_by_middlebox", ["hello.reset", "abort.by_*"]),
    ("hello.*", ["abort.by_*", "abort.timeout"]),
    ("protocol.server_not_tls", HELLO),
    # Without the dialogue: a server that answers a ClientHello in clear.
    ("protocol.starttls_refused", ["protocol.server_not_tls", *HELLO]),
    ("abort.by_*", []),
    ("abort.timeout", []),
    ("abort.*", HELLO),
    # Of a server that answers a bare close with an alert, as OpenSSL does, only the alert may be left.
    ("transport.no_client_hello", ["abort.by_*"]),
    ("transport.*", []),
    ("*", []),
]
# What an alert says literally, and no more: where what it was about is missing, it may be told as a possibility.
LITERAL = [
    "record.*",
    "key.confirmation_failed",
    "sni.unrecognized",
    "psk.rejected",
    "extension.*",
    "certificate.*",
    "client_certificate.*",
    "abort.*",
]
NEVER_OPENED = "transport.*"


class Verdict(NamedTuple):
    """A connection as JSON has it, as far as it is compared."""

    client: tuple  # address and port
    server: tuple
    status: str
    cause: str | None
    confidence: str | None
    tls: str  # version, suite, names, fingerprints and certificates, as JSON

    def __str__(self):
        cause = f" {self.cause} ({self.confidence})" if self.cause else ""
        return self.status + cause

    def short(self):
        """What may not change."""
        return self.client, self.server, self.status, self.cause

    def renamed(self, names):
        """With the endpoints as `names` has them."""
        return self._replace(
            client=names.get(self.client, self.client), server=names.get(self.server, self.server)
        )

    def pair(self):
        """Both endpoints, whoever is the client."""
        return frozenset((self.client, self.server))


def endpoint(side):
    """An endpoint as segments.py has it."""
    return ipaddress.ip_address(side["ip"]).packed, side["port"]


def from_line(line):
    """The capture's path, and the verdict in a line of JSON."""
    said = json.loads(line)
    diagnosis = said.get("diagnosis", {})
    path = said.get("log", {}).get("file", {}).get("path", "")
    return path, Verdict(
        endpoint(said["client"]),
        endpoint(said["server"]),
        said["handshake"]["status"],
        diagnosis.get("cause"),
        diagnosis.get("confidence"),
        json.dumps(said.get("tls"), sort_keys=True),
    )


def by_endpoints(verdict):
    """An order of verdicts that does not depend on when a connection began."""
    return sorted(verdict.pair()), verdict.short()[2:]


def kept(before, after):
    """What is wrong where nothing may have changed."""
    if len(before) != len(after):
        return [f"{len(before)} connections became {len(after)}"]
    wrong = []
    before, after = sorted(before, key=str), sorted(after, key=str)
    groups = collections.defaultdict(lambda: ([], []))
    for side, verdicts in enumerate((before, after)):
        for verdict in verdicts:
            groups[verdict.pair()][side].append(verdict)
    for old, new in groups.values():
        if len(old) != len(new):
            wrong.append(f"{len(old)} connections of a pair became {len(new)}")
            continue
        wrong += [
            complaint for left, right in zip(old, new, strict=True) for complaint in changed(left, right)
        ]
    return wrong


def changed(old, new):
    """How two verdicts that should be equal differ."""
    if old.short() != new.short():
        ends = " (client and server changed places)" if old.client != new.client else ""
        yield f"{old} -> {new}{ends}"
    elif abs(CONFIDENCE[old.confidence] - CONFIDENCE[new.confidence]) > 1:
        yield f"{old} -> {new}"
    elif old.tls != new.tls:
        yield f"{old}: {difference(old.tls, new.tls)}"


def difference(old, new):
    """The first fact in which two connections differ."""
    old, new = json.loads(old) or {}, json.loads(new) or {}
    for key in sorted({*old, *new}):
        if old.get(key) != new.get(key):
            if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
                return f"{key} " + difference(json.dumps(old[key]), json.dumps(new[key]))
            return f"{key} {old.get(key)} -> {new.get(key)}"[:200]
    return "differs"


def weaker(old):
    """The causes that a cause may weaken to."""
    return next(allowed for cause, allowed in WEAKER if fnmatch.fnmatchcase(old or "", cause))


def may_become(old, new):
    """Whether a verdict may weaken to another."""
    if new.status == "incomplete":
        return True
    if old.status != new.status:
        # What failed behind a complete handshake had not failed yet.
        late = old.status == "failed" and '"established": true' in old.tls
        plain = old.cause == "protocol.client_not_tls" and new.status == "not_tls"
        return plain or (new.status == "established" and late)
    if new.status != "failed":
        return True
    if old.cause == new.cause:
        return CONFIDENCE[new.confidence] <= CONFIDENCE[old.confidence]
    if old.cause is None or new.cause is None:
        return new.cause is None
    general = weaker(old.cause)
    if new.confidence == "possible" and not fnmatch.fnmatchcase(old.cause, NEVER_OPENED):
        general = [*general, *LITERAL]
    return any(fnmatch.fnmatchcase(new.cause, pattern) for pattern in general)


def served(verdicts):
    """How many connections show what the server accepts."""
    return sum(verdict.status == "established" for verdict in verdicts)


def weakened(before, after):
    """What is wrong where verdicts may have weakened. One that rests on what other connections show is another one
    without them; but it may not be certain then, and a success stays one."""
    wrong = []
    alone = served(after) < served(before)
    for new in after:
        known = [old for old in before if old.pair() == new.pair()]
        if new.status == "incomplete" or any(may_become(old, new) for old in known):
            continue
        if alone and new.confidence != "certain" and any(old.status == new.status for old in known):
            continue
        wrong.append(f"{' or '.join(map(str, known)) or 'nothing'} -> {new}")
    return wrong
