"""Whether somebody who stays connected may stay: one rule for sockets and server-sent events.

The hub says `access` when a doorbell rang or a grant may have ended. Whether the way in still
stands is asked then too, now and then, and at the moment it ends by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError

from kernel import clock
from kernel.actors import Actor
from kernel.credentials import Credential
from kernel.streams.kinds import StreamKind
from kernel.streams.watchers import Watcher
from kernel.threads import threaded

ACCESS, CREDENTIAL = "access", "credential"
SIGNED_OUT, ACCESS_GONE, DELETED = 4401, 4403, 4404
CREDENTIAL_SECONDS = 60.0
_LATE_SECONDS = 0.01
"""Asked a moment after its end, a credential has ended by any clock's rounding."""


@dataclass(frozen=True)
class Welcome:
    """One person at one stream, by one way in."""

    actor: Actor
    kind: StreamKind
    owner_id: UUID
    credential: Credential

    @asynccontextmanager
    async def reminding(self, watcher: Watcher) -> AsyncIterator[None]:
        """Have the watcher told, while it watches, that the credential is to be asked again."""
        task = asyncio.create_task(self._remind(watcher))
        try:
            yield
        finally:
            task.cancel()

    async def end(self, word: str) -> int:
        """Why they must go, as the socket's close code, or 0, after one of the hub's words."""
        return await threaded(self._ended)(wholly=word == ACCESS)

    async def _remind(self, watcher: Watcher) -> None:
        while True:
            await asyncio.sleep(self._pause())
            watcher.offer(0, CREDENTIAL)

    def _pause(self) -> float:
        if self.credential.ends_at is None:
            return CREDENTIAL_SECONDS
        left = (self.credential.ends_at - clock.now()).total_seconds() + _LATE_SECONDS
        return min(left, CREDENTIAL_SECONDS) if left > 0 else CREDENTIAL_SECONDS

    def _ended(self, *, wholly: bool) -> int:
        """Without a database nobody can say, and there is nothing to read either: they stay."""
        try:
            if not self.credential.holds():
                return SIGNED_OUT
            if not wholly or self.kind.may_read(self.actor, self.owner_id):
                return 0
            return ACCESS_GONE if self.kind.exists(self.owner_id) else DELETED
        except DatabaseError:
            return 0
