"""One live connection to a server: handshake in either era, its tools, and calls.

The connection is owned by one task, because the protocol library's scopes must be left by the
task that entered them; calls may come from any task.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from mcp import Client
from mcp.shared.dispatcher import ProgressFnT
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CONNECTION_CLOSED,
    HEADER_MISMATCH,
    REQUEST_TIMEOUT,
    CallToolResult,
    Implementation,
    InputRequiredResult,
    ToolListChangedNotification,
)
from pydantic import ValidationError

from kernel.errors import InvalidError
from kernel.redaction import Redactor
from marketplace.engine.surface import Listing, read_listing
from marketplace.errors import (
    EgressDeniedError,
    InputRequiredError,
    ResultInvalidError,
    ServerCrashedError,
    ServerStartError,
    ToolCallError,
    ToolTimeoutError,
)
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.faults import REFUSED, meaning
from marketplace.gateway.links import Link
from marketplace.gateway.plans import Plan, Values
from marketplace.gateway.results import redacted, shorten

log = logging.getLogger(__name__)
_US = Implementation(name="quarterdeck", version="1")
_PAGES = 100
_LEAVE_SECONDS = 5.0
_PULSE_SECONDS = 5.0


class Connection:
    """Start it once, call it often, close it; `alive` tells whether it can still be called."""

    def __init__(self, plan: Plan, values: Values, link: Link, bounds: Bounds) -> None:
        self.plan = plan
        self.users = 0
        self.used_at = time.monotonic()
        self.listing: Listing | None = None
        self.secrets = values.secrets
        self._link = link
        self._bounds = bounds
        self._client: Client | None = None
        self._closing = asyncio.Event()
        self._leaving = False
        self._listed_at = float("-inf")
        self._listing_lock = asyncio.Lock()
        self._owner: asyncio.Task[None] | None = None

    @property
    def alive(self) -> bool:
        """Whether it is connected."""
        return self._client is not None and not self._closing.is_set()

    @property
    def stale(self) -> bool:
        """Whether the tools must be listed again: a server may change them while it runs."""
        return time.monotonic() - self._listed_at > self._bounds.relist_seconds

    async def start(self) -> None:
        """Connect and list the tools; raises why that failed, with nothing left behind."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner = asyncio.create_task(self._own(ready))
        try:
            await asyncio.shield(ready)
        except BaseException:
            ready.cancel()
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """End it; returns when nothing of it is left."""
        self._closing.set()
        if self._owner is not None:
            if self._client is None and not self._leaving:
                self._owner.cancel()
            await asyncio.wait({self._owner})

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        seconds: float,
        on_progress: ProgressFnT | None = None,
    ) -> CallToolResult:
        """Call a tool; raises a `ToolCallError` for all but the tool's own failure."""
        try:
            return await self._send(tool, arguments, seconds, on_progress)
        except MCPError as fault:
            if fault.code != HEADER_MISMATCH:
                raise await self._explained(fault, seconds) from fault
        await self.relist()
        try:
            return await self._send(tool, arguments, seconds, on_progress)
        except MCPError as fault:
            raise await self._explained(fault, seconds) from fault

    async def relist(self) -> Listing:
        """List the tools anew; raises a `ToolCallError`."""
        async with self._listing_lock:
            try:
                async with asyncio.timeout(self._bounds.start_seconds):
                    return await self._list(self._require())
            except (MCPError, TimeoutError, ValidationError, InvalidError) as fault:
                raise await self._explained(fault, self._bounds.start_seconds) from fault

    async def pulse(self) -> bool:
        """Whether the server still answers at all; one that does not is ended."""
        try:
            async with asyncio.timeout(_PULSE_SECONDS):
                await self._list(self._require())
        except Exception:
            log.warning("an MCP server hangs", extra={"server": str(self.plan.server_id)})
            self._closing.set()
            return False
        return True

    async def _send(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        seconds: float,
        on_progress: ProgressFnT | None,
    ) -> CallToolResult:
        try:
            answer = await self._require().session.call_tool(
                tool,
                dict(arguments),
                read_timeout_seconds=seconds,
                progress_callback=on_progress,
                allow_input_required=True,
            )
        except (ValidationError, RuntimeError) as wrong:
            raise ResultInvalidError(shorten(self._redact(f"{self.plan.name}: {wrong}"))) from wrong
        if isinstance(answer, InputRequiredResult):
            raise InputRequiredError
        assert isinstance(answer, CallToolResult)  # noqa: S101
        return answer

    async def _own(self, ready: asyncio.Future[None]) -> None:
        """Open, say so, wait for the end, close: all in one task."""
        stack = contextlib.AsyncExitStack()
        try:
            async with asyncio.timeout(self._bounds.start_seconds):
                transport = await self._link.open()
                client = Client(
                    transport,
                    client_info=_US,
                    cache=None,
                    read_timeout_seconds=self._bounds.start_seconds,
                    message_handler=self._notice,
                )
                await self._list(await stack.enter_async_context(client))
            self._client = client
            ready.set_result(None)
            await self._until_over()
        except BaseException as fault:
            if not ready.done():
                ready.set_exception(await self._not_started(fault))
            if isinstance(fault, asyncio.CancelledError):
                raise
        finally:
            self._leaving = True
            self._closing.set()
            await self._leave(stack)

    async def _until_over(self) -> None:
        waits = [
            asyncio.create_task(self._closing.wait()),
            asyncio.create_task(self._link.ended.wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()

    async def _leave(self, stack: contextlib.AsyncExitStack) -> None:
        """Say goodbye if the server listens, then end it in any case."""
        try:
            async with asyncio.timeout(_LEAVE_SECONDS):
                await stack.aclose()
        except Exception as fault:
            log.info("left without goodbye", extra={"error": type(fault).__name__})
        finally:
            await self._link.aclose()

    async def _list(self, client: Client) -> Listing:
        tools: list[dict[str, Any]] = []
        cursor: str | None = None
        for _page in range(_PAGES):
            page = await client.list_tools(cursor=cursor)
            tools += [
                tool.model_dump(by_alias=True, mode="json", exclude_none=True)
                for tool in page.tools
            ]
            cursor = page.next_cursor
            if cursor is None:
                break
        about = client.server_info
        self.listing = read_listing(
            tools,
            protocol_revision=client.protocol_version,
            server=(about.name, about.version) if about else ("", ""),
            instructions=client.instructions or "",
        )
        self._listed_at = time.monotonic()
        return self.listing

    async def _notice(self, message: object) -> None:
        if isinstance(message, ToolListChangedNotification):
            self._listed_at = float("-inf")

    async def _not_started(self, fault: BaseException) -> Exception:
        """Why it did not start, in words."""
        if isinstance(fault, ToolCallError):
            return fault
        if isinstance(fault, asyncio.CancelledError):
            return ServerStartError("The start was cancelled.")
        fault = _innermost(fault)
        told = _told(fault, self._bounds.start_seconds)
        if self._link.ended.is_set():
            told = await self._link.why()
        refused = isinstance(fault, MCPError) and fault.code == REFUSED
        error = EgressDeniedError if refused else ServerStartError
        text = f"The MCP server {self.plan.name} did not start. {told}"
        return error(shorten(self._redact(text)), stderr=self._redact(self._link.said))

    async def _explained(self, fault: Exception, seconds: float) -> ToolCallError:
        """A call's failure in words."""
        name = self.plan.name
        if isinstance(fault, TimeoutError) or (
            isinstance(fault, MCPError) and fault.code == REQUEST_TIMEOUT
        ):
            return ToolTimeoutError(f"{name} did not answer within {seconds:g} seconds.")
        if isinstance(fault, MCPError) and fault.code == CONNECTION_CLOSED:
            why = await self._link.why() or f"{fault}."
            text = f"The MCP server {name} ended during the call. {why}"
            return ServerCrashedError(text.strip(), stderr=self._redact(self._link.said))
        kind = meaning(fault.error) if isinstance(fault, MCPError) else ResultInvalidError
        return kind(shorten(self._redact(f"{name}: {fault}")))

    def _redact(self, text: str) -> str:
        return str(redacted(text, Redactor(self.secrets)))

    def _require(self) -> Client:
        if self._client is None or self._closing.is_set():
            raise ServerCrashedError
        return self._client


def _innermost(fault: BaseException) -> BaseException:
    """What really happened, out of the groups that task groups wrap it in."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def _told(fault: BaseException, seconds: float) -> str:
    """The words of a failure."""
    if isinstance(fault, TimeoutError):
        return f"It was not ready within {seconds:g} seconds."
    return f"{fault}" or type(fault).__name__
