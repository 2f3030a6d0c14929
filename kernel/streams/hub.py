"""The process-local hub: one LISTEN connection, one reader per watched stream, encode once.

Each new batch of rows is read once per process. A watcher for whom nothing waits gets its bytes at
once where the server allows it; all others find the frames in their bounded queue. A full queue
ends that watcher alone (close 1013); it resumes by `seq`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections import defaultdict
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings

from kernel.streams.doorbell import CHANNEL
from kernel.streams.kinds import StreamKind, kind_of
from kernel.streams.read import page_after
from kernel.streams.watchers import Batch, Pace, Watcher
from kernel.threads import threaded

log = logging.getLogger(__name__)
POLL_SECONDS, RECHECK_SECONDS = 5.0, 10.0
PRESENCE_SECONDS, PRESENCE_PER_WATCHER = 0.1, 0.002
"""A presence frame goes to everybody, so it is made the more seldom the more there are."""
SHOWN_PEOPLE = 100
DRAIN = "drain"
"""The word that sends a watcher away because this process is about to stop."""
TURN = 200
"""After so many watchers the event loop may look after others."""
Key = tuple[str, UUID]
_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


class Hub:
    """All watchers of this process."""

    def __init__(self) -> None:
        self._watchers: dict[Key, set[Watcher]] = defaultdict(set)
        self._have: dict[Key, int] = {}
        self._rung: dict[Key, asyncio.Event] = {}
        self._readers: dict[Key, asyncio.Task[None]] = {}
        self._criers: dict[Key, asyncio.Task[None]] = {}
        self._checkers: dict[Key, asyncio.Task[None]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._draining = False

    def join(self, kind: StreamKind, owner_id: UUID, watcher: Watcher, end: int) -> None:
        """Start handing a watcher every event after `end`, the stream's length before it joined;
        what lies before it reads itself.

        Its first word is `access`: what was taken from it before it joined rang in vain.
        """
        key = (kind.name, owner_id)
        self._watchers[key].add(watcher)
        watcher.offer(0, DRAIN if self._draining else "access")
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._listen())
        if key not in self._readers:
            self._have[key] = end
            self._rung[key] = asyncio.Event()
            self._readers[key] = asyncio.create_task(self._read(kind, owner_id))
            self._checkers[key] = asyncio.create_task(self._recheck(kind, owner_id))
        self._show_people(key)

    def leave(self, kind: StreamKind, owner_id: UUID, watcher: Watcher) -> None:
        """Stop handing events to a watcher; the last one out ends the reader."""
        key = (kind.name, owner_id)
        self._watchers[key].discard(watcher)
        if not self._watchers[key]:
            for state in (self._watchers, self._rung, self._have):
                state.pop(key, None)
            for tasks in (self._readers, self._criers, self._checkers):
                if task := tasks.pop(key, None):
                    task.cancel()

    async def _read(self, kind: StreamKind, owner_id: UUID) -> None:
        key = (kind.name, owner_id)
        bell, pace = self._rung[key], Pace()
        while True:
            bell.clear()
            try:
                rows, is_last = await threaded(_fetch)(kind, owner_id, self._have[key])
            except Exception:
                log.exception("stream reader failed; trying again")
                await asyncio.sleep(0.5)
                continue
            if rows:
                await self._hand_over(key, Batch(rows))
                self._have[key] = rows[-1][0]
            if is_last:
                await _wait(bell, POLL_SECONDS)
            if rows:
                await asyncio.sleep(pace.pause(time.monotonic()))

    async def _hand_over(self, key: Key, batch: Batch) -> None:
        for number, watcher in enumerate(tuple(self._watchers.get(key, ())), 1):
            watcher.take(batch)
            if number % TURN == 0:
                await asyncio.sleep(0)

    def _ring(self, payload: str) -> None:
        what, kind, owner, seq = payload.split(":")
        if what == "actor":
            self._tell(lambda w: str(w.actor_id) == owner, "access")
            return
        key = (kind, UUID(owner))
        if what == "more":
            bell = self._rung.get(key)
            if bell and int(seq) > self._have.get(key, 0):
                bell.set()
            return
        if what == "presence":
            self._show_people(key)
            return
        for watcher in tuple(self._watchers.get(key, ())):
            watcher.offer(0, what)

    def _show_people(self, key: Key) -> None:
        """One query and one frame for everybody who came or went within a moment."""
        if self._watchers.get(key) and key not in self._criers:
            self._criers[key] = asyncio.create_task(self._cry(key))

    async def _cry(self, key: Key) -> None:
        kind, owner_id = kind_of(key[0]), key[1]
        pause = PRESENCE_SECONDS + PRESENCE_PER_WATCHER * len(self._watchers[key])
        await asyncio.sleep(pause)
        self._criers.pop(key, None)
        try:
            people = await threaded(kind.people)(owner_id)
        except Exception:
            log.exception("presence not shown")
            return
        shown = {"kind": "presence", "people": people[:SHOWN_PEOPLE], "count": len(people)}
        frame = json.dumps(shown, separators=(",", ":"), ensure_ascii=False)
        await self._hand_over(key, Batch([(0, frame)]))

    def _tell(self, which: Any, what: str) -> None:
        for watchers in tuple(self._watchers.values()):
            for watcher in tuple(watchers):
                if which(watcher):
                    watcher.offer(0, what)

    async def _recheck(self, kind: StreamKind, owner_id: UUID) -> None:
        """Now and then one question for all watchers: a doorbell may be lost, a grant expires."""
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            watchers = tuple(self._watchers.get((kind.name, owner_id), ()))
            people = {watcher.actor_id for watcher in watchers if watcher.actor_id}
            try:
                welcome = await threaded(kind.readers)(people, owner_id)
            except Exception:
                log.exception("access not rechecked; trying again")
                continue
            for watcher in watchers:
                if watcher.actor_id not in welcome:
                    watcher.offer(0, "access")

    async def _listen(self) -> None:
        """One direct connection for the whole process; after a loss everything counts as rung."""
        while True:
            try:
                await self._listen_once()
            except (psycopg.Error, OSError):
                await asyncio.sleep(0.5)

    async def _listen_once(self) -> None:
        dsn = settings.DATABASE_DIRECT_URL
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            for bell in self._rung.values():
                bell.set()
            self._tell(lambda _watcher: True, "access")
            async for notice in connection.notifies():
                with contextlib.suppress(ValueError):
                    self._ring(notice.payload)

    def drain(self) -> None:
        """Send everybody away, and whoever still comes."""
        self._draining = True
        self._tell(lambda _watcher: True, DRAIN)

    async def close(self) -> None:
        """End every task of the hub."""
        listener = [self._listener] if self._listener else []
        tasks = [*self._readers.values(), *self._criers.values(), *self._checkers.values()]
        tasks += listener
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def hub() -> Hub:
    """The hub of the running loop."""
    loop = asyncio.get_running_loop()
    for old in [known for known in _hubs if known.is_closed()]:
        del _hubs[old]
    return _hubs.setdefault(loop, Hub())


async def _wait(bell: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()


def _fetch(kind: StreamKind, owner_id: UUID, after: int) -> tuple[list[tuple[int, str]], bool]:
    """Events as the frames every watcher gets, and whether these are all there are."""
    page = page_after(kind, owner_id, after)
    return [(seq, f'{{"kind":"event",{text[1:]}') for seq, text in page.rows], page.is_last


async def read_page(kind_name: str, owner_id: UUID, after: int) -> list[tuple[int, str]]:
    """Ready frames after a `seq`, for a watcher that catches up by itself."""
    return (await threaded(_fetch)(kind_of(kind_name), owner_id, after))[0]
