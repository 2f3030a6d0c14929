"""A session's way out: an HTTP proxy that knows the domains the session may reach.

It accepts on a socket the caller gives it: one made inside the sandbox's network namespace, or a
unix socket. TLS passes through unopened, so what is checked is the name in CONNECT; a server that
answers for several names (a shared content network) cannot be told apart behind one of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable

from kernel.egress.connections import open_connection
from kernel.egress.errors import EgressRefusedError
from kernel.egress.guard import Guard
from kernel.egress.hosts import HostRule, normalize_host
from kernel.egress.requests import MalformedRequestError, ProxyRequest, parse_request
from kernel.egress.traffic import Refusal, Traffic

_HEAD_BYTES = 32 * 1024
_HEAD_SECONDS = 30.0
_CHUNK_BYTES = 64 * 1024
_MAX_FORWARDED = 64
_MAX_CLIENTS = 128
_MAX_REFUSALS = 100
_WEB_PORTS = frozenset({80, 443})
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REASONS = {
    400: "Bad Request",
    403: "Forbidden",
    411: "Length Required",
    502: "Bad Gateway",
    503: "Service Unavailable",
}

OnRefused = Callable[[Refusal], None]


class EgressProxy:
    """One session's proxy: allow-list of domains first, then the guard's judgement.

    `domains` are exact names or `*.domain`; without `:port` they open 80 and 443. What `denied`
    names stays closed, whatever port is opened.
    """

    def __init__(
        self,
        domains: Iterable[str],
        guard: Guard,
        *,
        denied: Iterable[str] = (),
        on_refused: OnRefused | None = None,
    ) -> None:
        self._rules = [HostRule.parse(domain) for domain in domains]
        self._denied = [HostRule.parse(domain) for domain in denied]
        self._guard = guard
        self._on_refused = on_refused
        self._refused: list[Refusal] = []
        self._sent = self._received = self._forwarding = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def traffic(self) -> Traffic:
        """What has passed so far."""
        return Traffic(
            sent_bytes=self._sent, received_bytes=self._received, refused=tuple(self._refused)
        )

    async def serve(self, listener: socket.socket) -> None:
        """Accept on a listening TCP or unix socket, which from now on belongs to the proxy."""
        listener.settimeout(0)
        if listener.family == socket.AF_UNIX:
            start = asyncio.start_unix_server(self._accept, sock=listener, limit=_HEAD_BYTES)
        else:
            start = asyncio.start_server(self._accept, sock=listener, limit=_HEAD_BYTES)
        self._server = await start

    async def aclose(self) -> None:
        """Stop listening and cut every open connection."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await asyncio.sleep(0)  # let the transports hear of it

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._attend(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client or the server went away; each sees it on its own connection
        except asyncio.CancelledError:
            writer.transport.abort()
            raise
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) > _MAX_CLIENTS:
            return
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                request = parse_request(await reader.readuntil(b"\r\n\r\n"))
            if self._forwarding >= _MAX_FORWARDED:
                await _reply(writer, 503, "This session has too many open connections.")
                return
            upstream = await self._connect(request)
        except MalformedRequestError as error:
            await _reply(writer, error.status, str(error))
        except EgressRefusedError as error:
            self._note(error)
            await _reply(writer, 403, error.reason)
        except OSError:
            await _reply(writer, 502, "The server could not be reached.")
        else:
            self._forwarding += 1
            try:
                await self._forward(request, (reader, writer), upstream)
            finally:
                self._forwarding -= 1

    async def _connect(
        self, request: ProxyRequest
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            host = normalize_host(request.host)
        except ValueError as error:
            raise MalformedRequestError(str(error)) from error
        port = request.port
        opened = any(rule.matches(host, port, default_ports=_WEB_PORTS) for rule in self._rules)
        if not opened or any(r.matches(host, port, default_ports=None) for r in self._denied):
            reason = f"{host}:{port} is not among the domains this session may reach."
            raise EgressRefusedError(reason, host=host, port=port)
        return await open_connection(self._guard, host, port)

    async def _forward(
        self,
        request: ProxyRequest,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        upstream: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Copy both ways; of a plain request exactly its body, so no second one slips through."""
        try:
            if request.tunnel:
                client[1].write(_ESTABLISHED)
                limit = None
            else:
                upstream[1].write(request.head)
                self._sent += len(request.head)
                limit = request.body_bytes
            up = asyncio.create_task(self._send(client[0], upstream[1], limit))
            try:
                await self._receive(upstream[0], client[1])
                if request.tunnel:
                    await up
            finally:
                up.cancel()
                await asyncio.gather(up, return_exceptions=True)
        finally:
            upstream[1].close()

    async def _send(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, limit: int | None
    ) -> None:
        left = limit
        while left is None or left > 0:
            chunk = await source.read(_CHUNK_BYTES if left is None else min(left, _CHUNK_BYTES))
            if not chunk:
                break
            self._sent += len(chunk)
            left = None if left is None else left - len(chunk)
            sink.write(chunk)
            await sink.drain()
        if limit is None:
            _half_close(sink)

    async def _receive(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(_CHUNK_BYTES):
            self._received += len(chunk)
            sink.write(chunk)
            await sink.drain()
        _half_close(sink)

    def _note(self, error: EgressRefusedError) -> None:
        refusal = Refusal(host=error.host, port=error.port, reason=error.reason)
        if len(self._refused) < _MAX_REFUSALS:
            self._refused.append(refusal)
        if self._on_refused is not None:
            self._on_refused(refusal)


def _half_close(writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()


async def _reply(writer: asyncio.StreamWriter, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    head = (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
