"""Readers that stop reading cost the server a bounded amount of memory and lose nothing."""

from __future__ import annotations

import asyncio
import json
import select
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import psutil
import pytest

from tests.resilience.socket_client import by_token
from tests.resilience.test_kills import COMMANDS
from tests.stories.house import House, Person, until

pytestmark = pytest.mark.kill
READERS = 20
PROMPTS, LETTERS = 25, 400_000
BOUND_BYTES = 90 * 1024 * 1024
"""Half of what the readers' unread events would take if they were kept for each of them."""


def stall(person: Person, session: str, after: int) -> socket.socket:
    """Ask for the stream over plain TCP, read its beginning, and no more."""
    where = urlsplit(person.url)
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.settimeout(20)
    line.connect((where.hostname, where.port))
    request = (
        f"GET /api/v1/sessions/{session}/stream HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: Bearer {person.token}\r\nLast-Event-ID: {after}\r\n\r\n"
    )
    line.sendall(request.encode())
    assert line.recv(12) == b"HTTP/1.1 200"
    return line


def dropped(line: socket.socket) -> bool:
    """Whether the server has given the connection up."""
    poll = select.poll()
    poll.register(line, select.POLLERR | select.POLLHUP | select.POLLRDHUP)
    return bool(poll.poll(0))


def left_in(line: socket.socket) -> bytes:
    """What had arrived before the end."""
    found = b""
    with suppress(OSError):
        while piece := line.recv(65536):
            found += piece
    return found


def test_stalled_sse_readers_are_dropped_and_resume_where_they_were(strong_house: House) -> None:
    alice = strong_house.alice
    session = alice.session("stalled")
    alice.run(session, "/sh echo begin")
    after = len(alice.events(session))
    (pid,) = strong_house.pids(COMMANDS["web"])
    web = psutil.Process(pid)
    lines = [stall(alice, session, after) for _ in range(READERS)]
    before = web.memory_info().rss

    grown = 0
    for n in range(PROMPTS):
        alice.prompt(session, f"{n} " + "x" * LETTERS)
        grown = max(grown, web.memory_info().rss - before)
    alice.settled(session, seconds=120)
    until(lambda: all(dropped(line) for line in lines), seconds=60, what="all to be dropped")
    grown = max(grown, web.memory_info().rss - before)

    received = [left_in(line) for line in lines]
    for line in lines:
        line.close()
    assert grown < BOUND_BYTES
    events = alice.events(session)
    have = [last_of(text, after) for text in received]
    assert max(have) < len(events)
    rest = resumed(alice, session, have[0], len(events))
    assert rest == [event["seq"] for event in events if event["seq"] > have[0]]


async def test_a_stalled_socket_is_closed_as_too_slow_and_resumes(strong_house: House) -> None:
    alice = strong_house.alice
    session = alice.session("slow")
    before = stalls(strong_house)
    slow = await by_token(alice.url, session, alice.token)
    line = slow.writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)  # reads fast when it reads
    slow.writer.transport.pause_reading()  # else asyncio goes on, little by little: no stall

    for n in range(PROMPTS):
        await asyncio.to_thread(alice.prompt, session, f"{n} " + "x" * LETTERS)
    await asyncio.to_thread(
        until, lambda: stalls(strong_house) > before, seconds=60, what="the server to give up"
    )
    slow.writer.transport.resume_reading()
    seen = []
    async with asyncio.timeout(60):
        while (message := await slow.message()) is not None:
            seen += [message["seq"]] if message["kind"] == "event" else []

    assert slow.code == 1013
    await asyncio.to_thread(alice.settled, session, seconds=120)
    events = await asyncio.to_thread(alice.events, session)
    assert len(seen) < len(events)
    again = await by_token(alice.url, session, alice.token, seen[-1])
    async with asyncio.timeout(60):
        while seen[-1] < len(events):
            message = await again.message()
            assert message is not None
            seen += [message["seq"]] if message["kind"] == "event" else []
    again.cut()
    assert seen == [event["seq"] for event in events]


def stalls(house: House) -> int:
    """How often the web process has given up on a socket."""
    return (house.data_dir / "logs" / "web.log").read_text(errors="replace").count("socket stalled")


def last_of(text: bytes, after: int) -> int:
    """The `id` of the last event that came whole."""
    whole = text[: text.rfind(b"\n\n")] if b"\n\n" in text else b""
    ids = [int(line[4:]) for line in whole.split(b"\n") if line.startswith(b"id: ")]
    return ids[-1] if ids else after


def resumed(person: Person, session: str, after: int, last: int) -> list[int]:
    """The `seq` of every event after `Last-Event-ID`, up to the last."""
    seen: list[int] = []
    headers = {"Last-Event-ID": str(after)}
    with (
        person.api as client,
        client.stream("GET", f"/sessions/{session}/stream", headers=headers) as response,
    ):
        for line in response.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line[6:])["seq"])
                if seen[-1] >= last:
                    break
    return seen
