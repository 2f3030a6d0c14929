"""What must stay true of every organization: somebody active owns it, and its break-glass owner,
the way in when every other way fails, stays one until another takes over. Their use is loud."""

from __future__ import annotations

from uuid import UUID

from identity.enums import OrganizationRole
from identity.errors import BreakGlassError, LastOwnerError
from identity.events import BreakGlassUsed
from identity.models import Membership, Organization
from kernel.events import publish


def spare(membership: Membership) -> None:
    """Refuse a loss of this membership's role that would leave nobody in charge.

    Locks the organization, so that two owners cannot leave at the same moment.
    """
    if membership.role != OrganizationRole.OWNER:
        return
    if not _another_owner(membership.organization_id, membership.user_id):
        raise LastOwnerError
    if membership.is_break_glass:
        raise BreakGlassError


def spare_everywhere(user_id: UUID) -> None:
    """The same for an account as a whole; organizations are locked in the order of their ids."""
    rows = Membership.objects.filter(user_id=user_id).order_by("organization_id")
    for membership in rows:
        spare(membership)


def tell_break_glass(user_id: UUID, *, way: str) -> None:
    """Say in the ledger of every organization that its break-glass owner comes in."""
    for mine in Membership.objects.filter(user_id=user_id, is_break_glass=True).order_by("pk"):
        publish(
            BreakGlassUsed(
                organization_id=mine.organization_id, target_id=mine.pk, user_id=user_id, way=way
            )
        )


def _another_owner(organization_id: UUID, but: UUID) -> bool:
    Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    owners = Membership.objects.filter(
        organization_id=organization_id, role=OrganizationRole.OWNER, user__is_active=True
    )
    return owners.exclude(user_id=but).exists()
