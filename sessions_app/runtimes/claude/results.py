"""The CLI's result in words that are safe to show: no key, no raw answer of the API."""

from __future__ import annotations

from dataclasses import replace

from claude_agent_sdk import ResultMessage

from sessions_app.runtimes.base import TurnOutcome, TurnRequest
from sessions_app.runtimes.failures import Failure, failed, too_many_turns

_STATUSES = {
    401: (Failure.AUTHENTICATION, "refused the key. Check it in Settings"),
    403: (Failure.AUTHENTICATION, "refused the key. Check it in Settings"),
    404: (Failure.NOT_CONFIGURED, "knows no such model"),
    413: (Failure.CONTEXT, "cannot take a conversation this long"),
    429: (Failure.RATE_LIMITED, "asks for fewer requests. Try again later"),
    529: (Failure.OVERLOADED, "is overloaded. Try again later"),
}
_OTHER = (Failure.PROVIDER, "failed")


def result_outcome(result: ResultMessage, turn: TurnRequest, state: bytes) -> TurnOutcome:
    """How the attempt ended, with the transcript as its state."""
    if result.subtype == "error_max_turns":
        return replace(too_many_turns(turn.options.max_turns), state=state)
    if not result.is_error:
        return TurnOutcome(status="completed", state=state)
    status = result.api_error_status
    code, words = _STATUSES.get(status or 0, _OTHER)
    details = {} if status is None else {"http_status": status}
    return replace(failed(code, f"The provider anthropic {words}.", **details), state=state)
