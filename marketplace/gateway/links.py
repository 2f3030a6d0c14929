"""How a server is reached: a process of ours in the sandbox, or an address."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Protocol

from django.conf import settings
from mcp.client import Transport
from mcp.client.streamable_http import streamable_http_client

from kernel.egress import Guard
from kernel.sandbox import Enclosure, KillReason, SandboxedProcess, SandboxError
from marketplace.errors import ServerStartError
from marketplace.gateway import enclosure
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.enclosure import Sharer
from marketplace.gateway.pipes import Pipe
from marketplace.gateway.plans import Plan, Values
from marketplace.gateway.remote import guarded_client

_WHY = {
    KillReason.MEMORY: "The memory limit ended it.",
    KillReason.DISK: "Its home is full; it was ended.",
    KillReason.CPU_TIME: "The CPU limit ended it.",
    KillReason.FILE_SIZE: "A file grew over the size limit; it was ended.",
}


class Link(Protocol):
    """The way to one server; `ended` is set when it broke, `why` then says what happened."""

    ended: asyncio.Event

    @property
    def said(self) -> str:
        """The server's last words on stderr."""

    async def open(self) -> Transport:
        """Make the transport; raises `ServerStartError` or `SandboxMissingError`."""

    async def why(self) -> str:
        """What became of a broken link."""

    async def aclose(self) -> None:
        """Leave nothing behind; safe to call when nothing was opened."""


class ProcessLink:
    """A stdio server: one sandboxed process tree that ends with this object."""

    def __init__(
        self, plan: Plan, values: Values, sharer: Sharer, rooms: tuple[Enclosure, Bounds]
    ) -> None:
        self._plan = plan
        self._values = values
        self._sharer = sharer
        self._enclosure, self._bounds = rooms
        self._process: SandboxedProcess | None = None
        self._pipe: Pipe | None = None
        self.ended = asyncio.Event()

    async def open(self) -> Transport:
        """Start the process."""
        argv = [self._plan.command, *self._plan.args]
        supervisor = enclosure.supervisor_of(self._enclosure)
        try:
            jail = await enclosure.jail_for(self._enclosure, self._plan, self._values, self._sharer)
            self._process = await _whole(supervisor.spawn(jail, argv))
        except SandboxError as failure:
            raise ServerStartError(str(failure)) from failure
        self._pipe = Pipe(self._process, self._bounds)
        self.ended = self._pipe.ended
        return self._pipe

    @property
    def said(self) -> str:
        """The last lines of its stderr."""
        return self._pipe.said if self._pipe is not None else ""

    async def why(self) -> str:
        """Its exit code, or the bound that ended it."""
        if self._process is None or self._pipe is None:
            return ""
        try:
            async with asyncio.timeout(self._bounds.stop_seconds):
                end = await self._process.wait()
        except TimeoutError:
            return "It closed its standard output."
        await self._pipe.finish()
        reason = self._pipe.fault or (_WHY.get(end.killed_for, "") if end.killed_for else "")
        return reason or f"It ended with exit code {end.exit_code}."

    async def aclose(self) -> None:
        """Close its stdin, give it a moment to leave by itself, then end whatever is left."""
        if self._process is None:
            return
        self._process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._bounds.stop_seconds):
                await self._process.wait()
        await self._process.aclose()
        if self._pipe is not None:
            await self._pipe.finish()
        await asyncio.to_thread(enclosure.forget, self._plan, self._sharer)


class RemoteLink:
    """A Streamable HTTP server. It never counts as broken by itself; each request finds out."""

    def __init__(self, plan: Plan, values: Values, bounds: Bounds) -> None:
        guard = Guard(allow=settings.EGRESS_ALLOW)
        self._url = plan.url
        self._client = guarded_client(guard, bounds, headers=dict(values.headers))
        self._bounds = bounds
        self.ended = asyncio.Event()
        self.said = ""

    async def open(self) -> Transport:
        """Nothing is sent yet."""
        return streamable_http_client(
            self._url, http_client=self._client, max_sse_event_size=self._bounds.line_bytes
        )

    async def why(self) -> str:
        """The request's own error says it all."""
        return ""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _whole(spawning: Coroutine[Any, Any, SandboxedProcess]) -> SandboxedProcess:
    """A start that is cancelled half-way is finished first, so that its end can be awaited."""
    task = asyncio.ensure_future(spawning)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await (await task).aclose()
        raise
