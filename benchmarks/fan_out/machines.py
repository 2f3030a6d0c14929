"""The processes of the benchmark: Redis where it is installed, servers and crowds of watchers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TICK = os.sysconf("SC_CLK_TCK")
START_SECONDS = 120


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return once somebody accepts connections."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    message = f"nobody listens on {port}"
    raise TimeoutError(message)


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the block."""
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def redis() -> Iterator[str]:
    """The address of a Redis of our own without persistence, or nothing where it is missing."""
    program = shutil.which("redis-server")
    if program is None:
        yield ""
        return
    port = free_port()
    flags = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with running([program, *flags], stdout=subprocess.DEVNULL):
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def server(environment: dict[str, str]) -> Iterator[tuple[int, int]]:
    """The server under test; yields its port and process id."""
    port = free_port()
    with running(
        [sys.executable, "-m", "benchmarks.fan_out.server", str(port)],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    ) as process:
        wait_for(port)
        yield port, process.pid


class Crowd:
    """Watchers in a process of their own."""

    def __init__(self, port: int, path: str, tokens: list[str]) -> None:
        command = [sys.executable, "-m", "benchmarks.fan_out.watchers"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe)
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"port": port, "path": path, "tokens": tokens}) + "\n")
        self.process.stdin.flush()

    def ready(self) -> None:
        """Wait until everybody is connected."""
        assert self.process.stdout
        if self.process.stdout.readline().strip() != "ready":
            message = "the watchers could not connect"
            raise ConnectionError(message)

    def leave(self) -> tuple[dict[str, list[float]], int]:
        """Milliseconds of every delivery by block, and how many sockets were lost."""
        told, _ = self.process.communicate("\n", timeout=120)
        found = json.loads(told)
        return found["blocks"], found["lost"]

    def stop(self) -> None:
        """End it whatever it does."""
        self.process.kill()
        self.process.wait()


def resident_mb(pid: int) -> float:
    """Memory of one process that is in use now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK
