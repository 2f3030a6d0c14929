"""The client half of the protocol: what the agent may call on us."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from acp import RequestError
from acp.schema import (
    AllowedOutcome,
    CreateTerminalResponse,
    DeniedOutcome,
    EnvVariable,
    KillTerminalResponse,
    PermissionOption,
    ReadTextFileResponse,
    ReleaseTerminalResponse,
    RequestPermissionResponse,
    TerminalOutputResponse,
    ToolCallUpdate,
    WaitForTerminalExitResponse,
    WriteTextFileResponse,
)

from sessions_app.runtimes.acp.gate import Gate
from sessions_app.runtimes.acp.terminals import Terminals, command_line
from sessions_app.runtimes.acp.updates import Updates
from sessions_app.runtimes.calls import told
from sessions_app.runtimes.permission import PERMISSION


class SessionClient:
    """Answers an agent; its methods are the protocol's, called by the acp library."""

    def __init__(self, gate: Gate, cwd: str) -> None:
        self._gate, self._cwd = gate, cwd.rstrip("/")
        self.updates = Updates(gate)
        self.terminals = Terminals(gate)

    async def session_update(self, session_id: str, update: Any, **_meta: Any) -> None:
        """Show what the agent reports; the lane keeps reports in order."""
        async with self._gate.lane:
            await self.updates.show(update)

    async def request_permission(
        self,
        session_id: str,
        tool_call: ToolCallUpdate,
        options: list[PermissionOption],
        **_meta: Any,
    ) -> RequestPermissionResponse:
        """Let the broker decide whether the agent may use a tool of its own."""
        question = {
            "title": tool_call.title or tool_call.tool_call_id,
            "kind": tool_call.kind or "other",
            "input": json.loads(json.dumps(tool_call.raw_input, default=str)),
            "paths": [location.path for location in tool_call.locations or ()],
        }
        outcome = await self._gate.ask(PERMISSION.name, question)
        kind = "allow" if outcome.status == "ok" else "reject"
        return RequestPermissionResponse(outcome=_choice(options, kind))

    async def read_text_file(
        self,
        session_id: str,
        path: str,
        line: int | None = None,
        limit: int | None = None,
        **_meta: Any,
    ) -> ReadTextFileResponse:
        """Read through the broker; `line` counts from 1."""
        content = await self._file("read_file", path)
        if line is None and limit is None:
            return ReadTextFileResponse(content=content)
        first = max((line or 1) - 1, 0)
        last = None if limit is None else first + limit
        return ReadTextFileResponse(content="".join(content.splitlines(keepends=True)[first:last]))

    async def write_text_file(
        self, session_id: str, path: str, content: str, **_meta: Any
    ) -> WriteTextFileResponse:
        """Write through the broker."""
        await self._file("write_file", path, content=content)
        return WriteTextFileResponse()

    async def create_terminal(
        self,
        session_id: str,
        command: str,
        args: Sequence[str] | None = None,
        env: Sequence[EnvVariable] | None = None,
        cwd: str | None = None,
        output_byte_limit: int | None = None,
        **_meta: Any,
    ) -> CreateTerminalResponse:
        """Run a command through the broker."""
        inside = None if cwd is None or cwd.rstrip("/") == self._cwd else cwd
        line = command_line(command, args or (), env or (), inside)
        terminal = self.terminals.create(line, output_byte_limit)
        return CreateTerminalResponse(terminal_id=terminal)

    async def terminal_output(
        self, session_id: str, terminal_id: str, **_meta: Any
    ) -> TerminalOutputResponse:
        """What a command has written."""
        return self.terminals.output(terminal_id)

    async def wait_for_terminal_exit(
        self, session_id: str, terminal_id: str, **_meta: Any
    ) -> WaitForTerminalExitResponse:
        """Answer when a command has ended."""
        return WaitForTerminalExitResponse(exit_code=await self.terminals.wait(terminal_id))

    async def kill_terminal(
        self, session_id: str, terminal_id: str, **_meta: Any
    ) -> KillTerminalResponse:
        """End a command."""
        await self.terminals.kill(terminal_id)
        return KillTerminalResponse()

    async def release_terminal(
        self, session_id: str, terminal_id: str, **_meta: Any
    ) -> ReleaseTerminalResponse:
        """End a command and forget it."""
        await self.terminals.release(terminal_id)
        return ReleaseTerminalResponse()

    async def ext_method(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """No extension is known."""
        raise RequestError.method_not_found(method)

    async def ext_notification(self, method: str, params: dict[str, Any]) -> None:
        """Unknown notifications are passed over, as the protocol asks."""

    async def _file(self, tool: str, path: str, **more: str) -> str:
        outcome = await self._gate.ask(tool, {"path": self._inside(path), **more})
        if outcome.status != "ok":
            raise RequestError(-32603, told(outcome))
        return outcome.content

    def _inside(self, path: str) -> str:
        """The path as the broker's tools take it, relative to the working directory."""
        return path.removeprefix(f"{self._cwd}/")


def _choice(options: Sequence[PermissionOption], kind: str) -> AllowedOutcome | DeniedOutcome:
    """The narrowest option of the kind: this once before always."""
    for wanted in (f"{kind}_once", f"{kind}_always"):
        for option in options:
            if option.kind == wanted:
                return AllowedOutcome(outcome="selected", option_id=option.option_id)
    return DeniedOutcome(outcome="cancelled")
