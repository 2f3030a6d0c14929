"""Connections kept and shared: opened at the first call, let go when idle, changed or broken.

The key is the server and, where state or a working directory belongs to one session, that
session. A connection whose registration or secrets changed serves nobody new and ends when its
last call does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

from marketplace.errors import (
    GatewayBusyError,
    ServerCrashedError,
    ServerUnreachableError,
    ToolCallError,
)
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.breakers import Breakers
from marketplace.gateway.connections import Connection
from marketplace.gateway.enclosure import Sharer
from marketplace.gateway.plans import Plan

log = logging.getLogger(__name__)
Key = tuple[UUID, str]
Opener = Callable[[Plan, Sharer], Awaitable[Connection]]


class Pool:
    """All connections of one gateway."""

    def __init__(self, opener: Opener, bounds: Bounds) -> None:
        self._opener = opener
        self._bounds = bounds
        self._breakers = Breakers(bounds)
        self._open: dict[Key, Connection] = {}
        self._starting = 0
        self._leaving: set[asyncio.Task[None]] = set()
        self._locks: dict[Key, asyncio.Lock] = {}

    @contextlib.asynccontextmanager
    async def lease(self, plan: Plan, sharer: Sharer) -> AsyncIterator[Connection]:
        """A live connection for the length of one call; starts the server when needed."""
        connection = await self._live(plan, sharer)
        connection.users += 1
        try:
            yield connection
        except (ServerCrashedError, ServerUnreachableError) as fault:
            self._breakers.failed(plan, fault)
            raise
        else:
            self._breakers.worked(plan)
        finally:
            connection.users -= 1
            connection.used_at = time.monotonic()
            if connection not in self._open.values():
                self._let_go(connection)

    def forget(self, session_id: str) -> None:
        """End what was started for one session: now, or when its last call has ended."""
        for key in [key for key in self._open if key[1] == session_id]:
            self._let_go(self._open.pop(key))

    async def reap(self) -> None:
        """Let go of what nobody has used for a while, and of what is broken."""
        now = time.monotonic()
        for key, connection in list(self._open.items()):
            limit = self._bounds.session_idle_seconds if key[1] != "shared" else None
            idle = now - connection.used_at > (limit or self._bounds.idle_seconds)
            if not connection.alive or (idle and not connection.users):
                self._let_go(self._open.pop(key))
        for key in [key for key in self._locks if key not in self._open]:
            if not self._locks[key].locked():
                del self._locks[key]

    async def aclose(self) -> None:
        """End everything."""
        while self._open:
            self._let_go(self._open.popitem()[1], at_once=True)
        await self._left()

    async def _live(self, plan: Plan, sharer: Sharer) -> Connection:
        key = (plan.server_id, sharer.key)
        async with self._locks.setdefault(key, asyncio.Lock()):
            found = self._open.get(key)
            if found and found.alive and found.plan.fingerprint == plan.fingerprint:
                return found
            if found:
                self._let_go(self._open.pop(key))
            self._breakers.check(plan)
            self._make_room()
            self._open[key] = started = await self._start(plan, sharer)
            return started

    async def _start(self, plan: Plan, sharer: Sharer) -> Connection:
        self._starting += 1
        try:
            connection = await self._opener(plan, sharer)
            await connection.start()
        except ToolCallError as fault:
            self._breakers.failed(plan, fault)
            raise
        finally:
            self._starting -= 1
        return connection

    def _make_room(self) -> None:
        """When full, the connection that has been idle longest goes; busy ones stay."""
        count = len(self._open) + len(self._leaving) + self._starting
        if count < self._bounds.connections:
            return
        idle = [(c.used_at, key) for key, c in self._open.items() if not c.users]
        if not idle:
            raise GatewayBusyError("All connections to MCP servers are in use.")
        self._let_go(self._open.pop(min(idle)[1]))

    def _let_go(self, connection: Connection, *, at_once: bool = False) -> None:
        """End a connection outside the pool, after its last call unless `at_once`."""
        if connection.users and not at_once:
            return
        task = asyncio.create_task(connection.aclose())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _left(self) -> None:
        if self._leaving:
            await asyncio.wait(set(self._leaving))
