"""Who watches: what a watcher is given, by which way, and how often."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from kernel.streams.wire import framed

QUEUE_LIMIT = 1000
BATCHES_PER_SECOND, BATCHES_AT_ONCE = 11, 8
"""Together at most 20 batches in any second: what comes faster is read and sent together."""


@dataclass(frozen=True)
class Batch:
    """Consecutive frames with their `seq`, or one word for all with `seq` 0."""

    rows: list[tuple[int, str]]

    @cached_property
    def frames(self) -> bytes:
        """What a socket gets, made once for all of them."""
        return b"".join(framed(frame) for _seq, frame in self.rows)


@dataclass(eq=False)
class Watcher:
    """One socket or SSE response: a bounded queue of ready frames with their `seq`, and the words
    that have none, which come first: who must go goes before the rest of a long replay.

    `have`: the last event it was given. `push`: its short way, when it has one; that may be gone
    only while it is `idle`, so that nothing overtakes what is on its way.
    """

    actor_id: UUID | None = None
    push: Callable[[bytes], bool] | None = None
    queue: deque[tuple[int, str]] = field(default_factory=deque)
    words: deque[str] = field(default_factory=deque)
    have: int = 0
    idle: bool = False
    overflowed: bool = False
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self) -> tuple[int, str]:
        """The next word or frame."""
        while not self.words and not self.queue:
            self._news.clear()
            self.idle = True
            try:
                await self._news.wait()
            finally:
                self.idle = False
        return (0, self.words.popleft()) if self.words else self.queue.popleft()

    def take(self, batch: Batch) -> None:
        """Hand over a batch by the short way, or else by the queue."""
        first, last = batch.rows[0][0], batch.rows[-1][0]
        empty = not self.queue and not self.words
        free = self.push and self.idle and empty and first in {0, self.have + 1}
        if free and self.push and self.push(batch.frames):
            self.have = max(self.have, last)
            return
        for seq, frame in batch.rows:
            self.offer(seq, frame)

    def offer(self, seq: int, frame: str) -> None:
        """Hand over a frame or a word, or mark the watcher as too slow."""
        if len(self.queue) + len(self.words) >= QUEUE_LIMIT:
            self.overflowed = True
            self.queue.clear()
            self.queue.append((-1, ""))
        elif seq:
            self.queue.append((seq, frame))
        elif frame not in self.words:
            self.words.append(frame)
        self._news.set()


class Pace:
    """Lets some batches through at once and then so many a second (a generic cell rate)."""

    def __init__(self) -> None:
        self._due = 0.0

    def pause(self, now: float) -> float:
        """Seconds to wait before the next batch, which counts from now on; `now` is monotonic."""
        each = 1 / BATCHES_PER_SECOND
        self._due = max(self._due, now - (BATCHES_AT_ONCE - 1) * each) + each
        return max(0.0, self._due - each - now)
