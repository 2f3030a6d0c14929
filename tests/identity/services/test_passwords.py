"""Passwords change by their owner or through a one-time link; other browsers are signed out."""

from __future__ import annotations

import pytest

from identity.errors import LinkGoneError, WeakPasswordError, WrongPasswordError
from identity.events import PasswordChanged, PasswordLinkOffered
from identity.services.accounts import deactivate_account
from identity.services.passwords import (
    change_password,
    offer_password_link,
    set_password_by_link,
)
from kernel.actors import NOBODY
from kernel.errors import NotAllowedError
from tests.factories.cast import PASSWORD, Cast
from tests.factories.facts import Facts

NEW = "seven quiet mountains"


def test_the_owner_changes_it(cast: Cast, facts: Facts) -> None:
    before = cast.bob.get_session_auth_hash()

    bob = change_password(cast.bob, cast.bob, current=PASSWORD, new=NEW)

    bob.refresh_from_db()
    assert bob.check_password(NEW)
    assert bob.get_session_auth_hash() != before
    assert [f.by_link for f in facts.of(PasswordChanged)] == [False]


def test_the_present_one_must_be_right(cast: Cast) -> None:
    with pytest.raises(WrongPasswordError):
        change_password(cast.bob, cast.bob, current="wrong", new=NEW)
    with pytest.raises(NotAllowedError):
        change_password(cast.alice, cast.bob, current=PASSWORD, new=NEW)

    cast.bob.refresh_from_db()
    assert cast.bob.check_password(PASSWORD)


@pytest.mark.parametrize("new", ["short", "qwertyuiop12", ""])
def test_the_new_one_follows_the_rules(cast: Cast, new: str) -> None:
    with pytest.raises(WeakPasswordError):
        change_password(cast.bob, cast.bob, current=PASSWORD, new=new)


def test_a_link_works_once(cast: Cast, facts: Facts) -> None:
    link = offer_password_link(cast.olga, cast.bob)

    set_password_by_link(NOBODY, cast.bob, code=link.code, new=NEW)

    cast.bob.refresh_from_db()
    assert cast.bob.check_password(NEW)
    assert [f.by_link for f in facts.of(PasswordChanged)] == [True]
    assert len(facts.of(PasswordLinkOffered)) == 1
    with pytest.raises(LinkGoneError):
        set_password_by_link(NOBODY, cast.bob, code=link.code, new=NEW + "!")


def test_a_link_is_its_persons_own_and_dies_with_the_account(cast: Cast) -> None:
    link = offer_password_link(cast.olga, cast.bob)

    with pytest.raises(LinkGoneError):
        set_password_by_link(NOBODY, cast.alice, code=link.code, new=NEW)
    deactivate_account(cast.olga, cast.bob)
    with pytest.raises(LinkGoneError):
        set_password_by_link(NOBODY, cast.bob, code=link.code, new=NEW)


def test_only_operators_hand_out_links(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        offer_password_link(cast.alice, cast.bob)
