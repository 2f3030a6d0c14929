"""The ledger in tests of other rooms: skip what earlier tests left, deliver what this one did."""

from __future__ import annotations

import time

from audit.selectors import delivery
from audit.selectors.delivery import CursorState
from audit.services import cursors, pump


def skip_to_here() -> None:
    """Move every listener past what is in the ledger: it is never emptied between tests."""
    end = delivery.last()
    for key in pump.listeners():
        cursors.advance(key, end)


def deliver_all(timeout_seconds: float = 60) -> None:
    """Pump until every listener has taken every fact committed before this call.

    Needs `django_db(transaction=True)`: only committed facts settle. Waits for the condition, since
    any open write transaction of the whole server holds the settled place back.
    """
    end = delivery.last()
    deadline = time.monotonic() + timeout_seconds
    while behind := _behind(end):
        pump.deliver_once()
        if time.monotonic() > deadline:
            message = f"still behind {end}: {behind}"
            raise TimeoutError(message)
        time.sleep(0.01)


def _behind(end: object) -> list[str]:
    states = delivery.cursors()
    return [k for k in pump.listeners() if states.get(k, CursorState()).position < end]
