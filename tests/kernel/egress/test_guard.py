"""Which addresses are open, which need permission, and by what kind of entry."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from kernel.egress import (
    EgressRefusedError,
    Guard,
    ResolveError,
    create_connection,
    open_connection,
)
from kernel.egress.addresses import why_not_public
from tests.kernel.egress.conftest import names


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"]
)
def test_public_addresses_are_open(address: str) -> None:
    assert why_not_public(ip_address(address)) is None


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.8.9.1", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::7f00:1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("2002:7f00:1::", "loopback"),
        ("10.1.2.3", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("::ffff:192.168.1.1", "private"),
        ("64:ff9b::c0a8:101", "private"),
        ("64:ff9b:1::c0a8:101", "private"),
        ("2002:a00:1::", "private"),
        ("fd12:3456::1", "private"),
        ("fc00::1", "private"),
        ("198.18.0.1", "private"),
        ("203.0.113.9", "private"),
        ("2001:db8::1", "private"),
        ("240.0.0.1", "private"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("::ffff:100.127.255.254", "carrier-grade NAT"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("64:ff9b::a9fe:a9fe", "link-local"),
        ("fe80::1", "link-local"),
        ("168.63.129.16", "cloud metadata"),
        ("100.100.100.200", "cloud metadata"),
        ("192.0.0.192", "cloud metadata"),
        ("fd00:ec2::254", "cloud metadata"),
        ("0.0.0.0", "unspecified"),
        ("::", "unspecified"),
        ("::ffff:0.0.0.0", "unspecified"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("ff02::1", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("192.88.99.1", "reserved"),
    ],
)
def test_special_addresses_are_refused_by_kind(address: str, kind: str) -> None:
    assert why_not_public(ip_address(address)) == kind

    with pytest.raises(EgressRefusedError) as caught:
        Guard().resolve(address, 80)
    assert kind in caught.value.reason


def test_teredo_is_judged_by_the_client_it_leads_to() -> None:
    inverted = int(ip_address("192.168.1.1")) ^ 0xFFFFFFFF
    address = ip_address((0x20010000 << 96) | inverted)

    assert why_not_public(address) == "private"


@pytest.mark.parametrize("spelling", ["2130706433", "0x7f.1", "127.1", "017700000001"])
def test_odd_spellings_of_loopback_are_judged_by_what_they_resolve_to(spelling: str) -> None:
    with pytest.raises(EgressRefusedError):
        Guard().resolve(spelling, 80)


def test_a_name_is_refused_with_the_address_it_leads_to() -> None:
    guard = Guard(resolver=names(internal__test="10.0.0.7"))

    with pytest.raises(EgressRefusedError) as caught:
        guard.resolve("Internal.Test.", 443)

    expected = "internal.test (10.0.0.7) is a private address; it must be allowed explicitly."
    assert (caught.value.reason, caught.value.host, caught.value.port) == (
        expected,
        "internal.test",
        443,
    )


def test_only_the_permitted_addresses_of_a_name_are_given() -> None:
    guard = Guard(resolver=names(mixed__test=["10.0.0.7", "1.1.1.1", "::1", "8.8.8.8"]))

    assert guard.resolve("mixed.test", 443) == ["1.1.1.1", "8.8.8.8"]


def test_networks_and_addresses_open_what_lies_in_them() -> None:
    guard = Guard(["10.1.0.0/16", "169.254.169.254", "fd00::/8", "127.0.0.1"])

    for address in ("10.1.2.3", "169.254.169.254", "fd12::1", "127.0.0.1", "::ffff:10.1.2.3"):
        assert guard.resolve(address, 80) == [str(ip_address(address))]
    for address in ("10.2.0.1", "169.254.169.253", "127.0.0.2", "::1"):
        with pytest.raises(EgressRefusedError):
            guard.resolve(address, 80)


def test_a_name_opens_private_addresses_but_never_the_metadata_service() -> None:
    resolver = names(
        build__test="10.0.0.7",
        evil__test="169.254.169.254",
        azure__test="168.63.129.16",
        nothing__test="0.0.0.0",
        mapped__test="::ffff:169.254.169.254",
    )
    guard = Guard(["*.test"], resolver=resolver)

    assert guard.resolve("build.test", 80) == ["10.0.0.7"]
    for host in ("evil.test", "azure.test", "nothing.test", "mapped.test"):
        with pytest.raises(EgressRefusedError):
            guard.resolve(host, 80)


def test_a_name_with_a_port_opens_only_that_port() -> None:
    guard = Guard(["db.test:5432"], resolver=names(db__test="10.0.0.7"))

    assert guard.resolve("db.test", 5432) == ["10.0.0.7"]
    with pytest.raises(EgressRefusedError):
        guard.resolve("db.test", 22)


@pytest.mark.parametrize("host", ["missing.test", "", "a" * 300, "xn--a", "bad host", "ü" * 64])
def test_a_name_without_address_is_said_so(host: str) -> None:
    with pytest.raises(EgressRefusedError):
        Guard(resolver=names()).resolve(host, 80)


def test_a_resolver_that_finds_nothing() -> None:
    with pytest.raises(ResolveError, match=r"The name empty\.test has no address"):
        Guard(resolver=names(empty__test=[])).resolve("empty.test", 80)


@pytest.mark.parametrize("entry", ["", "*", "*.", "a.*.b", "*.1.2.3.4", "host:0", "host:99999"])
def test_entries_that_mean_nothing_are_refused(entry: str) -> None:
    with pytest.raises(ValueError, match=r"is not|has no valid"):
        Guard([entry])


async def test_connections_go_to_the_judged_address(echo: int) -> None:
    guard = Guard(["good.test"], resolver=names(good__test="127.0.0.1", bad__test="127.0.0.1"))

    reader, writer = await open_connection(guard, "good.test", echo)
    writer.write(b"hello")
    writer.write_eof()

    assert await reader.read() == b"hellobye"
    writer.close()
    with pytest.raises(EgressRefusedError):
        await open_connection(guard, "bad.test", echo)


async def test_the_next_address_is_tried_when_one_is_dead(echo: int) -> None:
    resolver = names(two__test=["127.0.0.2", "127.0.0.1"])

    _, writer = await open_connection(Guard(["two.test"], resolver=resolver), "two.test", echo)

    assert writer.get_extra_info("peername") == ("127.0.0.1", echo)
    writer.close()


def test_the_blocking_form_connects_and_refuses(web: int) -> None:
    with create_connection(Guard(["127.0.0.1"]), "127.0.0.1", web) as connection:
        assert connection.getpeername() == ("127.0.0.1", web)
    with pytest.raises(EgressRefusedError):
        create_connection(Guard(), "127.0.0.1", web)


def test_a_closed_port_is_an_ordinary_error() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        with pytest.raises(ConnectionRefusedError):
            create_connection(Guard(["127.0.0.1"]), "127.0.0.1", reserved.getsockname()[1])
