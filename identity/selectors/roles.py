"""What somebody is in an organization."""

from __future__ import annotations

from uuid import UUID

from identity.enums import MANAGERS
from identity.models import Membership, Organization
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


def is_manager(actor: Actor, organization_id: UUID) -> bool:
    """Whether the actor is an owner or admin there."""
    return role_in(actor, organization_id) in MANAGERS


def home_of(actor: Actor) -> Organization | None:
    """The organization in which somebody works when none is named: the one joined first."""
    who = known_id(actor)
    if who is None:
        return None
    rows = Organization.objects.filter(memberships__user_id=who)
    return rows.order_by("memberships__created_at").first()
