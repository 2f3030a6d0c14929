"""How long `./quarterdeck up` takes, and what the idle tree weighs.

From a clean clone of this repository: cold (the environment is made and the front end built, from
the registry; only with `QUARTERDECK_BENCH_COLD=1`, because it needs the network), first (the
environment and the built front end are there, the database is not) and warm (everything is).
Memory is the proportional set of every process in the tree, so that shared pages count once.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.figures import load_average
from tests.stories.house import ROOT, clean

IDLE_SECONDS = 5.0
START_SECONDS, STOP_SECONDS = 900, 60


def start(clone: Path, environment: dict[str, str]) -> dict[str, float]:
    """Seconds to the `ready` line, seconds to stop, MB and processes of the idle tree."""
    command = [str(clone / "quarterdeck"), "up", "--port", "0", "--no-system"]
    with (clone.parent / "up.log").open("a") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=clone,
            env={**clean(), **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert process.stdout
            line = process.stdout.readline()
            seconds = time.monotonic() - began
            if not line.startswith("ready http"):
                message = (clone.parent / "up.log").read_text()[-2000:]
                raise RuntimeError(message)
            time.sleep(IDLE_SECONDS)
            weight = tree(process.pid)
        finally:
            stopping = time.monotonic()
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
    return {
        "seconds": round(seconds, 1),
        "stop_seconds": round(time.monotonic() - stopping, 1),
        **weight,
    }


def tree(pid: int) -> dict[str, float]:
    """Memory of a process and all below it, and how many they are."""
    root = psutil.Process(pid)
    found = [root, *root.children(recursive=True)]
    infos = [process.memory_full_info() for process in found]
    return {
        "pss_mb": round(sum(info.pss for info in infos) / 2**20),
        "rss_mb": round(sum(info.rss for info in infos) / 2**20),
        "processes": len(found),
    }


def main() -> None:
    """Print one JSON line; nothing is asserted, the ratio is warm against first."""
    directory = Path(tempfile.mkdtemp(prefix="quarterdeck-bench-"))
    ready = {"QUARTERDECK_PYTHON": sys.executable}
    try:
        clone = directory / "clone"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        line: dict[str, object] = {"name": "start"}
        if os.environ.get("QUARTERDECK_BENCH_COLD"):
            line["cold"] = start(clone, {})
            shutil.rmtree(clone / ".quarterdeck" / "postgres", ignore_errors=True)
        else:
            line["cold"] = None
            if (built := ROOT / "static" / "dist").exists():
                shutil.copytree(built, clone / "static" / "dist")
            line["first"] = start(clone, ready)
        warm = [start(clone, {} if line["cold"] else ready) for _ in range(2)]
        line["warm"] = min(warm, key=lambda one: one["seconds"])
        before = line["cold"] or line["first"]
        line["ratio"] = round(warm[-1]["seconds"] / before["seconds"], 3)  # type: ignore[index]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(json.dumps({**line, "load": load_average()}))


if __name__ == "__main__":
    main()
