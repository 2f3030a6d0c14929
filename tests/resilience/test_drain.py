"""A process told to stop takes nothing new, ends what it has in order, and loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.resilience.socket_client import Socket, by_token
from tests.resilience.test_kills import COMMANDS, answers, ends
from tests.stories.house import House, Person, until

pytestmark = pytest.mark.kill
SOCKETS = 10


@dataclass
class Farewell:
    """What one socket was told at the end, and the `seq` it had."""

    last: int = 0
    word: dict[str, Any] = field(default_factory=dict)
    code: int | None = None


async def watched(socket: Socket) -> Farewell:
    """Read until the server closes."""
    seen = Farewell()
    while (message := await socket.message()) is not None:
        if message["kind"] == "event":
            seen.last = message["seq"]
        elif message["kind"] == "reconnect":
            seen.word = message
    seen.code = socket.code
    return seen


async def refusal(client: httpx.AsyncClient) -> int:
    """The status with which `/readyz` first refuses."""
    while (answer := await client.get("/readyz")).status_code == 200:
        await asyncio.sleep(0.05)
    return answer.status_code


async def streamed(client: httpx.AsyncClient, path: str) -> list[str]:
    """Lines of an SSE response up to its clean end; a cut one raises."""
    async with client.stream("GET", path) as response:
        return [line async for line in response.aiter_lines()]


async def test_a_stopping_web_process_refuses_traffic_then_sends_everybody_away(
    strong_house: House,
) -> None:
    alice = strong_house.alice
    session = alice.session("drained")
    await asyncio.to_thread(alice.run, session, "/sh echo before")
    events = await asyncio.to_thread(alice.events, session)
    path, last = f"/api/v1/sessions/{session}", len(events)
    headers = {"Authorization": f"Bearer {alice.token}"}
    sockets = [await by_token(alice.url, session, alice.token) for _ in range(SOCKETS)]
    (before,) = strong_house.pids(COMMANDS["web"])

    async with httpx.AsyncClient(base_url=alice.url, headers=headers, timeout=60) as client:
        sse = asyncio.create_task(streamed(client, f"{path}/stream"))
        poll = asyncio.create_task(client.get(f"{path}/events?after={last}&wait=25"))
        leaving = [asyncio.create_task(watched(socket)) for socket in sockets]
        os.kill(before, signal.SIGTERM)
        async with asyncio.timeout(20):
            assert await refusal(client) == 503
            assert not any(one.done() for one in (*leaving, sse))
            farewells = await asyncio.gather(*leaving)
            lines, page = await sse, await poll
    for socket in sockets:
        socket.cut()

    assert [one.code for one in farewells] == [1012] * SOCKETS
    assert [one.last for one in farewells] == [last] * SOCKETS
    assert [one.word["last_seq"] for one in farewells] == [last] * SOCKETS
    waits = [one.word["after_ms"] for one in farewells]
    assert all(0 < wait <= 2000 for wait in waits)
    assert len(set(waits)) > 1
    assert [line for line in lines if line.startswith("id:")][-1] == f"id: {last}"
    assert lines[-2].startswith("retry: ")
    assert (page.status_code, page.json()["events"]) == (200, [])
    await asyncio.to_thread(until, lambda: answers(alice), seconds=60, what="the next web process")
    assert strong_house.pids(COMMANDS["web"]) != [before]


def test_a_stopping_runner_finishes_its_turn_and_claims_no_other(strong_house: House) -> None:
    alice = strong_house.alice
    (before,) = strong_house.pids(COMMANDS["runner"])
    first, second = alice.session("first"), alice.session("second")
    ending = alice.prompt(first, "/sh echo ran >> log; sleep 3; echo through")
    until(lambda: running(alice, first), what="the turn")

    os.kill(before, signal.SIGTERM)
    later = alice.prompt(second, "/sh echo later")
    until(lambda: ends(alice.events(first), ending["run_id"]), what="the turn to end")
    alice.settled(second, seconds=60)

    assert ends(alice.events(first), ending["run_id"]) == [("RUN_FINISHED", "success")]
    assert ends(alice.events(second), later["run_id"]) == [("RUN_FINISHED", "success")]
    assert alice.run(first, "/sh cat log")[0]["content"] == "ran\n"
    assert strong_house.pids(COMMANDS["runner"]) != [before]


def running(person: Person, session: str) -> bool:
    """Whether the command itself has begun."""
    names = [event["type"] for event in person.events(session)]
    return "TOOL_CALL_START" in names
