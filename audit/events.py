"""Facts of the ledger about itself: who read it, what left it, what could not be delivered."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Fact, Private


@dataclass(frozen=True, kw_only=True)
class LedgerRead(Fact):
    """Somebody looked at a page of the ledger; `filters` are `name:value`, `query` typed text."""

    filters: tuple[str, ...] = ()
    query: Private | None = None


@dataclass(frozen=True, kw_only=True)
class EntryRead(Fact):
    """Somebody opened one entry with its private fields."""


@dataclass(frozen=True, kw_only=True)
class LedgerExported(Fact):
    """Somebody took a signed copy of the ledger away."""

    filters: tuple[str, ...] = ()
    query: Private | None = None
    signing_key_id: UUID


@dataclass(frozen=True, kw_only=True)
class SubjectErased(Fact):
    """The keys and salts of a subject's private fields were destroyed; its entries remain."""

    fields: int
    keys: int


@dataclass(frozen=True, kw_only=True)
class DeliveryFailed(Fact):
    """A durable listener could not take a fact after many tries; it is parked and tried on."""

    listener: str
    fact_name: str
    failures: int
    error: str
    outcome: str = "failure"
