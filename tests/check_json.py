#!/usr/bin/env python3
"""What tlswhy --json says of every sample is NDJSON that fits the schema."""

import pathlib
import subprocess
import sys

TESTS = pathlib.Path(__file__).resolve().parent


def main():
    try:
        import jsonschema  # noqa: F401  (check-json needs it)
    except ImportError:
        print("skipped: JSON against its schema: no Python module jsonschema")
        return 77
    run = subprocess.run([sys.argv[1], "--json", str(TESTS.parent / "samples")], capture_output=True,
                         check=False)
    if run.returncode not in (0, 1):
        print(f"tlswhy: status {run.returncode}\n{run.stderr.decode()}")
        return 1
    return subprocess.run([sys.executable, str(TESTS / "check-json"), "--least", "60"], input=run.stdout,
                          check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
