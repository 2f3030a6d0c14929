"""Two at once: the last owner stays, an invitation is used once, an operator remains."""

from __future__ import annotations

import pytest

from identity.errors import InvitationGoneError, LastOperatorError, LastOwnerError
from identity.models import Membership, User
from identity.services.accounts import appoint_operator, dismiss_operator
from identity.services.invitations import NewPerson, accept_invitation, invite
from identity.services.memberships import leave
from kernel.actors import NOBODY, SystemActor
from tests.factories.cast import Cast
from tests.factories.racing import at_once, refusals

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_owners_leave_at_the_same_moment(cast: Cast) -> None:
    Membership.objects.filter(user=cast.bob).update(role="owner")
    rows = {m.user_id: m for m in Membership.objects.filter(organization=cast.acme)}

    results = at_once(
        lambda: leave(cast.alice, rows[cast.alice.pk]), lambda: leave(cast.bob, rows[cast.bob.pk])
    )

    assert refusals(results) == [LastOwnerError]
    assert Membership.objects.filter(organization=cast.acme, role="owner").count() == 1


def test_two_people_use_one_link(cast: Cast) -> None:
    invited = invite(cast.alice, cast.acme, email="z@example.org", role="member")

    def join(name: str) -> User:
        person = NewPerson(username=name, password="seven quiet mountains")
        return accept_invitation(NOBODY, invited.invitation, code=invited.code, person=person)

    results = at_once(lambda: join("first"), lambda: join("second"))

    assert refusals(results) == [InvitationGoneError]
    assert User.objects.filter(username__in=["first", "second"]).count() == 1


def test_two_operators_dismiss_each_other(cast: Cast) -> None:
    User.objects.filter(is_staff=True).exclude(pk=cast.olga.pk).update(is_staff=False)
    appoint_operator(SystemActor("test"), cast.bob)

    results = at_once(
        lambda: dismiss_operator(cast.olga, cast.bob), lambda: dismiss_operator(cast.bob, cast.olga)
    )

    assert len(refusals(results)) == 1
    assert User.objects.filter(is_staff=True).count() == 1
    assert LastOperatorError.status == 409
