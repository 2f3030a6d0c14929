"""Passwords: changed by their owner, or set through a one-time link that an operator hands out."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError

from identity.enums import UserKind
from identity.errors import LinkGoneError, WeakPasswordError, WrongPasswordError
from identity.events import PasswordChanged, PasswordLinkOffered
from identity.models import User
from identity.selectors.people import home_id
from identity.services.accounts import end_browser_sessions
from identity.services.owners import tell_break_glass
from kernel.actions import action
from kernel.actors import Actor
from kernel.events import publish


@dataclass(frozen=True)
class PasswordLink:
    """A one-time code with which somebody sets their password; shown once."""

    user: User
    code: str


@action("identity.change_password")
def change_password(actor: User, user: User, *, current: str, new: str) -> User:
    """Change one's own password; every other browser session ends."""
    if not check_password(current, user.password):
        raise WrongPasswordError(
            errors=[{"pointer": "/current", "detail": "The present password is wrong."}]
        )
    set_password(user, new, pointer="/new")
    user.save(update_fields=["password"])
    end_browser_sessions(user)
    publish(PasswordChanged(organization_id=home_id(user), target_id=user.pk))
    return user


@action("identity.offer_password_link", dangerous=True)
def offer_password_link(actor: Actor, user: User) -> PasswordLink:
    """Make a one-time link, valid for three days, with which somebody sets a password."""
    publish(PasswordLinkOffered(organization_id=home_id(user), target_id=user.pk))
    tell_break_glass(user.pk, way="link")
    return PasswordLink(user, default_token_generator.make_token(user))


@action("identity.set_password_by_link", internal=True)
def set_password_by_link(actor: Actor, user: User, *, code: str, new: str) -> User:
    """Set a password with a one-time code; the code and every browser session end with it."""
    if not link_works(user, code):
        raise LinkGoneError
    set_password(user, new, pointer="/new")
    user.save(update_fields=["password"])
    end_browser_sessions(user)
    publish(PasswordChanged(organization_id=home_id(user), target_id=user.pk, by_link=True))
    return user


def link_works(user: User, code: str) -> bool:
    """Whether a one-time code still sets this person's password; service accounts have none."""
    may = user.is_active and user.kind == UserKind.PERSON
    return may and default_token_generator.check_token(user, code)


def set_password(user: User, password: str, *, pointer: str) -> None:
    """Check a password against the rules and put its hash on the row; the caller saves."""
    try:
        validate_password(password, user)
    except ValidationError as weak:
        faults = [{"pointer": pointer, "detail": text} for text in weak.messages]
        raise WeakPasswordError(" ".join(weak.messages), errors=faults) from weak
    user.password = make_password(password)
