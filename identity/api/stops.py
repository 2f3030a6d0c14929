"""Halts, by API."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.api.people import organization_named, person
from identity.models import Stop
from identity.selectors.stops import stops_in_force
from identity.services import stops
from kernel.http.schema import PAGING, page_of
from kernel.http.views import ApiView


class StopsView(ApiView):
    """`/stops`."""

    output = shapes.StopOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.StopOutput))
    def get(self, request: Request) -> Response:
        """What is halted now in my organizations."""
        return self.page(stops_in_force(self.actor))

    @extend_schema(request=shapes.StopInput, responses={201: shapes.StopOutput})
    def post(self, request: Request) -> Response:
        """Halt all agents, those of one person, or one tool; within seconds nothing runs."""
        given = self.given(shapes.StopInput)
        made = stops.stop(
            self.actor,
            organization_named(self, given.get("organization")),
            person=person(self, given["person"]) if given.get("person") else None,
            tool=given.get("tool", ""),
            reason=given.get("reason", ""),
        )
        return Response(shapes.StopOutput(made).data, status=201)


class StopView(ApiView):
    """`/stops/{id}`."""

    @extend_schema(responses=shapes.StopOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One halt, also one that is over."""
        return Response(shapes.StopOutput(self.one(Stop, pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Resume: what waited behind the halt goes on."""
        stops.resume_work(self.actor, self.one(Stop, pk))
        return Response(status=204)
