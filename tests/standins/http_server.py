"""A small HTTP/1.1 server for the stand-ins: it counts connections and can stream slowly."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HttpRequest:
    method: str
    path: str
    headers: dict[str, str]
    body: Any


class Reply:
    """Writes one response: a whole JSON document, or server-sent events in chunks.

    Events end with an empty chunk, as real servers do it, so that a client can tell an answer that
    was cut off from one that ended.
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._in_chunks = False

    async def json(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(document).encode()
        await self._head(
            status,
            {
                "content-type": "application/json",
                "content-length": str(len(body)),
                "connection": "close",
                **(headers or {}),
            },
        )
        self._writer.write(body)
        await self._writer.drain()

    async def open_events(self) -> None:
        self._in_chunks = True
        chunked = {"transfer-encoding": "chunked", "connection": "close"}
        await self._head(200, {"content-type": "text/event-stream", **chunked})

    async def event(self, data: Any, name: str = "") -> None:
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        head = f"event: {name}\n" if name else ""
        body = f"{head}data: {text}\n\n".encode()
        self._writer.write(b"%x\r\n%s\r\n" % (len(body), body))
        await self._writer.drain()

    async def end(self) -> None:
        """Say that the answer is whole."""
        if self._in_chunks:
            self._writer.write(b"0\r\n\r\n")
            await self._writer.drain()

    async def _head(self, status: int, headers: dict[str, str]) -> None:
        lines = "".join(f"{key}: {value}\r\n" for key, value in headers.items())
        self._writer.write(f"HTTP/1.1 {status} Stand-in\r\n{lines}\r\n".encode())
        await self._writer.drain()


Handler = Callable[[HttpRequest, Reply], Awaitable[None]]


@dataclass
class HttpServer:
    """A listening server; `open_connections` falls to 0 when every client has gone."""

    url: str
    requests: list[HttpRequest] = field(default_factory=list)
    open_connections: int = 0


@asynccontextmanager
async def serving(handler: Handler, port: int = 0) -> AsyncIterator[HttpServer]:
    state = HttpServer(url="")
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        state.open_connections += 1
        try:
            await _converse(reader, writer, handler, state)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            state.open_connections -= 1
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, limit=1 << 24)
    state.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield state
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handler: Handler, state: HttpServer
) -> None:
    """Answer one request (every answer closes its connection), or stop when the client goes."""
    request = await _read(reader)
    state.requests.append(request)
    gone = asyncio.ensure_future(reader.read(1))
    answer = asyncio.ensure_future(_answer(request, Reply(writer), handler))
    try:
        await asyncio.wait({gone, answer}, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            answer.result()
    finally:
        answer.cancel()
        gone.cancel()
        await asyncio.gather(answer, gone, return_exceptions=True)


async def _answer(request: HttpRequest, reply: Reply, handler: Handler) -> None:
    await handler(request, reply)
    await reply.end()


async def _read(reader: asyncio.StreamReader) -> HttpRequest:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.partition(": ") for line in head[1:] if line)
    headers = {key.lower(): value for key, _, value in pairs}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpRequest(method, path.split("?")[0], headers, json.loads(raw) if raw else None)
