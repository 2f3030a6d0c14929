"""Who halts and resumes: owners and admins; every member sees that and why work stands still."""

from __future__ import annotations

from django.db.models import QuerySet

from identity.models import Stop
from identity.policies.roles import fellow, is_manager, known_id
from kernel.actors import Actor
from kernel.policies import Policy, register


@register
class StopPolicy(Policy[Stop]):
    """Members see their organization's halts; owners and admins end them."""

    model = Stop

    def allows(self, actor: Actor, verb: str, target: Stop) -> bool:
        """By office."""
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[Stop]:
        """All of one's organizations."""
        who = known_id(actor)
        return Stop.objects.filter(fellow(who)) if who else Stop.objects.none()
