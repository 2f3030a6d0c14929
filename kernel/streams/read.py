"""Reading a stream: the same envelope for sockets, SSE, polling, feeds and replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.models.streams import StreamEvent
from kernel.streams.kinds import StreamKind

PAGE = 500


@dataclass(frozen=True)
class Page:
    """At most 500 events after a `seq`, and the last `seq` of the stream."""

    events: list[dict[str, Any]]
    last_seq: int


def envelope(event: StreamEvent) -> dict[str, Any]:
    """The wire form of one event."""
    return {
        "seq": event.seq,
        "type": event.type,
        "run": str(event.run_id) if event.run_id else None,
        "actor": {
            "kind": event.actor_kind,
            "id": str(event.actor_id) if event.actor_id else None,
            "name": event.actor_name,
        },
        "at": event.at.isoformat().replace("+00:00", "Z"),
        "data": event.data,
    }


def events_after(
    kind: StreamKind, owner_id: UUID, after: int, limit: int = PAGE
) -> list[StreamEvent]:
    """Rows with `seq > after`, in order."""
    rows = kind.event._base_manager.filter(**{f"{kind.owner_field}_id": owner_id}, seq__gt=after)
    return list(rows.order_by("seq")[:limit])


def last_seq(kind: StreamKind, owner_id: UUID) -> int:
    """How long the stream is now; 0 when it is empty or gone."""
    value = kind.owner._base_manager.filter(pk=owner_id).values_list("last_seq", flat=True).first()
    return int(value or 0)


def page_after(kind: StreamKind, owner_id: UUID, after: int, limit: int = PAGE) -> Page:
    """One page for polling; `after` is exclusive."""
    rows = events_after(kind, owner_id, after, min(limit, PAGE))
    return Page([envelope(row) for row in rows], last_seq(kind, owner_id))
