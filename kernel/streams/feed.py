"""A feed: replay from any `seq`, then live, without gap or duplicate, over the hub."""

from __future__ import annotations

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
        while rows := await read_page(kind.name, owner_id, watcher.have):
            for seq, frame in rows:
                watcher.have = seq
                yield seq, frame
        while True:
            seq, frame = await watcher.next()
            if watcher.overflowed:
                raise TooSlowError
            while seq > watcher.have + 1:
                if not (missed := await read_page(kind.name, owner_id, watcher.have)):
                    break
                for between, text in missed:
                    watcher.have = between
                    yield between, text
            if seq == 0:
                yield seq, frame
            elif seq > watcher.have:
                watcher.have = seq
                yield seq, frame
    finally:
        hub().leave(kind, owner_id, watcher)
