"""Which streams exist: sessions now, runs and analytics when their storeys register them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.actors import Actor
from kernel.models.streams import StreamEvent

_kinds: dict[str, StreamKind] = {}


@dataclass(frozen=True, kw_only=True)
class StreamKind:
    """A kind of stream: its owner and event models, the owner's key, and who may read it.

    `may_read` is the same policy that page and API ask; it is asked again on every revocation.
    `readers` answers the same for many people at once, for the recheck of all watchers.
    `people` answers who is present in one stream, for presence frames; `exists` tells a deleted
    one from one that may no longer be read.
    """

    name: str
    owner: type[Any]
    event: type[StreamEvent]
    owner_field: str
    may_read: Callable[[Actor, UUID], bool]
    readers: Callable[[Collection[UUID], UUID], set[UUID]]
    people: Callable[[UUID], list[dict[str, Any]]]
    exists: Callable[[UUID], bool]


def register_kind(kind: StreamKind) -> StreamKind:
    """Make a kind of stream known to sockets, SSE and polling."""
    _kinds[kind.name] = kind
    return kind


def kind_of(name: str) -> StreamKind:
    """The kind by name."""
    return _kinds[name]
