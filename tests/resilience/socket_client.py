"""A WebSocket client of our own (RFC 6455): raw enough to stall, to be cut and to see codes."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


class RefusedError(RuntimeError):
    """The handshake was answered with something else than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass
class Socket:
    """One open socket."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    code: int | None = field(default=None)

    async def message(self) -> dict[str, Any] | None:
        """The next text message, or None once closed; `code` then says why."""
        while True:
            try:
                opcode, payload = await self._frame()
            except (asyncio.IncompleteReadError, ConnectionError):
                return None
            if opcode == 1:
                return dict(json.loads(payload))
            if opcode == 8:
                self.code = int.from_bytes(payload[:2], "big") if payload else 1005
                return None
            if opcode == 9:
                await self._send(10, payload)

    async def say(self, message: dict[str, Any]) -> None:
        """Send a text message."""
        await self._send(1, json.dumps(message).encode())

    def cut(self) -> None:
        """Drop the connection without a word."""
        self.writer.transport.abort()

    async def _frame(self) -> tuple[int, bytes]:
        first, second = await self.reader.readexactly(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await self.reader.readexactly(2 if size == 126 else 8), "big")
        return first & 0x0F, await self.reader.readexactly(size)

    async def _send(self, opcode: int, payload: bytes) -> None:
        mask = os.urandom(4)
        head = bytes([0x80 | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        else:
            head += bytes([0x80 | 126]) + len(payload).to_bytes(2, "big")
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        with contextlib.suppress(ConnectionError):
            self.writer.write(head + mask + masked)
            await self.writer.drain()


async def connect(url: str, session: str, after: int, **headers: str) -> Socket:
    """Open `/ws/sessions/{session}` with these handshake headers."""
    where = urlsplit(url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=1 << 20)
    given = {
        "Host": where.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    lines = [f"GET /ws/sessions/{session}?after={after} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in given.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        raise ConnectionResetError from cut
    status = int(head.split()[1])
    if status != 101:
        writer.close()
        raise RefusedError(status)
    return Socket(reader, writer)


async def by_token(url: str, session: str, token: str, after: int = 0) -> Socket:
    """As the bearer of a token, by subprotocol."""
    protocol = {"Sec-WebSocket-Protocol": f"bearer.{token}"}
    return await connect(url, session, after, **protocol)


class Viewer:
    """A client that comes back by its last `seq` whatever happens, and keeps what it saw."""

    def __init__(self, url: str, session: str, token: str) -> None:
        self.url, self.session, self.token = url, session, token
        self.log: list[tuple[int, str]] = []
        self.connections = 0
        self.socket: Socket | None = None

    @property
    def last(self) -> int:
        """The `seq` it has."""
        return self.log[-1][0] if self.log else 0

    async def watch(self) -> None:
        """Read and return, until cancelled."""
        while True:
            try:
                self.socket = await by_token(self.url, self.session, self.token, self.last)
            except (OSError, RefusedError):
                await asyncio.sleep(0.2)
                continue
            self.connections += 1
            while (message := await self.socket.message()) is not None:
                if message["kind"] == "event":
                    self.log.append((message["seq"], json.dumps(message, sort_keys=True)))
            self.socket.cut()
