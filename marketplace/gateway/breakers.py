"""A server that fails again and again is left alone for a moment, so that it cannot wear us out.

Counted per registration: as soon as somebody changes it, it gets a fresh chance.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from marketplace.errors import ServerUnavailableError, ToolCallError
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.plans import Plan

_MOST = 1000


@dataclass
class _State:
    fingerprint: str
    failures: int = 0
    closed_until: float = 0.0
    last: str = ""


class Breakers:
    """One counter per server."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._states: dict[object, _State] = {}

    def check(self, plan: Plan) -> None:
        """Raise while the server is left alone, with what went wrong and when it may be tried."""
        state = self._state(plan)
        seconds = state.closed_until - time.monotonic()
        if seconds > 0:
            detail = f"{plan.name} failed {state.failures} times in a row. {state.last}"
            raise ServerUnavailableError(detail, retry_after_seconds=math.ceil(seconds * 10) / 10)

    def failed(self, plan: Plan, fault: ToolCallError) -> None:
        """Count a failed start or a crash."""
        state = self._state(plan)
        state.failures += 1
        state.last = fault.detail
        over = state.failures - self._bounds.failures
        if over >= 0:
            wait = min(self._bounds.cooldown_seconds, 2.0**over)
            state.closed_until = time.monotonic() + wait

    def worked(self, plan: Plan) -> None:
        """Forget the failures."""
        self._states.pop(plan.server_id, None)

    def _state(self, plan: Plan) -> _State:
        state = self._states.get(plan.server_id)
        if state is None or state.fingerprint != plan.fingerprint:
            while len(self._states) >= _MOST:
                del self._states[next(iter(self._states))]
            state = self._states[plan.server_id] = _State(plan.fingerprint)
        return state
