"""What the process that runs runtimes gives to an adapter when it builds one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kernel.egress import Guard


@dataclass(frozen=True, kw_only=True)
class ProviderConfig:
    """Where a model provider is reached; the key stands in no repr, log or error."""

    api_key: str = field(default="", repr=False)
    base_url: str = ""


@dataclass(frozen=True, kw_only=True)
class AgentCommand:
    """How an external agent is started: its command, and variables added to a scrubbed set.

    `cwd` is the working directory as the agent sees it.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str = "/workspace"


class AgentProcess(Protocol):
    """A started agent, as `kernel.sandbox.SandboxedProcess` is one."""

    stdin: asyncio.StreamWriter
    stdout: asyncio.StreamReader
    stderr: asyncio.StreamReader | None

    async def wait(self) -> object:
        """Return when the agent has ended."""

    async def aclose(self) -> object:
        """Kill whatever of it still runs, and return when nothing is left."""


class Spawn(Protocol):
    """Starts a command inside the session's sandbox."""

    async def __call__(self, argv: Sequence[str], env: Mapping[str, str]) -> AgentProcess:
        """Start `argv` with exactly `env`."""


@dataclass(frozen=True, kw_only=True)
class RuntimeHost:
    """Everything any adapter may need; each takes its part and says what is missing.

    `providers` is keyed by the provider part of a model name (`anthropic:claude-…`); connections
    to them pass `guard`, which refuses private addresses unless the operator allows them.
    """

    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    default_model: str = ""
    agent: AgentCommand | None = None
    spawn: Spawn | None = None
    guard: Guard = field(default_factory=Guard)
