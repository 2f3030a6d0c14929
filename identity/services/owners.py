"""What must stay true of every organization: somebody active owns it, and its break-glass owner
falls only by their own hand."""

from __future__ import annotations

from uuid import UUID

from identity.enums import OrganizationRole
from identity.errors import BreakGlassError, LastOwnerError
from identity.models import Membership, Organization
from kernel.actors import Actor


def spare(actor: Actor, membership: Membership) -> None:
    """Refuse a loss of this membership's role that would leave nobody in charge.

    Locks the organization, so that two owners cannot leave at the same moment.
    """
    if membership.role != OrganizationRole.OWNER:
        return
    if membership.is_break_glass and actor.actor_id != membership.user_id:
        raise BreakGlassError
    if not _another_owner(membership.organization_id, membership.user_id):
        raise LastOwnerError


def spare_everywhere(actor: Actor, user_id: UUID) -> None:
    """The same for an account as a whole; organizations are locked in the order of their ids."""
    rows = Membership.objects.filter(user_id=user_id).order_by("organization_id")
    for membership in rows:
        spare(actor, membership)


def _another_owner(organization_id: UUID, but: UUID) -> bool:
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    owners = Membership.objects.filter(
        organization_id=organization_id, role=OrganizationRole.OWNER, user__is_active=True
    )
    return owners.exclude(user_id=but).exists()
