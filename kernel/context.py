"""Where a deed comes from: actor, verb, origin and causal chain, carried by one context variable.

It is carried explicitly into jobs and sockets (`snapshot`, `restored`), never assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from kernel.actors import NOBODY, Actor
from kernel.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The way in: kept only as commitments in the ledger, in clear only in its erasable side."""

    channel: str = "system"
    address: str = ""
    device: str = ""
    token_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Context:
    """What stands around one deed."""

    actor: Actor = NOBODY
    verb: str = ""
    origin: Origin = Origin()
    correlation_id: UUID = field(default_factory=uuid7)
    causation_id: UUID | None = None
    idempotency: tuple[str, str] | None = None


_current: ContextVar[Context | None] = ContextVar("kernel_context", default=None)


def current() -> Context:
    """The context of this task; an empty one of the system where none was set."""
    return _current.get() or Context()


@contextmanager
def entered(**changes: Any) -> Iterator[Context]:
    """Change the context for the length of the block."""
    token = _current.set(replace(current(), **changes))
    try:
        yield current()
    finally:
        _current.reset(token)


def snapshot() -> dict[str, str]:
    """What a job must remember to continue the causal chain of whoever enqueued it."""
    here = current()
    chain = {"correlation_id": str(here.correlation_id)}
    if here.causation_id:
        chain["causation_id"] = str(here.causation_id)
    return chain


@contextmanager
def restored(chain: Mapping[str, str], **changes: Any) -> Iterator[Context]:
    """Enter the causal chain that `snapshot` kept."""
    ids = {name: UUID(value) for name, value in chain.items() if value}
    with entered(**{**ids, **changes}) as here:
        yield here
