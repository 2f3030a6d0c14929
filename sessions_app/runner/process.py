"""The process: claim, drive, repeat; NOTIFY wakes it, a short poll makes up for lost bells."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from functools import partial

import psycopg
from django.conf import settings

from kernel.jobs import Lease, claim_next
from kernel.jobs.hints import CHANNEL
from kernel.jobs.work import worker_name
from kernel.sandbox import Enclosure
from kernel.threads import threaded
from sessions_app.runner.driving import drive
from sessions_app.runner.sandboxing import choose
from sessions_app.runner.terminals import Bells
from sessions_app.runner.turn import LEASE_SECONDS
from sessions_app.services.terminals import QUEUE

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
AT_ONCE = {"runner": 16, QUEUE: 32}
"""By queue: terminals live long and must not take the place of turns."""
LEAVE_SECONDS = 6.0
"""How long running turns may take to end after a signal; the launcher kills after ten."""


class Runner:
    """Drives up to so many turns at once."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()
        self._bell = asyncio.Event()
        self._work: dict[str, set[asyncio.Task[None]]] = {queue: set() for queue in AT_ONCE}
        self._bells = Bells()

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT; see `_end`."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        enclosure = await choose("runner")
        log.warning("sandbox level: %s %s", enclosure.level, enclosure.unavailable)
        listener = asyncio.create_task(self._listen())
        try:
            while not self._stop.is_set():
                await self._claim_all(enclosure)
                await self._wait()
        finally:
            listener.cancel()
            await self._end()

    async def _claim_all(self, enclosure: Enclosure) -> None:
        self._bell.clear()
        for queue, most in AT_ONCE.items():
            await self._claim(queue, most, enclosure)

    async def _claim(self, queue: str, most: int, enclosure: Enclosure) -> None:
        work = self._work[queue]
        while len(work) < most and not self._stop.is_set():
            try:
                lease = await threaded(_claim)(queue)
            except Exception:
                log.exception("cannot claim; trying again")
                return
            if lease is None:
                return
            task = asyncio.create_task(drive(lease, enclosure, self._bells))
            work.add(task)
            task.add_done_callback(partial(self._ended, work))

    def _ended(self, work: set[asyncio.Task[None]], task: asyncio.Task[None]) -> None:
        work.discard(task)
        self._bell.set()
        if not task.cancelled() and task.exception():
            log.error("work failed", exc_info=task.exception())

    async def _wait(self) -> None:
        waits = {
            asyncio.create_task(self._bell.wait()),
            asyncio.create_task(self._stop.wait()),
        }
        await asyncio.wait(waits, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                dsn = settings.DATABASE_DIRECT_URL
                async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as link:
                    await link.execute(f"LISTEN {CHANNEL}")
                    async for notice in link.notifies():
                        if notice.payload in AT_ONCE:
                            self._bell.set()
                        self._bells.ring(notice.payload)
            await asyncio.sleep(0.5)

    async def _end(self) -> None:
        """Nothing is claimed any more; terminals end now, and turns that do not end soon are
        left to the next runner."""
        turns, shells = self._work["runner"], self._work[QUEUE]
        for task in shells:
            task.cancel()
        if turns:
            await asyncio.wait(turns, timeout=LEAVE_SECONDS)
        for task in turns:
            task.cancel()
        await asyncio.gather(*turns, *shells, return_exceptions=True)


def _claim(queue: str) -> Lease | None:
    return claim_next(queue, worker_name(), seconds=LEASE_SECONDS)
