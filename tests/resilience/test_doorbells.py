"""Doorbells that really get lost: a NOTIFY of the whole installation reaches nobody, at random."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import psycopg
import pytest

from launcher.cluster import SUPERUSER, Cluster
from launcher.roles import RUNTIME, socket_url
from tests.resilience.socket_client import Viewer
from tests.resilience.test_kills import answers
from tests.stories.house import House, until

pytestmark = pytest.mark.kill
CLIENTS = 50
# Found before the real one by every connection made while it stands.
LOSSY = f"""
CREATE SCHEMA lossy;
GRANT USAGE ON SCHEMA lossy TO {RUNTIME};
CREATE SEQUENCE lossy.dropped;
GRANT USAGE ON SEQUENCE lossy.dropped TO {RUNTIME};
CREATE FUNCTION lossy.pg_notify(channel text, payload text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF random() < 0.5 THEN
    PERFORM pg_catalog.pg_notify(channel, payload);
  ELSE
    PERFORM pg_catalog.nextval('lossy.dropped');
  END IF;
END $$;
ALTER ROLE {RUNTIME} SET search_path = lossy, public, pg_catalog;
"""
WHOLE = f"ALTER ROLE {RUNTIME} RESET search_path; DROP SCHEMA lossy CASCADE;"
NEW_CONNECTIONS = (
    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename='{RUNTIME}'"
)


@pytest.fixture
def dropped(strong_house: House) -> Iterator[Callable[[], int]]:
    """While it lasts every second doorbell is lost; answers how many were so far."""
    cluster = Cluster(strong_house.data_dir / "pg", strong_house.data_dir / "keys")
    host = str(cluster.socket_directory)
    url = socket_url(SUPERUSER, cluster.superuser_password, host)
    with psycopg.connect(url, autocommit=True) as database:

        def count() -> int:
            row = database.execute("SELECT last_value FROM lossy.dropped").fetchone()
            assert row is not None
            return int(row[0])

        database.execute(LOSSY)
        database.execute(NEW_CONNECTIONS)
        until(lambda: answers(strong_house.alice), seconds=40, what="the API to answer")
        yield count
        database.execute(WHOLE)
        database.execute(NEW_CONNECTIONS)
        until(lambda: answers(strong_house.alice), seconds=40, what="the API to answer")


async def test_fifty_clients_miss_nothing_when_doorbells_are_lost(
    strong_house: House, dropped: Callable[[], int]
) -> None:
    alice, bob = strong_house.alice, strong_house.bob
    session = alice.session("deaf")
    alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "editor"})
    viewers = [Viewer(strong_house.url, session, (alice, bob)[n % 2].token) for n in range(CLIENTS)]
    watching = [asyncio.create_task(viewer.watch()) for viewer in viewers]
    async with asyncio.timeout(40):
        while not all(viewer.log for viewer in viewers):
            await asyncio.sleep(0.1)
    before = await asyncio.to_thread(dropped)

    for n in range(4):
        for who in (alice, bob):
            await asyncio.to_thread(who.prompt, session, f"/sh echo {n}; sleep 0.3; echo {n}")
    await asyncio.to_thread(alice.settled, session, seconds=90)
    events = await asyncio.to_thread(alice.events, session)
    async with asyncio.timeout(30):
        while any(viewer.last < len(events) for viewer in viewers):
            await asyncio.sleep(0.1)
    for task in watching:
        task.cancel()

    assert await asyncio.to_thread(dropped) - before > 10
    assert [seq for seq, _ in viewers[0].log] == [event["seq"] for event in events]
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert all(viewer.log == viewers[0].log for viewer in viewers)
