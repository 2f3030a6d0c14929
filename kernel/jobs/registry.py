"""Which kinds of work exist and who does them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

kinds: dict[str, JobKind] = {}


@dataclass(frozen=True, kw_only=True)
class JobRun:
    """What a handler gets: ids only, and which try this is."""

    job_id: UUID
    payload: Mapping[str, Any]
    attempt: int
    epoch: int


@dataclass(frozen=True, kw_only=True)
class JobKind:
    """A kind of work: its handler must be idempotent, it may be called again after a crash."""

    name: str
    queue: str
    lease_seconds: float
    max_attempts: int
    handle: Callable[[JobRun], None]


def job(
    name: str, *, queue: str = "default", lease_seconds: float = 60, max_attempts: int = 5
) -> Callable[[Callable[[JobRun], None]], Callable[[JobRun], None]]:
    """Register the handler of a kind of work."""

    def register(handle: Callable[[JobRun], None]) -> Callable[[JobRun], None]:
        kinds[name] = JobKind(
            name=name,
            queue=queue,
            lease_seconds=lease_seconds,
            max_attempts=max_attempts,
            handle=handle,
        )
        return handle

    return register
