"""A streamed response waits for its reader; one that takes nothing for a while is cut off.

Daphne's `send` never waits, so without this a stalled reader of a stream or an export would have
all of it pile up in the server's memory. A cut reader resumes by `Last-Event-ID`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from kernel.streams.pressure import FULL_BYTES, StalledError, cut, drained, waiting_bytes

log = logging.getLogger(__name__)
Message = Mapping[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Backpressure:
    """Wraps the HTTP application; `send` returns once the reader has room again."""

    def __init__(self, app: Callable[[Any, Any, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Send) -> None:
        """Serve one request."""

        async def patient(message: Message) -> None:
            await send(message)
            if message.get("more_body") and waiting_bytes(send) > FULL_BYTES:
                try:
                    await drained(send)
                except StalledError:
                    log.info("a reader stalled", extra={"path": scope["path"]})
                    cut(send)
                    # To Django the same as a client that hung up.
                    raise asyncio.CancelledError from None

        await self._app(scope, receive, patient)
