"""Pressure: how many bytes wait for a socket that reads slowly.

Daphne's `send` never waits: what a slow client does not take piles up in the server's memory. So
whoever sends looks at Twisted's buffer itself, waits while it is full, and gives up on a client
that takes nothing for a while. Under another server nothing is known and nobody is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

FULL_BYTES = 256 * 1024
STALLED_SECONDS = 10.0
LAST_WORD_SECONDS = 30.0
"""How long the close frame may wait for a client that comes back to reading."""
_PAUSE_SECONDS = 0.05


class StalledError(RuntimeError):
    """The other side took nothing for so long that waiting has no end."""


def waiting_bytes(send: Callable[..., Any]) -> int:
    """Bytes that the operating system has not taken yet; `send` is the server's own."""
    transport = getattr(protocol_of(send), "transport", None)
    buffer = getattr(transport, "dataBuffer", b"")
    return len(buffer) - getattr(transport, "offset", 0) + getattr(transport, "_tempDataLen", 0)


async def drained(send: Callable[..., Any]) -> None:
    """Return once the socket takes bytes again; raise `StalledError` when it stays stuck."""
    left, before = STALLED_SECONDS, waiting_bytes(send)
    while (now := waiting_bytes(send)) > FULL_BYTES:
        left = STALLED_SECONDS if now < before else left - _PAUSE_SECONDS
        before = now
        if left <= 0:
            raise StalledError
        await asyncio.sleep(_PAUSE_SECONDS)


def cut(send: Callable[..., Any]) -> None:
    """Drop the connection with all that waits for it."""
    transport = getattr(protocol_of(send), "transport", None)
    if transport is not None:
        transport.abortConnection()


def await_last_word(send: Callable[..., Any]) -> None:
    """Let the close frame wait in the buffer instead of cutting the line after a second."""
    protocol = protocol_of(send)
    if hasattr(protocol, "closeHandshakeTimeout"):
        protocol.closeHandshakeTimeout = LAST_WORD_SECONDS


def protocol_of(send: Callable[..., Any]) -> Any:
    """Daphne's protocol object behind its own `send`; None under other servers."""
    return next(iter(getattr(send, "args", ())), None)
