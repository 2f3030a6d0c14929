"""Calling the gateway from another process: the runner's tool broker, trials, tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from marketplace.errors import GatewayLostError, GatewayUnavailableError, from_wire
from marketplace.gateway import sockets, wire

_APPEARS_SECONDS = 5.0
_LOOK_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a call is, in the server's own measure."""

    progress: float
    total: float | None = None
    message: str | None = None


@dataclass(frozen=True, kw_only=True)
class ToolResult:
    """What a tool answered, redacted. `content` holds MCP content blocks (`{type: text, …}`).

    `is_error`: the tool ran and says that it failed.
    """

    content: list[dict[str, Any]]
    structured: Any = None
    is_error: bool = False

    @property
    def text(self) -> str:
        """The text blocks, one after another; other kinds by their name."""
        return "\n".join(
            block["text"] if block.get("type") == "text" else f"[{block.get('type', 'unknown')}]"
            for block in self.content
        )


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """One call. `workspace` is the session's working directory, for servers that mount it.

    `timeout_seconds` None takes the server's own limit.
    """

    server_id: UUID
    tool: str
    arguments: Mapping[str, Any]
    session_id: UUID | None = None
    workspace: Path | None = None
    timeout_seconds: float | None = None


OnProgress = Callable[[Progress], Awaitable[None]]


async def call_tool(call: ToolCall, *, on_progress: OnProgress | None = None) -> ToolResult:
    """Call a tool through a gateway. Cancelling this cancels the call.

    Raises a `ToolCallError` for everything but the tool's own failure (`is_error`).
    """
    request = {
        "method": "call_tool",
        "server_id": str(call.server_id),
        "tool": call.tool,
        "arguments": dict(call.arguments),
        "session_id": str(call.session_id) if call.session_id else None,
        "workspace": str(call.workspace) if call.workspace else None,
        "timeout_seconds": call.timeout_seconds,
    }
    answer = await _ask(f"{call.server_id}|{call.session_id}", request, on_progress)
    return ToolResult(**answer)


async def list_live(server_id: UUID) -> list[str]:
    """Have a server started and listed now; the names of its tools. Raises `ToolCallError`."""
    request = {"method": "list_tools", "server_id": str(server_id)}
    answer = await _ask(f"{server_id}|None", request, None)
    return list(answer["tools"])


async def _ask(key: str, request: dict[str, Any], on_progress: OnProgress | None) -> Any:
    """Send to the first gateway that lives; wait a moment for one that is being restarted."""
    until = asyncio.get_running_loop().time() + _APPEARS_SECONDS
    while True:
        for name in sockets.ranked(key):
            try:
                streams = await sockets.dial(name)
            except OSError:
                continue
            return await _talk(*streams, request, on_progress)
        if asyncio.get_running_loop().time() > until:
            raise GatewayUnavailableError
        await asyncio.sleep(_LOOK_SECONDS)


async def _talk(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: dict[str, Any],
    on_progress: OnProgress | None,
) -> Any:
    try:
        writer.write(wire.encode(request))
        await writer.drain()
        while (frame := await wire.receive(reader)) is not None:
            if "progress" not in frame:
                return _outcome(frame)
            if on_progress is not None:
                await on_progress(Progress(**frame["progress"]))
    except ConnectionError as lost:
        raise GatewayLostError from lost
    finally:
        writer.close()
    raise GatewayLostError


def _outcome(frame: dict[str, Any]) -> Any:
    fault = frame.get("error")
    if fault is not None:
        raise from_wire(fault["code"], fault["detail"], fault.get("extra", {}))
    return frame["result"]
