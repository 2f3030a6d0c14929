"""Bounds that no rlimit knows: memory, processor time and disk of a whole run."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum

from kernel.sandbox.jail import Jail
from kernel.sandbox.processes import (
    ProcessInfo,
    ProcessTable,
    private_bytes,
    proportional_bytes,
)
from kernel.sandbox.quota import WorkspaceTooDeepError, disk_usage

_FIRST_SECONDS = 0.05
_EVERY_SECONDS = 0.25
_DISK_DUTY = 10  # a disk walk may take at most a tenth of the time


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
    """Looks at one run every quarter second and says when it exceeds a bound."""

    def __init__(self, jail: Jail, pid: int, table: ProcessTable) -> None:
        self._jail = jail
        self._pid = pid
        self._table = table
        self._disk_due = 0.0
        self.peak_bytes = 0
        self.peak_cpu_seconds = 0.0

    async def violation(self) -> KillReason:
        """Return when a bound is exceeded; cancelled when the run ends by itself."""
        await asyncio.sleep(_FIRST_SECONDS)
        while True:
            processes = self._table.descendants(self._pid)
            if self._memory(processes) > self._jail.limits.memory_bytes:
                return KillReason.MEMORY
            if self._cpu(processes) > self._jail.limits.cpu_seconds:
                return KillReason.CPU_TIME
            if await self._disk_is_over():
                return KillReason.DISK
            await asyncio.sleep(_EVERY_SECONDS)

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

    async def _disk_is_over(self) -> bool:
        quota = self._jail.limits.disk_bytes
        started = time.monotonic()
        if quota is None or started < self._disk_due:
            return False
        try:
            usage = await asyncio.to_thread(disk_usage, self._jail.workspace)
        except WorkspaceTooDeepError:
            return True
        now = time.monotonic()
        self._disk_due = now + (now - started) * _DISK_DUTY
        return usage.bytes > quota
