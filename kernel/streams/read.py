"""Reading a stream: the same envelope for sockets, SSE, polling, feeds and replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.models.streams import StreamEvent
from kernel.streams.kinds import StreamKind

PAGE, PAGE_BYTES = 500, 4 * 1024 * 1024
"""A page ends at so many events or, after its first event, at so many bytes."""
SLICE = 50
"""Rows fetched at once: what lies beyond the bytes of a page is at most this much."""


@dataclass(frozen=True)
class Page:
    """Events after a `seq` as JSON, each with its `seq`, and whether they reach the end."""

    rows: list[tuple[int, str]]
    is_last: bool


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


def page_after(kind: StreamKind, owner_id: UUID, after: int, limit: int = PAGE) -> Page:
    """The next events; `after` is exclusive. A page is never empty while there are more."""
    most, found, size = min(limit, PAGE), list[tuple[int, str]](), 0
    for event in _events_after(kind, owner_id, after, most):
        text = json.dumps(envelope(event), separators=(",", ":"), ensure_ascii=False)
        size += len(text.encode())
        if found and size > PAGE_BYTES:
            return Page(found, is_last=False)
        found.append((event.seq, text))
    return Page(found, is_last=len(found) < most)


def _events_after(kind: StreamKind, owner_id: UUID, after: int, most: int) -> Iterator[StreamEvent]:
    """Rows in order, fetched slice by slice, so that large ones are not all held at once."""
    rows = kind.event._base_manager.filter(**{f"{kind.owner_field}_id": owner_id}).order_by("seq")
    while most > 0:
        part = list(rows.filter(seq__gt=after)[: min(most, SLICE)])
        yield from part
        if len(part) < SLICE:
            return
        after, most = part[-1].seq, most - SLICE


def last_seq(kind: StreamKind, owner_id: UUID) -> int:
    """How long the stream is now; 0 when it is empty or gone."""
    value = kind.owner._base_manager.filter(pk=owner_id).values_list("last_seq", flat=True).first()
    return int(value or 0)
