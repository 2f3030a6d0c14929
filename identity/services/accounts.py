"""Accounts: coming in and going out, opening, closing, and who operates the installation."""

from __future__ import annotations

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F

from identity.enums import UserKind
from identity.errors import DeactivatedError, LastOperatorError, NameTakenError
from identity.events import (
    AccountCreated,
    AccountDeactivated,
    AccountReactivated,
    OperatorAppointed,
    OperatorDismissed,
    ProfileUpdated,
    SignedIn,
    SignedOut,
    SignInFailed,
)
from identity.models import ApiToken, User
from identity.selectors.people import home_id
from identity.services.owners import spare_everywhere, tell_break_glass
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.events import Private, publish


@action("identity.sign_in", internal=True)
def sign_in(actor: User, user: User) -> User:
    """Record that somebody came in by password; the browser session is the edge's business."""
    if not user.is_active:
        raise DeactivatedError
    publish(SignedIn(organization_id=home_id(user), target_id=user.pk))
    tell_break_glass(user.pk, way="password")
    return user


@action("identity.fail_sign_in", internal=True, locks=False)
def fail_sign_in(actor: Actor, user: User, *, reason: str) -> None:
    """Record a failed attempt; `user` holds the name that was tried, saved or not."""
    known = User.objects.filter(username=user.username).first()
    publish(
        SignInFailed(
            organization_id=home_id(known) if known else None,
            target_id=known.pk if known else None,
            reason=reason,
            username=Private(user.username[:150], known.pk if known else None),
        )
    )


@action("identity.sign_out", internal=True)
def sign_out(actor: User, user: User) -> User:
    """Record that somebody left; their open sockets ask again who they are."""
    publish(SignedOut(organization_id=home_id(user), target_id=user.pk))
    return user


@action("identity.update_profile")
def update_profile(
    actor: User, user: User, *, full_name: str | None = None, email: str | None = None
) -> User | Unchanged[User]:
    """Change one's own name and address."""
    wanted = {"full_name": full_name, "email": email}
    changed = [n for n, v in wanted.items() if v is not None and v != getattr(user, n)]
    if not changed:
        return Unchanged(user)
    for name in changed:
        setattr(user, name, wanted[name])
    user.save(update_fields=changed)
    publish(
        ProfileUpdated(
            organization_id=home_id(user),
            target_id=user.pk,
            changed=tuple(changed),
            full_name=Private(user.full_name, user.pk),
            email=Private(user.email, user.pk),
        )
    )
    return user


@action("identity.create_account", locks=False)
def create_account(actor: Actor, user: User, *, is_operator: bool = False) -> User:
    """Open an account without a password; a one-time link lets its owner set one."""
    user.set_unusable_password()
    user.is_staff = is_operator
    return open_account(user)


def open_account(user: User) -> User:
    """Save a new account and record it: shared by operators, invitations and the first start."""
    check_username(user.username)
    if User.objects.filter(username=user.username).exists():
        raise NameTakenError
    user.save(force_insert=True)
    publish(
        AccountCreated(
            organization_id=None,
            target_id=user.pk,
            kind=user.kind,
            is_operator=user.is_staff,
            username=Private(user.username, user.pk),
        )
    )
    return user


def check_username(username: str) -> None:
    """Letters, digits and @ . + - _, at most 150."""
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as wrong:
        raise InvalidError.at("/username", wrong.messages[0]) from wrong
    if len(username) > 150:
        raise InvalidError.at("/username", "At most 150 characters.")


@action("identity.deactivate_account", dangerous=True)
def deactivate_account(actor: Actor, user: User) -> User | Unchanged[User]:
    """Close an account at once: tokens, browser sessions and sockets end; it can be reopened."""
    if not user.is_active:
        return Unchanged(user)
    spare_everywhere(user.pk)
    _spare_operators(user)
    live = ApiToken.objects.filter(user=user, revoked_at=None)
    revoked = live.update(revoked_at=clock.now())
    end_browser_sessions(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    publish(
        AccountDeactivated(organization_id=home_id(user), target_id=user.pk, tokens_revoked=revoked)
    )
    return user


@action("identity.reactivate_account")
def reactivate_account(actor: Actor, user: User) -> User | Unchanged[User]:
    """Open a closed account again; it needs new tokens and a new sign-in."""
    if user.is_active:
        return Unchanged(user)
    user.is_active = True
    user.save(update_fields=["is_active"])
    publish(AccountReactivated(organization_id=home_id(user), target_id=user.pk))
    return user


@action("identity.appoint_operator", dangerous=True)
def appoint_operator(actor: Actor, user: User) -> User | Unchanged[User]:
    """Let somebody operate the installation; it opens no tenant's content."""
    if user.is_staff:
        return Unchanged(user)
    if user.kind != UserKind.PERSON:
        raise InvalidError.at("/kind", "Only a person can operate the installation.")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    publish(OperatorAppointed(organization_id=None, target_id=user.pk))
    return user


@action("identity.dismiss_operator", dangerous=True)
def dismiss_operator(actor: Actor, user: User) -> User | Unchanged[User]:
    """Take the operator's office away; the last operator stays."""
    if not user.is_staff:
        return Unchanged(user)
    _spare_operators(user)
    user.is_staff = False
    user.save(update_fields=["is_staff"])
    publish(OperatorDismissed(organization_id=None, target_id=user.pk))
    return user


def end_browser_sessions(user: User) -> None:
    """Make every browser session of somebody worthless, wherever its row lies."""
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])


def _spare_operators(user: User) -> None:
    """One change of operators at a time, so that the last two cannot dismiss each other."""
    if not user.is_staff:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('identity.operators'))")
    others = User.objects.filter(is_staff=True, is_active=True).exclude(pk=user.pk)
    if not others.exists():
        raise LastOperatorError
