"""The one small interface behind which every agent runtime stands.

A runtime drives a turn: it reads the prompt, speaks, asks for tools. It owns no side effect:
text, tools, usage and secrets go through `RuntimeIO`, so policy, approval, sandbox, redaction,
metering and the ledger sit in the tool broker once, and never in an adapter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol
from uuid import UUID

Role = Literal["user", "assistant"]
OutcomeStatus = Literal["ok", "error", "denied", "waiting"]
TurnStatus = Literal["completed", "waiting", "failed"]


class SecretNotGrantedError(Exception):
    """This session was not granted the secret it asked for."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a runtime can do, so that the runner and the page need not guess.

    `durable_approval`: the adapter can leave a turn at an open approval and continue it from its
    exported state; otherwise a new attempt repeats the turn with the granted call pre-approved.
    `brokered`: every tool call passes the broker; otherwise the agent runs contained as a whole.
    """

    durable_approval: bool
    brokered: bool = True
    streams_text: bool = True
    needs_model: bool = True


@dataclass(frozen=True, kw_only=True)
class HistoryMessage:
    """One earlier message of the session, with its author's display name for multi-user turns."""

    role: Role
    content: str
    author: str = ""


@dataclass(frozen=True, kw_only=True)
class RuntimeOptions:
    """The session's SDK options as the contract names them."""

    model: str = ""
    system_prompt: str = ""
    max_turns: int = 50
    timeout_seconds: int = 600
    permission_mode: str = "default"
    allowed_tools: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ToolSpec:
    """A tool the session may use: its name, what it does, and the JSON Schema of its input."""

    name: str
    description: str
    input_schema: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class DoneCall:
    """A call of an earlier run of the same prompt; `cut_off` when its end is not known."""

    tool: str
    arguments: Mapping[str, Any]
    content: str
    cut_off: bool = False


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A file given to the prompt. It lies at `path` in the working directory; pictures that a model
    may look at come with their content."""

    name: str
    path: str
    media_type: str
    size: int
    content: bytes | None = None


@dataclass(frozen=True, kw_only=True)
class TurnRequest:
    """Everything a runtime may know of the turn it has to drive.

    `attempt` starts at 1. `state` is what the same runtime exported when the previous attempt of
    this run was left waiting, or when the previous run of the session ended; None the first time.
    `resuming` tells the two apart: True when this attempt continues a run left waiting.
    `done` are the calls of earlier runs of this prompt that broke off, in order.
    """

    session_id: UUID
    run_id: UUID
    attempt: int
    prompt: str
    author: str = ""
    history: Sequence[HistoryMessage] = ()
    options: RuntimeOptions = RuntimeOptions()
    tools: Sequence[ToolSpec] = ()
    state: bytes | None = None
    resuming: bool = False
    done: Sequence[DoneCall] = ()
    attachments: Sequence[Attached] = ()


@dataclass(frozen=True, kw_only=True)
class ToolRequest:
    """One call the runtime wants made.

    `call_id` is chosen by the runtime and unique in the run; asking again with the same id and
    input returns the recorded outcome instead of running twice.
    """

    call_id: str
    tool: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ToolOutcome:
    """What became of a call: `waiting` means a person must decide and the turn must be left."""

    status: OutcomeStatus
    content: str = ""
    data: Any = None
    exit_code: int | None = None


@dataclass(frozen=True, kw_only=True)
class ObservedCall:
    """A call that a contained agent made itself, as it reports it.

    Nothing was asked of the broker: it is shown, marked as not brokered. Reports with the same
    `call_id` update one card.
    """

    call_id: str
    title: str
    kind: str = "other"
    status: Literal["running", "ok", "error"] = "running"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    content: str = ""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Tokens of one model request; `context_window` is the model's limit where it is known.

    `input_tokens` counts all input, the parts read from or written to a cache included (the
    convention of genai-prices).
    """

    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    context_window: int | None = None


class RuntimeIO(Protocol):
    """The only way out of a runtime. Every method returns when the effect is durable."""

    async def text(self, delta: str) -> None:
        """Append to the assistant message being spoken, opening one when none is open."""

    async def end_message(self) -> None:
        """Close the message being spoken; its whole text is stored. No-op when none is open."""

    async def reasoning(self, delta: str) -> None:
        """Append to the visible reasoning of the turn."""

    async def call_tool(self, request: ToolRequest) -> ToolOutcome:
        """Ask the broker for one call; never raises for a refused or failed tool."""

    async def observe(self, call: ObservedCall) -> None:
        """Show a call that a contained agent made itself."""

    async def usage(self, usage: Usage) -> None:
        """Meter one model request."""

    async def read_secret(self, name: str) -> str:
        """The value of a secret granted to the session; raises `SecretNotGrantedError`."""


@dataclass(frozen=True, kw_only=True)
class TurnOutcome:
    """How the attempt ended. `state` is opaque to everybody but the runtime that made it."""

    status: TurnStatus
    state: bytes | None = None
    error_code: str = ""
    error: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


class Runtime(Protocol):
    """An adapter. Cancellation is the cancellation of the task that awaits `run`.

    `run` must end every process and connection it opened, also when cancelled.
    """

    name: str
    capabilities: Capabilities

    async def run(self, turn: TurnRequest, io: RuntimeIO) -> TurnOutcome:
        """Drive one attempt of a turn to its end, or to the first call that must wait."""
