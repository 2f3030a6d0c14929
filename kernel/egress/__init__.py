"""Every outgoing connection passes here: resolved, judged, then made to the judged address.

Private, loopback, link-local, carrier-NAT, metadata, multicast and other special addresses are
refused unless the operator allows them by host, address or network; redirects are judged again.

    guard = Guard(allow=["10.1.0.0/16", "mirror.internal"])
    async with guarded_async_client(guard) as client:        # httpx, for everything HTTP
        await client.get("https://example.com/")              # EgressRefusedError when refused
    reader, writer = await open_connection(guard, host, port, context=ssl_context)   # the rest

`EgressProxy` is the narrower gate of one sandboxed session: an HTTP proxy with an allow-list of
domains in front of the same guard. The sandbox starts it; nobody else has to.
"""

from kernel.egress.connections import create_connection, open_connection
from kernel.egress.errors import EgressRefusedError, ResolveError
from kernel.egress.guard import Guard
from kernel.egress.hosts import HostRule
from kernel.egress.proxy import EgressProxy
from kernel.egress.traffic import Refusal, Traffic
from kernel.egress.transports import (
    AsyncGuardedTransport,
    GuardedTransport,
    guarded_async_client,
    guarded_client,
)

__all__ = [
    "AsyncGuardedTransport",
    "EgressProxy",
    "EgressRefusedError",
    "Guard",
    "GuardedTransport",
    "HostRule",
    "Refusal",
    "ResolveError",
    "Traffic",
    "create_connection",
    "guarded_async_client",
    "guarded_client",
    "open_connection",
]
