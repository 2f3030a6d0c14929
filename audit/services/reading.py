"""Looking at the ledger is a deed of its own."""

from __future__ import annotations

from datetime import timedelta

from audit.events import EntryRead, LedgerRead
from audit.models import LedgerEntry
from audit.selectors.filters import Filters
from identity.public import Organization
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.events import Private, publish

_ONE_LOOK = timedelta(minutes=1)


@action("audit.read_ledger", reads=True, locks=False)
def read_ledger(
    actor: Actor, organization: Organization, *, filters: Filters
) -> Organization | Unchanged[Organization]:
    """Look at the ledger; turning pages of the same look within a minute is one look."""
    if not filters.q and _looked_just_now(actor, organization, filters):
        return Unchanged(organization)
    publish(
        LedgerRead(
            organization_id=organization.pk,
            target_type="organization",
            target_id=organization.pk,
            filters=filters.words(),
            query=Private(filters.q) if filters.q else None,
        )
    )
    return organization


@action("audit.read_entry", reads=True, locks=False)
def read_entry(actor: Actor, entry: LedgerEntry) -> LedgerEntry:
    """Open one entry with its private fields."""
    publish(
        EntryRead(
            organization_id=entry.organization_id,
            target_type="ledgerentry",
            target_id=entry.fact_id,
        )
    )
    return entry


def _looked_just_now(actor: Actor, organization: Organization, filters: Filters) -> bool:
    looks = LedgerEntry.objects.filter(
        name=LedgerRead.name,
        actor_id=actor.actor_id,
        organization_id=organization.pk,
        recorded_at__gte=clock.now() - _ONE_LOOK,
        data__filters=list(filters.words()),
    )
    return looks.exists()
