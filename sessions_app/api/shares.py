"""Sharing by API."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.public import Access, Team, User, people_with_access, role_of
from kernel.errors import InvalidError
from kernel.http.schema import page_of
from kernel.http.views import ApiView
from kernel.policies import visible_to
from sessions_app.api import serializers as shapes
from sessions_app.models import AgentSession, SessionTeamGrant
from sessions_app.services import sharing


class SharesView(ApiView):
    """`/sessions/{id}/shares`."""

    output = shapes.ShareOutput

    @extend_schema(responses=page_of(shapes.ShareOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """Who has a role on the session."""
        lines = people_with_access(self.one(AgentSession, pk))
        results = shapes.ShareOutput(lines, many=True).data
        return Response({"results": results, "next": None, "previous": None})

    @extend_schema(request=shapes.ShareInput, responses={201: shapes.ShareOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Give somebody a role."""
        given = self.given(shapes.ShareInput)
        session = self.one(AgentSession, pk)
        grant = sharing.share(
            self.actor,
            session,
            subject=self._subject(session, given),
            role=given["role"],
            expires_at=given.get("expires_at"),
        )
        return Response(shapes.ShareOutput(_line(cast("sharing.Grant", grant))).data, status=201)

    def _subject(self, session: AgentSession, given: dict[str, Any]) -> User | Team:
        """A person by name or id, a team by slug or id, as far as the actor can see them."""
        if "team" in given:
            teams = visible_to(Team, self.actor).filter(organization_id=session.organization_id)
            team = teams.filter(_key(given["team"], "slug")).first()
            if team:
                return team
            raise InvalidError.at("/team", "There is no such team in this organization.")
        person = visible_to(User, self.actor).filter(_key(given["user"], "username")).first()
        if person:
            return person
        raise InvalidError.at("/user", "There is no such person in this organization.")


class ShareView(ApiView):
    """`/sessions/{id}/shares/{share}`."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, share: UUID) -> Response:
        """Take the role away."""
        sharing.unshare(self.actor, self.one(AgentSession, pk), share_id=share)
        return Response(status=204)


def _key(text: str, word: str) -> Q:
    try:
        return Q(pk=UUID(text))
    except ValueError:
        return Q(**{word: text})


def _line(grant: sharing.Grant) -> Access:
    subject = grant.group.team if isinstance(grant, SessionTeamGrant) else grant.user
    return Access(
        grant_id=grant.pk,
        subject=subject,
        role=role_of(grant),
        created_at=grant.created_at,
        expires_at=grant.expires_at,
        granted_by_id=grant.granted_by_id,
    )
