"""A scriptable agent that speaks the Agent Client Protocol on its standard streams.

`python -m tests.standins.acp_agent SCRIPT.json [SESSIONS_DIR]`. The script is what
`script.from_document` reads. The agent's calls `read_file`, `write_file` and `shell` go to the
client's files and terminals; any other tool is the agent's own, for which it asks permission
first when the call says `"ask": true`. With a directory it keeps its sessions there and offers
`session/load`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from acp import (
    PROTOCOL_VERSION,
    Agent,
    Client,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PromptResponse,
    RequestError,
    run_agent,
    start_tool_call,
    text_block,
    tool_content,
    update_agent_message_text,
    update_agent_thought_text,
    update_tool_call,
    update_user_message_text,
)
from acp.schema import (
    AgentCapabilities,
    Implementation,
    PermissionOption,
    ToolCallUpdate,
    Usage,
)

from tests.standins.script import INPUT_TOKENS, OUTPUT_TOKENS, pieces

CWD = "/workspace"


class ScriptedAgent(Agent):
    """Plays the script's replies, one for each round of a prompt."""

    def __init__(self, script: list[list[dict[str, Any]]], sessions: Path | None) -> None:
        self._script, self._sessions = script, sessions
        self._stop = asyncio.Event()
        self._calls = 0

    def on_connect(self, conn: Client) -> None:
        self._client = conn

    async def initialize(self, protocol_version: int, *_: Any, **__: Any) -> InitializeResponse:
        return InitializeResponse(
            protocol_version=PROTOCOL_VERSION,
            agent_capabilities=AgentCapabilities(load_session=self._sessions is not None),
            agent_info=Implementation(name="scripted", version="1"),
        )

    async def new_session(self, cwd: str, **_: Any) -> NewSessionResponse:
        count = len(list(self._sessions.iterdir())) if self._sessions else 0
        return NewSessionResponse(session_id=f"session-{count + 1}")

    async def load_session(self, cwd: str, session_id: str, **_: Any) -> LoadSessionResponse:
        kept = self._sessions / session_id if self._sessions else None
        if kept is None or not kept.exists():
            raise RequestError.invalid_params({"details": "no such session"})
        for line in kept.read_text().splitlines():
            await self._update(session_id, update_user_message_text(json.loads(line)))
            await self._update(session_id, update_agent_message_text("(replayed answer)"))
        return LoadSessionResponse()

    async def prompt(self, session_id: str, prompt: list[Any], **_: Any) -> PromptResponse:
        self._keep(session_id, "\n---\n".join(block.text for block in prompt))
        for reply in self._script:
            stop = await self._reply(session_id, reply)
            if stop is not None:
                return stop
            if not any("call" in part for part in reply):
                break
        return PromptResponse(
            stop_reason="end_turn",
            usage=Usage(
                total_tokens=INPUT_TOKENS + OUTPUT_TOKENS,
                input_tokens=INPUT_TOKENS,
                output_tokens=OUTPUT_TOKENS,
            ),
        )

    async def cancel(self, session_id: str, **_: Any) -> None:
        self._stop.set()

    async def _reply(self, session: str, reply: list[dict[str, Any]]) -> PromptResponse | None:
        for part in reply:
            if "say" in part:
                for piece in pieces(part["say"], part.get("chunk", 8)):
                    await self._update(session, update_agent_message_text(piece))
            elif "think" in part:
                await self._update(session, update_agent_thought_text(part["think"]))
            elif "call" in part:
                await self._call(session, part)
            elif "stall" in part:
                await self._stop.wait()
                return PromptResponse(stop_reason="cancelled")
            elif "stop" in part:
                return PromptResponse(stop_reason=part["stop"])
            elif "fail" in part:
                raise RequestError(part["fail"], part.get("message", "scripted failure"))
            elif "exit" in part:
                sys.exit(part["exit"])
        return None

    async def _call(self, session: str, part: dict[str, Any]) -> None:
        tool, arguments = part["call"], part.get("arguments", {})
        if tool == "shell":
            await self._shell(session, arguments["command"])
        elif tool == "read_file":
            await self._refusable(
                self._client.read_text_file(session_id=session, path=f"{CWD}/{arguments['path']}")
            )
        elif tool == "write_file":
            path = f"{CWD}/{arguments['path']}"
            content = arguments["content"]
            await self._refusable(
                self._client.write_text_file(session_id=session, path=path, content=content)
            )
        else:
            await self._own_tool(session, part)

    async def _refusable(self, request: Any) -> None:
        """A refused file stays refused; the agent goes on."""
        with contextlib.suppress(RequestError):
            await request

    async def _shell(self, session: str, command: str) -> None:
        made = await self._client.create_terminal(session_id=session, command=command, cwd=CWD)
        terminal = made.terminal_id
        await self._client.wait_for_terminal_exit(session_id=session, terminal_id=terminal)
        await self._client.terminal_output(session_id=session, terminal_id=terminal)
        await self._client.release_terminal(session_id=session, terminal_id=terminal)

    async def _own_tool(self, session: str, part: dict[str, Any]) -> None:
        self._calls += 1
        key, tool = f"own-{self._calls}", part["call"]
        arguments = part.get("arguments", {})
        await self._update(
            session,
            start_tool_call(key, tool, kind="execute", status="pending", raw_input=arguments),
        )
        if part.get("ask") and not await self._may(session, key, tool, arguments):
            await self._update(session, update_tool_call(key, status="failed"))
            return
        done = [tool_content(text_block(f"{tool} done"))]
        await self._update(session, update_tool_call(key, status="completed", content=done))

    async def _may(self, session: str, key: str, tool: str, arguments: dict[str, Any]) -> bool:
        answer = await self._client.request_permission(
            session_id=session,
            tool_call=ToolCallUpdate(
                tool_call_id=key, title=tool, kind="execute", raw_input=arguments
            ),
            options=[
                PermissionOption(option_id="always", name="Always", kind="allow_always"),
                PermissionOption(option_id="once", name="Once", kind="allow_once"),
                PermissionOption(option_id="no", name="No", kind="reject_once"),
            ],
        )
        return getattr(answer.outcome, "option_id", "no") == "once"

    async def _update(self, session: str, update: Any) -> None:
        await self._client.session_update(session_id=session, update=update)

    def _keep(self, session: str, prompt: str) -> None:
        if self._sessions is not None:
            with (self._sessions / session).open("a") as file:
                file.write(json.dumps(prompt) + "\n")


if __name__ == "__main__":
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    asyncio.run(run_agent(ScriptedAgent(json.loads(Path(sys.argv[1]).read_text()), folder)))
