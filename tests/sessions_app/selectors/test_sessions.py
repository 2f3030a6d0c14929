"""Lists of sessions: the ways into a list hold exactly what the policy shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict

from kernel import clock
from kernel.http.pagination import paginate
from kernel.policies import visible_to, ways_to
from sessions_app.models import AgentSession, SessionTeamGrant, SessionUserGrant
from sessions_app.policies import access
from sessions_app.selectors.sessions import SessionFilter, sessions_listed_for
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
