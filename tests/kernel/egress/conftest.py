"""Local servers and names: no test leaves the machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


def names(**known: str | Sequence[str]) -> Callable[[str, int], list[str]]:
    """A resolver that knows only these (dots written as `__`)."""
    table = {name.replace("__", "."): found for name, found in known.items()}

    def resolve(host: str, _port: int) -> list[str]:
        if host not in table:
            raise OSError("no such name")
        found = table[host]
        return [found] if isinstance(found, str) else list(found)

    return resolve


class EchoHandler(BaseHTTPRequestHandler):
    """Says what it was asked; `/to/<url>` redirects there."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        if self.path.startswith("/to/"):
            self._answer(302, b"", location=self.path.removeprefix("/to/"))
            return
        lines = [
            f"{self.command} {self.path}",
            *(f"{k.lower()}: {v}" for k, v in self.headers.items()),
        ]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(200, "\n".join(lines).encode() + b"\n\n" + body)

    def _answer(self, status: int, body: bytes, *, location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[int]:
    """The port of an echoing web server on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), EchoHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
async def echo() -> AsyncIterator[int]:
    """The port of a server that sends back every byte until the client's end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write(b"bye")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
