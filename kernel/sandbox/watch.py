"""Bounds that no rlimit knows: memory, processor time and disk of a whole run.

Measured in threads of our own, at most a tenth of the time: a run that makes measuring slow, with
many processes or a million files, delays only its own watch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum

from kernel.sandbox.jail import Jail
from kernel.sandbox.processes import (
    ProcessInfo,
    descendants,
    private_bytes,
    proportional_bytes,
)
from kernel.sandbox.quota import WorkspaceTooDeepError, disk_usage

_FIRST_SECONDS = 0.05
_EVERY_SECONDS = 0.25
_DUTY = 10
_PROCESS_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="watch-processes")
_DISK_THREADS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="watch-disk")


class KillReason(StrEnum):
    """Why a run was ended by us and not by itself."""

    WALL_TIME = "wall_time"
    CPU_TIME = "cpu_time"
    MEMORY = "memory"
    OUTPUT = "output"
    FILE_SIZE = "file_size"
    DISK = "disk"
    KILLED = "killed"


class Watch:
    """Looks at one run a few times a second and says when it exceeds a bound."""

    def __init__(self, jail: Jail, pid: int) -> None:
        self._jail = jail
        self._pid = pid
        self.peak_bytes = 0
        self.peak_cpu_seconds = 0.0

    async def violation(self) -> KillReason:
        """Return when a bound is exceeded; cancelled when the run ends by itself."""
        looks = [_repeat(_PROCESS_THREADS, self._look_at_processes)]
        if self._jail.limits.disk_bytes is not None:
            looks.append(_repeat(_DISK_THREADS, self._look_at_disk))
        tasks = [asyncio.create_task(look) for look in looks]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return done.pop().result()
        finally:
            for task in tasks:
                task.cancel()

    def _look_at_processes(self) -> KillReason | None:
        processes = descendants(self._pid)
        if self._memory(processes) > self._jail.limits.memory_bytes:
            return KillReason.MEMORY
        if self._cpu(processes) > self._jail.limits.cpu_seconds:
            return KillReason.CPU_TIME
        return None

    def _memory(self, processes: list[ProcessInfo]) -> int:
        """Private memory of all; shared pages are told apart only when it matters (slower)."""
        total = sum(private_bytes(process.pid) for process in processes)
        if total > self._jail.limits.memory_bytes:
            total = sum(proportional_bytes(process.pid) for process in processes)
        self.peak_bytes = max(self.peak_bytes, total)
        return total

    def _cpu(self, processes: list[ProcessInfo]) -> float:
        """Processor time of the living, with that of the children they have waited for."""
        total = sum(process.cpu_seconds for process in processes)
        self.peak_cpu_seconds = max(self.peak_cpu_seconds, total)
        return total

    def _look_at_disk(self) -> KillReason | None:
        try:
            used = disk_usage(self._jail.workspace).bytes
        except WorkspaceTooDeepError:
            return KillReason.DISK
        return KillReason.DISK if used > (self._jail.limits.disk_bytes or 0) else None


async def _repeat(threads: ThreadPoolExecutor, look: Callable[[], KillReason | None]) -> KillReason:
    loop = asyncio.get_running_loop()
    pause = _FIRST_SECONDS
    while True:
        await asyncio.sleep(pause)
        started = time.monotonic()
        if (reason := await loop.run_in_executor(threads, look)) is not None:
            return reason
        pause = max(_EVERY_SECONDS, (time.monotonic() - started) * _DUTY)
