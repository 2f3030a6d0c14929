"""A feed: replay from any `seq`, then live, without gap or duplicate, over the hub."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from uuid import UUID

from kernel.streams.hub import hub, read_page
from kernel.streams.kinds import StreamKind
from kernel.streams.read import last_seq
from kernel.streams.watchers import Watcher
from kernel.threads import threaded


class TooSlowError(RuntimeError):
    """The watcher did not read for so long that its queue is full."""


async def follow(
    kind: StreamKind, owner_id: UUID, after: int, watcher: Watcher
) -> AsyncIterator[tuple[int, str]]:
    """Yield (seq, frame) for every event after `after`; (0, word) for a control doorbell.

    The watcher joins before it replays, so nothing falls between; what it already has is dropped.
    """
    watcher.have = after
    # The reader that all share starts at the end: history would overflow the queue that waits
    # behind the replay, and an `after` that lies ahead would starve everybody else.
    hub().join(kind, owner_id, watcher, await threaded(last_seq)(kind, owner_id))
    try:
        async for missed in _missed(kind, owner_id, watcher, math.inf):
            yield missed
        while True:
            seq, frame = await watcher.next()
            if watcher.overflowed:
                raise TooSlowError
            async for missed in _missed(kind, owner_id, watcher, seq):
                yield missed
            if seq == 0 or seq > watcher.have:
                watcher.have = max(seq, watcher.have)
                yield seq, frame
    finally:
        hub().leave(kind, owner_id, watcher)


async def _missed(
    kind: StreamKind, owner_id: UUID, watcher: Watcher, before: float
) -> AsyncIterator[tuple[int, str]]:
    """What lies between the watcher and a `seq`, read by itself; words come first even then."""
    while before > watcher.have + 1:
        if not (rows := await read_page(kind.name, owner_id, watcher.have)):
            return
        for seq, frame in rows:
            while watcher.words:
                yield 0, watcher.words.popleft()
            watcher.have = seq
            yield seq, frame
