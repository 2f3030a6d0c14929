"""The provider SDKs' HTTP through the egress guard (they use httpx2, the kernel httpx)."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore2
import httpx2

from kernel import clock
from kernel.egress import Guard

PATIENCE_SECONDS = 30.0
"""What a provider may ask us to wait before the same request; beyond that the turn is told."""


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """A transport whose every connection goes to an address that the guard has judged."""

    def __init__(self, guard: Guard) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            max_connections=10,
            keepalive_expiry=5.0,
            network_backend=_Backend(guard),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answers; the SDKs, which would sleep however long they are told to, are told not to."""
        response = await super().handle_async_request(request)
        if _asked_seconds(response.headers) > PATIENCE_SECONDS:
            response.headers["x-should-retry"] = "false"
        return response


def _asked_seconds(headers: httpx2.Headers) -> float:
    """What `Retry-After` (RFC 9110 §10.2.3, seconds or a date) or its milliseconds ask for."""
    asked = headers.get("retry-after", "")
    try:
        if milliseconds := headers.get("retry-after-ms"):
            return float(milliseconds) / 1000
        return float(asked or 0)
    except ValueError:
        pass
    try:
        return (parsedate_to_datetime(asked) - clock.now()).total_seconds()
    except (ValueError, TypeError):
        return 0.0


class _Backend(httpcore2.AsyncNetworkBackend):
    """Resolves through the guard and connects to what it allows, in its order."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (httpcore2's signature)
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
