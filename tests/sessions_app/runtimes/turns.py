"""Turns, tools and runs that the runtime tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sessions_app.runtimes.base import (
    DoneCall,
    HistoryMessage,
    RuntimeOptions,
    ToolOutcome,
    ToolSpec,
    TurnRequest,
)
from sessions_app.runtimes.memory import ToolHandler

SESSION_ID = UUID("01980000-0000-7000-8000-000000000001")
RUN_ID = UUID("01980000-0000-7000-8000-000000000002")


def turn(
    prompt: str,
    *,
    options: RuntimeOptions | None = None,
    tools: Sequence[ToolSpec] = (),
    history: Sequence[HistoryMessage] = (),
    author: str = "",
    state: bytes | None = None,
    attempt: int = 1,
    done: Sequence[DoneCall] = (),
) -> TurnRequest:
    """A turn of one fixed run; with `state` and a later attempt it resumes that run."""
    return TurnRequest(
        session_id=SESSION_ID,
        run_id=RUN_ID,
        attempt=attempt,
        prompt=prompt,
        author=author,
        history=history,
        options=options or RuntimeOptions(timeout_seconds=30),
        tools=tools,
        state=state,
        resuming=attempt > 1,
        done=done,
    )


def answering(*outcomes: ToolOutcome) -> ToolHandler:
    """A tool that answers these outcomes in turn, the last one for ever."""
    left = list(outcomes)

    async def handler(_arguments: Mapping[str, Any]) -> ToolOutcome:
        return left.pop(0) if len(left) > 1 else left[0]

    return handler


def ok(content: str = "", *, exit_code: int | None = None, data: Any = None) -> ToolOutcome:
    """A call that succeeded."""
    return ToolOutcome(status="ok", content=content, exit_code=exit_code, data=data)


def spec(name: str, **properties: str) -> ToolSpec:
    """A tool whose input has these required properties, each with its JSON type."""
    return ToolSpec(
        name=name,
        description=f"The tool {name}.",
        input_schema={
            "type": "object",
            "properties": {key: {"type": kind} for key, kind in properties.items()},
            "required": list(properties),
            "additionalProperties": False,
        },
    )
