"""`python -m kernel.sandbox`: the level this machine can run, or in one sentence why none."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from kernel.egress import Guard
from kernel.sandbox.enclosure import enclose


def main() -> int:
    """Prints the level and answers 0; without one, the reason with its remedy, and 1."""
    parser = argparse.ArgumentParser(prog="python -m kernel.sandbox")
    parser.add_argument("--level", default="", help="this one and no other")
    parser.add_argument("--image", default="", help="the container's, when there is one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sandbox-check-") as run:
        found = asyncio.run(
            enclose(Path(run), wanted=given.level, image=given.image, guard=Guard())
        )
    sys.stdout.write(f"{found.unavailable or found.level}\n")
    return 1 if found.unavailable else 0


if __name__ == "__main__":
    sys.exit(main())
