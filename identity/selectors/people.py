"""People and organizations, as somebody who asks may see them."""

from __future__ import annotations

from uuid import UUID

from identity.models import Membership, Organization, User
from identity.policies.roles import known_id
from kernel.actors import Actor


def home_id(user: User) -> UUID | None:
    """The tenant whose ledger shows what somebody does to their own account."""
    rows = Membership.objects.filter(user=user).order_by("created_at")
    return rows.values_list("organization_id", flat=True).first()


def home_of(actor: Actor) -> Organization | None:
    """The organization in which somebody works when none is named: the one joined first."""
    who = known_id(actor)
    if who is None:
        return None
    rows = Organization.objects.filter(memberships__user_id=who)
    return rows.order_by("memberships__created_at").first()
