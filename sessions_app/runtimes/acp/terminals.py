"""The agent's terminals: each is one call of the broker's `shell`, run beside the conversation."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence

from acp import RequestError
from acp.schema import EnvVariable, TerminalExitStatus, TerminalOutputResponse

from sessions_app.runtimes.acp.gate import Gate
from sessions_app.runtimes.base import ToolOutcome
from sessions_app.runtimes.calls import told

NOT_RUN = 126  # what a shell answers for a command that may not be run


class Terminals:
    """Running and finished commands by terminal id; the output is there when the command ends."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._running: dict[str, asyncio.Task[ToolOutcome]] = {}
        self._limits: dict[str, int | None] = {}

    def create(self, command: str, limit: int | None) -> str:
        """Start a command; `limit` bounds the output in bytes, keeping its end."""
        terminal = f"terminal-{len(self._limits) + 1}"
        self._limits[terminal] = limit
        call = self._gate.ask("shell", {"command": command})
        self._running[terminal] = asyncio.create_task(call)
        return terminal

    def output(self, terminal: str) -> TerminalOutputResponse:
        """What the command wrote, once it has ended."""
        task = self._task(terminal)
        if not task.done():
            return TerminalOutputResponse(output="", truncated=False)
        outcome = _outcome(task)
        text, cut = _tail(_written(outcome), self._limits[terminal])
        status = TerminalExitStatus(exit_code=_exit_code(outcome))
        return TerminalOutputResponse(output=text, truncated=cut, exit_status=status)

    async def wait(self, terminal: str) -> int:
        """The exit code, when the command has ended."""
        task = self._task(terminal)
        await asyncio.wait({task})
        return _exit_code(_outcome(task))

    async def kill(self, terminal: str) -> None:
        """End the command; its output stays readable."""
        task = self._task(terminal)
        task.cancel()
        await asyncio.wait({task})

    async def release(self, terminal: str) -> None:
        """End the command and forget it."""
        await self.kill(terminal)
        del self._running[terminal]

    async def aclose(self) -> None:
        """End every command that still runs."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _task(self, terminal: str) -> asyncio.Task[ToolOutcome]:
        if terminal not in self._running:
            raise RequestError.invalid_params({"details": f"there is no terminal {terminal}"})
        return self._running[terminal]


def command_line(
    command: str, args: Sequence[str], env: Sequence[EnvVariable], cwd: str | None
) -> str:
    """One shell command for what the protocol sends in parts.

    Without `args` agents send a whole command line in `command`.
    """
    line = shlex.join([command, *args]) if args else command
    exports = [f"export {item.name}={shlex.quote(item.value)}" for item in env]
    move = [f"cd {shlex.quote(cwd)}"] if cwd else []
    return " && ".join([*move, *exports, line])


def _outcome(task: asyncio.Task[ToolOutcome]) -> ToolOutcome:
    if task.cancelled() or task.exception() is not None:
        return ToolOutcome(status="error", content="The command was ended.")
    return task.result()


def _exit_code(outcome: ToolOutcome) -> int:
    if outcome.exit_code is not None:
        return outcome.exit_code
    return 0 if outcome.status == "ok" else NOT_RUN


def _written(outcome: ToolOutcome) -> str:
    return told(outcome) if outcome.status == "denied" else outcome.content


def _tail(text: str, limit: int | None) -> tuple[str, bool]:
    raw = text.encode()
    if limit is None or len(raw) <= limit:
        return text, False
    return raw[len(raw) - limit :].decode(errors="ignore"), True
