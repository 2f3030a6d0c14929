"""Teams, by API."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.api.people import organization_named, person
from identity.enums import TeamRole
from identity.models import Team, User
from identity.selectors.people import teams_of
from identity.services import teams
from kernel.errors import NotFoundError
from kernel.http.schema import PAGING, page_of
from kernel.http.views import ApiView


class TeamsView(ApiView):
    """`/teams`."""

    output = shapes.TeamOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.TeamOutput))
    def get(self, request: Request) -> Response:
        """The teams of my organizations."""
        return self.page(teams_of(self.actor))

    @extend_schema(request=shapes.TeamInput, responses={201: shapes.TeamOutput})
    def post(self, request: Request) -> Response:
        """Make an empty team."""
        given = self.given(shapes.TeamInput)
        made = teams.create_team(
            self.actor,
            organization_named(self, given.get("organization")),
            name=given["name"],
            slug=given.get("slug", ""),
        )
        return Response(shapes.TeamOutput(_one(self, made.pk)).data, status=201)


class TeamView(ApiView):
    """`/teams/{id}`."""

    @extend_schema(responses=shapes.TeamOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One team."""
        return Response(shapes.TeamOutput(_one(self, pk)).data)

    @extend_schema(request=shapes.TeamPatch, responses=shapes.TeamOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Give it another name."""
        given = self.given(shapes.TeamPatch)
        teams.rename_team(self.actor, _one(self, pk), name=given["name"])
        return Response(shapes.TeamOutput(_one(self, pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it, and with it what was shared with it."""
        teams.delete_team(self.actor, _one(self, pk))
        return Response(status=204)


class TeamMembersView(ApiView):
    """`/teams/{id}/members`."""

    output = shapes.TeamMemberOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.TeamMemberOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """Who is in the team, newest first."""
        return self.page(_one(self, pk).members.select_related("user"))

    @extend_schema(request=shapes.TeamMemberInput, responses={201: shapes.TeamMemberOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Put a member of the organization into the team, or change their role there."""
        given = self.given(shapes.TeamMemberInput)
        added = teams.add_to_team(
            self.actor,
            _one(self, pk),
            user=person(self, given["user"]),
            role=given.get("role", TeamRole.MEMBER),
        )
        return Response(shapes.TeamMemberOutput(added).data, status=201)


class TeamMemberView(ApiView):
    """`/teams/{id}/members/{user}`."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, user: UUID) -> Response:
        """Take somebody out of the team."""
        teams.remove_from_team(self.actor, _one(self, pk), user=self.one(User, user))
        return Response(status=204)


def _one(view: ApiView, pk: UUID) -> Team:
    found = teams_of(view.actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found
