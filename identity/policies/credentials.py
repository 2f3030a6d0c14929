"""API tokens and secrets."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.enums import MAKERS, MANAGERS, ProjectRole
from identity.models import ApiToken, Secret, TeamMember
from identity.policies.projects import in_project, role_in_project
from identity.policies.roles import fellow, is_manager, is_operator, known_id, leads, role_in
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
    """A personal secret is its owner's alone, a team's or project's is used by its members, the
    organization's by everybody who makes things there."""

    model = Secret

    def allows(self, actor: Actor, verb: str, target: Secret) -> bool:
        """Use follows sight; change is the owner's, the lead's or a manager's, and none of
        them sees a value."""
        if target.owner_id is not None:
            inside = role_in(actor, target.organization_id) is not None
            return inside and target.owner_id == actor.actor_id
        if verb == "identity.use_secret":
            return self.sees(actor, target)
        if is_manager(actor, target.organization_id):
            return True
        if target.project is not None:
            return role_in_project(actor, target.project) == ProjectRole.LEAD
        member = role_in(actor, target.organization_id) is not None
        return member and target.team_id is not None and leads(actor, target.team_id)

    def visible_to(self, actor: Actor) -> QuerySet[Secret]:
        """Names only; values are never shown."""
        who = known_id(actor)
        if who is None:
            return Secret.objects.none()
        team = TeamMember.objects.filter(team_id=OuterRef("team_id"), user_id=who)
        mine = Q(owner_id=who)
        teams = Q(owner=None) & (Q(Exists(team)) | fellow(who, MANAGERS))
        projects = Q(owner=None) & in_project(actor, "project_id")
        everybody = Q(owner=None, team=None, project=None) & fellow(who, MAKERS)
        return Secret.objects.filter(fellow(who) & (mine | teams | projects | everybody))
