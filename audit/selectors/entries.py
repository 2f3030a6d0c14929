"""Reading the ledger as somebody: which organization's, which entries, one entry, its chain."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from audit.models import LedgerEntry
from audit.policies import READERS
from audit.selectors.filters import Filters
from identity.public import Membership, Organization, home_of, known_id
from kernel.actors import Actor
from kernel.errors import NotAllowedError, NotFoundError
from kernel.policies import visible_to

_CHAIN = 100


def ledger_of(actor: Actor, named: str = "") -> Organization:
    """The organization whose ledger is meant: by id or slug, else the one whose ledger the actor
    may read, else their home, where they will be refused."""
    mine = visible_to(Organization, actor)
    if named:
        found = mine.filter(_named(named)).first()
        if found is None:
            raise NotFoundError
        return found
    who = known_id(actor)
    if who is None:
        raise NotAllowedError
    offices = Membership.objects.filter(user_id=who, role__in=READERS)
    readable = mine.filter(pk__in=offices.values("organization_id")).order_by("created_at")
    home = readable.first() or home_of(actor)
    if home is None:
        raise NotAllowedError
    return home


def entries_visible_to(
    actor: Actor, organization: Organization, filters: Filters
) -> QuerySet[LedgerEntry]:
    """The entries of one organization that fit, in no order yet."""
    rows = visible_to(LedgerEntry, actor).filter(organization_id=organization.pk)
    return filters.apply(rows)


def entry_visible_to(actor: Actor, key: UUID | int) -> LedgerEntry:
    """One entry by its fact's id, or by its number in this installation."""
    wanted = Q(number=key) if isinstance(key, int) else Q(fact_id=key)
    found = visible_to(LedgerEntry, actor).filter(wanted).first()
    if found is None:
        raise NotFoundError
    return found


def chain_of(actor: Actor, entry: LedgerEntry) -> list[LedgerEntry]:
    """What happened in the same causal chain and organization, in order; at most a hundred."""
    rows = visible_to(LedgerEntry, actor).filter(
        organization_id=entry.organization_id, correlation_id=entry.correlation_id
    )
    return list(rows.order_by("recorded_at", "fact_id")[:_CHAIN])


def _named(text: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(slug=text.replace("\x00", ""))
