"""Processes that should not exist: recorded while they run, ended when found after a crash.

Every back end already dies with its supervisor; this is the second net. An entry names the
process and its supervisor by (boot, pid, start time), so a reused pid is never hit, and several
supervisors may share one directory.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel.sandbox.processes import read_process

_STOP_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Stray:
    """A process that outlived its supervisor and was ended by the sweep."""

    pid: int
    stop: tuple[str, ...] = ()


class StrayRegistry:
    """A directory with one small file per running sandbox."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        self._owner = _name(os.getpid())

    def record(self, pid: int, *, stop: Sequence[str] = ()) -> Path:
        """Note a started process; `stop` is what ends it where a signal does not reach it."""
        entry = {
            "boot": self._boot,
            "owner": self._owner,
            "process": _name(pid),
            "stop": list(stop),
        }
        path = self._directory / f"{os.getpid()}-{pid}.json"
        path.write_text(json.dumps(entry), encoding="utf-8")
        return path

    def sweep(self) -> list[Stray]:
        """End what supervisors that are gone have left; call once at start, before any run."""
        return [stray for path in self._entries() if (stray := self._settle(path)) is not None]

    def _entries(self) -> Iterator[Path]:
        yield from sorted(self._directory.glob("*.json"))

    def _settle(self, path: Path) -> Stray | None:
        """Look at one entry: leave it to a living owner, else end its process and forget it."""
        entry = _read(path)
        same_boot = entry.get("boot") == self._boot
        if same_boot and _lives(entry.get("owner")):
            return None
        stray = self._end(entry) if same_boot else None
        path.unlink(missing_ok=True)
        return stray

    def _end(self, entry: dict[str, Any]) -> Stray | None:
        stop = tuple(entry.get("stop", ()))
        if stop:
            subprocess.run(stop, check=False, capture_output=True, timeout=_STOP_SECONDS)  # noqa: S603
        if not _lives(entry.get("process")):
            return None
        pid = int(entry["process"][0])
        for send in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(pid, signal.SIGKILL)
        return Stray(pid=pid, stop=stop)


def _name(pid: int) -> list[int]:
    process = read_process(pid)
    return [pid, process.start_ticks if process else 0]


def _lives(named: Any) -> bool:
    if not isinstance(named, list) or len(named) != 2:
        return False
    process = read_process(int(named[0]))
    return process is not None and process.start_ticks == named[1] and process.state != "Z"


def _read(path: Path) -> dict[str, Any]:
    """An entry, or an empty one when it was cut short by the crash it should help with."""
    try:
        entry = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entry if isinstance(entry, dict) else {}
