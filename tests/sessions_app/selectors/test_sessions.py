"""Lists of sessions: the ways into a list hold exactly what the policy shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.http.pagination import paginate
from kernel.policies import visible_to, ways_to
from sessions_app.models import AgentSession, SessionTeamGrant, SessionUserGrant
from sessions_app.policies import access
from sessions_app.selectors import sessions as selector
from sessions_app.selectors.sessions import (
    SessionFilter,
    sessions_lately,
    sessions_listed_for,
    sessions_visible_to,
)
from sessions_app.services.creation import SessionSpec, create_session
from sessions_app.streams import may_read
from tests.factories.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def _sessions(cast: Cast) -> list[AgentSession]:
    """One kept, one shared with charlie, one with the team, one by an expired grant, one dora's."""
    spec = SessionSpec(name="kept")
    made = [create_session(cast.alice, cast.acme, spec=spec) for _ in range(4)]
    made.append(create_session(cast.dora, cast.other, spec=spec))
    viewer = Permission.objects.get(codename="agentsession_viewer")
    ago = clock.now() - timedelta(days=1)
    SessionUserGrant.objects.create(content_object=made[1], user=cast.charlie, permission=viewer)
    SessionTeamGrant.objects.create(
        content_object=made[2], group=cast.team.group, permission=viewer
    )
    SessionUserGrant.objects.create(
        content_object=made[3], user=cast.charlie, permission=viewer, expires_at=ago
    )
    SessionUserGrant.objects.create(content_object=made[1], user=cast.dora, permission=viewer)
    return made


def test_ways_together_are_what_is_visible(cast: Cast) -> None:
    made = _sessions(cast)

    for name, person in cast.people().items():
        seen = set(visible_to(AgentSession, person).values_list("pk", flat=True))
        by_ways = {
            pk for way in ways_to(AgentSession, person) for pk in way.values_list("pk", flat=True)
        }
        assert by_ways == seen, name
    assert set(ways_to(AgentSession, cast.charlie)[1].values_list("pk", flat=True)) == {made[1].pk}


def test_pages_of_merged_ways_hold_every_session_once_newest_first(cast: Cast) -> None:
    made = _sessions(cast)[:4]
    wanted, cursor, found = SessionFilter(shelf="all"), "", []

    while cursor is not None:
        query = QueryDict(f"limit=2&cursor={cursor}")
        page = paginate(query, sessions_listed_for(cast.alice, wanted), field="id")
        found += [row.pk for row in page.rows]
        cursor = page.next

    assert found == [row.pk for row in reversed(made)]


def test_readers_among_many_agree_with_the_policy_for_each(cast: Cast) -> None:
    people = cast.people().values()

    for session in _sessions(cast):
        expected = {one.pk for one in people if may_read(one, session.pk)}
        assert access.readers_among({one.pk for one in people}, session) == expected


def test_the_column_shows_what_is_visible_latest_active_first(cast: Cast) -> None:
    made = _sessions(cast)
    for hours, session in enumerate(made):
        ago = clock.now() - timedelta(hours=hours)
        AgentSession.objects.filter(pk=session.pk).update(active_at=ago)
    AgentSession.objects.filter(pk=made[0].pk).update(archived_at=clock.now())

    for name, person in cast.people().items():
        wanted = SessionFilter(organization_id=cast.acme.pk)
        expected = sessions_visible_to(person, wanted).order_by("-active_at")
        assert sessions_lately(person, cast.acme.pk, 50) == list(expected), name
    assert [row.pk for row in sessions_lately(cast.alice, cast.acme.pk, 2)] == [
        made[1].pk,
        made[2].pk,
    ]


@pytest.mark.parametrize("window", [1, 2, 3])
def test_the_column_looks_beyond_the_latest_where_they_are_not_enough(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    monkeypatch.setattr(selector, "WINDOW", window)
    _sessions(cast)

    for name, person in cast.people().items():
        wanted = SessionFilter(organization_id=cast.acme.pk)
        expected = sessions_visible_to(person, wanted).order_by("-active_at")
        for most in (1, 2, 50):
            assert sessions_lately(person, cast.acme.pk, most) == list(expected[:most]), (
                name,
                most,
            )


def test_the_column_asks_as_often_among_many_sessions_as_among_few(cast: Cast) -> None:
    viewer = Permission.objects.get(codename="agentsession_viewer")
    counts = []

    for more in (1, 9, 90):
        for _ in range(more):
            made = create_session(cast.alice, cast.acme, spec=SessionSpec(name="kept"))
            SessionUserGrant.objects.create(content_object=made, user=cast.bob, permission=viewer)
        for person in (cast.alice, cast.bob):
            with CaptureQueriesContext(connection) as seen:
                rows = [
                    (row.name, row.owner.username)
                    for row in sessions_lately(person, cast.acme.pk, 50)
                ]
            counts.append((len(rows), len(seen)))

    assert [rows for rows, _ in counts] == [1, 1, 10, 10, 50, 50]
    assert {queries for _, queries in counts} == {4}
