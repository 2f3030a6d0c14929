"""What a test's verbs published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import pytest

from kernel import events
from kernel.events import Fact

F = TypeVar("F", bound=Fact)


class Facts:
    """The facts published since the fixture began, in their order."""

    def __init__(self) -> None:
        self.records: list[events.Record] = []

    def of(self, kind: type[F]) -> list[F]:
        """Those of one kind."""
        return [r.fact for r in self.records if isinstance(r.fact, kind)]

    def names(self) -> list[str]:
        """The names of all."""
        return [record.fact.name for record in self.records]


@pytest.fixture
def facts() -> Iterator[Facts]:
    """Listen beside the ledger for the length of one test."""
    seen = Facts()
    listener = events.with_commit(seen.records.append)
    yield seen
    events._with_commit.remove(listener)
