"""What the process that runs runtimes gives to an adapter when it builds one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import httpx2


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
    """A started agent; `asyncio.subprocess.Process` with pipes is one."""

    @property
    def stdin(self) -> asyncio.StreamWriter | None:
        """Where the agent reads."""

    @property
    def stdout(self) -> asyncio.StreamReader | None:
        """Where the agent writes."""

    @property
    def returncode(self) -> int | None:
        """The exit status once it has ended."""

    def terminate(self) -> None:
        """Ask the agent and all it started to end."""

    def kill(self) -> None:
        """End the agent and all it started."""

    async def wait(self) -> int:
        """Return the exit status when the agent has ended."""


class Spawn(Protocol):
    """Starts a command inside the session's sandbox."""

    async def __call__(self, argv: Sequence[str], env: Mapping[str, str]) -> AgentProcess:
        """Start `argv` with exactly `env`."""


@dataclass(frozen=True, kw_only=True)
class RuntimeHost:
    """Everything any adapter may need; each takes its part and says what is missing.

    `providers` is keyed by the provider part of a model name (`anthropic:claude-…`), `home` is the
    session's own home directory, where an SDK may keep files. `transport` makes the HTTP transport
    that connections to providers use, so that they pass the egress guard.
    """

    providers: Mapping[str, ProviderConfig] = field(default_factory=dict)
    default_model: str = ""
    home: Path | None = None
    agent: AgentCommand | None = None
    spawn: Spawn | None = None
    transport: Callable[[], httpx2.AsyncBaseTransport] | None = None
