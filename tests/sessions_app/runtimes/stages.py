"""One stage for every runtime: the same scripted turn, whatever plays the model or the agent."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from kernel.egress import Guard
from kernel.plugins import load
from sessions_app.runtimes.base import (
    Runtime,
    RuntimeOptions,
    ToolOutcome,
    TurnOutcome,
    TurnRequest,
)
from sessions_app.runtimes.host import ProviderConfig, RuntimeHost
from sessions_app.runtimes.memory import Event, MemoryIO
from sessions_app.runtimes.registry import RUNTIMES
from sessions_app.runtimes.repeated import RepeatedTurn
from tests.sessions_app.runtimes.turns import spec, turn
from tests.standins.agents import Spawner, acp_agent
from tests.standins.chat_completions import chat_completions
from tests.standins.http_server import HttpServer
from tests.standins.messages_api import messages_api
from tests.standins.script import Call, Fail, Part, Say, Think, rounds

KEY = "sk-very-secret-0123456789"
TOOLS = (spec("shell", command="string"), spec("read_file", path="string"))
PATIENCE = 60.0

_has_claude = importlib.util.find_spec("claude_agent_sdk") is not None
_wanted = "claude" in os.environ.get("QUARTERDECK_TEST_EXTRAS", "")
claude = pytest.mark.skipif(
    not (_has_claude or _wanted),
    reason="the extra claude is not installed (requirements/claude.txt)",
)
MODEL_STAGES = [
    "model-anthropic",
    "model-openai",
    pytest.param("claude", marks=claude),
]
STAGES = ["embedded", *MODEL_STAGES, "acp"]
AGENT_STAGES = STAGES[1:]


@dataclass
class Stage:
    """A runtime with everything it talks to."""

    name: str
    host: RuntimeHost
    prompt: str = "Do it."
    model: str = ""
    server: HttpServer | None = None
    spawner: Spawner = field(default_factory=Spawner)
    before: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.before = _children()

    @property
    def runtime_name(self) -> str:
        return self.name.partition("-")[0]

    @property
    def durable(self) -> bool:
        return RUNTIMES[self.runtime_name].capabilities.durable_approval

    def runtime(self) -> Runtime:
        """A fresh instance, as a fresh process would build it."""
        return load(RUNTIMES[self.runtime_name].path)(self.host)

    def turn(self, *, max_turns: int = 50, timeout_seconds: int = 60, **more: Any) -> TurnRequest:
        options = RuntimeOptions(
            model=self.model, max_turns=max_turns, timeout_seconds=timeout_seconds
        )
        prompt = more.pop("prompt", self.prompt)
        return turn(prompt, options=options, tools=TOOLS, **more)

    async def run(self, io: MemoryIO, **more: Any) -> TurnOutcome:
        return await self.runtime().run(self.turn(**more), io)

    async def resume(self, io: MemoryIO, state: bytes | None) -> TurnOutcome:
        """The same turn in a fresh instance; what was waiting has been decided."""
        request = self.turn(state=state, attempt=2)
        if self.durable:
            return await self.runtime().run(request, io)
        repeated = RepeatedTurn(io, list(io.journal.entries))
        outcome = await self.runtime().run(request, repeated)
        await repeated.release()
        return outcome

    async def idle(self) -> None:
        """Wait until no connection and no child process is left."""
        await until(lambda: not (self.server and self.server.open_connections))
        await until(lambda: not (_children() - self.before))

    def golden(self, io: MemoryIO) -> list[Event]:
        """What was said, thought and called, in order.

        Usage is checked on its own (an agent may call a tool before its answer has ended), and so
        is the summary with which the embedded runtime closes a plan.
        """
        events = [event for event in io.transcript() if event[0] not in ("usage", "observed")]
        summarized = self.name == "embedded" and events and events[-1][0] == "message"
        return events[:-1] if summarized and _is_summary(events[-1][1]) else events


@asynccontextmanager
async def staged(name: str, folder: Path, *replies: Sequence[Part]) -> AsyncIterator[Stage]:
    """The named runtime on its stage, about to play `replies`, one per round."""
    guard = Guard(allow=["127.0.0.1"])
    if name == "embedded":
        yield Stage(name, RuntimeHost(guard=guard), prompt=_plan(replies))
    elif name == "acp":
        agent = acp_agent(folder, replies)
        agent = replace(agent, env={**os.environ, "AGENT_KEY": KEY})
        spawner = Spawner()
        host = RuntimeHost(guard=guard, agent=agent, spawn=spawner)
        yield Stage(name, host, spawner=spawner)
    else:
        async with _api(name)(rounds(*replies)) as server:
            provider = "openai" if name == "model-openai" else "anthropic"
            url = f"{server.url}/v1" if provider == "openai" else server.url
            config = ProviderConfig(api_key=KEY, base_url=url)
            host = RuntimeHost(guard=guard, providers={provider: config})
            model = {"openai": "openai:gpt-5", "anthropic": "anthropic:claude-sonnet-5"}
            yield Stage(name, host, model=model[provider], server=server)


def _api(name: str) -> Callable[..., Any]:
    return chat_completions if name == "model-openai" else messages_api


def _plan(replies: Sequence[Sequence[Part]]) -> str:
    steps = [_step(part) for reply in replies for part in reply if not isinstance(part, Think)]
    return json.dumps({"plan": steps}, ensure_ascii=False)


def _step(part: Part) -> dict[str, Any]:
    if isinstance(part, Say):
        return {"say": part.text}
    if isinstance(part, Call):
        on = {"on_denied": "continue", "on_error": "continue"}
        return {"tool": part.tool, "args": part.arguments, **on}
    return {"tool": "fail" if isinstance(part, Fail) else "hang"}


def _is_summary(text: str) -> bool:
    return any(text.startswith(start) for start in ("1. ", "shell", "read_file", "hang"))


def _children() -> set[int]:
    """Living processes below this one."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE:
                found.add(child.pid)
    return found


async def until(condition: Callable[[], Any]) -> None:
    """Wait until the condition holds; fail when it does not within our patience."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


async def hang(_arguments: Mapping[str, Any]) -> ToolOutcome:
    """A tool that never answers."""
    return await asyncio.get_running_loop().create_future()
