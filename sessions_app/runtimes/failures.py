"""The words for how an attempt can fail, the same for every adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from enum import StrEnum
from typing import Any

from sessions_app.runtimes.base import TurnOutcome


class Failure(StrEnum):
    """Machine-readable reasons; `TurnOutcome.error` carries the sentence for people."""

    TIMEOUT = "timeout"
    MAX_TURNS = "max_turns"
    INVALID_PLAN = "invalid_plan"
    INVALID_STATE = "invalid_state"
    TOOL_DENIED = "tool_denied"
    TOOL_FAILED = "tool_failed"
    EXPECTATION_FAILED = "expectation_failed"
    NOT_CONFIGURED = "not_configured"
    UNAVAILABLE = "runtime_unavailable"
    AUTHENTICATION = "provider_authentication"
    RATE_LIMITED = "provider_rate_limited"
    OVERLOADED = "provider_overloaded"
    PROVIDER = "provider_error"
    UNREACHABLE = "provider_unreachable"
    AGENT = "agent_error"
    REFUSED = "provider_refused"
    CONTEXT = "context_exceeded"


def failed(code: Failure, message: str, **details: Any) -> TurnOutcome:
    """The outcome of an attempt that could not reach its end."""
    return TurnOutcome(status="failed", error_code=code, error=message, details=details)


async def within_seconds(seconds: int, turn: Awaitable[TurnOutcome]) -> TurnOutcome:
    """Await `turn`, and answer a failed outcome when it takes longer than `seconds`.

    The turn is cancelled first and awaited to its end, so it has closed what it opened. A
    `TimeoutError` of the turn's own is not mistaken for ours.
    """
    try:
        async with asyncio.timeout(seconds) as scope:
            return await turn
    except TimeoutError:
        if not scope.expired():
            raise
        return failed(Failure.TIMEOUT, f"The turn took longer than {seconds} s and was stopped.")


def too_many_turns(limit: int, details: Mapping[str, Any] | None = None) -> TurnOutcome:
    """The outcome of a turn that needs more rounds than the session allows."""
    message = f"The turn needs more than {limit} rounds. Raise max_turns to allow more."
    return failed(Failure.MAX_TURNS, message, limit=limit, **(details or {}))
