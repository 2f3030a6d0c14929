"""Create, rename, configure, archive, trash, restore, transfer, share: change, fact and refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.models import Membership, Organization, User
from kernel import clock
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from kernel.ids import uuid7
from sessions_app import events
from sessions_app.errors import (
    AlreadyOwnerError,
    ArchivedError,
    BusyError,
    BypassForbiddenError,
    NotInTrashError,
    SeedNotAllowedError,
    TrashedError,
    UnknownServerError,
)
from sessions_app.models import AgentSession
from sessions_app.policies import access
from sessions_app.services import lifecycle, prompting, runs, sharing
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.sessions_app.work import Work, make

__all__ = ["facts"]


def names(session: AgentSession) -> list[str]:
    """The words of its own events."""
    rows = session.events.filter(type="CUSTOM").order_by("seq")
    return [row.data["name"].removeprefix("session.") for row in rows]


def now(session: AgentSession) -> AgentSession:
    """As it is."""
    return AgentSession.objects.get(pk=session.pk)


def test_a_new_session_has_defaults_a_place_and_a_first_event(cast: Cast, facts: Facts) -> None:
    session = make(cast, sdk_options={"max_turns": 3})

    assert (session.status, session.owner, session.last_seq) == ("idle", cast.alice, 0)
    assert now(session).last_seq == 1
    assert session.sdk_options["max_turns"] == 3
    assert session.sdk_options["permission_mode"] == "default"
    assert session.working_directory.organization == cast.acme
    assert names(session) == ["created"]
    (fact,) = facts.of(events.SessionCreated)
    assert (fact.runtime, fact.permission_mode) == ("embedded", "default")


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        ("relative", InvalidError),
        ("/srv/seeds/../secret", InvalidError),
        ("/srv/other", SeedNotAllowedError),
        ("/srv/seedsmore", SeedNotAllowedError),
        ("/", SeedNotAllowedError),
    ],
)
def test_a_seed_lies_beneath_the_operators_roots(
    cast: Cast, settings: Any, seed: str, error: type[Exception]
) -> None:
    settings.WORKSPACE_ROOTS = ("/srv/seeds",)

    with pytest.raises(error):
        make(cast, working_directory=seed)

    assert AgentSession.objects.count() == 0
    assert make(cast, working_directory="/srv/seeds/a").working_directory.seed == "/srv/seeds/a"


def test_only_servers_one_may_use(cast: Cast) -> None:
    with pytest.raises(UnknownServerError):
        make(cast, mcp_servers=[uuid7()])


def test_a_forbidden_mode_is_refused_at_every_door(cast: Cast) -> None:
    bypass = {"permission_mode": "bypassPermissions"}
    session = make(cast, sdk_options=bypass)
    Organization.objects.filter(pk=cast.acme.pk).update(forbid_bypass=True)
    cast.acme.refresh_from_db()

    with pytest.raises(BypassForbiddenError):
        make(cast, sdk_options=bypass)
    with pytest.raises(BypassForbiddenError):
        lifecycle.configure(cast.alice, make(cast), sdk_options=bypass)
    with pytest.raises(BypassForbiddenError):
        lifecycle.configure(cast.alice, session, sdk_options={"max_turns": 9})
    lifecycle.configure(cast.alice, session, sdk_options={"permission_mode": "plan"})

    assert now(session).permission_mode == "plan"


def test_rename_and_configure_say_what_changed_and_nothing_when_nothing_did(
    cast: Cast, facts: Facts
) -> None:
    session = make(cast)

    for _ in range(2):
        lifecycle.rename(cast.alice, session, name="Other")
        lifecycle.configure(cast.alice, session, sdk_options={"model": "m", "max_turns": 50})

    assert names(session) == ["created", "renamed", "configured"]
    assert [f.fields for f in facts.of(events.SessionConfigured)] == [["model"]]
    assert len(facts.of(events.SessionRenamed)) == 1


def test_archive_and_resume(cast: Cast, facts: Facts) -> None:
    session = make(cast)

    lifecycle.archive(cast.alice, session)
    assert (now(session).status, names(session)[-1]) == ("archived", "archived")
    for refused in (
        lambda: lifecycle.archive(cast.alice, session),
        lambda: lifecycle.configure(cast.alice, session, sdk_options={"max_turns": 1}),
        lambda: prompting.prompt(cast.alice, session, content="x"),
    ):
        with pytest.raises(ArchivedError):
            refused()
    assert runs.resume(cast.alice, session) is None

    assert (now(session).status, now(session).archived_at) == ("idle", None)
    assert names(session) == ["created", "archived", "unarchived"]
    assert len(facts.of(events.SessionArchived)) == len(facts.of(events.SessionUnarchived)) == 1


def test_what_is_at_work_is_neither_archived_nor_trashed(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="go")
    work = Work(session).start()
    work.ask()
    work.suspend()

    for verb in (lifecycle.archive, lifecycle.trash):
        with pytest.raises(BusyError):
            verb(cast.alice, session)

    assert now(session).status == "waiting"


def test_the_trash_closes_a_session_until_it_is_restored(cast: Cast, facts: Facts) -> None:
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")

    for _ in range(2):
        lifecycle.trash(cast.alice, session)
    deeds: list[Any] = [
        lambda: prompting.prompt(cast.bob, session, content="x"),
        lambda: lifecycle.rename(cast.bob, session, name="x"),
        lambda: lifecycle.configure(cast.alice, session, sdk_options={"max_turns": 1}),
        lambda: sharing.share(cast.alice, session, subject=cast.charlie, role="viewer"),
        lambda: runs.resume(cast.alice, session),
        lambda: lifecycle.archive(cast.alice, session),
    ]
    for deed in deeds:
        with pytest.raises(TrashedError):
            deed()
    lifecycle.restore(cast.alice, session)
    with pytest.raises(NotInTrashError):
        lifecycle.restore(cast.alice, session)

    prompting.prompt(cast.bob, session, content="x")
    assert len(facts.of(events.SessionTrashed)) == len(facts.of(events.SessionRestored)) == 1


def test_an_archived_session_comes_out_of_the_trash_archived(cast: Cast) -> None:
    session = lifecycle.archive(cast.alice, make(cast))

    lifecycle.restore(cast.alice, lifecycle.trash(cast.alice, session))

    assert now(session).status == "archived"


def test_transfer_gives_all_and_leaves_nothing(cast: Cast, facts: Facts) -> None:
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")

    lifecycle.transfer(cast.alice, session, to=cast.bob)
    lifecycle.transfer(cast.bob, session, to=cast.bob)

    assert access.role_on(cast.bob, now(session)) == "owner"
    assert access.role_on(cast.alice, now(session)) is None
    assert session.user_grants.count() == 0
    (fact,) = facts.of(events.SessionTransferred)
    assert (fact.former_owner_id, fact.owner_id) == (cast.alice.pk, cast.bob.pk)


def test_transfer_is_to_somebody_who_is_here(cast: Cast) -> None:
    session = make(cast)
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)

    for stranger in (cast.dora, cast.bob):
        with pytest.raises(InvalidError):
            lifecycle.transfer(cast.alice, session, to=stranger)

    assert now(session).owner == cast.alice


def test_a_share_is_one_role_and_a_second_one_replaces_it(cast: Cast, facts: Facts) -> None:
    session = make(cast)
    end = clock.now() + timedelta(hours=1)

    for role, until in [("viewer", None), ("viewer", None), ("editor", None), ("editor", end)]:
        sharing.share(cast.alice, session, subject=cast.bob, role=role, expires_at=until)

    assert session.user_grants.count() == 1
    assert access.role_on(cast.bob, session) == "editor"
    assert [f.role for f in facts.of(events.SessionShared)] == ["viewer", "editor", "editor"]
    with clock.shifted(hours=2):
        assert access.role_on(cast.bob, session) is None


def test_a_team_shares_and_unshares_with_all_in_it(cast: Cast, facts: Facts) -> None:
    session = make(cast)

    row = sharing.share(cast.alice, session, subject=cast.team, role="commenter")
    assert access.role_on(cast.bob, session) == "commenter"
    sharing.unshare(cast.alice, session, share_id=row.pk)

    assert access.role_on(cast.bob, session) is None
    (fact,) = facts.of(events.ShareRevoked)
    assert (fact.subject_kind, fact.subject_id, fact.role) == ("team", cast.team.pk, "commenter")
    with pytest.raises(NotFoundError):
        sharing.unshare(cast.alice, session, share_id=row.pk)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"role": "emperor"}, InvalidError),
        ({"role": "viewer", "expires_at": clock.now() - timedelta(seconds=1)}, InvalidError),
        ({"subject": "dora"}, InvalidError),
        ({"subject": "alice"}, AlreadyOwnerError),
    ],
)
def test_a_share_that_makes_no_sense_is_refused(
    cast: Cast, given: dict[str, Any], error: type[Exception]
) -> None:
    session = make(cast)
    subject = getattr(cast, given.pop("subject", "bob"))

    with pytest.raises(error):
        sharing.share(cast.alice, session, subject=subject, **{"role": "viewer", **given})

    assert session.user_grants.count() == 0
    assert names(session) == ["created"]


def test_a_share_of_another_session_is_not_found(cast: Cast) -> None:
    one, other = make(cast), make(cast)
    row = sharing.share(cast.alice, other, subject=cast.bob, role="viewer")

    with pytest.raises(NotFoundError):
        sharing.unshare(cast.alice, one, share_id=row.pk)

    assert other.user_grants.count() == 1


def test_whoever_leaves_the_organization_has_no_role(cast: Cast) -> None:
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")

    Membership.objects.filter(user=cast.bob).delete()

    with pytest.raises((NotFoundError, NotAllowedError)):
        prompting.prompt(cast.bob, session, content="x")
