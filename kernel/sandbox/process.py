"""A running sandboxed process as its caller holds it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel.egress import EgressProxy, Traffic
from kernel.sandbox.child import Child
from kernel.sandbox.watch import KillReason, Watch

_KILL_SECONDS = 5.0
_STOP_SECONDS = 20.0
_SHELL_SIGNAL = 128


@dataclass(frozen=True, kw_only=True)
class Exit:
    """How a sandboxed process ended and what it used.

    `exit_code` is a shell's: 128 + n after signal n, which `signal` then names. `killed_for` says
    which bound ended it, None when it ended by itself. `cpu_seconds` and `max_rss_bytes` are the
    larger of the kernel's figure, which lacks processes that had to be killed, and our samples;
    the latter is 0 when the run was too short and too small to be told from ourselves.
    """

    exit_code: int
    signal: str | None
    killed_for: KillReason | None
    cpu_seconds: float
    wall_seconds: float
    max_rss_bytes: int
    traffic: Traffic


class SandboxedProcess:
    """Standard streams, an end, and a way to bring it about. Made by `Supervisor.spawn`."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader | None

    def __init__(
        self, child: Child, watch: Watch, *, entry: Path, proxy: EgressProxy | None
    ) -> None:
        self._child = child
        self._watch = watch
        self._entry = entry
        self._proxy = proxy
        self._started = time.monotonic()
        self._reason: KillReason | None = None
        self._pipes: list[asyncio.BaseTransport] = []
        self._supervising = asyncio.create_task(self._supervise())

    @property
    def pid(self) -> int:
        """The pid of the supervising process outside (bwrap, shim or container client)."""
        return self._child.pid

    async def connect(self, *, line_bytes: int) -> None:
        """Attach the streams; `line_bytes` bounds `readline` and what is buffered unread."""
        loop = asyncio.get_running_loop()
        readers = [asyncio.StreamReader(limit=line_bytes) for _ in self._child.outputs]
        for reader, pipe in zip(readers, self._child.outputs, strict=True):
            self._pipes.append((await loop.connect_read_pipe(_protocol(reader), pipe))[0])
        self.stdout, self.stderr = readers[0], (readers[1] if len(readers) > 1 else None)
        factory = _protocol(asyncio.StreamReader())
        transport, protocol = await loop.connect_write_pipe(factory, self._child.stdin)
        self._pipes.append(transport)
        self.stdin = asyncio.StreamWriter(transport, protocol, None, loop)

    def kill(self, reason: KillReason = KillReason.KILLED) -> None:
        """SIGKILL everything in it. The first reason given is the one reported."""
        if not self._child.ended.done():
            self._reason = self._reason or reason
            self._child.kill()
            asyncio.get_running_loop().call_later(_KILL_SECONDS, self._child.kill_hard)

    async def wait(self) -> Exit:
        """Wait for its end, by itself or by a bound; what it wrote stays readable."""
        await asyncio.shield(self._supervising)
        ended = self._child.ended.result()
        return Exit(
            exit_code=ended.exit_code,
            signal=_signal_name(ended.exit_code),
            killed_for=self._reason or _limit_reached(ended.exit_code),
            cpu_seconds=max(ended.cpu_seconds, self._watch.peak_cpu_seconds),
            wall_seconds=self._wall_seconds,
            max_rss_bytes=max(ended.max_rss_bytes, self._watch.peak_bytes),
            traffic=self._proxy.traffic if self._proxy else Traffic(),
        )

    async def aclose(self) -> Exit:
        """Kill whatever still runs, wait until nothing is left, and close the streams."""
        self.kill()
        ended = await self.wait()
        for pipe in self._pipes:
            pipe.close()
        return ended

    async def _supervise(self) -> None:
        """Enforce the bounds until the end, then clear up; also when this task is cancelled."""
        watching = asyncio.create_task(self._watch.violation())
        try:
            either: set[asyncio.Future[Any]] = {watching, self._child.ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not self._child.ended.done():
                self.kill(watching.result())
            await self._child.ended
        finally:
            self._wall_seconds = time.monotonic() - self._started
            watching.cancel()
            self._child.kill()
            await self._clear_up()

    async def _clear_up(self) -> None:
        if self._child.stop_command:
            await asyncio.to_thread(_run_quietly, self._child.stop_command)
        if self._proxy is not None:
            await self._proxy.aclose()
        self._child.close()
        self._entry.unlink(missing_ok=True)


def _protocol(reader: asyncio.StreamReader) -> Callable[[], asyncio.StreamReaderProtocol]:
    return lambda: asyncio.StreamReaderProtocol(reader)


def _run_quietly(command: Sequence[str]) -> None:
    subprocess.run(command, check=False, capture_output=True, timeout=_STOP_SECONDS)  # noqa: S603


def _signal_name(exit_code: int) -> str | None:
    try:
        return signal.Signals(exit_code - _SHELL_SIGNAL).name
    except ValueError:
        return None


def _limit_reached(exit_code: int) -> KillReason | None:
    """The rlimits whose signal ends a process by default (getrlimit(2))."""
    signals = {signal.SIGXCPU: KillReason.CPU_TIME, signal.SIGXFSZ: KillReason.FILE_SIZE}
    return {_SHELL_SIGNAL + number: reason for number, reason in signals.items()}.get(exit_code)
