"""Facts travel one way: a verb publishes what happened, others listen, nobody imports them.

Three kinds of listeners. `with_commit` runs inside the publishing transaction (the ledger's
alone). `listen(name)` is durable: the ledger's pump calls it at least once, by named cursor, with
the fact's id as key. `listen(name, hint=True)` runs in this process after commit and may be lost.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.commit import after_commit
from kernel.context import Context, current
from kernel.ids import uuid7

_IDENTIFIER = re.compile(r"[\w.:/@+*-]{0,200}\Z")
_ENVELOPE = {"organization_id", "target_type", "target_id", "outcome"}
_with_commit: list[Callable[[Record], None]] = []
_hints: dict[str, list[Callable[[Record], None]]] = defaultdict(list)
durable: dict[str, list[DurableListener]] = defaultdict(list)
registry: dict[str, type[Fact]] = {}


@dataclass(frozen=True)
class Private:
    """Free text or personal data: the ledger keeps a salted commitment, the erasable side the
    text. `subject_id` is the person whose key encrypts it."""

    value: str
    subject_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A deed in the past tense. Ids, numbers and enums; free text only as `Private`."""

    name: ClassVar[str] = "kernel.fact"
    version: ClassVar[int] = 1
    organization_id: UUID | None
    target_id: UUID | None
    target_type: str = ""
    outcome: str = "success"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        app = cls.__module__.split(".")[0].removesuffix("_app")
        cls.name = f"{app}.{re.sub(r'(?<!^)(?=[A-Z])', '_', cls.__name__).lower()}"
        registry[cls.name] = cls

    def data(self) -> dict[str, Any]:
        """The public part: everything of its own that is not private, as plain JSON values."""
        return {
            f.name: _plain(f.name, getattr(self, f.name))
            for f in fields(self)
            if f.name not in _ENVELOPE and not isinstance(getattr(self, f.name), Private)
        }

    def private(self) -> dict[str, Private]:
        """The part that must stay erasable."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: v for name, v in values.items() if isinstance(v, Private)}


@dataclass(frozen=True, kw_only=True)
class Record:
    """A published fact with its id, moment and context, as listeners inside the process see it."""

    fact: Fact
    context: Context
    fact_id: UUID = field(default_factory=uuid7)
    recorded_at: datetime = field(default_factory=clock.now)


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A fact as a durable listener gets it back from the ledger; `fact_id` is the key."""

    fact_id: UUID
    name: str
    version: int
    recorded_at: datetime
    organization_id: UUID | None
    actor_kind: str
    actor_id: UUID | None
    target_type: str
    target_id: UUID | None
    outcome: str
    data: Mapping[str, Any]
    causation_id: UUID | None = None
    correlation_id: UUID | None = None
    on_behalf_of_id: UUID | None = None


@dataclass(frozen=True)
class DurableListener:
    """A reaction the pump owes: `key` names its cursor and must never change."""

    key: str
    handle: Callable[[Delivered], None]


def with_commit(listener: Callable[[Record], None]) -> Callable[[Record], None]:
    """Register the ledger: it runs inside the transaction of every fact."""
    _with_commit.append(listener)
    return listener


def listen(*names: str, key: str) -> Callable[[Callable[[Delivered], None]], Any]:
    """Owe a reaction to facts by name ("*" for all), at least once, through restarts."""

    def register(handle: Callable[[Delivered], None]) -> Callable[[Delivered], None]:
        for name in names:
            durable[name].append(DurableListener(key, handle))
        return handle

    return register


def hint(*names: str) -> Callable[[Callable[[Record], None]], Any]:
    """React in this process after commit; may be lost (doorbells, caches)."""

    def register(handle: Callable[[Record], None]) -> Callable[[Record], None]:
        for name in names:
            _hints[name].append(handle)
        return handle

    return register


_recorded: ContextVar[list[Record] | None] = ContextVar("kernel_recorded", default=None)


@contextmanager
def recording() -> Iterator[list[Record]]:
    """Collect the facts published in the block: the verb's post-condition reads them."""
    seen: list[Record] = []
    token = _recorded.set(seen)
    try:
        yield seen
    finally:
        _recorded.reset(token)


def publish(fact: Fact) -> Record:
    """Record a fact: the ledger now, in the same transaction; hints after commit."""
    if not transaction.get_connection().in_atomic_block:
        message = f"{fact.name} published outside a transaction"
        raise RuntimeError(message)
    record = Record(fact=fact, context=current())
    for listener in _with_commit:
        listener(record)
    seen = _recorded.get()
    if seen is not None:
        seen.append(record)
    for handle in (*_hints[fact.name], *_hints["*"]):
        after_commit(handle, record)
    return record


def _plain(name: str, value: Any) -> Any:
    """Refuse free text where only ids, numbers and enums may stand."""
    if isinstance(value, (list, tuple)):
        return [_plain(name, item) for item in value]
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str) and _IDENTIFIER.match(value):
        return str(value)
    message = f"{name} is not an id, number or enum; wrap it in Private"
    raise ValueError(message)
