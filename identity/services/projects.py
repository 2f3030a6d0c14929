"""Projects: making them, their defaults and limits, and who works in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from django.utils.text import slugify

from identity.enums import ProjectRole
from identity.errors import NameTakenError, UnknownPersonError
from identity.events import (
    ProjectChanged,
    ProjectCreated,
    ProjectDeleted,
    ProjectMemberAdded,
    ProjectMemberRemoved,
)
from identity.models import (
    Membership,
    Organization,
    Project,
    ProjectTeamGrant,
    ProjectUserGrant,
    Team,
    User,
)
from identity.policies.grants import role_of
from identity.selectors.projects import runtimes
from identity.services.grants import grant
from identity.services.organizations import check_rules
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError, NotFoundError
from kernel.events import Private, publish
from kernel.ids import uuid7

Grant = ProjectUserGrant | ProjectTeamGrant
_LISTS = frozenset({"allowed_tools", "denied_tools", "allowed_domains"})


@dataclass(frozen=True, kw_only=True)
class ProjectChanges:
    """What to change; None leaves it as it is."""

    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    runtime: str | None = None
    model: str | None = None
    allowed_tools: Sequence[str] | None = None
    denied_tools: Sequence[str] | None = None
    allowed_domains: Sequence[str] | None = None

    def against(self, project: Project) -> dict[str, Any]:
        """The fields that would really change."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        clean = {n: list(v) if n in _LISTS else v for n, v in given.items() if v is not None}
        return {n: v for n, v in clean.items() if v != getattr(project, n)}


@action("identity.create_project", locks=False)
def create_project(
    actor: Actor, organization: Organization, *, name: str, changes: ProjectChanges | None = None
) -> Project:
    """Make a project without members."""
    slug = slugify(name)[:60]
    if not slug:
        raise InvalidError.at("/name", "A name has letters or digits.")
    if Project.objects.filter(organization=organization, slug=slug).exists():
        raise NameTakenError
    project = Project(id=uuid7(), organization=organization, slug=slug, name=name)
    _put(project, changes or ProjectChanges())
    project.save(force_insert=True)
    publish(ProjectCreated(organization_id=organization.pk, target_id=project.pk))
    return project


@action("identity.change_project")
def change_project(
    actor: Actor, project: Project, *, changes: ProjectChanges
) -> Project | Unchanged[Project]:
    """Change what its sessions begin with and may do; limits hold from the next call on."""
    found = _put(project, changes)
    if not found:
        return Unchanged(project)
    project.save(update_fields=found)
    publish(
        ProjectChanged(
            organization_id=project.organization_id,
            target_id=project.pk,
            changed=tuple(found),
            allowed_tools=Private(json.dumps(project.allowed_tools)),
            denied_tools=Private(json.dumps(project.denied_tools)),
            allowed_domains=Private(json.dumps(project.allowed_domains)),
        )
    )
    return project


@action("identity.delete_project", dangerous=True)
def delete_project(actor: Actor, project: Project) -> None:
    """Delete a project; its sessions stay with their owners, without its limits."""
    publish(ProjectDeleted(organization_id=project.organization_id, target_id=project.pk))
    project.delete()


@action("identity.add_to_project")
def add_to_project(
    actor: User, project: Project, *, subject: User | Team, role: str = ProjectRole.MEMBER
) -> Grant:
    """Let a person or team of the organization work in a project, or change their role there."""
    _require_fellow(project, subject)
    if role not in ProjectRole.values:
        raise InvalidError.at("/role", f"One of {', '.join(ProjectRole.values)}.")
    known = _of(project, subject)
    if known is not None and role_of(known) == role:
        return Unchanged(known)  # type: ignore[return-value]
    row = grant(project, subject, role, granted_by_id=actor.actor_id)
    publish(
        ProjectMemberAdded(
            organization_id=project.organization_id,
            target_id=project.pk,
            subject_kind="team" if isinstance(subject, Team) else "user",
            subject_id=subject.pk,
            role=ProjectRole(role).value,
        )
    )
    return row  # type: ignore[return-value]


@action("identity.remove_from_project")
def remove_from_project(actor: Actor, project: Project, *, member_id: UUID) -> None:
    """Take a person or team out of a project; their sessions there stay theirs."""
    row: Any = project.user_grants.filter(pk=member_id).first()
    row = row or project.team_grants.filter(pk=member_id).select_related("group__team").first()
    if row is None:
        raise NotFoundError
    team = row.group.team if isinstance(row, ProjectTeamGrant) else None
    row.delete()
    publish(
        ProjectMemberRemoved(
            organization_id=project.organization_id,
            target_id=project.pk,
            subject_kind="team" if team else "user",
            subject_id=team.pk if team else row.user_id,
        )
    )


def _put(project: Project, changes: ProjectChanges) -> list[str]:
    found = changes.against(project)
    check_rules(found)
    if (runtime := found.get("runtime")) and runtime not in runtimes:
        raise InvalidError.at("/runtime", f"One of {', '.join(sorted(runtimes))}.")
    for name, value in found.items():
        setattr(project, name, value)
    return list(found)


def _of(project: Project, subject: User | Team) -> Grant | None:
    if isinstance(subject, Team):
        return project.team_grants.filter(group_id=subject.group_id).first()
    return project.user_grants.filter(user=subject).first()


def _require_fellow(project: Project, subject: User | Team) -> None:
    if isinstance(subject, Team):
        inside = subject.organization_id == project.organization_id
    else:
        rows = Membership.objects.filter(organization_id=project.organization_id, user=subject)
        inside = rows.exists()
    if not inside:
        raise UnknownPersonError
