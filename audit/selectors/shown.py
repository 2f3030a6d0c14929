"""Entries as people and clients see them: names beside ids, private fields opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audit.models import LedgerEntry
from audit.selectors.people import Name, names_of
from audit.selectors.private import private_fields
from kernel.actors import Actor


@dataclass(frozen=True)
class Shown:
    """One entry; `private` says None where a field was erased."""

    entry: LedgerEntry
    actor: Name
    private: Mapping[str, str | None]

    @property
    def data(self) -> dict[str, Any]:
        """What the fact itself says."""
        return {name: value for name, value in self.entry.data.items() if name != "origin"}

    @property
    def origin(self) -> dict[str, Any]:
        """The way in: channel and, where there was one, token."""
        return dict(self.entry.data.get("origin", {}))


def show(viewer: Actor, entries: Sequence[LedgerEntry]) -> list[Shown]:
    """Entries the viewer may see, with names and private fields; three queries for any number."""
    names, private = names_of(viewer, entries), private_fields(entries)
    return [
        Shown(
            entry,
            names[entry.actor_id],
            {
                field: found.value if found else None
                for field, found in private.get(entry.fact_id, {}).items()
            },
        )
        for entry in entries
    ]
