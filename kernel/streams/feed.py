"""A feed: replay from any `seq`, then live, without gap or duplicate, over the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from kernel.streams.hub import Watcher, hub, read_page
from kernel.streams.kinds import StreamKind


class TooSlowError(RuntimeError):
    """The watcher did not read for so long that its queue is full."""


async def follow(
    kind: StreamKind, owner_id: UUID, after: int, watcher: Watcher
) -> AsyncIterator[tuple[int, str]]:
    """Yield (seq, frame) for every event after `after`; (0, word) for a control doorbell.

    The watcher joins before it replays, so nothing falls between; what it already has is dropped.
    """
    have = after
    hub().join(kind, owner_id, watcher, have)
    try:
        while rows := await read_page(kind.name, owner_id, have):
            for seq, frame in rows:
                have = seq
                yield seq, frame
        while True:
            seq, frame = await watcher.queue.get()
            if watcher.overflowed:
                raise TooSlowError
            if seq > have + 1:
                async for missed in _gap(kind, owner_id, have, seq):
                    yield missed
                    have = missed[0]
            if seq == 0:
                yield seq, frame
            elif seq > have:
                have = seq
                yield seq, frame
    finally:
        hub().leave(kind, owner_id, watcher)


async def _gap(
    kind: StreamKind, owner_id: UUID, have: int, until: int
) -> AsyncIterator[tuple[int, str]]:
    """What the shared reader had passed on before this watcher joined."""
    for seq, frame in await read_page(kind.name, owner_id, have):
        if seq < until:
            yield seq, frame
