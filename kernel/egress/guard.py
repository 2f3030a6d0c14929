"""The one gate for outgoing connections: resolve, judge the addresses, connect to those."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from kernel.egress.addresses import Address, Network, canonical, never_by_name, why_not_public
from kernel.egress.errors import EgressRefusedError, ResolveError
from kernel.egress.hosts import HostRule, normalize_host

_LOOKUP_SECONDS = 15.0
_LOOKUPS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="resolve")

Resolver = Callable[[str, int], Sequence[str]]


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses the system's resolver gives (getaddrinfo), in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Guard:
    """Public addresses are open; private, loopback and other special ones only when allowed.

    `allow` holds hosts (`build.internal`, `*.internal`, with `:port` if wanted) and addresses or
    networks (`127.0.0.1`, `10.0.0.0/8`). A name opens what it resolves to except link-local,
    multicast and metadata addresses; those need an entry by address. Whoever connects must use
    the addresses returned here and not resolve again.
    """

    def __init__(self, allow: Sequence[str] = (), *, resolver: Resolver = system_resolver) -> None:
        self._networks: list[Network] = []
        self._hosts: list[HostRule] = []
        self._resolver = resolver
        for entry in allow:
            network = _as_network(entry)
            if network is not None:
                self._networks.append(network)
            else:
                self._hosts.append(HostRule.parse(entry))

    def resolve(self, host: str, port: int) -> list[str]:
        """The addresses one may connect to, in the resolver's order; blocking.

        Raises `ResolveError` when there is none at all, `EgressRefusedError` with the kind of
        address when all of them are refused.
        """
        name = self._normalized(host, port)
        return self._permitted(name, port, self._lookup(name, port))

    async def aresolve(self, host: str, port: int) -> list[str]:
        """`resolve` without blocking the loop.

        In threads of its own and for a bounded time: slow name servers hold up nobody else.
        """
        looking = asyncio.get_running_loop().run_in_executor(_LOOKUPS, self.resolve, host, port)
        try:
            async with asyncio.timeout(_LOOKUP_SECONDS):
                return await looking
        except TimeoutError as error:
            reason = f"The name {host} was not resolved in time."
            raise ResolveError(reason, host=host, port=port) from error

    def refusal(self, host: str, port: int, address: Address) -> str | None:
        """The kind of special address that forbids this connection, None when it is allowed."""
        if self._opens(canonical(address)):
            return None
        if self._names(host, port):
            return never_by_name(address)
        return why_not_public(address)

    def _normalized(self, host: str, port: int) -> str:
        try:
            return normalize_host(host)
        except ValueError as error:
            raise EgressRefusedError(str(error), host=host, port=port) from error

    def _lookup(self, name: str, port: int) -> list[Address]:
        try:
            return [ipaddress.ip_address(name)]
        except ValueError:
            pass
        try:
            found = self._resolver(name, port)
        except (OSError, UnicodeError) as error:
            reason = f"The name {name} has no address."
            raise ResolveError(reason, host=name, port=port) from error
        return [ipaddress.ip_address(text.partition("%")[0]) for text in found]

    def _permitted(self, name: str, port: int, addresses: Sequence[Address]) -> list[str]:
        refusals = {address: self.refusal(name, port, address) for address in addresses}
        permitted = [str(address) for address, kind in refusals.items() if kind is None]
        if permitted:
            return permitted
        if not refusals:
            raise ResolveError(f"The name {name} has no address.", host=name, port=port)
        address, kind = next(iter(refusals.items()))
        where = name if str(address) == name else f"{name} ({address})"
        reason = f"{where} is a {kind} address; it must be allowed explicitly."
        raise EgressRefusedError(reason, host=name, port=port)

    def _opens(self, address: Address) -> bool:
        return any(address in network for network in self._networks)

    def _names(self, host: str, port: int) -> bool:
        return any(rule.matches(host, port, default_ports=None) for rule in self._hosts)


def _as_network(entry: str) -> Network | None:
    try:
        return ipaddress.ip_network(entry.strip().strip("[]"), strict=False)
    except ValueError:
        return None
