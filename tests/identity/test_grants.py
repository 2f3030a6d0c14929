"""Grants: one role per subject and object, by person or team, until they expire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from identity.backends import ExpiringGrantBackend
from identity.models import User
from identity.policies.grants import (
    grant_tables,
    granted,
    level_of,
    people_with_access,
    role_of,
    shared_models,
)
from identity.services.grants import grant, revoke, revoke_all
from identity.services.memberships import remove_member
from identity.services.teams import remove_from_team
from kernel import clock
from kernel.actors import NOBODY, SystemActor
from sessions_app.models import AgentSession, SessionTeamGrant, SessionUserGrant, WorkingDirectory
from tests.factories.cast import Cast

ROLES = ["viewer", "commenter", "approver", "editor", "owner"]
TABLES = (SessionUserGrant, SessionTeamGrant)
Make = Callable[[], AgentSession]


@pytest.fixture
def make(cast: Cast) -> Make:
    """Sessions of alice."""

    def session() -> AgentSession:
        place = WorkingDirectory.objects.create(organization=cast.acme, seed="")
        return AgentSession.objects.create(
            organization=cast.acme, owner=cast.alice, name="S", working_directory=place
        )

    return session


def _seen(actor: object, roles: list[str] = ROLES) -> set[object]:
    rows = AgentSession.objects.filter(granted(*TABLES, actor, roles))  # type: ignore[arg-type]
    return set(rows.values_list("pk", flat=True))


def test_a_person_and_a_team(cast: Cast, make: Make) -> None:
    mine, ours = make(), make()
    grant(mine, cast.charlie, "viewer", granted_by_id=cast.alice.pk)
    grant(ours, cast.team, "editor", granted_by_id=cast.alice.pk)

    assert _seen(cast.charlie) == {mine.pk}
    assert _seen(cast.bob) == {ours.pk}
    assert _seen(cast.bob, ["owner"]) == set()
    assert _seen(cast.dora) == _seen(NOBODY) == _seen(SystemActor("x")) == set()
    assert level_of(*TABLES, cast.bob, ROLES, ours.pk) == "editor"
    assert level_of(*TABLES, cast.bob, ROLES, mine.pk) is None
    assert level_of(*TABLES, NOBODY, ROLES, mine.pk) is None


def test_the_highest_role_counts(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.bob, "viewer", granted_by_id=None)
    grant(session, cast.team, "approver", granted_by_id=None)

    assert level_of(*TABLES, cast.bob, ROLES, session.pk) == "approver"


def test_a_second_grant_replaces_the_first(cast: Cast, make: Make) -> None:
    session = make()
    first = grant(session, cast.bob, "viewer", granted_by_id=None)
    second = grant(session, cast.bob, "owner", granted_by_id=cast.alice.pk)

    assert (second.pk, role_of(second)) == (first.pk, "owner")
    assert SessionUserGrant.objects.count() == 1


def test_the_database_holds_one_role_per_subject(cast: Cast, make: Make) -> None:
    session = make()
    row = grant(session, cast.bob, "viewer", granted_by_id=None)

    with pytest.raises(IntegrityError), transaction.atomic():
        SessionUserGrant.objects.create(
            content_object=session, user=cast.bob, permission=row.permission
        )


def test_grants_end_in_time(cast: Cast, make: Make) -> None:
    session, end = make(), clock.now() + timedelta(hours=1)
    grant(session, cast.bob, "editor", granted_by_id=None, expires_at=end)
    grant(session, cast.team, "viewer", granted_by_id=None, expires_at=end)

    assert _seen(cast.bob) == {session.pk}
    with clock.shifted(hours=2):
        assert _seen(cast.bob) == set()
        assert level_of(*TABLES, cast.bob, ROLES, session.pk) is None
        assert people_with_access(session) == []
        assert not ExpiringGrantBackend().has_perm(cast.bob, "x.agentsession_editor", session)


def test_who_left_or_is_closed_out_sees_nothing(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.team, "editor", granted_by_id=None)
    grant(session, cast.charlie, "editor", granted_by_id=None)

    remove_from_team(cast.alice, cast.team, user=cast.bob)
    User.objects.filter(pk=cast.charlie.pk).update(is_active=False)

    assert _seen(cast.bob) == _seen(cast.charlie) == set()
    assert level_of(*TABLES, cast.charlie, ROLES, session.pk) is None


def test_leaving_the_organization_takes_every_grant_there(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.bob, "editor", granted_by_id=None)

    assert revoke_all(cast.bob, cast.other.pk) == 0
    remove_member(cast.alice, cast.bob.memberships.get())

    assert not SessionUserGrant.objects.filter(user=cast.bob).exists()


def test_revoking_says_whether_there_was_something(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.team, "editor", granted_by_id=None)

    assert revoke(session, cast.team) is True
    assert revoke(session, cast.team) is False
    assert revoke(session, cast.bob) is False


def test_the_share_dialog_takes_two_queries(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.bob, "editor", granted_by_id=cast.alice.pk)
    grant(session, cast.charlie, "viewer", granted_by_id=cast.alice.pk)
    grant(session, cast.team, "approver", granted_by_id=cast.alice.pk)

    with CaptureQueriesContext(connection) as queries:
        lines = [(line.subject, line.role, line.is_team) for line in people_with_access(session)]

    assert len(queries) == 2
    assert lines == [
        (cast.bob, "editor", False),
        (cast.charlie, "viewer", False),
        (cast.team, "approver", True),
    ]


def test_lists_and_levels_take_one_query(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.team, "approver", granted_by_id=None)

    with CaptureQueriesContext(connection) as queries:
        _seen(cast.bob)
        level_of(*TABLES, cast.bob, ROLES, session.pk)

    assert len(queries) == 2
    assert queries[0]["sql"].count("EXISTS") == 3


def test_models_without_grant_tables_grant_nothing(cast: Cast, make: Make) -> None:
    assert AgentSession in shared_models()
    assert grant_tables(AgentSession) == TABLES
    with pytest.raises(LookupError):
        grant_tables(User)
    assert not ExpiringGrantBackend().has_perm(cast.alice, "x.user_editor", cast.bob)


def test_the_back_end_agrees(cast: Cast, make: Make) -> None:
    session = make()
    grant(session, cast.team, "editor", granted_by_id=None)
    back_end = ExpiringGrantBackend()

    assert back_end.has_perm(cast.bob, "sessions_app.agentsession_editor", session)
    assert not back_end.has_perm(cast.charlie, "sessions_app.agentsession_editor", session)
    assert not back_end.has_perm(cast.bob, "sessions_app.agentsession_editor")
    assert back_end.get_all_permissions(cast.bob, session) == set()
