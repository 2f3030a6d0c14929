"""Host names as rules: `example.com`, `*.example.com`, each optionally with `:port`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\Z")


@dataclass(frozen=True)
class HostRule:
    """An exact host, or with `subdomains` everything below it (but not the host itself)."""

    host: str
    subdomains: bool
    port: int | None

    @classmethod
    def parse(cls, text: str) -> HostRule:
        """Read a rule; raises ValueError with a sentence for anything that is not one."""
        host, port = _split_port(text.strip())
        subdomains = host.startswith("*.")
        name = normalize_host(host.removeprefix("*."))
        address = _is_address(name)
        if not (address or _NAME.match(name)) or (subdomains and address):
            raise ValueError(f"{text!r} is not a host name or *.domain.")
        return cls(host=name, subdomains=subdomains, port=port)

    def matches(self, host: str, port: int, *, default_ports: frozenset[int] | None) -> bool:
        """Whether a normalized host and port fall under this rule; None allows every port."""
        if self.port is not None:
            if port != self.port:
                return False
        elif default_ports is not None and port not in default_ports:
            return False
        return host.endswith(f".{self.host}") if self.subdomains else host == self.host


def normalize_host(host: str) -> str:
    """Lower case, no trailing dot, no brackets, IDNA to ASCII, addresses in canonical form."""
    name = host.strip().strip("[]").rstrip(".").lower()
    if _is_address(name):
        return str(ipaddress.ip_address(name))
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError as error:
        raise ValueError(f"{host!r} is not a valid host name.") from error


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _split_port(text: str) -> tuple[str, int | None]:
    head, colon, tail = text.rpartition(":")
    bare_ipv6 = ":" in head and not head.endswith("]")
    if not colon or bare_ipv6 or text.endswith("]"):
        return text, None
    if not (tail.isascii() and tail.isdigit() and 0 < int(tail) < 65536):
        raise ValueError(f"{text!r} has no valid port.")
    return head, int(tail)
