"""What the keeper does again and again: short, idempotent rounds registered by any app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

registry: dict[str, Duty] = {}


@dataclass(frozen=True, kw_only=True)
class Duty:
    """A round of work, called by the leading keeper every so many seconds."""

    name: str
    every_seconds: float
    run: Callable[[], None]


def duty(name: str, *, every_seconds: float) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Register a round; it must be safe to repeat and to lose half-way."""

    def register(run: Callable[[], None]) -> Callable[[], None]:
        registry[name] = Duty(name=name, every_seconds=every_seconds, run=run)
        return run

    return register
