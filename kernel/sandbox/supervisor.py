"""Starts sandboxed commands, streams what they say, and leaves nothing behind.

Call it from the event loop of the main thread: a child asks the kernel to be killed when the
*thread* that started it ends (prctl(2), PR_SET_PDEATHSIG), and the main thread ends last.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from kernel.egress import EgressProxy, Guard, Refusal
from kernel.sandbox.backend import Level, Prepared, Sandbox
from kernel.sandbox.child import Child
from kernel.sandbox.errors import SandboxError, SandboxFailedError
from kernel.sandbox.jail import MIB, Jail
from kernel.sandbox.process import Exit, SandboxedProcess
from kernel.sandbox.strays import StrayRegistry
from kernel.sandbox.watch import KillReason, Watch

_CHUNK_BYTES = 64 * 1024
_TAIL_BYTES = 64 * 1024
_LINE_BYTES = 8 * MIB
_LISTENER_SECONDS = 10.0
_FOR_EVER_SECONDS = 365 * 86400.0
_RUNTIME_FAULTS = (b"Error: OCI runtime", b"Error: crun", b"Error: runc", b"docker: Error")
_NOT_STARTED = {
    1: (b"bwrap: ", b"sandbox: "),
    125: (b"Error: ", b"docker: "),
    126: _RUNTIME_FAULTS,
    127: _RUNTIME_FAULTS,
}
_MERGED = ("/bin/sh", "-c", 'exec "$@" 2>&1', "sh")

OnOutput = Callable[[bytes], Awaitable[None]]
OnRefused = Callable[[Refusal], None]


@dataclass(frozen=True, kw_only=True)
class Completed(Exit):
    """The end of a `run`. `output` is the tail of what it wrote (stdout and stderr as one).

    `truncated`: it wrote more than the limit and was ended for it; `output_bytes` counts what
    was delivered to `on_output`.
    """

    truncated: bool
    timed_out: bool
    output: bytes
    output_bytes: int


class Supervisor:
    """Runs jails on one back end. One per process; it holds no state but the running trees."""

    def __init__(
        self, sandbox: Sandbox, *, strays: StrayRegistry, guard: Guard | None = None
    ) -> None:
        self.sandbox = sandbox
        self._strays = strays
        self._guard = guard or Guard()

    async def run(
        self,
        jail: Jail,
        argv: Sequence[str],
        *,
        stdin: bytes = b"",
        on_output: OnOutput | None = None,
        on_refused: OnRefused | None = None,
    ) -> Completed:
        """Run a command to its end and deliver its output as it comes.

        `on_output` is awaited for each chunk, which slows the command down to its reader. Being
        cancelled, or `on_output` raising, kills the command and returns when it is gone. Raises
        `SandboxFailedError` when the command could not be started at all.
        """
        process = await self.spawn(jail, argv, merge_stderr=True, on_refused=on_refused)
        sink = _Sink(jail.limits.output_bytes, on_output)
        feeding = asyncio.create_task(_feed(process.stdin, stdin))
        clock = _start_clock(jail.limits.wall_seconds, process)
        try:
            await sink.drain(process)
            ended = await process.wait()
        finally:
            clock.cancel()
            feeding.cancel()
            await asyncio.shield(process.aclose())
        _check_started(ended, sink.tail)
        return Completed(
            **vars(ended),
            truncated=ended.killed_for is KillReason.OUTPUT,
            timed_out=ended.killed_for is KillReason.WALL_TIME,
            output=bytes(sink.tail),
            output_bytes=sink.delivered,
        )

    async def spawn(
        self,
        jail: Jail,
        argv: Sequence[str],
        *,
        merge_stderr: bool = False,
        on_refused: OnRefused | None = None,
    ) -> SandboxedProcess:
        """Start a long-lived process (an MCP server, an agent) and hand over its streams.

        Every bound but wall time and output is enforced until its end. Close it with `aclose`.
        """
        if threading.current_thread() is not threading.main_thread():
            raise SandboxError("Sandboxed processes must be started from the main thread.")
        if merge_stderr and argv and self.sandbox.level is Level.CONTAINER:
            # An engine carries the two streams apart; joined inside, their order holds.
            argv = (*_MERGED, *argv)
        prepared = self.sandbox.command(jail, argv)
        try:
            child = Child(prepared, merge_stderr=merge_stderr)
        except OSError as error:
            prepared.close()
            raise SandboxFailedError(f"{prepared.argv[0]} could not be started: {error}") from error
        return await self._adopt(jail, child, prepared, on_refused)

    async def _adopt(
        self, jail: Jail, child: Child, prepared: Prepared, on_refused: OnRefused | None
    ) -> SandboxedProcess:
        """Bring a started child under supervision; whatever fails here ends it."""
        try:
            entry = self._strays.record(child.pid, stop=child.stop_command)
        except OSError as error:
            child.abandon()
            raise SandboxFailedError(f"The run could not be recorded: {error}") from error
        proxy = None
        if jail.network is not None:
            opened, denied = jail.network.domains, jail.network.denied
            proxy = EgressProxy(opened, self._guard, denied=denied, on_refused=on_refused)
        watch = Watch(jail, child.pid)
        process = SandboxedProcess(child, watch, entry=entry, proxy=proxy)
        try:
            await process.connect(line_bytes=_LINE_BYTES)
            if proxy is not None and prepared.channel is not None:
                await proxy.serve(await _receive_listener(prepared.channel, process))
        except BaseException:
            process.kill()
            raise
        return process


class _Sink:
    """Delivers output up to the limit and keeps its tail."""

    def __init__(self, limit: int, on_output: OnOutput | None) -> None:
        self._limit = limit
        self._on_output = on_output
        self.delivered = 0
        self.tail = bytearray()

    async def drain(self, process: SandboxedProcess) -> None:
        """Read to the end; a process that says more than the limit is killed."""
        while chunk := await process.stdout.read(_CHUNK_BYTES):
            fitting = chunk[: self._limit - self.delivered]
            if fitting:
                await self._deliver(fitting)
            if len(fitting) < len(chunk):
                process.kill(KillReason.OUTPUT)
                return

    async def _deliver(self, chunk: bytes) -> None:
        self.delivered += len(chunk)
        self.tail += chunk
        del self.tail[:-_TAIL_BYTES]
        if self._on_output is not None:
            await self._on_output(chunk)


async def _feed(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Write the input and close; a command need not read it."""
    with contextlib.suppress(ConnectionError):
        writer.write(data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def _start_clock(seconds: float | None, process: SandboxedProcess) -> asyncio.TimerHandle:
    """Kill at the wall time; what was written before still reaches its reader."""
    delay = _FOR_EVER_SECONDS if seconds is None else seconds
    return asyncio.get_running_loop().call_later(delay, process.kill, KillReason.WALL_TIME)


def _check_started(ended: Exit, tail: bytearray) -> None:
    """Tell a failure of bwrap, our shims or a container engine from a failure of the command."""
    if tail.startswith(_NOT_STARTED.get(ended.exit_code, ())):
        first = tail.split(b"\n")[0].decode(errors="replace")
        raise SandboxFailedError(f"The sandbox could not be set up: {first}")


async def _receive_listener(channel: socket.socket, process: SandboxedProcess) -> socket.socket:
    """The listening socket made inside the sandbox's network namespace."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    channel.settimeout(0)
    loop.add_reader(channel, readable.set)
    try:
        async with asyncio.timeout(_LISTENER_SECONDS):
            await readable.wait()
        _, fds, _, _ = socket.recv_fds(channel, 16, 1)
    except TimeoutError:
        fds = []
    finally:
        loop.remove_reader(channel)
    if not fds:
        process.kill()
        ended = await process.wait()
        said = (await process.stdout.read(_CHUNK_BYTES)).decode(errors="replace").strip()
        raise SandboxFailedError(
            f"The network of the sandbox could not be set up (exit {ended.exit_code}). "
            f"{said.splitlines()[-1] if said else ''}".strip()
        )
    return socket.socket(fileno=fds[0])
