"""Invitations: an offer to join, as a link that works once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.crypto import constant_time_compare

from identity import tokens
from identity.enums import OrganizationRole
from identity.errors import AlreadyMemberError, InvitationGoneError, UnknownInvitationError
from identity.events import InvitationAccepted, InvitationMade, InvitationRevoked
from identity.models import Invitation, Membership, Organization, User
from identity.services.accounts import open_account
from identity.services.memberships import require_owner
from identity.services.organizations import join
from identity.services.passwords import set_password
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.events import Private, publish
from kernel.ids import uuid7
from kernel.jobs import enqueue

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Invited:
    """A new invitation and its code, which is shown once."""

    invitation: Invitation
    code: str


@dataclass(frozen=True, kw_only=True)
class NewPerson:
    """What somebody without an account says about themselves when they accept."""

    username: str
    password: str
    full_name: str = ""


@action("identity.invite", locks=False)
def invite(actor: User, organization: Organization, *, email: str, role: str) -> Invited:
    """Invite somebody; an earlier open invitation to the same address is taken back."""
    _check_address(email)
    if OrganizationRole(role) == OrganizationRole.OWNER:
        require_owner(actor, organization.pk, "identity.invite")
    _take_back(organization, email)
    key = uuid7()
    code = tokens.invitation_code(key)
    invitation = Invitation.objects.create(
        id=key,
        organization=organization,
        email=email,
        role=role,
        digest=tokens.digest(code),
        invited_by_id=actor.actor_id,
        expires_at=clock.now() + LIFETIME,
    )
    publish(
        InvitationMade(
            organization_id=organization.pk,
            target_id=key,
            role=role,
            expires_at=invitation.expires_at,
            email=Private(email),
        )
    )
    enqueue(
        "identity.send_invitation",
        {"invitation_id": str(key)},
        key=f"invitation:{key}",
        organization_id=organization.pk,
    )
    return Invited(invitation, code)


@action("identity.revoke_invitation")
def revoke_invitation(actor: Actor, invitation: Invitation) -> Invitation | Unchanged[Invitation]:
    """Take an invitation back; its link no longer opens anything."""
    if invitation.revoked_at is not None:
        return Unchanged(invitation)
    if invitation.accepted_at is not None:
        raise InvitationGoneError
    _revoke(invitation)
    return invitation


@action("identity.accept_invitation", internal=True)
def accept_invitation(
    actor: Actor, invitation: Invitation, *, code: str, person: NewPerson | None = None
) -> User:
    """Join with a one-time code: as the signed-in person, or with a new account."""
    if not constant_time_compare(invitation.digest, tokens.digest(code)):
        raise UnknownInvitationError
    if not invitation.is_open(clock.now()):
        raise InvitationGoneError
    user = actor if isinstance(actor, User) else _open_account(invitation, person)
    if Membership.objects.filter(organization_id=invitation.organization_id, user=user).exists():
        raise AlreadyMemberError
    invitation.accepted_at, invitation.accepted_by_id = clock.now(), user.pk
    invitation.save(update_fields=["accepted_at", "accepted_by_id"])
    publish(
        InvitationAccepted(
            organization_id=invitation.organization_id,
            target_id=invitation.pk,
            user_id=user.pk,
            role=invitation.role,
        )
    )
    join(invitation.organization, user, invitation.role)
    return user


def _open_account(invitation: Invitation, person: NewPerson | None) -> User:
    if person is None:
        raise InvalidError.at("/username", "Choose a user name and a password, or sign in.")
    user = User(
        username=User.normalize_username(person.username),
        email=User.objects.normalize_email(invitation.email),
        full_name=person.full_name,
    )
    set_password(user, person.password, pointer="/password")
    return open_account(user)


def _take_back(organization: Organization, email: str) -> None:
    rows = Invitation.objects.select_for_update(no_key=True).order_by("pk")
    for earlier in rows.filter(
        organization=organization, email__iexact=email, accepted_at=None, revoked_at=None
    ):
        _revoke(earlier)


def _revoke(invitation: Invitation) -> None:
    invitation.revoked_at = clock.now()
    invitation.save(update_fields=["revoked_at"])
    publish(InvitationRevoked(organization_id=invitation.organization_id, target_id=invitation.pk))


def _check_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as wrong:
        raise InvalidError.at("/email", wrong.messages[0]) from wrong
