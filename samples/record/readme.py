"""Writes samples/README.md from the recipes and from what record/made/ says of the last recording."""

from lab import HERE, REGISTRY, SAMPLES

TEXT = """\
# Samples

Captures of TLS handshakes that failed, and of some that did not although they look alarming. The file name is the truth:
`<cause>~<variant>`: every failed connection in the file failed of that cause; `ok~<variant>`: none failed.

All were recorded by `record/run` from the programs named in the table, in two network namespaces (client 10.77.0.2 and
fd77::2, server 10.77.0.1 and fd77::1) with tcpdump on the client's side. To record them again, as root:

    record/setup                 # installs the programs (Debian 12)
    record/run                   # all of them, or: record/run 'cipher.*'
    record/run --readme          # writes this file

How to add one stands at the top of `record/lab.py`. The exact commands of each sample are in `record/made/<name>.txt`.
The certificates are made anew for each run. "script" in the column "with" is a peer (or a box in the middle) that
is not a real TLS stack: a few lines of Python in the recipe play it, as for the silent resets and closes of Schannel.

{count} samples, recorded with:

{versions}

| sample | TLS | what happens | with |
|---|---|---|---|
{rows}
"""


def versions():
    lines = {line for path in (HERE / "made").glob("*.txt") for line in path.read_text().splitlines()
             if "$" not in line.split(" ")[0] and ": " in line}
    return "\n".join(f"- {line}" for line in sorted(lines))


def write():
    there = [REGISTRY[name] for name in sorted(REGISTRY) if REGISTRY[name].path.exists()]
    rows = [f"| [{one.name}]({one.path.name}) | {one.tls} | {one.about} | {', '.join(one.stacks)} |" for one in there]
    blind = [f"{one.name}\t{' '.join(one.blind)}\n" for one in there if one.blind]
    (SAMPLES / "sealed.tsv").write_text("# capture\twhat may be said without its key log, most specific first\n" + "".join(blind))
    (SAMPLES / "README.md").write_text(TEXT.format(count=len(there), versions=versions(), rows="\n".join(rows)))
