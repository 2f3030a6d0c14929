"""Starts stand-in agents as plain processes where a test needs no sandbox."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sessions_app.runtimes.host import AgentCommand
from tests.standins.script import Call, Fail, Part, Say, Think

ROOT = Path(__file__).parents[2]


@dataclass
class Process:
    """An `AgentProcess` without a sandbox."""

    inner: asyncio.subprocess.Process

    @property
    def stdin(self) -> asyncio.StreamWriter:
        assert self.inner.stdin is not None
        return self.inner.stdin

    @property
    def stdout(self) -> asyncio.StreamReader:
        assert self.inner.stdout is not None
        return self.inner.stdout

    @property
    def stderr(self) -> asyncio.StreamReader | None:
        return self.inner.stderr

    async def wait(self) -> object:
        return await self.inner.wait()

    async def aclose(self) -> object:
        if self.inner.returncode is None:
            self.inner.kill()
        return await self.inner.wait()


@dataclass
class Spawner:
    """Spawns and remembers what it spawned."""

    spawned: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def __call__(self, argv: Sequence[str], env: Mapping[str, str]) -> Process:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(env), cwd=ROOT
        )
        self.spawned.append(process)
        return Process(process)

    @property
    def alive(self) -> int:
        return sum(process.returncode is None for process in self.spawned)


def acp_agent(
    folder: Path, replies: Sequence[Sequence[Part | dict[str, Any]]], *, keeps: bool = False
) -> AgentCommand:
    """The command of the scripted agent; with `keeps` it remembers its sessions in `folder`."""
    script = folder / "script.json"
    script.write_text(json.dumps([[_part(part) for part in reply] for reply in replies]))
    sessions = folder / "agent-sessions"
    if keeps:
        sessions.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "tests.standins.acp_agent", str(script)]
    return AgentCommand(argv=(*argv, *([str(sessions)] if keeps else [])))


def _part(part: Part | dict[str, Any]) -> dict[str, Any]:
    if isinstance(part, dict):
        return part
    if isinstance(part, Say):
        return {"say": part.text, "chunk": part.chunk}
    if isinstance(part, Think):
        return {"think": part.text}
    if isinstance(part, Call):
        return {"call": part.tool, "arguments": part.arguments}
    if isinstance(part, Fail):
        return {"fail": -32603, "message": part.message}
    return {"stall": True}
