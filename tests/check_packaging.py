#!/usr/bin/env python3
"""The manual page and the completions know every option, and nothing else; an installation is whole.

    check_packaging.py TLSWHY
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from checked import end, expect

ROOT = pathlib.Path(__file__).resolve().parent.parent
PACKAGING = ROOT / "packaging"
ROW = re.compile(r"""^    \{(?:'(?P<letter>.)'|0), (?:"(?P<word>[a-z-]+)"|NULL), (?:true|false), KIND_""", re.M)
INSTALLED = ["bin/tlswhy", "share/man/man1/tlswhy.1", "share/bash-completion/completions/tlswhy",
             "share/zsh/vendor-completions/_tlswhy", "lib/systemd/system/tlswhy@.service",
             "share/doc/tlswhy/README.md", "share/doc/tlswhy/LICENSE", "share/doc/tlswhy/SECURITY.md"]


def options():
    """The names of all options, as options.c has them: "-v", "--verbose"."""
    rows = list(ROW.finditer((ROOT / "analyzer/options.c").read_text(encoding="utf-8")))
    names = {f"-{row['letter']}" for row in rows if row["letter"]}
    return names | {f"--{row['word']}" for row in rows if row["word"]}


def in_manual():
    """What the manual page has a paragraph for."""
    names = set()
    for line in (PACKAGING / "tlswhy.1").read_text(encoding="utf-8").splitlines():
        if line.startswith(".It Fl "):
            names |= {"-" + name.replace("\\-", "-") for name in re.findall(r"\bFl (\S+)", line)}
    return names


def in_help(program):
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    lines = text.splitlines()
    expect("--help fits a screen", len(lines) <= 23 and max(map(len, lines)) <= 80, len(lines), "lines of", max(map(len, lines)))
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*(?![\w])", text))


def in_bash():
    """What bash offers behind a dash."""
    script = f'source "{PACKAGING}/tlswhy.bash"; COMP_WORDS=(tlswhy -); COMP_CWORD=1; _tlswhy; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
    expect("bash completes without a word of its own", done.stderr == "", done.stderr)
    return set(done.stdout.split())


def completed(program, *words):
    """What bash offers for the last of these words."""
    line = " ".join(f"'{word}'" for word in words)
    script = (f'PATH="{pathlib.Path(program).resolve().parent}:$PATH"; source "{PACKAGING}/tlswhy.bash"; '
              f'compopt() {{ :; }}; COMP_WORDS=(tlswhy {line}); COMP_CWORD={len(words)}; _tlswhy; '
              'printf "%s\\n" "${COMPREPLY[@]}"')
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT).stdout.split()


def in_zsh():
    text = (PACKAGING / "_tlswhy").read_text(encoding="utf-8")
    body = text[text.index("_arguments"):]
    names = set(re.findall(r"'\*?(--?[A-Za-z-]+)\[", body))
    for pair in re.findall(r"\{(-\S+,--\S+)\}", body):
        names |= set(pair.split(","))
    return names


def check_options(program):
    truth = options()
    expect("options.c has rows", len(truth) > 40, len(truth))
    for where, names in (("the manual page", in_manual()), ("the completion for bash", in_bash()),
                         ("the completion for zsh", in_zsh())):
        expect(f"{where} lacks", truth <= names, *sorted(truth - names))
        expect(f"{where} invents", names <= truth, *sorted(names - truth))
    helped = in_help(program)
    expect("--help invents", helped <= truth, *sorted(helped - truth))
    rows = ROW.finditer((ROOT / "analyzer/options.c").read_text(encoding="utf-8"))
    missing = [row["word"] or row["letter"] for row in rows if row["letter"] != "n"
               and not {f"-{row['letter']}", f"--{row['word']}"} & helped]
    expect("--help lacks", not missing, *missing)


def check_completions(program):
    expect("bash completes a format", completed(program, "--format", "j") == ["json"])
    expect("bash completes a cause", completed(program, "--explain", "version.server_t") == ["version.server_too_old"])
    expect("bash completes a word of a policy", completed(program, "--fail-on", "below-tls1.2") == ["below-tls1.2"])
    expect("bash completes a file", completed(program, "READM") == ["README.md"])
    if shutil.which("zsh"):
        done = subprocess.run(["zsh", "-n", PACKAGING / "_tlswhy"], capture_output=True, text=True, check=False)
        expect("zsh reads its completion", done.returncode == 0 and not done.stderr, done.stderr)
    else:
        print("skipped: the completion for zsh is not read, there is no zsh")


def check_manual():
    if not shutil.which("mandoc"):
        print("skipped: the manual page is not linted, there is no mandoc")
        return
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "style", PACKAGING / "tlswhy.1"], capture_output=True,
                          text=True, check=False)
    # Other manuals need not be installed here.
    found = [line for line in done.stdout.splitlines() if "referenced manual not found" not in line]
    expect("mandoc complains:", not found, *found)


def check_installation(program):
    build = pathlib.Path(program).resolve().parent
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["cmake", "--install", build, "--prefix", folder], capture_output=True, text=True, check=False)
        expect("cmake --install works", done.returncode == 0, done.stderr)
        found = {str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*") if path.is_file()}
        expect("what is installed:", found == set(INSTALLED), *sorted(found ^ set(INSTALLED)))
        done = subprocess.run([pathlib.Path(folder) / "bin/tlswhy", "--version"], capture_output=True, text=True, check=False)
        expect("the installed program runs", re.fullmatch(r"tlswhy \d+\.\d+\.\d+\n", done.stdout), done.stderr)


def main():
    check_options(sys.argv[1])
    check_completions(sys.argv[1])
    check_manual()
    check_installation(sys.argv[1])
    return end()


if __name__ == "__main__":
    sys.exit(main())
