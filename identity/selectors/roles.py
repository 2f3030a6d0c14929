"""What somebody is in an organization."""

from __future__ import annotations

from uuid import UUID

from identity.enums import MANAGERS
from identity.models import Membership, Organization
from kernel.actors import Actor


def role_in(actor: Actor, organization_id: UUID) -> str | None:
    """The role, or None for a stranger or somebody deactivated."""
    if actor.actor_kind not in {"user", "service"}:
        return None
    rows = Membership.objects.filter(
        organization_id=organization_id, user_id=actor.actor_id, user__is_active=True
    )
    return rows.values_list("role", flat=True).first()


def is_manager(actor: Actor, organization_id: UUID) -> bool:
    """Whether the actor is an owner or admin there."""
    return role_in(actor, organization_id) in MANAGERS


def home_of(actor: Actor) -> Organization | None:
    """The organization in which somebody works when none is named: the one joined first."""
    rows = Organization.objects.filter(memberships__user_id=actor.actor_id)
    return rows.order_by("memberships__created_at").first()
