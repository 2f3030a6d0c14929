"""Who may read the ledger: owners and auditors of the organization whose deeds it tells."""

from __future__ import annotations

from django.db.models import QuerySet

from audit.models import LedgerEntry, SubjectKey
from identity.public import Membership, known_id, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register

READERS = ("owner", "auditor")


@register
class LedgerEntryPolicy(Policy[LedgerEntry]):
    """Deeds of no organization are nobody's to read here; nobody changes any."""

    model = LedgerEntry

    def allows(self, actor: Actor, verb: str, target: LedgerEntry) -> bool:
        """Reading only."""
        if verb != "audit.read_entry" or target.organization_id is None:
            return False
        return role_in(actor, target.organization_id) in READERS

    def visible_to(self, actor: Actor) -> QuerySet[LedgerEntry]:
        """The ledgers of the organizations one owns or audits."""
        who = known_id(actor)
        if who is None:
            return LedgerEntry.objects.none()
        mine = Membership.objects.filter(user_id=who, user__is_active=True, role__in=READERS)
        return LedgerEntry.objects.filter(organization_id__in=mine.values("organization_id"))


@register
class SubjectKeyPolicy(Policy[SubjectKey]):
    """Keys are the product's own; nobody sees or handles one."""

    model = SubjectKey

    def allows(self, actor: Actor, verb: str, target: SubjectKey) -> bool:
        """Never."""
        return False

    def visible_to(self, actor: Actor) -> QuerySet[SubjectKey]:
        """None."""
        return SubjectKey.objects.none()
