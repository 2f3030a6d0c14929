"""The process table as /proc shows it: who descends from whom, and what they use."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_READ_BYTES = 64 * 1024


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
    content = _read(f"/proc/{pid}/stat")
    if not content:
        return None
    fields = content[content.rindex(b")") + 2 :].split()
    return ProcessInfo(
        pid=pid,
        parent=int(fields[1]),
        state=fields[0].decode(),
        cpu_seconds=sum(map(int, fields[11:15])) / _TICKS,
        start_ticks=int(fields[19]),
    )


def private_bytes(pid: int) -> int:
    """Memory that is not file-backed: anonymous pages and shared memory, counted in full."""
    return _sum_of(f"/proc/{pid}/status", (b"RssAnon:", b"RssShmem:"))


def proportional_bytes(pid: int) -> int:
    """The process's fair share of such pages, where we may read it; else `private_bytes`."""
    names = (b"Pss_Anon:", b"Pss_Shmem:")
    return _sum_of(f"/proc/{pid}/smaps_rollup", names) or private_bytes(pid)


def descendants(pid: int) -> list[ProcessInfo]:
    """Every living process below `pid`, itself not included.

    Costs as much as that tree is large, not as the machine is busy, where the kernel lists
    children (CONFIG_PROC_CHILDREN).
    """
    listed = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110 - hot
    children = _listed_children if listed else _scanned_children()
    found: list[ProcessInfo] = []
    waiting = [pid]
    while waiting:
        below = children(waiting.pop())
        found += [process for child in below if (process := read_process(child)) is not None]
        waiting += below
    return found


def count_threads_of(uid: int) -> int:
    """How many tasks a user has on this machine, as RLIMIT_NPROC counts them."""
    total = 0
    for pid in _all_pids():
        with contextlib.suppress(OSError):
            if os.stat(f"/proc/{pid}").st_uid == uid:  # noqa: PTH116
                total += len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
    return total


def _listed_children(pid: int) -> list[int]:
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
    except OSError:
        return []
    lists = [_read(f"/proc/{pid}/task/{task}/children") for task in tasks]
    return [int(child) for content in lists for child in content.split()]


def _scanned_children() -> Callable[[int], list[int]]:
    """The slow way: one look at every process of the machine."""
    table: dict[int, list[int]] = {}
    for pid in _all_pids():
        if (process := read_process(pid)) is not None:
            table.setdefault(process.parent, []).append(pid)
    return lambda pid: table.get(pid, [])


def _all_pids() -> Iterator[int]:
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            yield int(name)


def _sum_of(path: str, names: tuple[bytes, ...]) -> int:
    """Add up the named fields, in kB, of a /proc file; 0 when the process is gone."""
    lines = _read(path).splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(names))


def _read(path: str) -> bytes:
    """A /proc file in one read, empty when its process is gone or not ours to see."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _READ_BYTES)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
