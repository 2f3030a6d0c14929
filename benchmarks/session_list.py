"""`GET /api/v1/sessions` with object permissions among 1,000 and among 100,000 sessions.

Three people ask: the organization's owner (sees all), somebody with much (owns a fifth, is shared
two fifths in person and a third by team) and somebody with little (20 shares spread over all
time). Both databases are asked in turns, so that other load hits both alike. The peer is the same
page cut from one condition with OR, as object permissions are usually written. Beside the list
stands the column of an open session: what is open, the latest active first; and the tabs of the
list's page: their counts and the first page of each, the archive with a few among all.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
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
from sessions_app.selectors.sessions import (
    SessionFilter,
    sessions_lately,
    sessions_visible_to,
)
from sessions_app.selectors.tabs import TABS, Tabs
from tests.database import owner_url
from tests.factories.cast import Cast, make_cast, token_for

SMALL, LARGE, FEW, COLUMN = 1_000, 100_000, 20, 50
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

    def column(self, who: str) -> int:
        """The rows beside an open session."""
        return len(sessions_lately(self.people[who], self.cast.acme.pk, COLUMN))

    def tabs(self, who: str) -> int:
        """The counts of all tabs and the first page of each."""
        tabs = Tabs(self.people[who], self.cast.acme.pk)
        pages = (paginate(QueryDict(), tabs.listed(tab), field="id") for tab in TABS)
        return sum(tabs.counts().values()) + sum(len(page.rows) for page in pages)

    def by_or(self, who: str) -> int:
        """The same rows from one condition with OR."""
        rows = sessions_visible_to(self.people[who], SessionFilter(shelf="all"))
        return len(paginate(QueryDict(), rows, field="id").rows)


def fill(cast: Cast, count: int) -> None:
    """Sessions a second apart, active in another order; every fifth is bob's, the rest alice's."""
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
            "active_at": "now() - make_interval(secs => made.number * 7919 %% %s)",
            "archived_at": f"CASE WHEN made.number %% {count // FEW} = 2 THEN now() END",
            "owner_id": "CASE WHEN made.number %% 5 = 0 THEN %s ELSE origin.owner_id END",
        }
        cursor.execute(_copies(AgentSession, changed), [cast.bob.pk, count, model.pk])
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
    """Per person: milliseconds at both sizes, their ratios, queries, column and peer."""
    found = {}
    places = (small, large)
    for who in small.people:
        queries, shown = counted(places, who)
        times = in_turns(places, Place.list, who, ROUNDS, BLOCK)
        beside = in_turns(places, Place.column, who, ROUNDS, BLOCK)
        tabs = in_turns(places, Place.tabs, who, ROUNDS, BLOCK)
        peers = in_turns(places, Place.by_or, who, PEER_ROUNDS, 1)
        found[who] = figures(times, beside, tabs, peers) | {"queries": queries, "shown": shown}
    return found


def counted(places: Sequence[Place], who: str) -> tuple[int, int]:
    """The most SQL queries of a request, and how many sessions it showed."""
    queries = shown = 0
    for place in places:
        with at(place):
            place.list(who)
            with CaptureQueriesContext(connection) as captured:
                shown = place.list(who)
            queries = max(queries, len(captured))
    return queries, shown


def in_turns(
    places: Sequence[Place], call: Callable[[Place, str], int], who: str, rounds: int, block: int
) -> list[list[float]]:
    """Milliseconds of a call for each place, in blocks that take turns."""
    times: list[list[float]] = [[] for _ in places]
    for _ in range(rounds):
        for place, found in zip(places, times, strict=True):
            with at(place):
                found.extend(timed(call, place, who, block))
    return times


@contextmanager
def at(place: Place) -> Iterator[None]:
    """Inside, requests go to this database; the connection stays open as in a pool."""
    if connections["default"].settings_dict["NAME"] != place.name:
        use(place.name)
    connection.ensure_connection()
    yield


def timed(call: Callable[[Place, str], int], place: Place, who: str, count: int) -> list[float]:
    """Milliseconds of each of some calls, after one that is not counted."""
    call(place, who)
    times = []
    for _ in range(count):
        started = time.perf_counter()
        call(place, who)
        times.append((time.perf_counter() - started) * 1000)
    return times


def figures(
    times: list[list[float]],
    beside: list[list[float]],
    tabs: list[list[float]],
    peers: list[list[float]],
) -> dict[str, float]:
    """Rounded p50 and p95 of both sizes and their ratios: list, column, tabs; the peer's p50."""
    with_or = [round(percentile(values, 50), 1) for values in peers]
    return {
        **compared("", times),
        **compared("column_", beside),
        **compared("tabs_", tabs),
        "one_or_query_ms_1k": with_or[0],
        "one_or_query_ms_100k": with_or[1],
    }


def compared(name: str, times: list[list[float]]) -> dict[str, float]:
    """Small against large."""
    line = {}
    for percent in (50, 95):
        small, large = (percentile(values, percent) for values in times)
        line[f"{name}p{percent}_ms_1k"] = round(small, 1)
        line[f"{name}p{percent}_ms_100k"] = round(large, 1)
        line[f"{name}ratio_p{percent}"] = round(large / small, 2)
    return line


def main() -> None:
    """Print one JSON line; the targets are a p95 ratio of 1.5 and 6 queries."""
    with cloned("small") as one, cloned("large") as other:
        people = measure(Place(one, SMALL), Place(other, LARGE))
    line = {
        "name": "session_list",
        "ratio": max(person["ratio_p95"] for person in people.values()),
        "column_ratio": max(person["column_ratio_p95"] for person in people.values()),
        "tabs_ratio": max(person["tabs_ratio_p95"] for person in people.values()),
        "target": 1.5,
        "queries": max(person["queries"] for person in people.values()),
        "queries_target": 6,
        "load": load_average(),
        "people": people,
    }
    print(json.dumps(line))


if __name__ == "__main__":
    main()
