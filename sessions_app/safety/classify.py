"""The front door: what a tool call would do, and how dangerous that is."""

from __future__ import annotations

from sessions_app.safety.model import (
    Anatomy,
    Call,
    Danger,
    Finding,
    Program,
    Reach,
    Reason,
    Verdict,
)
from sessions_app.safety.tools import look
from sessions_app.safety.trace import EXHAUSTED, BudgetExceededError, Trace

UNREADABLE = Finding(
    Danger.CAUTION,
    Reason("analysis.failed", "The call could not be examined."),
    Reach.SESSION,
)


def classify(call: Call) -> Verdict:
    """The verdict on a call. Never raises; what cannot be examined is never harmless."""
    return _traced(call).verdict()


def anatomy(call: Call) -> Anatomy:
    """What the call would start, touch and reach, for a policy to match its rules against."""
    return _traced(call).anatomy()


def examine(call: Call) -> tuple[Verdict, Anatomy]:
    """Verdict and anatomy in one pass."""
    trace = _traced(call)
    return trace.verdict(), trace.anatomy()


def commands_in(call: Call) -> tuple[Program, ...]:
    """The programs the call would start, after unwrapping."""
    return anatomy(call).programs


def paths_written(call: Call) -> tuple[str, ...]:
    """The paths the call would write or delete, as far as they are known."""
    found = anatomy(call)
    return tuple(dict.fromkeys((*found.writes, *found.deletes)))


def domains_in(call: Call) -> tuple[str, ...]:
    """The hosts the call would reach, as far as they are named."""
    return anatomy(call).hosts


def _traced(call: Call) -> Trace:
    trace = Trace()
    try:
        look(call, trace)
    except (BudgetExceededError, RecursionError, MemoryError):
        trace.add(EXHAUSTED)
        trace.complete = False
    except Exception:
        trace.add(UNREADABLE)
        trace.complete = False
    return trace
