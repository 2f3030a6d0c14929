"""Draining: this process is about to stop; it takes nothing new and sends away who waits."""

from __future__ import annotations

import random
import threading

SPREAD_MS = 2000
"""Everybody comes back within this time, but not at the same moment."""
_begun = threading.Event()


def begin() -> None:
    """From now on `/readyz` refuses traffic."""
    _begun.set()


def begun() -> bool:
    """Whether this process is on its way out."""
    return _begun.is_set()


def reconnect_ms() -> int:
    """When one client should come back, in milliseconds from now."""
    return random.randint(100, SPREAD_MS)  # noqa: S311 - spreads load, guards nothing
