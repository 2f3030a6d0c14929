"""Frames between other processes and the gateway: four bytes of length, then JSON.

A connection carries one call: one request, any number of `{"progress": …}`, then either
`{"result": …}` or `{"error": {code, detail, extra}}`. Closing it early cancels the call.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

_HEAD = 4
MOST_BYTES = 64 << 20


class FrameError(ConnectionError):
    """The other side sent no frame, or one that is too large."""


def encode(document: dict[str, Any]) -> bytes:
    """One frame."""
    body = json.dumps(document, separators=(",", ":")).encode()
    if len(body) > MOST_BYTES:
        raise FrameError("too large")
    return len(body).to_bytes(_HEAD, "big") + body


async def receive(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next frame, None at a clean end; raises `FrameError` for anything else."""
    try:
        head = await reader.readexactly(_HEAD)
        size = int.from_bytes(head, "big")
        if size > MOST_BYTES:
            raise FrameError("too large")
        document = json.loads(await reader.readexactly(size))
    except asyncio.IncompleteReadError as cut:
        if cut.partial:
            raise FrameError("cut short") from cut
        return None
    except ValueError as wrong:
        raise FrameError("not JSON") from wrong
    if not isinstance(document, dict):
        raise FrameError("not an object")
    return document
