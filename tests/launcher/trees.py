"""Waiting by condition, and a supervisor running in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from launcher.arguments import ROOT
from launcher.strays import TREE_VARIABLE

PATIENCE_SECONDS = 120.0


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Waits until the condition holds; fails loudly when it never does."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.02)


def marked(data_dir: Path) -> list[psutil.Process]:
    """Every living process that carries the mark of a supervisor of this data directory."""
    found = []
    for process in psutil.process_iter():
        try:
            mark = process.environ().get(TREE_VARIABLE, "")
            if mark.startswith(f"{data_dir}#") and process.status() != "zombie":
                found.append(process)
        except psutil.Error:
            continue
    return found


def watchdogs_of(supervisor: int) -> list[psutil.Process]:
    """The living watchdogs of a supervisor; one that is just dying has no command line."""
    found = []
    for child in psutil.Process(supervisor).children():
        try:
            if "launcher.watchdog" in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue
    return found


def lives(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return psutil.Process(pid).status() != "zombie"
    except psutil.NoSuchProcess:
        return False


class Tree:
    """A supervisor running in its own process."""

    def __init__(self, data_dir: Path, *programs: dict[str, object]) -> None:
        self.data_dir = data_dir
        command = [sys.executable, "-m", "tests.launcher.driver", str(data_dir)]
        with (data_dir / "stderr").open("w") as stderr:
            self.process = subprocess.Popen(
                [*command, json.dumps(programs)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self.line() == "started"

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def complaints(self) -> str:
        return (self.data_dir / "stderr").read_text()

    def log(self, name: str) -> list[str]:
        path = self.data_dir / "logs" / f"{name}.log"
        return path.read_text().splitlines() if path.exists() else []

    def pid_of(self, name: str, number: int = 1) -> int:
        """The pid that a child wrote as its n-th line."""
        wait_for(lambda: len(self.log(name)) >= number, f"{name} wrote line {number}")
        return int(self.log(name)[number - 1])

    def stop(self, deadly: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(deadly)
        return self.process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Ends what a test left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
