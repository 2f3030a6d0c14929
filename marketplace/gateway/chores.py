"""What the database asks for: listing the tools of servers that were registered or changed, and
ending the servers of sessions that are over."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from uuid import UUID

import psycopg
from django.conf import settings

from kernel.context import restored
from kernel.jobs import Lease, LostLeaseError, claim_next
from kernel.jobs.hints import CHANNEL
from kernel.jobs.work import worker_name
from kernel.threads import threaded
from marketplace.errors import ToolCallError
from marketplace.gateway import farewells
from marketplace.gateway.plans import GATEWAY
from marketplace.gateway.service import Service
from marketplace.services.servers import LIST_TOOLS

log = logging.getLogger(__name__)
QUEUE = "gateway"
_LEASE_SECONDS = 180.0
_POLL_SECONDS = 2.0
_AT_ONCE = 4


class Chores:
    """Claims jobs of the queue `gateway`; NOTIFY wakes it, a poll makes up for lost bells."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._bell = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._bell.clear()
                await self._claim_all()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._bell.wait()
        finally:
            for task in (listening, *self._tasks):
                task.cancel()
            await asyncio.gather(listening, *self._tasks, return_exceptions=True)

    async def _claim_all(self) -> None:
        while len(self._tasks) < _AT_ONCE:
            try:
                lease = await threaded(_claim)()
            except Exception:
                log.exception("cannot claim; trying again")
                return
            if lease is None:
                return
            task = asyncio.create_task(self._do(lease))
            self._tasks.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._bell.set()

    async def _do(self, lease: Lease) -> None:
        """One listing. A server that fails is an answer, too: it is recorded, not repeated."""
        try:
            if lease.kind == LIST_TOOLS:
                chain = restored(lease.context, actor=GATEWAY, causation_id=lease.job_id)
                with chain, contextlib.suppress(ToolCallError):
                    await self._service.list_tools(UUID(lease.run.payload["server_id"]))
            await threaded(lease.finish)()
        except LostLeaseError:
            log.warning("lease lost", extra={"job": str(lease.job_id)})
        except Exception as fault:
            log.exception("job failed", extra={"job": str(lease.job_id)})
            await threaded(lease.fail)(type(fault).__name__)

    async def _listen(self) -> None:
        while True:
            with contextlib.suppress(psycopg.Error, OSError):
                dsn = settings.DATABASE_DIRECT_URL
                async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as link:
                    await link.execute(f"LISTEN {CHANNEL}")
                    await link.execute(f"LISTEN {farewells.CHANNEL}")
                    async for notice in link.notifies():
                        if notice.channel == farewells.CHANNEL:
                            self._service.pool.forget(notice.payload)
                        elif notice.payload == QUEUE:
                            self._bell.set()
            await asyncio.sleep(0.5)


def _claim() -> Lease | None:
    return claim_next(QUEUE, worker_name(), seconds=_LEASE_SECONDS)
