"""Roles change by whoever may, somebody always owns, and leaving ends everything."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from identity.enums import OrganizationRole
from identity.errors import BreakGlassError, LastOwnerError
from identity.events import MemberLeft, MemberRoleChanged
from identity.models import ApiToken, Membership
from identity.services import memberships
from identity.services.tokens import TokenSpec, create_token
from kernel import clock
from kernel.errors import NotAllowedError, NotFoundError
from tests.factories.cast import Cast
from tests.factories.facts import Facts


def _membership(cast: Cast, name: str) -> Membership:
    return Membership.objects.get(user=cast.people()[name])


def test_an_owner_gives_a_role(cast: Cast, facts: Facts) -> None:
    bob = _membership(cast, "bob")

    memberships.change_role(cast.alice, bob, role="admin")

    bob.refresh_from_db()
    assert bob.role == "admin"
    assert facts.of(MemberRoleChanged) == [
        MemberRoleChanged(
            organization_id=cast.acme.pk,
            target_id=bob.pk,
            user_id=cast.bob.pk,
            before="member",
            after="admin",
        )
    ]


def test_the_same_role_again_is_no_deed(cast: Cast, facts: Facts) -> None:
    memberships.change_role(cast.alice, _membership(cast, "bob"), role="member")

    assert facts.names() == []


def test_an_admin_makes_no_owner_and_touches_none(cast: Cast) -> None:
    memberships.change_role(cast.alice, _membership(cast, "bob"), role="admin")

    with pytest.raises(NotAllowedError):
        memberships.change_role(cast.bob, _membership(cast, "charlie"), role="owner")
    with pytest.raises(NotAllowedError):
        memberships.change_role(cast.bob, _membership(cast, "alice"), role="member")
    with pytest.raises(NotFoundError):
        memberships.change_role(cast.bob, _membership(cast, "dora"), role="member")

    assert _membership(cast, "alice").role == "owner"
    assert _membership(cast, "charlie").role == "member"


def test_the_last_owner_stays(cast: Cast) -> None:
    mine = _membership(cast, "alice")

    with pytest.raises(LastOwnerError):
        memberships.change_role(cast.alice, mine, role="member")
    with pytest.raises(LastOwnerError):
        memberships.leave(cast.alice, mine)

    mine.refresh_from_db()
    assert mine.role == OrganizationRole.OWNER


def test_a_deactivated_owner_does_not_count(cast: Cast) -> None:
    memberships.change_role(cast.alice, _membership(cast, "bob"), role="owner")
    type(cast.bob).objects.filter(pk=cast.bob.pk).update(is_active=False)

    with pytest.raises(LastOwnerError):
        memberships.leave(cast.alice, _membership(cast, "alice"))


def test_the_break_glass_owner_stays_until_another_takes_over(cast: Cast) -> None:
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    memberships.change_role(cast.alice, _membership(cast, "bob"), role="owner")

    with pytest.raises(BreakGlassError):
        memberships.change_role(cast.bob, _membership(cast, "alice"), role="member")
    with pytest.raises(BreakGlassError):
        memberships.remove_member(cast.bob, _membership(cast, "alice"))
    with pytest.raises(NotAllowedError):
        memberships.appoint_break_glass(cast.bob, _membership(cast, "bob"))

    with pytest.raises(BreakGlassError):
        memberships.leave(cast.alice, _membership(cast, "alice"))
    with pytest.raises(BreakGlassError):
        memberships.change_role(cast.alice, _membership(cast, "alice"), role="admin")
    memberships.appoint_break_glass(cast.alice, _membership(cast, "bob"))
    memberships.leave(cast.alice, _membership(cast, "alice"))

    assert not Membership.objects.filter(user=cast.alice).exists()
    assert Membership.objects.get(is_break_glass=True).user == cast.bob


@pytest.mark.parametrize("field", [{"role": "member"}, {"is_break_glass": True}])
def test_the_database_keeps_one_break_glass_owner_who_owns(
    cast: Cast, field: dict[str, object]
) -> None:
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    Membership.objects.filter(user=cast.bob).update(role="owner")
    who = cast.alice if "role" in field else cast.bob

    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(user=who).update(**field)


def test_the_break_glass_mark_is_given_by_its_holder_or_moved_by_an_operator(cast: Cast) -> None:
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    memberships.change_role(cast.alice, _membership(cast, "bob"), role="owner")

    memberships.appoint_break_glass(cast.alice, _membership(cast, "bob"))
    assert [m.user for m in Membership.objects.filter(is_break_glass=True)] == [cast.bob]

    memberships.appoint_break_glass(cast.olga, _membership(cast, "alice"))
    assert [m.user for m in Membership.objects.filter(is_break_glass=True)] == [cast.alice]


def test_only_an_owner_holds_the_break_glass_mark(cast: Cast) -> None:
    with pytest.raises(memberships.OwnersOnlyError):
        memberships.appoint_break_glass(cast.alice, _membership(cast, "bob"))


def test_removal_ends_teams_tokens_and_membership(cast: Cast, facts: Facts) -> None:
    create_token(cast.bob, cast.bob, spec=TokenSpec(name="ci"))

    memberships.remove_member(cast.alice, _membership(cast, "bob"))

    [left] = facts.of(MemberLeft)
    assert (left.user_id, left.removed, left.tokens_revoked) == (cast.bob.pk, True, 1)
    assert not Membership.objects.filter(user=cast.bob).exists()
    assert not cast.team.members.filter(user=cast.bob).exists()
    assert not cast.bob.groups.exists()
    assert not ApiToken.objects.filter(user=cast.bob, revoked_at=None).exists()
    assert cast.alice.groups.count() == 1


def test_removal_leaves_other_organizations_alone(cast: Cast) -> None:
    Membership.objects.create(organization=cast.other, user=cast.bob, role="member")
    spec = TokenSpec(name="there", expires_at=clock.now() + timedelta(days=1))
    there = create_token(
        cast.bob, cast.bob, spec=TokenSpec(**{**vars(spec), "organization_id": cast.other.pk})
    )
    mine = Membership.objects.get(user=cast.bob, organization=cast.acme)

    memberships.remove_member(cast.alice, mine)

    there.token.refresh_from_db()
    assert there.token.revoked_at is None
    assert Membership.objects.get(user=cast.bob).organization == cast.other
