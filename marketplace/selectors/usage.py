"""Who uses a server: storeys above count, because this one does not know them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

UsageCounter = Callable[[list[UUID]], Mapping[UUID, int]]
_counters: list[UsageCounter] = []


def counts_usage(counter: UsageCounter) -> UsageCounter:
    """Register a function that counts, for given servers, what uses them."""
    _counters.append(counter)
    return counter


def usage_of(server_ids: Iterable[UUID]) -> Mapping[UUID, int]:
    """How often each server is used; absent ones are not."""
    ids = list(server_ids)
    total: Counter[UUID] = Counter()
    for counter in _counters:
        total.update(counter(ids))
    return total
