"""httpx through the guard: the address is judged at each connection, so also after a redirect.

Host header, SNI and certificate check keep the name; only the TCP connection uses the address.
Use the client functions: a bare `httpx.Client` would honour HTTP_PROXY and go around the guard.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from kernel.egress.guard import Guard

_SocketOptions = Iterable[Any] | None


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    """Connects where the guard says, trying its addresses in order."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore.AsyncNetworkStream:
        last: Exception = httpcore.ConnectError(f"{host} could not be reached.")
        for address in await self._guard.aresolve(host, port):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Backend(httpcore.NetworkBackend):
    """The blocking counterpart."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions = None,
    ) -> httpcore.NetworkStream:
        last: Exception = httpcore.ConnectError(f"{host} could not be reached.")
        for address in self._guard.resolve(host, port):
            try:
                return self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
        raise last


class AsyncGuardedTransport(httpx.AsyncHTTPTransport):
    """An httpx transport whose every connection passes the guard (`EgressRefusedError`)."""

    def __init__(
        self, guard: Guard, *, verify: ssl.SSLContext | bool = True, http2: bool = False
    ) -> None:
        super().__init__(verify=verify, trust_env=False)
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=100,
            keepalive_expiry=5.0,
            http2=http2,
            network_backend=_AsyncBackend(guard),
        )


class GuardedTransport(httpx.HTTPTransport):
    """The blocking counterpart of `AsyncGuardedTransport`."""

    def __init__(
        self, guard: Guard, *, verify: ssl.SSLContext | bool = True, http2: bool = False
    ) -> None:
        super().__init__(verify=verify, trust_env=False)
        context = httpx.create_ssl_context(verify=verify, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            keepalive_expiry=5.0,
            http2=http2,
            network_backend=_Backend(guard),
        )


def guarded_async_client(
    guard: Guard, *, verify: ssl.SSLContext | bool = True, **options: Any
) -> httpx.AsyncClient:
    """An `httpx.AsyncClient` with no way around the guard; `options` are the client's own."""
    transport = AsyncGuardedTransport(guard, verify=verify)
    return httpx.AsyncClient(transport=transport, trust_env=False, **options)


def guarded_client(
    guard: Guard, *, verify: ssl.SSLContext | bool = True, **options: Any
) -> httpx.Client:
    """The blocking counterpart of `guarded_async_client`."""
    transport = GuardedTransport(guard, verify=verify)
    return httpx.Client(transport=transport, trust_env=False, **options)
