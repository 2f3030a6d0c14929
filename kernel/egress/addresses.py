"""Which IP addresses lie outside the public internet, and why (RFC 6890 and successors)."""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Metadata services that answer on addresses which are not link-local.
_METADATA = (
    ip_network("168.63.129.16/32"),  # Azure's host agent, a public address
    ip_network("100.100.100.200/32"),  # Alibaba Cloud
    ip_network("192.0.0.192/32"),  # Oracle Cloud
    ip_network("fd00:ec2::254/128"),  # Amazon EC2
    ip_network("fd20:ce::254/128"),  # Google Cloud
)
_CARRIER_NAT = ip_network("100.64.0.0/10")  # RFC 6598
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))  # RFC 6052, RFC 8215
_IPV4_COMPATIBLE = ip_network("::/96")
_RELAY_6TO4 = ip_network("192.88.99.0/24")  # RFC 7526


def why_not_public(address: Address) -> str | None:
    """The kind of special address this is, None for an ordinary public one.

    IPv6 forms that carry an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) are judged by
    the address they lead to.
    """
    if kind := never_by_name(address):
        return kind
    inner = _carried(address)
    if inner is not None:
        return why_not_public(inner)
    for kind, applies in (
        ("loopback", address.is_loopback),
        ("carrier-grade NAT", address in _CARRIER_NAT),
        ("private", address.is_private),
        ("reserved", address.is_reserved or address in _RELAY_6TO4 or not address.is_global),
    ):
        if applies:
            return kind
    return None


def never_by_name(address: Address) -> str | None:
    """Kinds that an allowed host *name* does not open, only an address or a network can.

    Whoever controls a name could point it at the cloud's metadata service.
    """
    inner = _carried(address)
    if inner is not None:
        return never_by_name(inner)
    for kind, applies in (
        ("cloud metadata", any(address in network for network in _METADATA)),
        ("unspecified", address.is_unspecified),
        ("multicast", address.is_multicast),
        ("link-local", address.is_link_local),
        ("broadcast", address == IPv4Address("255.255.255.255")),
    ):
        if applies:
            return kind
    return None


def canonical(address: Address) -> Address:
    """An IPv4-mapped address as the IPv4 address it is; anything else unchanged."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address inside a transitional IPv6 address."""
    if not isinstance(address, IPv6Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    low = int(address) & 0xFFFFFFFF
    if any(address in network for network in _NAT64):
        return IPv4Address(low)
    if address in _IPV4_COMPATIBLE and low > 1:
        return IPv4Address(low)
    return None
