"""Attaching secrets to sessions: by whoever may use them, for as long as they may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from audit.models import LedgerEntry
from identity.events import SecretUsed
from identity.models import Secret
from identity.services import accounts, memberships, teams
from identity.services.secrets import SecretChanges, SecretSpec, change_secret, create_secret
from identity.services.secrets import delete_secret as forget
from kernel import clock
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from sessions_app import duties
from sessions_app.errors import (
    SecretAttachedError,
    SecretNameTakenError,
    TrashedError,
    UnknownSecretError,
)
from sessions_app.models import AgentSession, SessionSecret
from sessions_app.services import lifecycle, prompting, secrets, sharing
from tests.factories.cast import Cast, make_cast
from tests.factories.facts import Facts
from tests.factories.http import Caller
from tests.factories.ledger import deliver_all, skip_to_here
from tests.sessions_app.work import Work, make

VALUE = "canary-value-0001"


def stored(cast: Cast, name: str = "deploy token", **more: Any) -> Secret:
    spec = SecretSpec(name=name, **{"value": VALUE, **more})
    who = cast.alice if more.get("scope") else cast.bob
    return create_secret(who, cast.acme, spec=spec)


def shared(cast: Cast) -> AgentSession:
    """Alice's session, which bob may edit."""
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")
    return session


def test_a_secret_is_attached_by_name_and_nobody_reads_it(cast: Cast) -> None:
    session, secret = shared(cast), stored(cast)
    bob, alice = Caller(cast.bob), Caller(cast.alice)

    made = bob.post(f"/sessions/{session.pk}/secrets", {"secret": str(secret.pk)})
    listed = alice.get(f"/sessions/{session.pk}/secrets")
    again = bob.post(f"/sessions/{session.pk}/secrets", {"secret": str(secret.pk)})
    foreign = alice.post(f"/sessions/{session.pk}/secrets", {"secret": str(secret.pk)})
    used = bob.get(f"/secrets/{secret.pk}").json()["used_by"]

    assert (made.status_code, again.status_code, foreign.status_code) == (201, 409, 400)
    assert made.json()["name"] == "DEPLOY_TOKEN"
    assert made.json()["place"] == "env"
    assert listed.json()["results"] == [made.json()]
    assert used == {"sessions": 1, "servers": 0}
    assert alice.get(f"/secrets/{secret.pk}").status_code == 404
    assert VALUE not in made.content.decode() + listed.content.decode()
    assert alice.delete(f"/sessions/{session.pk}/secrets/{made.json()['id']}").status_code == 204
    assert not SessionSecret.objects.exists()
    words = [e.data.get("name") for e in session.events.order_by("seq")]
    assert words[-2:] == ["secret.attached", "secret.detached"]


def test_only_editors_attach_and_only_what_they_may_use(cast: Cast) -> None:
    session, mine = make(cast), stored(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    team = stored(cast, "team", scope="team", team_id=cast.team.pk)
    withheld = stored(cast, "servers only", granted_to=["servers"])

    with pytest.raises(NotAllowedError):
        secrets.attach_secret(cast.bob, session, secret=mine)
    with pytest.raises(NotFoundError):
        secrets.attach_secret(cast.charlie, session, secret=team)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")
    for secret in (withheld, Secret(pk=cast.acme.pk)):
        with pytest.raises(UnknownSecretError):
            secrets.attach_secret(cast.bob, session, secret=secret)
    secrets.attach_secret(cast.bob, session, secret=team)

    assert SessionSecret.objects.get().secret_id == team.pk


@pytest.mark.parametrize(
    "name", ["PATH", "LD_PRELOAD", "https_proxy", "BASH_ENV", "1A", "A-B", "A B", "A" * 56, "ä"]
)
def test_a_variable_has_a_name_of_its_own(cast: Cast, name: str) -> None:
    session = shared(cast)

    with pytest.raises(InvalidError):
        secrets.attach_secret(cast.bob, session, secret=stored(cast), name=name)
    assert not SessionSecret.objects.exists()


def test_names_do_not_collide_also_not_those_of_a_password(cast: Cast) -> None:
    session, secret = shared(cast), stored(cast)
    login = stored(cast, "login", kind="password", value={"username": "robot", "password": VALUE})
    secrets.attach_secret(cast.bob, session, secret=login, name="DB")

    with pytest.raises(SecretNameTakenError):
        secrets.attach_secret(cast.bob, session, secret=secret, name="DB_PASSWORD")
    with pytest.raises(SecretAttachedError):
        secrets.attach_secret(cast.bob, session, secret=login, name="OTHER")
    multi = stored(cast, "file", kind="file", value=f"a\n{VALUE}")
    with pytest.raises(InvalidError):
        secrets.attach_secret(cast.bob, session, secret=multi, place="env")


def test_each_run_is_told_once_for_each_secret(cast: Cast, facts: Facts) -> None:
    session = shared(cast)
    secrets.attach_secret(cast.bob, session, secret=stored(cast))
    posted = prompting.prompt(cast.alice, session, content="go")
    work = Work(session).start()

    found = [work.do(secrets.open_secrets) for _ in range(3)]

    assert [[one.text for one in opened] for opened in found] == [[VALUE]] * 3
    assert VALUE not in repr(found)
    assert [fact.purpose for fact in facts.of(SecretUsed)] == [f"run:{posted.run_id}"]
    assert Secret.objects.get().last_used_at is not None


LOSSES: dict[str, Callable[[Cast, AgentSession, Secret], Any]] = {
    "left the team": lambda c, s, x: teams.remove_from_team(c.alice, c.team, user=c.bob),
    "the team is gone": lambda c, s, x: teams.delete_team(c.alice, c.team),
    "share revoked": lambda c, s, x: sharing.unshare(c.alice, s, share_id=s.user_grants.get().pk),
    "share lowered": lambda c, s, x: sharing.share(c.alice, s, subject=c.bob, role="viewer"),
    "deactivated": lambda c, s, x: accounts.deactivate_account(c.olga, c.bob),
    "left the organization": lambda c, s, x: memberships.leave(c.bob, c.bob.memberships.get()),
    "no longer granted": lambda c, s, x: change_secret(
        c.alice, x, changes=SecretChanges(granted_to=["tasks"])
    ),
    "deleted": lambda c, s, x: forget(c.alice, x),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", list(LOSSES))
def test_a_secret_detaches_when_its_attacher_loses_the_right(how: str) -> None:
    cast = make_cast()
    session = shared(cast)
    secret = stored(cast, scope="team", team_id=cast.team.pk)
    secrets.attach_secret(cast.bob, session, secret=secret)
    kept = secrets.attach_secret(
        cast.alice, session, secret=stored(cast, "alices", scope="organization")
    )
    prompting.prompt(cast.alice, session, content="go")
    work = Work(session).start()

    skip_to_here()
    LOSSES[how](cast, session, secret)
    at_once = work.do(secrets.open_secrets)
    deliver_all()

    assert [one.name for one in at_once] == ["ALICES"]
    assert list(SessionSecret.objects.all()) == [kept]
    told = LedgerEntry.objects.get(name="sessions.secret_detached", target_id=session.pk)
    assert told.data["reason"] in {"right_lost", "deleted"}
    assert told.actor_kind == "system"


@pytest.mark.django_db(transaction=True)
def test_the_former_owners_secrets_leave_with_a_transfer() -> None:
    cast = make_cast()
    session = make(cast)
    spec = SecretSpec(name="alices", value=VALUE)
    secret = create_secret(cast.alice, cast.acme, spec=spec)
    secrets.attach_secret(cast.alice, session, secret=secret)

    skip_to_here()
    lifecycle.transfer(cast.alice, session, to=cast.bob)
    deliver_all()

    assert not SessionSecret.objects.exists()


def test_a_share_that_ran_out_takes_its_secrets_along(cast: Cast) -> None:
    session = make(cast)
    end = clock.now() + timedelta(hours=1)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor", expires_at=end)
    secrets.attach_secret(cast.bob, session, secret=stored(cast))

    duties.detach_expired()
    assert SessionSecret.objects.exists()
    with clock.shifted(hours=2):
        duties.detach_expired()

    assert not SessionSecret.objects.exists()


def test_a_fork_begins_without_secrets_and_the_trash_keeps_none(cast: Cast) -> None:
    session = shared(cast)
    secrets.attach_secret(cast.bob, session, secret=stored(cast))

    copy = Caller(cast.bob).post(f"/sessions/{session.pk}/fork").json()["id"]

    assert Caller(cast.bob).get(f"/sessions/{copy}/secrets").json()["results"] == []
    lifecycle.trash(cast.alice, session)
    with pytest.raises(TrashedError):
        secrets.attach_secret(cast.alice, session, secret=stored(cast, scope="organization"))
