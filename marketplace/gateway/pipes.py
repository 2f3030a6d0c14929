"""MCP over the standard streams of a sandboxed process: one JSON-RPC message a line.

Servers print noise on stdout although the protocol forbids it; what is no message is dropped.
What they print on stderr is kept, shortened, to explain why they failed.
"""

from __future__ import annotations

import asyncio
import json
from types import TracebackType

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.client import Transport
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCError, jsonrpc_message_adapter

from kernel.sandbox import SandboxedProcess
from marketplace.gateway import faults
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.lines import Lines, Oversized

_CHUNK = 64 * 1024
_STDERR_TAIL = 8 * 1024
Inbound = SessionMessage | Exception
Streams = tuple[MemoryObjectReceiveStream[Inbound], MemoryObjectSendStream[SessionMessage]]


class Pipe(Transport):
    """The streams of one process as a transport. `ended` is set when it says no more."""

    def __init__(self, process: SandboxedProcess, bounds: Bounds) -> None:
        self._process = process
        self._bounds = bounds
        self._noise = 0
        self._stderr = bytearray()
        self.ended = asyncio.Event()
        self.fault = ""

    @property
    def said(self) -> str:
        """The last lines of stderr."""
        return self._stderr.decode("utf-8", "replace").strip()

    async def __aenter__(self) -> Streams:
        inbound, self._inbox = anyio.create_memory_object_stream[Inbound](0)
        self._outbox, outbound = anyio.create_memory_object_stream[SessionMessage](0)
        self._tasks = [
            asyncio.create_task(self._read(inbound)),
            asyncio.create_task(self._write(outbound)),
            asyncio.create_task(self._read_stderr()),
        ]
        return self._inbox, self._outbox

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._inbox.close()
        self._outbox.close()
        for task in self._tasks[:2]:
            task.cancel()
        await asyncio.gather(*self._tasks[:2], return_exceptions=True)

    async def finish(self) -> None:
        """Read the rest of stderr once the process is gone."""
        await asyncio.wait(self._tasks[2:], timeout=1)
        for task in self._tasks:
            task.cancel()

    async def _read(self, inbound: MemoryObjectSendStream[Inbound]) -> None:
        lines = Lines(self._bounds.line_bytes)
        try:
            async with inbound:
                while chunk := await self._process.stdout.read(_CHUNK):
                    for line in lines.feed(chunk):
                        message = self._understand(line)
                        if message is not None:
                            await inbound.send(message)
                    if lines.dropped > self._bounds.noise_bytes:
                        self._give_up("It wrote a line that is longer than the limit.")
                self.ended.set()
        except ConnectionError:
            self.ended.set()
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return

    def _understand(self, line: bytes | Oversized) -> SessionMessage | None:
        if isinstance(line, Oversized):
            return self._too_long(line)
        try:
            return SessionMessage(jsonrpc_message_adapter.validate_json(line, by_name=False))
        except ValueError:
            return self._garbled(line)

    def _too_long(self, line: Oversized) -> SessionMessage | None:
        request_id = line.request_id
        if request_id is None:
            self._give_up("It wrote a line that is longer than the limit.")
            return None
        limit = self._bounds.line_bytes
        message = f"{faults.TOO_LARGE} {limit} bytes."
        return SessionMessage(faults.answer(request_id, faults.OVERSIZED, message))

    def _garbled(self, line: bytes) -> SessionMessage | None:
        """An answer of the wrong shape ends its call; anything else is noise."""
        error = _misshapen(line)
        if error is not None:
            return SessionMessage(error)
        self._noise += len(line)
        if self._noise > self._bounds.noise_bytes:
            self._give_up("It floods its standard output with something that is no message.")
        return None

    def _give_up(self, why: str) -> None:
        self.fault = why
        self._process.kill()

    async def _write(self, outbound: MemoryObjectReceiveStream[SessionMessage]) -> None:
        try:
            async with outbound:
                async for item in outbound:
                    text = item.message.model_dump_json(by_alias=True, exclude_unset=True)
                    self._process.stdin.write(text.encode() + b"\n")
                    await self._process.stdin.drain()
        except anyio.ClosedResourceError:
            return
        except ConnectionError:
            self._process.kill()

    async def _read_stderr(self) -> None:
        stream = self._process.stderr
        while stream is not None and (chunk := await stream.read(_CHUNK)):
            self._stderr += chunk
            del self._stderr[:-_STDERR_TAIL]


def _misshapen(line: bytes) -> JSONRPCError | None:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict) or "method" in raw or "jsonrpc" not in raw:
        return None
    request_id = raw.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, (int, str)):
        return None
    return faults.answer(request_id, faults.GARBLED, "The answer has not the protocol's shape.")
