"""Projects, by API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api.people import organization_named, person
from identity.enums import ProjectRole, SubjectKind
from identity.models import Project, ProjectTeamGrant, Team, User
from identity.policies.grants import Access, people_with_access, role_of
from identity.selectors.projects import projects_of
from identity.services import projects
from identity.services.projects import ProjectChanges
from kernel.errors import InvalidError
from kernel.http.schema import PAGING, page_of
from kernel.http.serializers import Strict, Text
from kernel.http.views import ApiView
from kernel.policies import visible_to


def _rules(longest: int) -> serializers.ListField:
    return serializers.ListField(child=Text(max_length=longest), required=False, max_length=200)


class ProjectPatch(Strict):
    """Defaults and limits of its sessions; an absent one stays."""

    name = Text(max_length=120, required=False)
    description = Text(max_length=300, required=False, allow_blank=True)
    instructions = Text(max_length=50_000, required=False, allow_blank=True, trim_whitespace=False)
    runtime = Text(max_length=20, required=False, allow_blank=True)
    model = Text(max_length=120, required=False, allow_blank=True)
    allowed_tools = _rules(200)
    denied_tools = _rules(200)
    allowed_domains = _rules(253)


class ProjectInput(ProjectPatch):
    """A new project; without an organization in one's own."""

    name = Text(max_length=120)
    organization = serializers.UUIDField(required=False)


class ProjectOutput(serializers.ModelSerializer[Project]):
    """A project with its defaults and limits."""

    allowed_tools = serializers.ListField(child=serializers.CharField())
    denied_tools = serializers.ListField(child=serializers.CharField())
    allowed_domains = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Project
        fields = (
            "id", "organization", "slug", "name", "description", "instructions", "runtime",
            "model", "allowed_tools", "denied_tools", "allowed_domains", "created_at",
        )  # fmt: skip


class ProjectMemberInput(Strict):
    """A person by user name or id, or a team by its id or short name, and a role."""

    user = Text(max_length=150, required=False)
    team = Text(max_length=60, required=False)
    role = serializers.ChoiceField(ProjectRole.choices, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One of both."""
        if ("user" in attrs) == ("team" in attrs):
            raise serializers.ValidationError("Name a user or a team.")
        return attrs


class ProjectMemberOutput(serializers.Serializer[Any]):
    """Who works in a project."""

    id = serializers.UUIDField(source="grant_id")
    kind = serializers.ChoiceField(SubjectKind.choices)
    subject = serializers.UUIDField(source="subject.pk")
    name = serializers.CharField(source="subject")
    role = serializers.ChoiceField(ProjectRole.choices)


class ProjectsView(ApiView):
    """`/projects`."""

    output = ProjectOutput

    @extend_schema(parameters=PAGING, responses=page_of(ProjectOutput))
    def get(self, request: Request) -> Response:
        """The projects I work in or manage, newest first."""
        return self.page(projects_of(self.actor))

    @extend_schema(request=ProjectInput, responses={201: ProjectOutput})
    def post(self, request: Request) -> Response:
        """Make a project without members."""
        given = self.given(ProjectInput)
        where = organization_named(self, given.pop("organization", None))
        name = given.pop("name")
        changes = ProjectChanges(**given)
        made = projects.create_project(self.actor, where, name=name, changes=changes)
        return Response(ProjectOutput(made).data, status=201)


class ProjectView(ApiView):
    """`/projects/{id}`."""

    @extend_schema(responses=ProjectOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One project."""
        return Response(ProjectOutput(self.one(Project, pk)).data)

    @extend_schema(request=ProjectPatch, responses=ProjectOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change what its sessions begin with and may do."""
        changes = ProjectChanges(**self.given(ProjectPatch))
        changed = projects.change_project(self.actor, self.one(Project, pk), changes=changes)
        return Response(ProjectOutput(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it; its sessions stay with their owners."""
        projects.delete_project(self.actor, self.one(Project, pk))
        return Response(status=204)


class ProjectMembersView(ApiView):
    """`/projects/{id}/members`."""

    output = ProjectMemberOutput

    @extend_schema(responses=page_of(ProjectMemberOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """The people and teams that work in it."""
        lines = people_with_access(self.one(Project, pk))
        results = ProjectMemberOutput(lines, many=True).data
        return Response({"results": results, "next": None, "previous": None})

    @extend_schema(request=ProjectMemberInput, responses={201: ProjectMemberOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Let a person or a team work in it, or change their role there."""
        given, project = self.given(ProjectMemberInput), self.one(Project, pk)
        subject = self._subject(project, given)
        row: Any = projects.add_to_project(
            self.actor, project, subject=subject, role=given.get("role", ProjectRole.MEMBER)
        )
        line = Access(
            grant_id=row.pk,
            subject=row.group.team if isinstance(row, ProjectTeamGrant) else row.user,
            role=role_of(row),
            created_at=row.created_at,
            expires_at=row.expires_at,
            granted_by_id=row.granted_by_id,
        )
        return Response(ProjectMemberOutput(line).data, status=201)

    def _subject(self, project: Project, given: dict[str, Any]) -> User | Team:
        if "user" in given:
            return person(self, given["user"])
        teams = visible_to(Team, self.actor).filter(organization_id=project.organization_id)
        found = [t for t in teams if given["team"] in {t.slug, str(t.pk)}]
        if not found:
            raise InvalidError.at("/team", "There is no such team in this organization.")
        return found[0]


class ProjectMemberView(ApiView):
    """`/projects/{id}/members/{member}`."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, member: UUID) -> Response:
        """Take a person or a team out of it."""
        projects.remove_from_project(self.actor, self.one(Project, pk), member_id=member)
        return Response(status=204)
