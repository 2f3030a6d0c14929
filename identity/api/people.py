"""People one may see, and counts for operators, by API."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.models import Organization, User
from identity.selectors.operators import statistics
from identity.selectors.people import home_of, people_matching
from kernel.errors import InvalidError, NotSignedInError
from kernel.http.schema import PAGING, page_of
from kernel.http.views import ApiView
from kernel.policies import visible_to

_SEARCH = OpenApiParameter("q", str, description="A part of a name, user name or address.")


class UsersView(ApiView):
    """`/users`."""

    output = shapes.PersonOutput

    @extend_schema(parameters=[_SEARCH, *PAGING], responses=page_of(shapes.PersonOutput))
    def get(self, request: Request) -> Response:
        """Active people of my organizations, for share dialogs and mentions."""
        text = request.query_params.get("q", "").replace("\x00", "")[:200]
        return self.page(people_matching(self.actor, text))


class UserView(ApiView):
    """`/users/{id}`."""

    @extend_schema(responses=shapes.PersonOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One person I may see."""
        return Response(shapes.PersonOutput(self.one(User, pk)).data)


class StatisticsView(ApiView):
    """`/admin/stats`."""

    @extend_schema(responses=shapes.StatisticsOutput)
    def get(self, request: Request) -> Response:
        """Counts of the whole installation, for operators: no tenant's content."""
        return Response(shapes.StatisticsOutput({"counts": statistics(self.actor)}).data)


def me(request: Request) -> User:
    """The signed-in person or service account."""
    if not isinstance(request.user, User):
        raise NotSignedInError
    return request.user


def person(view: ApiView, named: str) -> User:
    """Somebody by user name or id, as far as the asker sees them."""
    try:
        which = Q(pk=UUID(named))
    except ValueError:
        which = Q(username=named)
    found = visible_to(User, view.actor).filter(which).first()
    if found is None:
        raise InvalidError.at("/user", "There is no such person in your organization.")
    return found


def organization_named(view: ApiView, pk: UUID | None) -> Organization:
    """The organization a body names, else the one where the asker works."""
    found = view.one(Organization, pk) if pk else home_of(view.actor)
    if found is None:
        raise InvalidError.at("/organization", "You are in no organization.")
    return found
