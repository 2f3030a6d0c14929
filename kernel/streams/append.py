"""Append: the owner's counter is raised under its row lock, in the writer's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from kernel import clock
from kernel.actors import Actor
from kernel.commit import after_commit
from kernel.streams import doorbell
from kernel.streams.kinds import StreamKind


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event to append: an AG-UI type, or CUSTOM with `data.name` for our own."""

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    run_id: UUID | None = None
    shown_as: str | None = None


def append(
    kind: StreamKind, owner_id: UUID, actor: Actor, entries: Sequence[Entry]
) -> Sequence[int]:
    """Append entries in order; returns their `seq`. Rings the doorbell after commit."""
    if not entries:
        return range(0)
    last = _advance(kind, owner_id, len(entries))
    first = last - len(entries) + 1
    name = getattr(actor, "display_name", "") or getattr(actor, "duty", "")
    kind.event._base_manager.bulk_create(
        kind.event(
            **{f"{kind.owner_field}_id": owner_id},
            seq=first + index,
            type=entry.type,
            run_id=entry.run_id,
            actor_kind=_shown_kind(entry.shown_as or actor.actor_kind),
            actor_id=actor.actor_id,
            actor_name=str(name)[:150],
            at=clock.now(),
            data=dict(entry.data),
        )
        for index, entry in enumerate(entries)
    )
    after_commit(doorbell.ring, kind.name, owner_id, last)
    return range(first, last + 1)


def _advance(kind: StreamKind, owner_id: UUID, count: int) -> int:
    table = connection.ops.quote_name(kind.owner._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET last_seq = last_seq + %s WHERE id = %s RETURNING last_seq",  # noqa: S608
            [count, owner_id],
        )
        row = cursor.fetchone()
    if row is None:
        message = f"no {kind.name} stream {owner_id}"
        raise LookupError(message)
    return int(row[0])


def _shown_kind(kind: str) -> str:
    """The envelope knows user, agent and system; a service account shows as a user."""
    return {"service": "user", "nobody": "system"}.get(kind, kind)
