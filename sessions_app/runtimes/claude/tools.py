"""The session's tools as an in-process MCP server for the CLI; every call goes to the broker."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from claude_agent_sdk import SdkMcpTool, ToolAnnotations, create_sdk_mcp_server

from sessions_app.runtimes.base import RuntimeIO, ToolSpec
from sessions_app.runtimes.calls import CallIds, ToolNames, told

SERVER = "quarterdeck"
RESULT_CHARS = 500_000  # beyond it the CLI writes a result to its own disk; the broker caps below
Answer = dict[str, Any]


class BrokerServer:
    """Answers the CLI's calls one at a time; `waiting` is set when the turn must be left."""

    def __init__(self, tools: Sequence[ToolSpec], io: RuntimeIO) -> None:
        self._io, self._ids = io, CallIds()
        self._names = ToolNames(tools)
        self._one_at_a_time = asyncio.Lock()
        self.waiting = asyncio.Event()

    @property
    def allowed(self) -> list[str]:
        """The tools' names as the CLI knows them; it is not to ask about any of them."""
        return [f"mcp__{SERVER}__{name}" for name in self._names.by_wire_name]

    def config(self) -> Any:
        """The server for the SDK's options."""
        tools = [
            SdkMcpTool(
                name=name,
                description=spec.description,
                input_schema=dict(spec.input_schema),
                handler=self._handler(spec.name),
                annotations=ToolAnnotations(maxResultSizeChars=RESULT_CHARS),
            )
            for name, spec in self._names.by_wire_name.items()
        ]
        return create_sdk_mcp_server(SERVER, tools=tools)

    def _handler(self, tool: str) -> Callable[[dict[str, Any]], Awaitable[Answer]]:
        async def call(arguments: dict[str, Any]) -> Answer:
            async with self._one_at_a_time:
                return await self._call(tool, arguments)

        return call

    async def _call(self, tool: str, arguments: dict[str, Any]) -> Answer:
        await self._io.end_message()
        outcome = await self._io.call_tool(self._ids.request(tool, arguments))
        if outcome.status == "waiting":
            self.waiting.set()
            await asyncio.get_running_loop().create_future()
        text = {"type": "text", "text": told(outcome)}
        return {"content": [text], "is_error": outcome.status != "ok"}
