"""Organizations and their members, by API."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.api.people import me
from identity.models import Membership, Organization
from identity.selectors.operators import account_named
from identity.selectors.people import members_of, organizations_of
from identity.services import memberships, organizations
from kernel.errors import NotFoundError
from kernel.http.schema import PAGING, page_of
from kernel.http.serializers import Empty
from kernel.http.views import ApiView


class OrganizationsView(ApiView):
    """`/organizations`."""

    output = shapes.OrganizationOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.OrganizationOutput))
    def get(self, request: Request) -> Response:
        """The organizations I belong to."""
        return self.page(organizations_of(self.actor))

    @extend_schema(request=shapes.OrganizationInput, responses={201: shapes.OrganizationOutput})
    def post(self, request: Request) -> Response:
        """Found an organization: operators for somebody, the very first person for themselves."""
        given = self.given(shapes.OrganizationInput)
        myself = me(request)
        owner = account_named(self.actor, given["owner"]) if "owner" in given else myself
        made = organizations.create_organization(
            self.actor, owner, name=given["name"], slug=given.get("slug", "")
        )
        made.role = "owner" if owner == myself else None  # type: ignore[attr-defined]
        return Response(shapes.OrganizationOutput(made).data, status=201)


class OrganizationView(ApiView):
    """`/organizations/{id}`."""

    @extend_schema(responses=shapes.OrganizationOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One organization with its rules."""
        return Response(shapes.OrganizationOutput(self._one(pk)).data)

    @extend_schema(request=shapes.OrganizationPatch, responses=shapes.OrganizationOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change its name or rules."""
        given = self.given(shapes.OrganizationPatch)
        changes = organizations.OrganizationChanges(**given)
        organizations.change_organization(self.actor, self._one(pk), changes=changes)
        return Response(shapes.OrganizationOutput(self._one(pk)).data)

    def _one(self, pk: UUID) -> Organization:
        found = organizations_of(self.actor).filter(pk=pk).first()
        if found is None:
            raise NotFoundError
        return found


class MembersView(ApiView):
    """`/organizations/{id}/members`."""

    output = shapes.MemberOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.MemberOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """Who belongs to it, newest first."""
        return self.page(members_of(self.actor, self.one(Organization, pk)))


class BreakGlassView(ApiView):
    """`/organizations/{id}/members/{member}/break-glass`."""

    @extend_schema(request=Empty, responses=shapes.MemberOutput)
    def post(self, request: Request, pk: UUID, member: UUID) -> Response:
        """Make another owner the one whom nobody can remove; its holder gives the mark."""
        self.given(Empty)
        found = member_of(self, pk, member)
        memberships.appoint_break_glass(self.actor, found)
        return Response(shapes.MemberOutput(member_of(self, pk, member)).data)


class MemberView(ApiView):
    """`/organizations/{id}/members/{member}`; `member` is a membership's or a person's id."""

    @extend_schema(responses=shapes.MemberOutput)
    def get(self, request: Request, pk: UUID, member: UUID) -> Response:
        """One member."""
        return Response(shapes.MemberOutput(member_of(self, pk, member)).data)

    @extend_schema(request=shapes.MemberPatch, responses=shapes.MemberOutput)
    def patch(self, request: Request, pk: UUID, member: UUID) -> Response:
        """Give a member another role."""
        given = self.given(shapes.MemberPatch)
        memberships.change_role(self.actor, member_of(self, pk, member), role=given["role"])
        return Response(shapes.MemberOutput(member_of(self, pk, member)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, member: UUID) -> Response:
        """Remove a member, or leave when it is oneself."""
        found = member_of(self, pk, member)
        if found.user_id == self.actor.actor_id:
            memberships.leave(self.actor, found)
        else:
            memberships.remove_member(self.actor, found)
        return Response(status=204)


def member_of(view: ApiView, pk: UUID, member: UUID) -> Membership:
    """A member by the membership's or the person's id, as far as the asker sees them."""
    rows = members_of(view.actor, view.one(Organization, pk))
    found = rows.filter(Q(pk=member) | Q(user_id=member)).first()
    if found is None:
        raise NotFoundError
    return found
