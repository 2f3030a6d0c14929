"""`GET /api/v1/sessions` with object permissions among 1,000 and among 100,000 sessions.

Three people ask: the organization's owner (sees all), somebody with much (owns a fifth, is shared
two fifths in person and a third by team) and somebody with little (20 shares spread over all
time). Both databases are asked in turns, so that other load hits both alike. The peer is the same
page cut from one condition with OR, as object permissions are usually written.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.figures import load_average, percentile
from benchmarks.house import cloned, use

# isort: split
import psycopg
from django.contrib.auth.models import Permission
from django.db import connection, connections, transaction
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel.http.pagination import paginate
from sessions_app.models import (
    AgentSession,
    SessionTeamGrant,
    SessionUserGrant,
    WorkingDirectory,
)
from sessions_app.selectors.sessions import SessionFilter, sessions_visible_to
from tests.database import owner_url
from tests.factories.cast import Cast, make_cast, token_for

SMALL, LARGE, FEW = 1_000, 100_000, 20
ROUNDS, BLOCK, PEER_ROUNDS = 10, 10, 5


class Place:
    """A database with so many sessions, its cast and a client for each of the three people."""

    def __init__(self, name: str, sessions: int) -> None:
        use(name)
        self.name, self.sessions, self.cast = name, sessions, make_cast()
        with transaction.atomic():
            fill(self.cast, sessions)
        with psycopg.connect(owner_url(name), autocommit=True) as owner:
            owner.execute("ANALYZE")
        cast = self.cast
        self.people = {"owner": cast.alice, "many": cast.bob, "few": cast.charlie}
        self.headers = {
            who: {"Authorization": f"Bearer {token_for(user)}"} for who, user in self.people.items()
        }

    def list(self, who: str) -> int:
        """One request; how many sessions it showed."""
        answer = Client().get("/api/v1/sessions", headers=self.headers[who])
        assert answer.status_code == 200, answer.content
        return len(answer.json()["results"])

    def by_or(self, who: str) -> int:
        """The same rows from one condition with OR."""
        rows = sessions_visible_to(self.people[who], SessionFilter(shelf="all"))
        return len(paginate(QueryDict(), rows, field="id").rows)


def fill(cast: Cast, count: int) -> None:
    """Sessions a second apart; every fifth is bob's, the rest alice's; grants are spread."""
    one = WorkingDirectory.objects.create(organization=cast.acme)
    model = AgentSession.objects.create(
        organization=cast.acme, owner=cast.alice, name="Nightly build", working_directory=one
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT number, (lpad(to_hex(
                 1700000000000 + number * 1000), 12, '0') || '7' ||
                 substr(md5(number::text), 1, 3) || '8' || substr(md5(number::text), 4, 15))::uuid
                 AS id FROM generate_series(1, %s) AS number""",
            [count],
        )
        cursor.execute(_copies(WorkingDirectory, {"id": "made.id"}), [one.pk])
        changed = {
            "id": "made.id",
            "working_directory_id": "made.id",
            "owner_id": "CASE WHEN made.number %% 5 = 0 THEN %s ELSE origin.owner_id END",
        }
        cursor.execute(_copies(AgentSession, changed), [cast.bob.pk, model.pk])
        _grant(cursor, SessionUserGrant, cast.bob.pk, "made.number %% 5 IN (1, 2)")
        _grant(cursor, SessionTeamGrant, cast.team.group_id, "made.number %% 3 = 0")
        _grant(cursor, SessionUserGrant, cast.charlie.pk, f"made.number %% {count // FEW} = 1")


def _copies(model: type[AgentSession | WorkingDirectory], changed: dict[str, str]) -> str:
    """SQL that copies one row for every row of `made`, with some columns changed."""
    columns = [field.column for field in model._meta.concrete_fields if not field.generated]
    values = ", ".join(changed.get(column, f"origin.{column}") for column in columns)
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} "
        f"FROM made CROSS JOIN {table} origin WHERE origin.id = %s"
    )


def _grant(cursor: object, table: type, holder: object, where: str) -> None:
    column = "user_id" if table is SessionUserGrant else "group_id"
    viewer = Permission.objects.get(codename="agentsession_viewer")
    cursor.execute(  # type: ignore[attr-defined]
        f"INSERT INTO {table._meta.db_table} "  # type: ignore[attr-defined]
        f"(id, created_at, content_object_id, permission_id, {column}) "
        f"SELECT gen_random_uuid(), now(), made.id, %s, %s FROM made WHERE {where}",
        [viewer.pk, holder],
    )


def measure(small: Place, large: Place) -> dict[str, dict[str, float]]:
    """Per person: milliseconds at both sizes, their ratios, queries, and the peer's."""
    found = {}
    for who in small.people:
        times: dict[int, list[float]] = {small.sessions: [], large.sessions: []}
        peers: dict[int, list[float]] = {small.sessions: [], large.sessions: []}
        queries = 0
        for place in (small, large):
            with at(place):
                place.list(who)
                with CaptureQueriesContext(connection) as captured:
                    shown = place.list(who)
                queries = max(queries, len(captured))
        for _ in range(ROUNDS):
            for place in (small, large):
                with at(place):
                    times[place.sessions] += timed(place.list, who, BLOCK)
        for _ in range(PEER_ROUNDS):
            for place in (small, large):
                with at(place):
                    peers[place.sessions] += timed(place.by_or, who, 1)
        found[who] = figures(times, peers) | {"queries": queries, "shown": shown}
    return found


@contextmanager
def at(place: Place) -> Iterator[None]:
    """Inside, requests go to this database; the connection stays open as in a pool."""
    if connections["default"].settings_dict["NAME"] != place.name:
        use(place.name)
    connection.ensure_connection()
    yield


def timed(call: Callable[[str], int], who: str, count: int) -> list[float]:
    """Milliseconds of each of some calls, after one that is not counted."""
    call(who)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        call(who)
        times.append((time.perf_counter() - started) * 1000)
    return times


def figures(times: dict[int, list[float]], peers: dict[int, list[float]]) -> dict[str, float]:
    """Rounded p50 and p95 of both sizes, the ratios, and the medians of the peer."""
    small, large = times.values()
    with_or = [round(percentile(values, 50), 1) for values in peers.values()]
    return {
        "p50_ms_1k": round(percentile(small, 50), 1),
        "p50_ms_100k": round(percentile(large, 50), 1),
        "p95_ms_1k": round(percentile(small, 95), 1),
        "p95_ms_100k": round(percentile(large, 95), 1),
        "ratio_p50": round(percentile(large, 50) / percentile(small, 50), 2),
        "ratio_p95": round(percentile(large, 95) / percentile(small, 95), 2),
        "one_or_query_ms_1k": with_or[0],
        "one_or_query_ms_100k": with_or[1],
    }


def main() -> None:
    """Print one JSON line; the targets are a p95 ratio of 1.5 and 6 queries."""
    with cloned("small") as one, cloned("large") as other:
        people = measure(Place(one, SMALL), Place(other, LARGE))
    line = {
        "name": "session_list",
        "ratio": max(person["ratio_p95"] for person in people.values()),
        "target": 1.5,
        "queries": max(person["queries"] for person in people.values()),
        "queries_target": 6,
        "load": load_average(),
        "people": people,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
