"""Coming in, going out, closing and reopening accounts."""

from __future__ import annotations

from typing import Any

import pytest

from identity.errors import (
    BreakGlassError,
    DeactivatedError,
    LastOperatorError,
    LastOwnerError,
    LinkGoneError,
    NameTakenError,
)
from identity.events import (
    AccountCreated,
    AccountDeactivated,
    BreakGlassUsed,
    ProfileUpdated,
    SignedIn,
    SignInFailed,
)
from identity.models import Membership, User
from identity.selectors.tokens import token_of
from identity.services import accounts
from identity.services.passwords import offer_password_link, set_password_by_link
from kernel.actors import NOBODY, SystemActor
from kernel.errors import InvalidError, NotAllowedError, NotFoundError, NotSignedInError
from tests.factories.cast import Cast, token_for
from tests.factories.facts import Facts


def test_a_sign_in_is_recorded_where_somebody_works(cast: Cast, facts: Facts) -> None:
    accounts.sign_in(cast.bob, cast.bob)

    assert facts.of(SignedIn) == [SignedIn(organization_id=cast.acme.pk, target_id=cast.bob.pk)]


def test_nobody_signs_in_as_somebody_else(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        accounts.sign_in(cast.bob, cast.alice)
    with pytest.raises(NotFoundError):
        accounts.sign_in(cast.bob, cast.dora)
    with pytest.raises(NotSignedInError):
        accounts.sign_in(NOBODY, cast.bob)


@pytest.mark.parametrize("known", [True, False])
def test_a_failed_sign_in_is_a_row_and_its_name_is_private(
    cast: Cast, facts: Facts, *, known: bool
) -> None:
    name = cast.bob.username if known else "my password by mistake"

    accounts.fail_sign_in(NOBODY, User(username=name), reason="wrong")

    [failed] = facts.of(SignInFailed)
    assert failed.data() == {"reason": "wrong"}
    assert failed.private()["username"].value == name
    assert failed.private()["username"].subject_id == (cast.bob.pk if known else None)
    assert failed.target_id == (cast.bob.pk if known else None)
    assert failed.outcome == "denied"


def test_deactivation_revokes_tokens_and_browser_sessions(cast: Cast, facts: Facts) -> None:
    text, before = token_for(cast.bob), cast.bob.get_session_auth_hash()

    accounts.deactivate_account(cast.olga, cast.bob)

    cast.bob.refresh_from_db()
    assert not cast.bob.is_active
    assert token_of(text) is None
    assert cast.bob.get_session_auth_hash() != before
    assert [f.tokens_revoked for f in facts.of(AccountDeactivated)] == [1]


def test_reactivation_brings_no_token_and_no_session_back(cast: Cast) -> None:
    text, before = token_for(cast.bob), cast.bob.get_session_auth_hash()
    accounts.deactivate_account(cast.olga, cast.bob)

    accounts.reactivate_account(cast.olga, cast.bob)

    cast.bob.refresh_from_db()
    assert cast.bob.is_active
    assert token_of(text) is None
    assert cast.bob.get_session_auth_hash() != before


def test_a_deactivated_person_does_not_come_in(cast: Cast) -> None:
    accounts.deactivate_account(cast.olga, cast.bob)

    with pytest.raises(DeactivatedError):
        accounts.sign_in(cast.bob, cast.bob)


def test_a_second_deactivation_is_no_deed(cast: Cast, facts: Facts) -> None:
    accounts.deactivate_account(cast.olga, cast.bob)
    accounts.deactivate_account(cast.olga, cast.bob)

    assert len(facts.of(AccountDeactivated)) == 1


def test_owners_do_not_close_accounts(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        accounts.deactivate_account(cast.alice, cast.bob)


def test_the_last_owner_cannot_be_deactivated(cast: Cast) -> None:
    with pytest.raises(LastOwnerError):
        accounts.deactivate_account(cast.olga, cast.alice)

    cast.alice.refresh_from_db()
    assert cast.alice.is_active


def test_the_break_glass_owner_cannot_be_deactivated(cast: Cast) -> None:
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    Membership.objects.filter(user=cast.bob).update(role="owner")

    with pytest.raises(BreakGlassError):
        accounts.deactivate_account(cast.olga, cast.alice)


def test_the_break_glass_owner_is_told_of_where_they_hold_the_mark(
    cast: Cast, facts: Facts
) -> None:
    mine = Membership.objects.get(user=cast.alice)
    accounts.sign_in(cast.alice, cast.alice)
    assert facts.of(BreakGlassUsed) == []
    Membership.objects.filter(pk=mine.pk).update(is_break_glass=True)

    accounts.sign_in(cast.alice, cast.alice)
    offer_password_link(cast.olga, cast.alice)
    offer_password_link(cast.olga, cast.bob)

    told = {"organization_id": cast.acme.pk, "target_id": mine.pk, "user_id": cast.alice.pk}
    assert facts.of(BreakGlassUsed) == [
        BreakGlassUsed(**told, way="password"),
        BreakGlassUsed(**told, way="link"),
    ]


def test_a_service_account_gets_no_password(cast: Cast) -> None:
    link = offer_password_link(cast.olga, cast.bob)
    User.objects.filter(pk=cast.bob.pk).update(kind="service")

    with pytest.raises(LinkGoneError):
        set_password_by_link(NOBODY, cast.bob, code=link.code, new="seven quiet mountains")


def test_the_last_operator_stays(cast: Cast) -> None:
    User.objects.filter(is_staff=True).exclude(pk=cast.olga.pk).update(is_staff=False)

    with pytest.raises(LastOperatorError):
        accounts.dismiss_operator(cast.olga, cast.olga)
    with pytest.raises(LastOperatorError):
        accounts.deactivate_account(cast.olga, cast.olga)

    accounts.appoint_operator(cast.olga, cast.bob)
    accounts.dismiss_operator(cast.bob, cast.olga)
    cast.olga.refresh_from_db()
    assert not cast.olga.is_staff


def test_an_operator_opens_an_account_without_a_password(cast: Cast, facts: Facts) -> None:
    made = accounts.create_account(cast.olga, User(username="zoe", email="zoe@example.org"))

    assert not made.has_usable_password()
    assert User.objects.get(username="zoe") == made
    [fact] = facts.of(AccountCreated)
    assert fact.data() == {"kind": "person", "is_operator": False}
    with pytest.raises(NameTakenError):
        accounts.create_account(cast.olga, User(username="zoe"))


@pytest.mark.parametrize("name", ["", "a b", "x" * 151, "<script>"])
def test_a_user_name_follows_the_rules(cast: Cast, name: str) -> None:
    with pytest.raises(InvalidError):
        accounts.create_account(cast.olga, User(username=name))


def test_the_product_itself_may_open_an_account(cast: Cast) -> None:
    made = accounts.create_account(SystemActor("first start"), User(username="first"))

    assert made.pk == User.objects.get(username="first").pk


def test_a_profile_is_ones_own(cast: Cast, facts: Facts) -> None:
    accounts.update_profile(cast.bob, cast.bob, full_name="Bob B.")
    accounts.update_profile(cast.bob, cast.bob, full_name="Bob B.")

    [fact] = facts.of(ProfileUpdated)
    assert fact.data() == {"changed": ["full_name"]}
    assert fact.full_name.value == "Bob B."
    with pytest.raises(NotAllowedError):
        accounts.update_profile(cast.alice, cast.bob, full_name="Somebody")


def test_whoever_loses_something_is_rung(
    cast: Cast, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[object] = []
    monkeypatch.setattr("identity.subscribers.ring_actor", rung.append)

    with django_capture_on_commit_callbacks(execute=True):
        accounts.sign_out(cast.bob, cast.bob)
        accounts.deactivate_account(cast.olga, cast.charlie)

    assert rung == [cast.bob.pk, cast.charlie.pk]
