"""The hub under bad conditions, in this process: lost doorbells, a stalled watcher, odd starts."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.db import connections

from kernel.actors import SystemActor
from kernel.streams import Entry, append, doorbell
from kernel.streams import hub as hubs
from kernel.streams.feed import TooSlowError, follow
from kernel.streams.hub import hub
from kernel.streams.watchers import QUEUE_LIMIT, Watcher
from kernel.threads import threaded
from sessions_app.models import AgentSession
from sessions_app.services import creation
from sessions_app.streams import SESSIONS
from tests.factories.cast import make_cast

pytestmark = pytest.mark.django_db(transaction=True)
WRITER = SystemActor("test")


@pytest.fixture
def session() -> AgentSession:
    cast = make_cast()
    spec = creation.SessionSpec(name="hub", sdk_options={})
    return creation.create_session(cast.alice, cast.acme, spec=spec)


@pytest.fixture(autouse=True)
def quick_poll(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The poll that makes up for lost doorbells comes sooner, so that tests need not wait."""
    monkeypatch.setattr(hubs, "POLL_SECONDS", 0.3)
    yield
    connections.close_all()


async def write(session: AgentSession, count: int) -> int:
    """Append so many events; the stream's length."""
    entries = [Entry(type="CUSTOM", data={"name": "test", "number": n}) for n in range(count)]
    return (await threaded(append)(SESSIONS, session.pk, WRITER, entries))[-1]


async def read(session: AgentSession, after: int, until: int) -> list[tuple[int, str]]:
    """What a watcher sees until it has this `seq`."""
    seen: list[tuple[int, str]] = []
    feed: Any = follow(SESSIONS, session.pk, after, Watcher())
    async with asyncio.timeout(20):
        async for seq, frame in feed:
            if seq:
                seen.append((seq, frame))
            if seq >= until:
                break
    await feed.aclose()
    return seen


async def read_both_ways(session: AgentSession, until: int, dice: random.Random) -> list[str]:
    """Frames as they reach a socket whose line is now and then not free for the short way."""
    seen: list[str] = []

    def push(frames: bytes) -> bool:
        if dice.random() < 0.5:
            return False
        seen.extend(texts(frames))
        return True

    watcher = Watcher(push=push)
    feed: Any = follow(SESSIONS, session.pk, 0, watcher)
    reading = asyncio.create_task(to_its_end(feed, seen))
    async with asyncio.timeout(20):
        while watcher.have < until:
            await asyncio.sleep(0.02)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return seen


def texts(frames: bytes) -> list[str]:
    """The text messages in some whole frames."""
    found = []
    while frames:
        size, head = frames[1], 2
        if size == 126:
            size, head = int.from_bytes(frames[2:4]), 4
        found.append(frames[head : head + size].decode())
        frames = frames[head + size :]
    return [text for text in found if '"kind":"event"' in text]


async def heard(feed: Any) -> int:
    """The next event's `seq`, past words that are no events."""
    while not (seq := (await anext(feed))[0]):
        pass
    return int(seq)


async def test_dropped_doorbells_cost_time_and_never_an_event(
    session: AgentSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, ring = random.Random(7), doorbell._notify
    dropped = []

    def unreliable(payload: str) -> None:
        dropped.append(payload) if dice.random() < 0.5 else ring(payload)

    monkeypatch.setattr(doorbell, "_notify", unreliable)
    begin = await write(session, 1)
    watchers = [asyncio.create_task(read(session, 0, begin + 60)) for _ in range(5)]
    for _ in range(30):
        await write(session, 2)

    logs = await asyncio.gather(*watchers)
    await hub().close()

    assert len(dropped) > 5
    assert [seq for seq, _ in logs[0]] == list(range(1, begin + 61))
    assert all(log == logs[0] for log in logs)


async def to_its_end(feed: AsyncIterator[tuple[int, str]], seen: list[str]) -> None:
    """Read on, through the replay of one's own, until the feed itself ends."""
    async for seq, frame in feed:
        if seq:
            seen.append(frame)


async def test_the_short_way_and_the_queue_together_lose_and_repeat_nothing(
    session: AgentSession,
) -> None:
    begin = await write(session, 3)
    dice = [random.Random(seed) for seed in range(8)]
    watchers = [asyncio.create_task(read_both_ways(session, begin + 80, d)) for d in dice]
    for _ in range(40):
        await write(session, 2)

    logs = await asyncio.gather(*watchers)
    await hub().close()

    for log in logs:
        assert [json.loads(frame)["seq"] for frame in log] == list(range(1, begin + 81))


async def test_a_watcher_that_stops_reading_is_dropped_and_the_others_go_on(
    session: AgentSession,
) -> None:
    begin = await write(session, 1)
    stalled = follow(SESSIONS, session.pk, begin - 1, Watcher())
    assert await heard(stalled) == begin
    waiting = asyncio.create_task(heard(stalled))
    last = await write(session, 1)
    assert await waiting == last

    reading = asyncio.create_task(read(session, last, last + QUEUE_LIMIT + 10))
    for _ in range(3):
        last = await write(session, QUEUE_LIMIT // 2)
    seen = await reading
    async with asyncio.timeout(10):
        with pytest.raises(TooSlowError):
            await to_its_end(stalled, [])
    await hub().close()

    assert len(seen) == QUEUE_LIMIT + 10


async def test_somebody_who_asks_for_the_future_starves_nobody(session: AgentSession) -> None:
    begin = await write(session, 1)
    ahead = follow(SESSIONS, session.pk, 10**12, Watcher())
    waiting = asyncio.create_task(anext(ahead))
    await asyncio.sleep(0.2)
    reading = asyncio.create_task(read(session, 0, begin + 3))
    await asyncio.sleep(0.2)
    await write(session, 3)

    seen = await reading
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await hub().close()

    assert [seq for seq, _ in seen] == list(range(1, begin + 4))


async def test_a_long_history_is_replayed_without_overflowing_the_reader(
    session: AgentSession,
) -> None:
    for _ in range(5):
        last = await write(session, QUEUE_LIMIT // 2)
    feed: Any = follow(SESSIONS, session.pk, 0, Watcher())
    seen = [await heard(feed)]
    await asyncio.sleep(1)

    async for seq, _frame in feed:
        seen += [seq] if seq else []
        if seq == last:
            break
    await feed.aclose()
    await hub().close()

    assert seen == list(range(1, last + 1))
