"""The short way to a socket: a frame's bytes are made once and given to every socket as they are.

Through ASGI one delivery costs a task switch, coroutines, an encoding and two turns of the event
loop, which for a crowd is nearly all that an event costs. Under Daphne a socket for which nothing
waits takes the bytes at once. Any other socket and any other server goes the ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.streams.pressure import FULL_BYTES, protocol_of

_TEXT = b"\x81"
"""One whole text frame (RFC 6455 section 5.2); a server's frames are not masked."""
_MEDIUM, _LARGE = 126, 1 << 16


def framed(text: str) -> bytes:
    """A text message as the bytes of one frame."""
    payload = text.encode()
    size = len(payload)
    if size < _MEDIUM:
        return _TEXT + bytes([size]) + payload
    if size < _LARGE:
        return _TEXT + b"\x7e" + size.to_bytes(2, "big") + payload
    return _TEXT + b"\x7f" + size.to_bytes(8, "big") + payload


def short_way(send: Callable[..., Any]) -> Callable[[bytes], bool] | None:
    """How to push frames past ASGI; None where the server or TLS forbids it."""
    protocol = protocol_of(send)
    transport = getattr(protocol, "transport", None)
    if not hasattr(transport, "writeSomeData") or not hasattr(transport, "_tempDataBuffer"):
        return None
    return _Wire(protocol, transport).push


class _Wire:
    """Autobahn's protocol and Twisted's transport of one accepted socket."""

    def __init__(self, protocol: Any, transport: Any) -> None:
        self._protocol, self._transport = protocol, transport

    def push(self, frames: bytes) -> bool:
        """Give the bytes to the operating system; False when they must go the ordinary way."""
        transport = self._transport
        if self._busy() or len(frames) > FULL_BYTES:
            return False
        taken = transport.writeSomeData(frames)
        if not isinstance(taken, int):
            return False
        if taken < len(frames):
            transport.write(frames[taken:])
        return True

    def _busy(self) -> bool:
        """Whether anything stands before new bytes, or nothing may be sent any more."""
        protocol, transport = self._protocol, self._transport
        return bool(
            protocol.state != protocol.STATE_OPEN
            or protocol._perMessageCompress is not None
            or protocol.send_queue
            or transport.dataBuffer
            or transport._tempDataBuffer
            or transport.disconnecting
            or not transport.connected
        )
