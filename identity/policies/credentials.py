"""API tokens and secrets."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.enums import MANAGERS
from identity.models import ApiToken, Secret, TeamMember
from identity.policies.roles import fellow, is_manager, is_operator, known_id, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register


@register
class ApiTokenPolicy(Policy[ApiToken]):
    """One's own tokens; whoever answers for the organization may revoke any of its tokens."""

    model = ApiToken

    def allows(self, actor: Actor, verb: str, target: ApiToken) -> bool:
        """The owner; to revoke also owners and admins of the organization, and operators."""
        if known_id(actor) == target.user_id:
            return True
        if verb != "identity.revoke_token":
            return False
        return is_manager(actor, target.organization_id) or is_operator(actor)

    def visible_to(self, actor: Actor) -> QuerySet[ApiToken]:
        """One's own, and for owners and admins those of the organization."""
        who = known_id(actor)
        if who is None:
            return ApiToken.objects.none()
        return ApiToken.objects.filter(Q(user_id=who) | fellow(who, MANAGERS))


@register
class SecretPolicy(Policy[Secret]):
    """A personal secret is its owner's, a team's belongs to its members, the rest to managers."""

    model = Secret

    def allows(self, actor: Actor, verb: str, target: Secret) -> bool:
        """Use follows sight; change is the owner's or a manager's, who never sees a value."""
        if target.owner_id is not None:
            inside = role_in(actor, target.organization_id) is not None
            return inside and target.owner_id == actor.actor_id
        if verb == "identity.use_secret":
            return self.sees(actor, target)
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[Secret]:
        """Names only; values are never shown."""
        who = known_id(actor)
        if who is None:
            return Secret.objects.none()
        team = TeamMember.objects.filter(team_id=OuterRef("team_id"), user_id=who)
        mine = Q(owner_id=who)
        teams = Q(owner=None) & (Q(Exists(team)) | fellow(who, MANAGERS))
        everybody = Q(owner=None, team=None)
        return Secret.objects.filter(fellow(who) & (mine | teams | everybody))
