"""Names of those who acted, as far as the viewer may know them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from audit.models import LedgerEntry
from identity.public import User
from kernel.actors import Actor, SystemActor
from kernel.policies import visible_to

_DUTIES = ("keeper", "worker", "runner", "gateway", "pump", "launcher", "beat", "web",
           "first start", "break glass")  # fmt: skip
_SYSTEM = {SystemActor(duty).actor_id: duty for duty in _DUTIES}


@dataclass(frozen=True)
class Name:
    """Who acted: id and what to call them."""

    id: UUID | None
    name: str


def names_of(viewer: Actor, entries: Iterable[LedgerEntry]) -> Mapping[UUID | None, Name]:
    """Actor id → name, for every entry; strangers and people who left are known by id only."""
    kinds = {entry.actor_id: entry.actor_kind for entry in entries}
    known = visible_to(User, viewer).filter(pk__in=[one for one in kinds if one])
    people = {person.pk: person.display_name for person in known}
    return {
        one: Name(one, people.get(one) or _SYSTEM.get(one) or _nameless(kind, one))
        if one
        else Name(None, "nobody known")
        for one, kind in kinds.items()
    }


def _nameless(kind: str, actor_id: UUID) -> str:
    return f"{kind} {actor_id.hex[-8:]}"
