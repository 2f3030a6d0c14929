"""Teams."""

from __future__ import annotations

from django.db.models import QuerySet

from identity.models import Team
from identity.policies.roles import fellow, is_manager, known_id, leads, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register

_BY_LEADS = frozenset({"identity.add_to_team", "identity.remove_from_team"})


@register
class TeamPolicy(Policy[Team]):
    """Members see the teams of their organization; owners and admins change them."""

    model = Team

    def allows(self, actor: Actor, verb: str, target: Team) -> bool:
        """A team lead who still belongs to the organization manages the members of the team."""
        if is_manager(actor, target.organization_id):
            return True
        if verb not in _BY_LEADS or not leads(actor, target.pk):
            return False
        return role_in(actor, target.organization_id) is not None

    def visible_to(self, actor: Actor) -> QuerySet[Team]:
        """All teams of one's organizations."""
        who = known_id(actor)
        return Team.objects.filter(fellow(who)) if who else Team.objects.none()
