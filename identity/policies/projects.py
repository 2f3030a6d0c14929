"""Projects: seen by who works in them, run by their leads and the organization's managers."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from identity.enums import MANAGERS, ProjectRole
from identity.models import Project, ProjectTeamGrant, ProjectUserGrant
from identity.policies.grants import granted, level_of
from identity.policies.roles import fellow, is_manager, known_id, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register

_BY_LEADS = frozenset(
    {"identity.change_project", "identity.add_to_project", "identity.remove_from_project"}
)
_ROLES = ProjectRole.values


def role_in_project(actor: Actor, project: Project) -> str | None:
    """Member or lead, while one belongs to the organization; managers lead every project."""
    if is_manager(actor, project.organization_id):
        return ProjectRole.LEAD
    if role_in(actor, project.organization_id) is None:
        return None
    return level_of(ProjectUserGrant, ProjectTeamGrant, actor, _ROLES, project.pk)


def in_project(actor: Actor, outer: str = "pk") -> Q:
    """Rows whose project, named by `outer`, one works in."""
    return granted(ProjectUserGrant, ProjectTeamGrant, actor, _ROLES, outer)


@register
class ProjectPolicy(Policy[Project]):
    """Members see their project and make sessions in it; leads change it, managers all of them."""

    model = Project

    def allows(self, actor: Actor, verb: str, target: Project) -> bool:
        """A lead runs the project; only managers delete it."""
        if verb in _BY_LEADS:
            return role_in_project(actor, target) == ProjectRole.LEAD
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[Project]:
        """The projects one works in, and for managers all of the organization."""
        who = known_id(actor)
        if who is None:
            return Project.objects.none()
        return Project.objects.filter(fellow(who) & (in_project(actor) | fellow(who, MANAGERS)))


class _GrantPolicy:
    """Who works in a project is known to whoever sees it; its verbs act on the project."""

    def allows(self, actor: Actor, verb: str, target: ProjectUserGrant | ProjectTeamGrant) -> bool:
        """By leading the project."""
        return role_in_project(actor, target.content_object) == ProjectRole.LEAD


@register
class ProjectUserGrantPolicy(_GrantPolicy, Policy[ProjectUserGrant]):
    """People in projects."""

    model = ProjectUserGrant

    def visible_to(self, actor: Actor) -> QuerySet[ProjectUserGrant]:
        """Those of visible projects."""
        projects = ProjectPolicy().visible_to(actor)
        return ProjectUserGrant.objects.filter(content_object__in=projects)


@register
class ProjectTeamGrantPolicy(_GrantPolicy, Policy[ProjectTeamGrant]):
    """Teams in projects."""

    model = ProjectTeamGrant

    def visible_to(self, actor: Actor) -> QuerySet[ProjectTeamGrant]:
        """Those of visible projects."""
        projects = ProjectPolicy().visible_to(actor)
        return ProjectTeamGrant.objects.filter(content_object__in=projects)
