"""Opening guarded connections: to the judged address, never to a name."""

from __future__ import annotations

import asyncio
import socket
import ssl

from kernel.egress.guard import Guard

CONNECT_SECONDS = 10.0


async def open_connection(
    guard: Guard,
    host: str,
    port: int,
    *,
    context: ssl.SSLContext | None = None,
    timeout_seconds: float = CONNECT_SECONDS,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to the first permitted address that answers, with TLS when a context is given.

    The certificate is checked against `host`. Raises `EgressRefusedError` or `OSError`.
    """
    name = host if context is not None else None
    last: OSError = OSError(f"{host} could not be reached.")
    for address in await guard.aresolve(host, port):
        try:
            async with asyncio.timeout(timeout_seconds):
                return await asyncio.open_connection(
                    address, port, ssl=context, server_hostname=name
                )
        except OSError as error:  # TimeoutError is one
            last = error
    raise last


def create_connection(
    guard: Guard, host: str, port: int, *, timeout_seconds: float | None = CONNECT_SECONDS
) -> socket.socket:
    """The blocking counterpart without TLS: a socket to the first address that answers."""
    last: OSError = OSError(f"{host} could not be reached.")
    for address in guard.resolve(host, port):
        try:
            return socket.create_connection((address, port), timeout=timeout_seconds)
        except OSError as error:
            last = error
    raise last
