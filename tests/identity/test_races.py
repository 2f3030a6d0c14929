"""Two at once: the last owner stays, an invitation is used once, an operator remains."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from identity.errors import InvitationGoneError, LastOperatorError, LastOwnerError
from identity.models import Membership, User
from identity.services.accounts import appoint_operator, dismiss_operator
from identity.services.invitations import NewPerson, accept_invitation, invite
from identity.services.memberships import leave
from kernel.actors import NOBODY, SystemActor
from kernel.errors import DomainError
from tests.factories.cast import Cast

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*deeds: Callable[[], object]) -> list[DomainError | None]:
    """Run every deed in a thread of its own, all starting together."""
    start = threading.Barrier(len(deeds))
    results: list[DomainError | None] = [None] * len(deeds)

    def run(index: int, deed: Callable[[], object]) -> None:
        start.wait()
        try:
            deed()
        except DomainError as refused:
            results[index] = refused
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_owners_leave_at_the_same_moment(cast: Cast) -> None:
    Membership.objects.filter(user=cast.bob).update(role="owner")
    rows = {m.user_id: m for m in Membership.objects.filter(organization=cast.acme)}

    results = at_once(
        lambda: leave(cast.alice, rows[cast.alice.pk]), lambda: leave(cast.bob, rows[cast.bob.pk])
    )

    assert sorted(type(result) for result in results if result) == [LastOwnerError]
    assert Membership.objects.filter(organization=cast.acme, role="owner").count() == 1


def test_two_people_use_one_link(cast: Cast) -> None:
    invited = invite(cast.alice, cast.acme, email="z@example.org", role="member")

    def join(name: str) -> User:
        person = NewPerson(username=name, password="seven quiet mountains")
        return accept_invitation(NOBODY, invited.invitation, code=invited.code, person=person)

    results = at_once(lambda: join("first"), lambda: join("second"))

    assert [type(result) for result in results if result] == [InvitationGoneError]
    assert User.objects.filter(username__in=["first", "second"]).count() == 1


def test_two_operators_dismiss_each_other(cast: Cast) -> None:
    User.objects.filter(is_staff=True).exclude(pk=cast.olga.pk).update(is_staff=False)
    appoint_operator(SystemActor("test"), cast.bob)

    results = at_once(
        lambda: dismiss_operator(cast.olga, cast.bob), lambda: dismiss_operator(cast.bob, cast.olga)
    )

    refused = [result for result in results if result]
    assert len(refused) == 1
    assert User.objects.filter(is_staff=True).count() == 1
    assert isinstance(refused[0], DomainError)
    assert LastOperatorError.status == 409
