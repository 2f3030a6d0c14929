"""The process table as /proc shows it: who descends from whom, and what they use."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class ProcessInfo:
    """One line of the process table. `start_ticks` with `pid` names a process uniquely per boot.

    `cpu_seconds` includes children already waited for.
    """

    pid: int
    parent: int
    state: str
    cpu_seconds: float
    start_ticks: int


def read_process(pid: int) -> ProcessInfo | None:
    """What /proc/PID/stat says (proc(5)), or None when there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return ProcessInfo(
        pid=pid,
        parent=int(fields[1]),
        state=fields[0],
        cpu_seconds=sum(map(int, fields[11:15])) / _TICKS,
        start_ticks=int(fields[19]),
    )


def private_bytes(pid: int) -> int:
    """Memory that is not file-backed: anonymous pages and shared memory, counted in full."""
    return _sum_of(f"/proc/{pid}/status", ("RssAnon:", "RssShmem:"))


def proportional_bytes(pid: int) -> int:
    """The process's fair share of such pages, where we may read it; else `private_bytes`."""
    return _sum_of(f"/proc/{pid}/smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) or private_bytes(pid)


def _sum_of(path: str, names: tuple[str, ...]) -> int:
    """Add up the named fields, in kB, of a /proc file; 0 when the process is gone."""
    try:
        text = Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(names))


class ProcessTable:
    """Snapshots of /proc shared by every watched run, so that many runs cost one scan."""

    def __init__(self, *, fresh_seconds: float = 0.2) -> None:
        self._fresh_seconds = fresh_seconds
        self._taken_at = float("-inf")
        self._children: dict[int, list[ProcessInfo]] = {}

    def descendants(self, pid: int) -> list[ProcessInfo]:
        """Every living process below `pid`, itself not included."""
        self._refresh()
        found: list[ProcessInfo] = []
        waiting = [pid]
        while waiting:
            children = self._children.get(waiting.pop(), [])
            found += children
            waiting += [child.pid for child in children]
        return found

    def _refresh(self) -> None:
        now = time.monotonic()
        if now - self._taken_at < self._fresh_seconds:
            return
        self._children = {}
        for process in _all_processes():
            self._children.setdefault(process.parent, []).append(process)
        self._taken_at = now


def _all_processes() -> Iterable[ProcessInfo]:
    with os.scandir("/proc") as entries:
        pids = [int(entry.name) for entry in entries if entry.name.isdigit()]
    return [process for pid in pids if (process := read_process(pid)) is not None]


def count_threads_of(uid: int) -> int:
    """How many tasks a user has on this machine, as RLIMIT_NPROC counts them."""
    total = 0
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if entry.stat().st_uid == uid:
                        total += len(os.listdir(f"/proc/{entry.name}/task"))  # noqa: PTH208
    return total
