"""An invitation works once, for a week, for whoever holds its code."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from identity import tokens
from identity.errors import (
    AlreadyMemberError,
    InvitationGoneError,
    NameTakenError,
    UnknownInvitationError,
    WeakPasswordError,
)
from identity.events import InvitationAccepted, InvitationMade, InvitationRevoked, MemberJoined
from identity.models import Invitation, Membership, User
from identity.services.invitations import (
    Invited,
    NewPerson,
    accept_invitation,
    invite,
    revoke_invitation,
)
from identity.tasks import send_invitation
from kernel import clock
from kernel.actors import NOBODY
from kernel.errors import InvalidError, NotAllowedError
from kernel.ids import uuid7
from kernel.jobs import JobRun
from kernel.models import Job
from tests.factories.cast import Cast
from tests.factories.facts import Facts

ZOE = NewPerson(username="zoe", password="a long and quiet river", full_name="Zoe")


def _invited(cast: Cast, role: str = "member") -> Invited:
    return invite(cast.alice, cast.acme, email="zoe@example.org", role=role)


def test_an_invitation_stores_no_code(cast: Cast, facts: Facts) -> None:
    invited = _invited(cast)

    row = Invitation.objects.get()
    assert row.digest == tokens.digest(invited.code)
    assert row.expires_at - row.created_at > timedelta(days=6, hours=23)
    [made] = facts.of(InvitationMade)
    assert made.data() == {"role": "member", "expires_at": row.expires_at.isoformat()}
    assert made.email.value == "zoe@example.org"
    job = Job.objects.get(kind="identity.send_invitation")
    assert job.payload == {"invitation_id": str(row.pk)}


def test_a_new_person_accepts(cast: Cast, facts: Facts) -> None:
    invited = _invited(cast)

    zoe = accept_invitation(NOBODY, invited.invitation, code=invited.code, person=ZOE)

    assert zoe.check_password(ZOE.password)
    assert (zoe.email, zoe.full_name) == ("zoe@example.org", "Zoe")
    assert Membership.objects.get(user=zoe).organization == cast.acme
    assert [f.user_id for f in facts.of(InvitationAccepted)] == [zoe.pk]
    assert [f.user_id for f in facts.of(MemberJoined)] == [zoe.pk]


def test_a_signed_in_person_accepts_as_themselves(cast: Cast) -> None:
    invited = _invited(cast, role="guest")

    joined = accept_invitation(cast.dora, invited.invitation, code=invited.code)

    assert joined == cast.dora
    assert Membership.objects.get(user=cast.dora, organization=cast.acme).role == "guest"


def test_a_link_works_once(cast: Cast) -> None:
    invited = _invited(cast)
    accept_invitation(NOBODY, invited.invitation, code=invited.code, person=ZOE)

    again = NewPerson(username="zoe2", password=ZOE.password)
    with pytest.raises(InvitationGoneError):
        accept_invitation(NOBODY, invited.invitation, code=invited.code, person=again)

    assert not User.objects.filter(username="zoe2").exists()


def test_a_link_ends_after_a_week(cast: Cast) -> None:
    invited = _invited(cast)

    with clock.shifted(days=7, seconds=1), pytest.raises(InvitationGoneError):
        accept_invitation(NOBODY, invited.invitation, code=invited.code, person=ZOE)
    with clock.shifted(days=6, hours=23):
        accept_invitation(NOBODY, invited.invitation, code=invited.code, person=ZOE)


def test_a_revoked_link_is_gone(cast: Cast, facts: Facts) -> None:
    invited = _invited(cast)

    revoke_invitation(cast.alice, invited.invitation)
    revoke_invitation(cast.alice, invited.invitation)

    assert len(facts.of(InvitationRevoked)) == 1
    with pytest.raises(InvitationGoneError):
        accept_invitation(NOBODY, invited.invitation, code=invited.code, person=ZOE)


def test_a_second_invitation_takes_the_first_back(cast: Cast) -> None:
    first = _invited(cast)
    second = invite(cast.alice, cast.acme, email="ZOE@example.org", role="guest")

    with pytest.raises(InvitationGoneError):
        accept_invitation(NOBODY, first.invitation, code=first.code, person=ZOE)
    accept_invitation(NOBODY, second.invitation, code=second.code, person=ZOE)


@pytest.mark.parametrize("code", ["", "qd_inv_wrong", "x" * 5000])
def test_a_wrong_code_opens_nothing(cast: Cast, code: str) -> None:
    invited = _invited(cast)

    with pytest.raises(UnknownInvitationError):
        accept_invitation(NOBODY, invited.invitation, code=code, person=ZOE)


def test_a_code_opens_only_its_own_invitation(cast: Cast) -> None:
    mine = _invited(cast)
    other = invite(cast.alice, cast.acme, email="yan@example.org", role="admin")

    with pytest.raises(UnknownInvitationError):
        accept_invitation(NOBODY, other.invitation, code=mine.code, person=ZOE)


def test_a_member_does_not_join_twice(cast: Cast) -> None:
    invited = _invited(cast)

    with pytest.raises(AlreadyMemberError):
        accept_invitation(cast.bob, invited.invitation, code=invited.code)

    invited.invitation.refresh_from_db()
    assert invited.invitation.accepted_at is None


@pytest.mark.parametrize("password", ["short", "qwertyuiop12", "zoe@example.org"])
def test_the_password_rules_hold(cast: Cast, password: str) -> None:
    invited = _invited(cast)
    person = NewPerson(username="zoe", password=password)

    with pytest.raises(WeakPasswordError) as weak:
        accept_invitation(NOBODY, invited.invitation, code=invited.code, person=person)

    assert {error["pointer"] for error in weak.value.extra["errors"]} == {"/password"}
    assert not User.objects.filter(username="zoe").exists()


def test_a_taken_name_or_none_is_refused(cast: Cast) -> None:
    invited = _invited(cast)
    taken = NewPerson(username=cast.bob.username, password=ZOE.password)

    with pytest.raises(NameTakenError):
        accept_invitation(NOBODY, invited.invitation, code=invited.code, person=taken)
    with pytest.raises(InvalidError):
        accept_invitation(NOBODY, invited.invitation, code=invited.code)


def test_members_do_not_invite_and_admins_make_no_owner(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        invite(cast.bob, cast.acme, email="zoe@example.org", role="member")
    Membership.objects.filter(user=cast.bob).update(role="admin")
    with pytest.raises(NotAllowedError):
        invite(cast.bob, cast.acme, email="zoe@example.org", role="owner")

    invite(cast.bob, cast.acme, email="zoe@example.org", role="member")


def test_an_address_must_be_one(cast: Cast) -> None:
    with pytest.raises(InvalidError):
        invite(cast.alice, cast.acme, email="not an address", role="member")


def _run(invitation: Invitation) -> None:
    payload = {"invitation_id": str(invitation.pk)}
    send_invitation(JobRun(job_id=uuid7(), payload=payload, attempt=1, epoch=1))


def test_the_mail_carries_the_link(cast: Cast) -> None:
    invited = _invited(cast)

    _run(invited.invitation)

    [message] = mail.outbox
    assert message.to == ["zoe@example.org"]
    assert f"http://127.0.0.1:8000/invitations/{invited.code}" in message.body
    assert "Acme" in message.subject


def test_a_revoked_invitation_is_not_mailed(cast: Cast) -> None:
    invited = _invited(cast)
    revoke_invitation(cast.alice, invited.invitation)

    _run(invited.invitation)

    assert mail.outbox == []
