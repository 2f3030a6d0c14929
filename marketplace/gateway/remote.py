"""Streamable HTTP through the egress guard: every connection is judged, also after a redirect.

What goes wrong on the way becomes a JSON-RPC error of the request it happened to; otherwise one
lost connection would end the whole MCP session.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpcore2
import httpx2

from kernel.egress import EgressRefusedError, Guard
from marketplace.gateway import faults
from marketplace.gateway.bounds import Bounds

_CONNECT_SECONDS, _READ_SECONDS = 30.0, 300.0
_TOLD_BY_STATUS = {401, 403, 407, 429}


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects where the guard says, trying its addresses in order."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        last: Exception = httpcore2.ConnectError(f"{host} could not be reached.")
        for address in await self._guard.aresolve(host, port):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                last = error
        raise last

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _Bounded(httpx2.AsyncByteStream):
    """A response body that breaks off at the limit, and never with anything but `StreamError`."""

    def __init__(self, inner: httpx2.AsyncByteStream, limit: int) -> None:
        self._inner = inner
        self._limit = limit

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        try:
            async for part in self._inner:
                count += len(part)
                if count > self._limit:
                    raise httpx2.StreamError(f"{faults.TOO_LARGE} {self._limit} bytes.")
                yield part
        except httpx2.TransportError as error:
            raise httpx2.StreamError("The connection broke off.") from error

    async def aclose(self) -> None:
        await self._inner.aclose()


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """An httpx2 transport that reaches only what the guard permits."""

    def __init__(self, guard: Guard, bounds: Bounds, *, verify: ssl.SSLContext | bool) -> None:
        super().__init__(verify=verify, trust_env=False)
        self._limit = bounds.line_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(verify=verify, trust_env=False),
            max_connections=32,
            keepalive_expiry=30.0,
            network_backend=_GuardedBackend(guard),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send; a refusal or a lost connection is answered in the server's place."""
        try:
            response = await super().handle_async_request(request)
        except EgressRefusedError as refusal:
            return _instead(faults.REFUSED, refusal.reason)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return _instead(faults.UNREACHABLE, f"{request.url.host} could not be reached.")
        except httpx2.TransportError as error:
            return _instead(faults.LOST, f"{request.url.host}: {str(error) or 'no answer in time'}")
        if _tells_nothing(response):
            await response.aclose()
            phrase = f"{response.status_code} {response.reason_phrase}".strip()
            return _instead(faults.UNREACHABLE, f"{request.url.host} answered {phrase}.")
        assert isinstance(response.stream, httpx2.AsyncByteStream)  # noqa: S101
        response.stream = _Bounded(response.stream, self._limit)
        return response


def guarded_client(
    guard: Guard, bounds: Bounds, *, headers: dict[str, str], verify: ssl.SSLContext | bool = True
) -> httpx2.AsyncClient:
    """The HTTP client of one MCP connection, without a way around the guard."""
    return httpx2.AsyncClient(
        transport=GuardedTransport(guard, bounds, verify=verify),
        headers=headers,
        timeout=httpx2.Timeout(_CONNECT_SECONDS, read=_READ_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )


def _instead(code: int, message: str) -> httpx2.Response:
    body = faults.answer(None, code, message).model_dump(by_alias=True, mode="json")
    return httpx2.Response(502, json=body)


def _tells_nothing(response: httpx2.Response) -> bool:
    """A refusal by status alone, whose number would be lost on the way to the caller."""
    told = response.status_code in _TOLD_BY_STATUS or response.status_code >= 500
    kind = response.headers.get("content-type", "")
    return told and not kind.startswith("application/json")
