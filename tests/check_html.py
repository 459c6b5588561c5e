#!/usr/bin/env python3
"""The HTML report: well-formed, complete, safe against what the wire and file names hold, within its bounds; and, where
Chromium is installed, as a reader meets it: loaded, sorted, filtered, in both colours, on a narrow screen."""

import base64
import collections
import hashlib
import html.parser
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

from checked import end, expect
import browser
import hostile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "samples"
ROOTS = ROOT / "tests" / "authorities.pem"
TOLD, EACH = 500, 5  # as html_page.c has them
VOID = {"meta", "br", "hr", "img", "link", "input"}

TLSWHY = None


# ---- reading a page ----


class Page(html.parser.HTMLParser):
    """What a browser's parser makes of a page: its elements, and its text by connection."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.raw = [], [], collections.defaultdict(str)
        self.connections, self.outside, self.current = {}, "", None
        self.wrong = []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> stays open" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if len(dict(attributes)) != len(attributes):
            self.wrong.append(f"<{tag}> has an attribute twice")
        if tag == "tbody" and "connection" in dict(attributes).get("class", ""):
            self.current = dict(attributes)["id"]
            self.connections[self.current] = ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")
        if tag == "tbody":
            self.current = None

    def handle_data(self, data):
        if self.open and self.open[-1] in ("style", "script"):
            self.raw[self.open[-1]] += data
        elif self.current:
            self.connections[self.current] += data + " "
        else:
            self.outside += data + " "


def plain(text):
    return " ".join(text.split())


def tell(*arguments):
    """The page, and what --json says of the same run."""
    with tempfile.NamedTemporaryFile(suffix=".html") as file:
        done = subprocess.run([TLSWHY, "--json", "--html", file.name, "--ca-file", ROOTS, *map(str, arguments)],
                              capture_output=True, check=False)
        text = pathlib.Path(file.name).read_text(encoding="utf-8")
    expect("the run ends well", done.returncode in (0, 1), done.stderr.decode())
    return text, [json.loads(line) for line in done.stdout.splitlines()]


# ---- what every page must be ----


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def check_policy(name, page):
    policies = [a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    expect(f"{name}: one policy", len(policies) == 1, policies)
    rules = dict(rule.strip().split(" ", 1) for rule in policies[0].split(";"))
    expect(f"{name}: the policy forbids what it does not name", rules.get("default-src") == "'none'", rules)
    for kind in ("style", "script"):
        expect(f"{name}: the policy names this {kind} and nothing else",
               rules.get(f"{kind}-src") == f"'{digest(page.raw[kind])}'", rules.get(f"{kind}-src"))
    first = next(i for i, (tag, _) in enumerate(page.elements) if tag in ("style", "script"))
    expect(f"{name}: the policy stands before what it is about",
           any("http-equiv" in a for _, a in page.elements[:first]))


def check_elements(name, page):
    attributes = [(tag, key, value or "") for tag, all_of in page.elements for key, value in all_of.items()]
    expect(f"{name}: nothing is closed wrongly", not page.wrong, page.wrong[:5])
    expect(f"{name}: no element that loads or runs",
           not [tag for tag, _ in page.elements
                if tag in ("img", "iframe", "object", "embed", "link", "base", "form", "video", "audio")])
    expect(f"{name}: one style and one script",
           [tag for tag, _ in page.elements if tag in ("style", "script")] == ["style", "script"])
    expect(f"{name}: no style or handler in an attribute",
           not [key for _, key, _ in attributes if key == "style" or key.startswith("on")])
    expect(f"{name}: no address of another place in an attribute",
           not [value for _, key, value in attributes
                if key in ("src", "href", "action", "xlink:href") and not value.startswith("#")])
    expect(f"{name}: no address in the style or the script",
           not re.search(r"url\(|@import|https?:|fetch\(|XMLHttp", page.raw["style"] + page.raw["script"]))
    ids = [value for _, key, value in attributes if key == "id"]
    expect(f"{name}: every id once", len(ids) == len(set(ids)),
           [one for one, count in collections.Counter(ids).items() if count > 1][:5])
    lost = [value for _, key, value in attributes if key == "href" and value[1:] not in ids]
    lost += [value for _, key, value in attributes if key == "aria-labelledby" and value not in ids]
    expect(f"{name}: every reference leads somewhere", not lost, lost[:5])


def check_page(name, text):
    page = Page(text)
    try:
        xml.etree.ElementTree.fromstring(
            re.sub(r"(?s)<(style|script)>.*?</\1>", "", text.replace("<!DOCTYPE html>", "")))
        expect(f"{name}: well-formed", True)
    except xml.etree.ElementTree.ParseError as error:
        expect(f"{name}: well-formed", False, error)
    expect(f"{name}: no control character",
           not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]", text))
    check_policy(name, page)
    check_elements(name, page)
    return page


# ---- what it must say ----


def said_of(line):
    """Everything that --json says of a connection and the page must say, too."""
    diagnosis, handshake = line.get("diagnosis", {}), line["handshake"]
    words = [diagnosis.get("cause"), diagnosis.get("confidence"), diagnosis.get("summary"), diagnosis.get("reproduce"),
             line["tls"].get("client", {}).get("server_name") if "tls" in line else None]
    words += [item["text"] for item in diagnosis.get("evidence", [])]
    words += [f"#{item['frame']}" for item in diagnosis.get("evidence", []) if "frame" in item]
    words += [item["text"] for item in diagnosis.get("remedies", [])]
    words += [other[key] for other in diagnosis.get("alternatives", []) for key in ("cause", "summary") if key in other]
    words += [warning[key] for warning in line.get("warnings", []) for key in ("code", "text")]
    words += handshake.get("unseen", [])
    words += handshake.get("client", {}).get("alpn", []) + handshake.get("client", {}).get("groups", [])
    return [plain(word) for word in words if word and word != "Reserved (GREASE)"]


def check_contents(name, page, lines):
    """Each connection that failed is told of whole."""
    expect(f"{name}: as many connections as --json has", len(page.connections) == len(lines),
           f"{len(page.connections)}, not {len(lines)}")
    for number, line in enumerate(lines, 1):
        told = plain(page.connections.get(f"c{number}", ""))
        missing = [word for word in said_of(line) if word not in told]
        expect(f"{name}: connection {number} is told of whole", not missing, missing[:3])
    failed = [line for line in lines if line["handshake"]["status"] == "failed"]
    expect(f"{name}: the failures are counted",
           not failed or f"{len(failed)} of {len(lines)} handshake" in plain(page.outside))


def one_of_each():
    """A sample of every cause, and a few that succeeded."""
    chosen = {}
    for path in sorted(SAMPLES.glob("*.pcap*")):
        chosen.setdefault(path.name.split("~")[0], path)
    return list(chosen.values()) + sorted(SAMPLES.glob("ok~*.pcap"))[1:4]


def check_samples():
    text, lines = tell("--all", *one_of_each())
    page = check_page("samples", text)
    check_contents("samples", page, [line for line in lines if line["handshake"]["status"] != "not_tls"])
    drawn = [tag for tag, a in page.elements if tag == "svg" and a.get("class") == "ladder"]
    expect("samples: a ladder for each", len(drawn) == len(page.connections))
    expect("samples: chains are drawn", [1 for tag, a in page.elements if tag == "ol" and a.get("class") == "chain"])
    expect("samples: what is in common is marked", [1 for _, a in page.elements if a.get("class") == "both"])


def check_quiet_runs():
    fine = next(SAMPLES.glob("ok~*.pcap"))
    text, _ = tell(fine)
    page = check_page("nothing failed", text)
    expect("nothing failed: and the page says so", "was seen to fail" in page.outside and not page.connections)


# ---- hostile names ----

HOSTILE = [b"\"><script>x()<", b"' onload='x()'", b"</title><svg/&", b"a\xe2\x80\xaegpj.exe\x1b[", b"\x00\xff\xfe<b>&amp;x\r\n"]


def check_hostile_names():
    sample = SAMPLES / "certificate.expired~bc-openssl-12.pcap"
    harmless = b"server.example"
    data = sample.read_bytes()
    expect("hostile: the sample has the name to replace", data.count(harmless) >= 2)
    for number, name in enumerate(HOSTILE):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "\"><script>alert(1)<&'\u202e.pcap"
            path.write_bytes(data.replace(harmless, name.ljust(len(harmless), b"&")[:len(harmless)]))
            text, lines = tell(path)
        page = check_page(f"hostile {number}", text)
        expect(f"hostile {number}: one connection", len(page.connections) == len(lines) == 1)
        printable = name[:1].isascii() and name.isascii() and name.decode().isprintable()
        if printable:
            expect(f"hostile {number}: the name is shown as it is", name.decode() in page.connections["c1"])
        expect(f"hostile {number}: the file's name is shown", re.search("\"><script>alert\\(1\\)<&'\ufffd+\\.pcap", page.connections["c1"]))


def check_hostile_texts():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "hostile.pcap"
        hostile.write(path)
        text, lines = tell("--all", path)
    page = check_page("hostile texts", text)
    expect("hostile texts: there are some", len(lines) >= len(hostile.TEXTS))
    check_contents("hostile texts", page, lines)


# ---- bounds ----


def copies(path, count):
    """The capture, and as many copies of its connections with other client ports."""
    data = path.read_bytes()
    frames, at = [], 24
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        frames.append((data[at:at + 16], bytearray(data[at + 16:at + 16 + length])))
        at += 16 + length
    out = [data[:24]]
    for number in range(count):
        port = struct.pack(">H", 10000 + number)
        for head, frame in frames:
            server_first = struct.unpack_from(">H", frame, 34)[0] < 1024
            place = 36 if server_first else 34
            frame[place:place + 2] = port
            out += [head, bytes(frame)]
    return b"".join(out)


def check_bounds():
    flood, rare = SAMPLES / "transport.refused~curl.pcap", SAMPLES / "version.server_too_old~gnutls-openssl.pcap"
    many = TOLD + 200
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "a.pcap"
        path.write_bytes(copies(flood, many))
        text, lines = tell(path, rare)
    page = check_page("bounds", text)
    expect("bounds: all of them failed", len(lines) == many + 1, len(lines))
    expect("bounds: so many are told of, and the rare one behind them", len(page.connections) == TOLD + 1,
           len(page.connections))
    expect("bounds: the rare one is told of", "version.server_too_old" in page.connections.get(f"c{TOLD + 1}", ""))
    outside = plain(page.outside)
    expect("bounds: the rest is confessed", f"{many - TOLD} failed connections are counted in the charts" in outside)
    expect("bounds: and counted", re.search(rf"transport\.refused .* {many} ", outside))


# ---- a page that cannot be written ----


def check_unwritable():
    sample = SAMPLES / "version.server_too_old~gnutls-openssl.pcap"
    for path in ("/nowhere/at/all.html", "/dev/full"):
        done = subprocess.run([TLSWHY, "--html", path, sample], capture_output=True, text=True, check=False)
        expect(f"{path}: status 3", done.returncode == 3, done.returncode)
        expect(f"{path}: one line that names it", len(done.stderr.splitlines()) == 1 and path in done.stderr,
               done.stderr)
        expect(f"{path}: the other report is written", "version.server_too_old" in done.stdout)


# ---- in a browser ----

# Every text that is shown, its colour against what is behind it (WCAG 2.1, 1.4.3).
CONTRAST = """(() => {
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const part = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) { return colour; }
    }
    return [255, 255, 255];
  };
  let worst = [99, ""];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest("script, title")) { continue; }
    const style = getComputedStyle(element);
    const colour = parse(element instanceof SVGElement ? style.fill : style.color);
    const [one, other] = [light(colour), light(behind(element))].sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < worst[0]) { worst = [ratio, element.outerHTML.slice(0, 120)]; }
  }
  return worst;
})()"""

SHOWN = "[...document.querySelectorAll('.connection')].filter((body) => body.checkVisibility())"


def cells(tab, column):
    return tab.value(f"{SHOWN}.map((body) => body.rows[0].cells[{column}].textContent.trim())")


def check_sorting(tab):
    for column, title in enumerate(("Status", "Began (UTC)", "Client", "Server", "Name", "Version", "Cause", "Sure")):
        before = sorted(cells(tab, column))
        click = f"document.querySelectorAll('.table thead button')[{column}].click()"
        tab.value(click)
        up = cells(tab, column)
        tab.value(click)
        down = cells(tab, column)
        known = [word for word in up if word]
        expect(f"browser: sorted by {title}, nothing is lost", sorted(up) == sorted(down) == before)
        expect(f"browser: sorted by {title}, both ways", known == [word for word in down if word][::-1] or
               len(set(known)) < len(known), known[:5])
        expect(f"browser: sorted by {title}, what is not known stands last",
               up[:len(known)] == known and all(down[:len(known)]))
        if title in ("Cause", "Began (UTC)"):
            expect(f"browser: sorted by {title}, in order", known == sorted(known), known[:5])
        expect(f"browser: sorted by {title}, and the head says so",
               tab.value(f"document.querySelectorAll('.table th')[{column}].getAttribute('aria-sort')") == "descending")


def type_filter(tab, words):
    tab.value("(() => { const box = document.querySelector('input[type=search]');"
              f"box.value = {json.dumps(words)}; box.dispatchEvent(new Event('input')); }})()")


def check_filtering(tab, count):
    type_filter(tab, "hello.reset_by_middlebox")
    expect("browser: a filter by cause", cells(tab, 6) == ["hello.reset_by_middlebox"], cells(tab, 6))
    expect("browser: and its count", tab.value("document.querySelector('output').textContent") ==
           f"1 of {count} shown", tab.value("document.querySelector('output').textContent"))
    type_filter(tab, "no such words anywhere")
    expect("browser: a filter that nothing fits", cells(tab, 0) == [] and
           tab.value("document.querySelector('.none').checkVisibility()"))
    type_filter(tab, "")
    expect("browser: no filter", len(cells(tab, 0)) == count)
    tab.value("(() => { const box = document.querySelector('select');"
              "box.value = 'established'; box.dispatchEvent(new Event('change')); })()")
    expect("browser: a filter by status", set(cells(tab, 0)) == {"established"}, cells(tab, 0))
    tab.value("(() => { const box = document.querySelector('select');"
              "box.value = ''; box.dispatchEvent(new Event('change')); })()")
    tab.value("document.querySelector('.chart button').click()")
    cause = tab.value("document.querySelector('.chart button').textContent")
    expect("browser: a bar asks for its connections", set(cells(tab, 6)) == {cause}, cells(tab, 6))
    type_filter(tab, "")


def check_opening(tab):
    opened = "document.querySelectorAll('.connection details[open]').length"
    expect("browser: the first connection that failed is open, and no other", tab.value(opened) == 1 and
           tab.value("document.querySelector('.connection.failed details').open"))
    tab.value("[...document.querySelectorAll('.controls button')].pop().click()")
    expect("browser: all are opened", tab.value(opened) == len(cells(tab, 0)))
    tab.value("[...document.querySelectorAll('.controls button')].pop().click()")
    expect("browser: all are closed", tab.value(opened) == 0)
    tab.value("new Promise((done) => { addEventListener('hashchange', () => setTimeout(done, 50)); location.hash = '#c7'; })")
    expect("browser: a link to a connection opens it", tab.value("document.querySelector('#c7 details').open"))
    tab.value("dispatchEvent(new Event('beforeprint'))")
    expect("browser: on paper all are open", tab.value(opened) == len(cells(tab, 0)))
    tab.value("dispatchEvent(new Event('afterprint'))")
    expect("browser: and closed again", tab.value(opened) == 1)


def check_looks(tab):
    tab.value("[...document.querySelectorAll('.connection details')].forEach((one) => { one.open = true; })")
    for scheme in ("light", "dark"):
        tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        ratio, where = tab.value(CONTRAST)
        expect(f"browser: {scheme}, every text can be read", ratio >= 4.5, f"{ratio:.2f} {where}")
    backgrounds = tab.value("getComputedStyle(document.body).backgroundColor")
    tab.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    expect("browser: dark is not light", tab.value("getComputedStyle(document.body).backgroundColor") != backgrounds)
    for width in (360, 768, 1100, 1600):
        tab.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        expect(f"browser: {width} wide, nothing hangs over", tab.value("document.documentElement.scrollWidth") <= width,
               tab.value("document.documentElement.scrollWidth"))
    top = "document.getElementById('{}').getBoundingClientRect().top"
    expect("browser: the summary stands before the connections",
           tab.value(top.format("summary")) < tab.value(top.format("connections")))


def check_without_script(tab, url):
    tab.ask("Emulation.setScriptExecutionDisabled", value=True)
    tab.open(url + "?plain")
    root = tab.ask("DOM.getDocument")["root"]["nodeId"]
    expect("browser: without script there are no controls",
           not tab.ask("DOM.querySelectorAll", nodeId=root, selector="button, input, select")["nodeIds"])
    shown = tab.ask("DOM.querySelectorAll", nodeId=root, selector=".more summary")["nodeIds"]
    expect("browser: without script every connection is there",
           shown and all(tab.ask("DOM.getBoxModel", nodeId=node)["model"]["height"] > 0 for node in shown))


FAMILIES = ("abort", "certificate", "hello", "ok", "version")  # enough to sort and filter, and soon drawn


def check_browser():
    path = browser.find()
    if path is None:
        print("skipped: the HTML report in a browser: there is no Chromium")
        return
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "report.html"
        page.write_text(tell("--all", *[sample for sample in one_of_each() if sample.name.startswith(FAMILIES)])[0],
                        encoding="utf-8")
        with browser.Browser(path) as tab:
            tab.ask("Emulation.setDeviceMetricsOverride", width=1280, height=900, deviceScaleFactor=1, mobile=False)
            tab.open(page.as_uri())
            check_opening(tab)
            check_filtering(tab, len(cells(tab, 0)))
            check_sorting(tab)
            check_looks(tab)
            check_without_script(tab, page.as_uri())
            expect("browser: no complaint", not tab.complaints, tab.complaints[:3])
            strange = [url for url in tab.requests if not url.startswith(page.as_uri())]
            expect("browser: nothing is asked for but the page", not strange, strange)


def main():
    global TLSWHY
    TLSWHY = sys.argv[1]
    check_samples()
    check_quiet_runs()
    check_hostile_names()
    check_hostile_texts()
    check_bounds()
    check_unwritable()
    check_browser()
    return end()


if __name__ == "__main__":
    sys.exit(main())
