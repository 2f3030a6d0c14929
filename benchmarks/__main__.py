"""Runs the benchmarks named, or all of them, each in a process of its own; one JSON line each."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAMES = (
    "danger", "ledger", "session_list", "files_tree", "fan_out", "prompt", "start", "backup",
    "stop",
)  # fmt: skip


def main() -> int:
    """1 when a benchmark broke; a missed target is a figure, not a failure."""
    parser = argparse.ArgumentParser(prog="./quarterdeck bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(NAMES))
    names = parser.parse_args().names or list(NAMES)
    if unknown := [name for name in names if name not in NAMES]:
        parser.error(f"no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    return max([_run(name) for name in names])


def _run(name: str) -> int:
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    return 1 if subprocess.run(command, cwd=ROOT, check=False).returncode else 0


if __name__ == "__main__":
    sys.exit(main())
