"""How long a stop takes to end so many running sandboxes: `BENCH_SANDBOXES` (default 50).

Target: all of them gone within 5 s of the request.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from pathlib import Path

from benchmarks.figures import load_average
from tests.resilience.test_kills import sleepers
from tests.stories.house import house, until

START_SECONDS = 300


def main() -> None:
    """Print one JSON line; nothing is asserted."""
    wanted = int(os.environ.get("BENCH_SANDBOXES", "50"))
    nap = 100_000 + time.time_ns() % 10**6
    folder = Path(tempfile.mkdtemp(prefix="qdk", dir="/tmp"))
    folder.chmod(0o711)
    try:
        with house(folder / "d", QUARTERDECK_SESSIONS_PER_PERSON=str(wanted)) as it:
            alice = it.alice
            for number in range(wanted):
                alice.prompt(alice.session(f"nap {number}"), f"/sh sleep {nap}")
            running = until(lambda: full(nap, wanted), seconds=START_SECONDS, what="all to run")
            began = time.monotonic()
            alice.post("/stops", {"reason": "benchmark"})
            answered = time.monotonic() - began
            until(lambda: not sleepers(nap), seconds=120, what="all to be gone")
            gone = time.monotonic() - began
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    line = {"name": "stop", "sandboxes": running, "answered_s": round(answered, 2)}
    print(json.dumps({**line, "gone_s": round(gone, 2), "target_s": 5, "load": load_average()}))


def full(nap: int, wanted: int) -> int:
    """How many sleep, once no more can begin: a runner drives 16 turns at once."""
    found = len(sleepers(nap))
    return found if found >= min(wanted, 16) else 0


if __name__ == "__main__":
    main()
