"""What somebody is in an organization, in a team and in the installation."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from identity.enums import MANAGERS, OrganizationRole, TeamRole
from identity.models import Membership, TeamMember, User
from kernel.actors import Actor


def known_id(actor: Actor) -> UUID | None:
    """The key of a person or service account; None for strangers, agents and the system."""
    return actor.actor_id if actor.actor_kind in {"user", "service"} else None


def role_in(actor: Actor, organization_id: UUID) -> str | None:
    """The role, or None for a stranger or somebody deactivated."""
    who = known_id(actor)
    if who is None:
        return None
    rows = Membership.objects.filter(
        organization_id=organization_id, user_id=who, user__is_active=True
    )
    return rows.values_list("role", flat=True).first()


def is_manager(actor: Actor, organization_id: UUID | None) -> bool:
    """Whether the actor is an owner or admin there."""
    return organization_id is not None and role_in(actor, organization_id) in MANAGERS


def is_owner(actor: Actor, organization_id: UUID) -> bool:
    """Whether the actor is an owner there."""
    return role_in(actor, organization_id) == OrganizationRole.OWNER


def is_operator(actor: Actor) -> bool:
    """Whether the actor runs the installation, at this moment and not when the request began."""
    who = known_id(actor)
    if who is None:
        return False
    return User.objects.filter(pk=who, is_staff=True, is_active=True).exists()


def leads(actor: Actor, team_id: UUID) -> bool:
    """Whether the actor leads this team."""
    who = known_id(actor)
    if who is None:
        return False
    rows = TeamMember.objects.filter(team_id=team_id, user_id=who, user__is_active=True)
    return rows.filter(role=TeamRole.LEAD).exists()


def fellow(who: UUID, roles: Iterable[str] = OrganizationRole.values) -> Q:
    """Rows with an `organization_id` of which somebody active is a member in one of `roles`."""
    mine = Membership.objects.filter(
        organization_id=OuterRef("organization_id"),
        user_id=who,
        user__is_active=True,
        role__in=list(roles),
    )
    return Q(Exists(mine))
