"""Invitations, by API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.api.people import organization_named
from identity.errors import UnknownInvitationError
from identity.links import invitation_link
from identity.models import Invitation
from identity.selectors.tokens import invitation_of
from identity.services import invitations
from kernel.errors import InvalidError
from kernel.http.schema import PAGING, page_of
from kernel.http.views import ApiView
from kernel.policies import visible_to


class InvitationsView(ApiView):
    """`/invitations`."""

    output = shapes.InvitationOutput
    shown_once = frozenset({"link"})

    @extend_schema(parameters=PAGING, responses=page_of(shapes.InvitationOutput))
    def get(self, request: Request) -> Response:
        """Invitations of organizations I manage."""
        return self.page(visible_to(Invitation, self.actor))

    @extend_schema(request=shapes.InvitationInput, responses={201: shapes.NewInvitationOutput})
    def post(self, request: Request) -> Response:
        """Invite somebody; the answer holds the link, this once."""
        given = self.given(shapes.InvitationInput)
        organization = organization_named(self, given.get("organization"))
        invited = invitations.invite(
            self.actor, organization, email=given["email"], role=given["role"]
        )
        row: Any = invited.invitation
        row.link = invitation_link(invited.code)
        return Response(shapes.NewInvitationOutput(row).data, status=201)


class InvitationView(ApiView):
    """`/invitations/{id}`."""

    @extend_schema(responses=shapes.InvitationOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One invitation."""
        return Response(shapes.InvitationOutput(self.one(Invitation, pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it back."""
        invitations.revoke_invitation(self.actor, self.one(Invitation, pk))
        return Response(status=204)


class AcceptView(ApiView):
    """`/invitations/accept`: the code is the right; being signed in is not needed."""

    permission_classes = [AllowAny]

    @extend_schema(request=shapes.AcceptInput, responses=shapes.PersonOutput)
    def post(self, request: Request) -> Response:
        """Join as whom I am, or with a new account."""
        given = self.given(shapes.AcceptInput)
        invitation = invitation_of(given["code"])
        if invitation is None:
            raise UnknownInvitationError
        joined = invitations.accept_invitation(
            self.actor, invitation, code=given["code"], person=_person(given)
        )
        return Response(shapes.PersonOutput(joined).data)


def _person(given: dict[str, Any]) -> invitations.NewPerson | None:
    if "username" not in given:
        return None
    if "password" not in given:
        raise InvalidError.at("/password", "A new account needs a password.")
    return invitations.NewPerson(
        username=given["username"],
        password=given["password"],
        full_name=given.get("full_name", ""),
    )
