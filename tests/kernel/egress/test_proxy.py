"""A session's proxy: domains, tunnels, plain requests, hostile requests."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.egress import EgressProxy, Guard, HostRule, Refusal
from tests.kernel.egress.conftest import names

RESOLVER = names(allowed__test="127.0.0.1", a__allowed__test="127.0.0.1", private__test="10.0.0.1")


class Session:
    """A proxy with its counters, reached like a sandbox reaches it."""

    def __init__(self, proxy: EgressProxy, path: Path, refused: list[Refusal]) -> None:
        self.proxy = proxy
        self.path = path
        self.refused = refused

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_unix_connection(self.path)

    async def ask(self, request: bytes) -> bytes:
        """Send bytes, read everything until the proxy closes."""
        reader, writer = await self.connect()
        writer.write(request)
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        return answer


@pytest.fixture
async def session(tmp_path: Path, echo: int, web: int) -> AsyncIterator[Session]:
    refused: list[Refusal] = []
    guard = Guard(["127.0.0.1"], resolver=RESOLVER)
    domains = [
        f"allowed.test:{echo}",
        f"*.allowed.test:{web}",
        f"allowed.test:{web}",
        "private.test",
    ]
    proxy = EgressProxy(domains, guard, on_refused=refused.append)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "proxy"))
    listener.listen()
    await proxy.serve(listener)
    yield Session(proxy, tmp_path / "proxy", refused)
    await proxy.aclose()


async def test_a_tunnel_carries_bytes_both_ways_and_half_closes(
    session: Session, echo: int
) -> None:
    reader, writer = await session.connect()
    writer.write(f"CONNECT allowed.test:{echo} HTTP/1.1\r\nHost: allowed.test\r\n\r\n".encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 200 Connection established\r\n\r\n"

    payload = bytes(range(256)) * 8000
    writer.write(payload)
    writer.write_eof()
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()

    assert answer == payload + b"bye"
    assert session.proxy.traffic.sent_bytes == len(payload)
    assert session.proxy.traffic.received_bytes == len(payload) + 3


async def test_a_plain_request_is_forwarded_in_origin_form(session: Session, web: int) -> None:
    head = [
        f"GET http://a.allowed.test:{web}/x?y=1 HTTP/1.1",
        "Host: lie.test",
        "Accept: text/plain",
        "Proxy-Authorization: Basic c2VjcmV0",
        "Connection: keep-alive, X-Hop",
        "X-Hop: 1",
    ]

    answer = await session.ask("\r\n".join([*head, "", ""]).encode())

    body = answer.split(b"\r\n\r\n", 1)[1].decode()
    assert body.splitlines()[0] == "GET /x?y=1"
    assert sorted(body.split("\n\n")[0].splitlines()[1:]) == [
        "accept: text/plain",
        "connection: close",
        f"host: a.allowed.test:{web}",
    ]


async def test_a_body_is_forwarded_and_nothing_after_it(session: Session, web: int) -> None:
    first = f"POST http://allowed.test:{web}/one HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
    second = f"GET http://evil.test:{web}/two HTTP/1.1\r\nHost: evil.test\r\n\r\n"

    answer = await session.ask((first + second).encode())

    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.endswith(b"\n\nhello")
    assert b"/two" not in answer


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("evil.test:443", "evil.test:443 is not among the domains this session may reach."),
        ("allowed.test:22", "allowed.test:22 is not among the domains this session may reach."),
        ("127.0.0.1:443", "127.0.0.1:443 is not among the domains this session may reach."),
        ("evilallowed.test:443", "evilallowed.test:443 is not among the domains"),
        ("private.test:443", "private.test (10.0.0.1) is a private address"),
    ],
)
async def test_refusals_say_why_and_are_reported(
    session: Session, target: str, reason: str
) -> None:
    answer = await session.ask(f"CONNECT {target} HTTP/1.1\r\n\r\n".encode())

    assert answer.startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert reason in answer.decode()
    assert [refusal.reason in answer.decode() for refusal in session.refused] == [True]
    assert session.proxy.traffic.refused == tuple(session.refused)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET https://allowed.test/ HTTP/1.1\r\n\r\n", 400),
        (b"GET ftp://allowed.test/ HTTP/1.1\r\n\r\n", 400),
        (b"GET http://user:pw@allowed.test/ HTTP/1.1\r\n\r\n", 400),
        (b"GET http://allowed.test:99999/ HTTP/1.1\r\n\r\n", 400),
        (b"GET http:// HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT allowed.test HTTP/1.1\r\n\r\n", 400),
        (b"CONNECT allowed.test:0 HTTP/1.1\r\n\r\n", 400),
        (b"GET http://allowed.test/ HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", 400),
        (
            b"GET http://allowed.test/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400,
        ),
        (b"GET http://allowed.test/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST http://allowed.test/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
        (b"GET http://allowed.test/\xff HTTP/1.1\r\n\r\n", 400),
    ],
)
async def test_malformed_requests_get_a_clear_answer(
    session: Session, request_head: bytes, status: int
) -> None:
    answer = await session.ask(request_head)

    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert session.refused == []


async def test_an_endless_head_is_cut_off(session: Session) -> None:
    reader, writer = await session.connect()
    writer.write(b"GET http://allowed.test/ HTTP/1.1\r\nA: " + b"x" * 100_000)
    async with asyncio.timeout(20):
        try:
            answer = await reader.read()
        except ConnectionResetError:
            answer = b""
    writer.close()

    assert b"200" not in answer


async def test_a_server_that_is_down_is_502(tmp_path: Path) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        proxy = EgressProxy([f"allowed.test:{port}"], Guard(["127.0.0.1"], resolver=RESOLVER))
        listener = socket.create_server(("127.0.0.1", 0))
        address = listener.getsockname()
        await proxy.serve(listener)
        reader, writer = await asyncio.open_connection(*address)
        writer.write(f"CONNECT allowed.test:{port} HTTP/1.1\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        await proxy.aclose()

    assert answer.startswith(b"HTTP/1.1 502 ")


async def test_too_many_connections_are_turned_away(session: Session, echo: int) -> None:
    request = f"CONNECT allowed.test:{echo} HTTP/1.1\r\n\r\n".encode()
    held = [await session.connect() for _ in range(64)]
    for reader, writer in held:
        writer.write(request)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")

    answer = await session.ask(request)
    for _, writer in held:
        writer.close()

    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"too many open connections" in answer


async def test_closing_cuts_open_tunnels(session: Session, echo: int) -> None:
    reader, writer = await session.connect()
    writer.write(f"CONNECT allowed.test:{echo} HTTP/1.1\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")

    await session.proxy.aclose()

    async with asyncio.timeout(20):
        assert await reader.read() == b""
    writer.close()
    with pytest.raises(OSError, match="refused"):
        await session.connect()


@pytest.mark.parametrize(
    ("rule", "host", "port", "matches"),
    [
        ("example.com", "example.com", 443, True),
        ("Example.COM.", "example.com", 80, True),
        ("example.com", "example.com", 8080, False),
        ("example.com:8080", "example.com", 8080, True),
        ("example.com:8080", "example.com", 443, False),
        ("example.com", "www.example.com", 443, False),
        ("*.example.com", "www.example.com", 443, True),
        ("*.example.com", "a.b.example.com", 443, True),
        ("*.example.com", "example.com", 443, False),
        ("*.example.com", "notexample.com", 443, False),
        ("bücher.example", "xn--bcher-kva.example", 443, True),
        ("[2001:DB8::1]:443", "2001:db8::1", 443, True),
        ("2001:db8::1", "2001:db8::1", 443, True),
    ],
)
def test_rules_of_domains(rule: str, host: str, port: int, *, matches: bool) -> None:
    web_ports = frozenset({80, 443})

    assert HostRule.parse(rule).matches(host, port, default_ports=web_ports) is matches
