"""The stream by HTTP: pages with `after` and `wait`, and server-sent events."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connections
from django.test import AsyncClient

from identity.models import ApiToken
from identity.services import tokens
from kernel import clock
from kernel.actors import SystemActor
from kernel.streams.hub import hub
from kernel.streams.read import PAGE_BYTES, page_after
from kernel.threads import threaded
from sessions_app.models import AgentSession
from sessions_app.services import creation, prompting, retention
from sessions_app.streams import SESSIONS
from tests.factories.cast import Cast, make_cast, token_for
from tests.sessions_app.api.reading import (
    Reader,
    blocks_of,
    frames,
    keep_writing,
    read_to_the_end,
    write,
    write_large,
)

pytestmark = pytest.mark.django_db(transaction=True)
ENVELOPE = {"seq", "type", "run", "actor", "at", "data"}


@pytest.fixture
def people() -> Cast:
    return make_cast()


@pytest.fixture
def session(people: Cast) -> AgentSession:
    made = creation.create_session(
        people.alice, people.acme, spec=creation.SessionSpec(name="Stream")
    )
    prompting.prompt(people.alice, made, content="Grüße, 世界")
    return made


@pytest.fixture
def reader(people: Cast, session: AgentSession) -> Reader:
    return Reader(session, token_for(people.alice))


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    connections.close_all()


async def test_every_event_has_the_envelope_and_its_place(
    reader: Reader, session: AgentSession, people: Cast
) -> None:
    body = (await reader.page()).json()

    assert set(body) == {"events", "last_seq"}
    assert [event["seq"] for event in body["events"]] == list(range(1, body["last_seq"] + 1))
    assert all(set(event) == ENVELOPE for event in body["events"])
    assert [event["type"] for event in body["events"]] == [
        "CUSTOM", "TEXT_MESSAGE_START", "TEXT_MESSAGE_CONTENT", "TEXT_MESSAGE_END",
    ]  # fmt: skip
    said = body["events"][-1]
    assert said["actor"] == {"kind": "user", "id": str(people.alice.pk), "name": "Alice"}
    assert said["data"]["text"] == "Grüße, 世界"
    assert said["at"].endswith("Z")
    assert said["run"] == str(await threaded(lambda: session.runs.get().pk)())


async def test_after_is_exclusive_and_a_page_is_bounded(
    reader: Reader, session: AgentSession
) -> None:
    await write(session, 600)

    whole = (await reader.page()).json()
    rest = (await reader.page("?after=500")).json()
    few = (await reader.page("?after=2&limit=3")).json()

    assert (len(whole["events"]), whole["last_seq"]) == (500, 604)
    assert [event["seq"] for event in rest["events"]] == list(range(501, 605))
    assert [event["seq"] for event in few["events"]] == [3, 4, 5]
    assert len((await reader.page("?limit=10000")).json()["events"]) == 500
    assert (await reader.page("?after=604")).json() == {"events": [], "last_seq": 604}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "wait=soon", "limit=0", "after="])
async def test_a_query_that_means_nothing_is_400(reader: Reader, query: str) -> None:
    answer = await reader.page(f"?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == f"/{query.partition('=')[0]}"


async def test_a_waiting_poll_answers_as_soon_as_there_is_news(
    reader: Reader, session: AgentSession
) -> None:
    waiting = asyncio.create_task(reader.page("?after=4&wait=25"))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await write(session, 1)

    async with asyncio.timeout(15):
        body = (await waiting).json()
    await hub().close()

    assert [event["seq"] for event in body["events"]] == [5]


async def test_server_sent_events_replay_and_go_on(reader: Reader, session: AgentSession) -> None:
    answer = await reader.stream()
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
    reading = asyncio.create_task(frames(answer, 6))
    await write(session, 2)

    events = await reading
    await hub().close()

    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert {"kind", *ENVELOPE} == set(events[0])


@pytest.mark.parametrize(
    ("query", "headers"),
    [("?after=2", {}), ("", {"Last-Event-ID": "2"}), ("?after=0", {"Last-Event-ID": "2"})],
)
async def test_a_reader_comes_back_where_it_was(
    reader: Reader, query: str, headers: dict[str, str]
) -> None:
    events = await frames(await reader.stream(query, **headers), 2)
    await hub().close()

    assert [event["seq"] for event in events] == [3, 4]


async def test_a_wrong_last_event_id_is_400(reader: Reader) -> None:
    answer = await reader.stream(**{"Last-Event-ID": "yesterday"})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/Last-Event-ID")


async def test_who_may_not_read_gets_404_and_nobody_401(
    session: AgentSession, people: Cast
) -> None:
    for path in ("events", "stream"):
        for who in (people.charlie, people.dora, people.olga, people.anna):
            stranger = Reader(session, await threaded(token_for)(who))
            answer = await (stranger.page() if path == "events" else stranger.stream())
            assert answer.status_code == 404, (path, who)
        answer = await AsyncClient().get(f"/api/v1/sessions/{session.pk}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
        assert answer["WWW-Authenticate"].startswith("Bearer")
        posted = await AsyncClient().post(f"/api/v1/sessions/{session.pk}/{path}")
        assert (posted.status_code, posted["Allow"]) == (405, "GET, HEAD")


async def test_erasure_empties_events_and_keeps_their_numbers(
    reader: Reader, session: AgentSession
) -> None:
    def purge() -> None:
        AgentSession.objects.filter(pk=session.pk).update(trashed_at="2020-01-01T00:00Z")
        retention.purge(SystemActor("test"), session)
        AgentSession.objects.filter(pk=session.pk).update(trashed_at=None)

    await threaded(purge)()

    events = (await reader.page()).json()["events"]
    assert [event["seq"] for event in events[:4]] == [1, 2, 3, 4]
    assert all(event["data"] == {"erased": True} for event in events[:4])


@pytest.mark.parametrize("way", ["expired", "revoked"])
async def test_a_busy_stream_ends_with_the_token_it_was_opened_by(
    session: AgentSession, people: Cast, way: str
) -> None:
    spec = tokens.TokenSpec(name="short", organization_id=people.acme.pk)
    made = await threaded(tokens.create_token)(people.alice, people.alice, spec=spec)
    if way == "expired":
        soon = clock.now() + timedelta(seconds=2)
        await threaded(ApiToken.objects.filter(pk=made.token.pk).update)(expires_at=soon)
    answer = await Reader(session, made.text).stream()
    reading = asyncio.create_task(read_to_the_end(answer))
    writing = asyncio.create_task(keep_writing(session))
    if way == "revoked":
        await asyncio.sleep(0.5)
        await threaded(tokens.revoke_token)(people.alice, made.token)

    count = await reading
    writing.cancel()
    with suppress(asyncio.CancelledError):
        await writing
    await hub().close()

    assert count >= 4
    assert (await Reader(session, made.text).stream()).status_code == 401


async def test_a_long_replay_ends_when_the_token_is_revoked(
    session: AgentSession, people: Cast
) -> None:
    await write(session, 3000)
    spec = tokens.TokenSpec(name="short", organization_id=people.acme.pk)
    made = await threaded(tokens.create_token)(people.alice, people.alice, spec=spec)
    answer = await Reader(session, made.text).stream()
    count = 0

    async with asyncio.timeout(30):
        async for block in blocks_of(answer):
            count += block.startswith("id: ")
            if count == 100:
                await threaded(tokens.revoke_token)(people.alice, made.token)
            await asyncio.sleep(0.002)  # a reader that takes its time
    await hub().close()

    assert 100 <= count < 3000


async def test_a_page_is_bounded_by_its_bytes_and_loses_nothing(
    reader: Reader, session: AgentSession
) -> None:
    await write_large(session, 30, 400_000)
    await write_large(session, 1, PAGE_BYTES + 10)
    await write(session, 2)
    seen, sizes, after = [], [], 0

    while (answer := await reader.page(f"?after={after}")).json()["events"]:
        body = answer.json()
        seen += [event["seq"] for event in body["events"]]
        sizes.append((len(answer.content), len(body["events"])))
        after = seen[-1]

    assert seen == list(range(1, body["last_seq"] + 1)) == list(range(1, 38))
    assert all(size < PAGE_BYTES + 1000 or count == 1 for size, count in sizes)
    assert max(size for size, _ in sizes) > PAGE_BYTES
    streamed = await frames(await reader.stream(), 37)
    await hub().close()
    assert [event["seq"] for event in streamed] == seen


async def test_the_memory_of_a_replay_does_not_grow_with_the_log(session: AgentSession) -> None:
    def peak() -> int:
        tracemalloc.reset_peak()
        after, before = 0, tracemalloc.get_traced_memory()[0]
        while rows := page_after(SESSIONS, session.pk, after).rows:
            after = rows[-1][0]
        return tracemalloc.get_traced_memory()[1] - before

    await write_large(session, 60, 200_000)
    tracemalloc.start()
    try:
        short = await threaded(peak)()
        await write_large(session, 180, 200_000)
        long = await threaded(peak)()
    finally:
        tracemalloc.stop()

    assert long < 1.5 * short
