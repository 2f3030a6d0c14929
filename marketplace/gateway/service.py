"""What the gateway does when asked: call a tool, list tools."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from mcp.shared.dispatcher import ProgressFnT

from kernel.sandbox import Enclosure
from kernel.threads import threaded
from marketplace.engine.surface import Listing
from marketplace.errors import (
    GatewayBusyError,
    ServerGoneError,
    ServerStartError,
    ToolCallError,
    ToolChangedError,
    ToolTimeoutError,
    ToolUnknownError,
)
from marketplace.gateway import plans
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.connections import Connection
from marketplace.gateway.enclosure import Sharer
from marketplace.gateway.links import Link, ProcessLink, RemoteLink
from marketplace.gateway.plans import GATEWAY, Plan
from marketplace.gateway.pool import Pool
from marketplace.gateway.results import outcome
from marketplace.models import MCPServer
from marketplace.services.listings import record_failure, record_tools

log = logging.getLogger(__name__)
Report = Callable[[dict[str, Any]], Awaitable[None]]
_LONGEST_CALL = 86_400.0


class Service:
    """Answers requests of other processes of this installation; they have checked the rights."""

    def __init__(self, enclosure: Enclosure, bounds: Bounds) -> None:
        self._enclosure = enclosure
        self._bounds = bounds
        self._calls = asyncio.Semaphore(bounds.calls)
        self._waiting = 0
        self._pulses: set[asyncio.Task[bool]] = set()
        self.pool = Pool(self._open, bounds)

    async def answer(self, request: dict[str, Any], report: Report) -> dict[str, Any]:
        """One request; raises a `ToolCallError`."""
        method = request.get("method")
        if method == "call_tool":
            return await self.call_tool(request, report)
        if method == "list_tools":
            return await self.list_tools(UUID(request["server_id"]))
        raise ToolCallError("The gateway does not know this request.")

    async def call_tool(self, request: dict[str, Any], report: Report) -> dict[str, Any]:
        """Call an approved tool of an enabled server."""
        tool, sharer = str(request["tool"]), _sharer(request)
        async with self._turn():
            plan = await threaded(_plan_to_use)(UUID(request["server_id"]))
            seconds = float(request.get("timeout_seconds") or plan.timeout_seconds)
            shared = sharer if plan.per_session else Sharer()
            async with self._noted(plan), self.pool.lease(plan, shared) as connection:
                await self._guard(connection, plan, tool)
                result = await self._call(
                    connection, request, min(seconds, _LONGEST_CALL), self._paced(report)
                )
        return outcome(result, connection.secrets, most_bytes=self._bounds.result_bytes)

    async def list_tools(self, server_id: UUID) -> dict[str, Any]:
        """Start the server if need be, list its tools and record them, or why that failed."""
        try:
            plan = await threaded(plans.plan_for)(server_id)
            async with self._turn(), self._for_listing(plan) as connection:
                listing = await connection.relist()
                await threaded(_record)(server_id, listing)
        except ToolCallError as fault:
            await threaded(_record_failure)(server_id, fault)
            raise
        return {"tools": [tool.name for tool in listing.tools], "digest": listing.digest}

    async def aclose(self) -> None:
        """End every server."""
        for task in self._pulses:
            task.cancel()
        await self.pool.aclose()

    @contextlib.asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        """So many calls at once; a bounded number waits, more are refused."""
        if self._waiting >= self._bounds.waiting:
            raise GatewayBusyError
        self._waiting += 1
        try:
            await self._calls.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._calls.release()

    @contextlib.asynccontextmanager
    async def _noted(self, plan: Plan) -> AsyncIterator[None]:
        """A server that does not start is shown as failed, also when a call found out."""
        try:
            yield
        except ServerStartError as fault:
            await threaded(_record_failure)(plan.server_id, fault)
            raise

    @contextlib.asynccontextmanager
    async def _for_listing(self, plan: Plan) -> AsyncIterator[Connection]:
        """A shared connection; one of its own, ended at once, where sessions do not share."""
        if not plan.per_session:
            async with self.pool.lease(plan, Sharer()) as connection:
                yield connection
            return
        connection = await self._open(plan, Sharer())
        await connection.start()
        try:
            yield connection
        finally:
            await connection.aclose()

    async def _open(self, plan: Plan, sharer: Sharer) -> Connection:
        values = await threaded(plans.values_for)(plan.server_id)
        rooms = (self._enclosure, self._bounds)
        link: Link = (
            ProcessLink(plan, values, sharer, rooms)
            if plan.is_process
            else RemoteLink(plan, values, self._bounds)
        )
        return Connection(plan, values, link, self._bounds)

    async def _guard(self, connection: Connection, plan: Plan, tool: str) -> None:
        """Refuse a tool that is not, word for word, the one that was approved."""
        listing = await connection.relist() if connection.stale else connection.listing
        assert listing is not None  # noqa: S101
        if listing.digest != plan.known:
            await threaded(_record)(plan.server_id, listing)
        approved = await threaded(plans.approval_of)(plan.server_id, tool)
        shown = {one.name: one.digest for one in listing.tools}.get(tool)
        if shown is None:
            raise ToolUnknownError(f"{plan.name} has no tool named {tool}.")
        if shown != approved:
            raise ToolChangedError(f"{plan.name}.{tool}: {ToolChangedError.__doc__}")

    async def _call(
        self,
        connection: Connection,
        request: dict[str, Any],
        seconds: float,
        on_progress: ProgressFnT,
    ) -> Any:
        try:
            return await connection.call(
                request["tool"], request["arguments"], seconds=seconds, on_progress=on_progress
            )
        except ToolTimeoutError:
            task = asyncio.create_task(connection.pulse())
            self._pulses.add(task)
            task.add_done_callback(self._pulses.discard)
            raise

    def _paced(self, report: Report) -> ProgressFnT:
        """Pass progress on, but not more often than anybody can look."""
        last = float("-inf")

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= self._bounds.progress_seconds:
                last = now
                await report({"progress": progress, "total": total, "message": message})

        return on_progress


def _sharer(request: dict[str, Any]) -> Sharer:
    session, workspace = request.get("session_id"), request.get("workspace")
    return Sharer(
        session_id=UUID(session) if session else None,
        workspace=Path(workspace) if workspace else None,
    )


def _plan_to_use(server_id: UUID) -> Plan:
    plan = plans.plan_for(server_id)
    plans.note_use(server_id)
    return plan


def _server(server_id: UUID) -> MCPServer:
    found = MCPServer.objects.filter(pk=server_id).first()
    if found is None:
        raise ServerGoneError
    return found


def _record(server_id: UUID, listing: Listing) -> None:
    record_tools(GATEWAY, _server(server_id), listing=listing)


def _record_failure(server_id: UUID, fault: ToolCallError) -> None:
    said = str(fault.extra.get("stderr", ""))
    with contextlib.suppress(ServerGoneError):
        detail = f"{fault.detail}\n\n{said}".strip()
        record_failure(GATEWAY, _server(server_id), code=fault.code, detail=detail)
