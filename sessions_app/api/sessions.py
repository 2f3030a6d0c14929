"""Sessions by API: list, make, read, change, and what people do with them."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.public import Organization, home_of
from kernel.errors import InvalidError
from kernel.http.pages import uuid_or_none
from kernel.http.views import ApiView
from sessions_app.api import serializers as shapes
from sessions_app.enums import SessionStatus
from sessions_app.models import AgentSession
from sessions_app.selectors.sessions import SessionFilter, sessions_listed_for
from sessions_app.services import creation, forking, lifecycle, prompting, runs

_FILTERS = [
    OpenApiParameter(name, str, required=False)
    for name in ("q", "status", "owner", "project", "shelf", "organization", "cursor")
]


class SessionsView(ApiView):
    """`/sessions`."""

    output = shapes.SessionOutput

    @extend_schema(parameters=_FILTERS, responses=shapes.SessionOutput(many=True))
    def get(self, request: Request) -> Response:
        """The sessions one may know of, newest first."""
        query = request.query_params
        status = query.get("status", "")
        if status and status not in SessionStatus.values:
            raise InvalidError.at("/status", f"One of {', '.join(SessionStatus.values)}.")
        wanted = SessionFilter(
            text=query.get("q", "").replace("\x00", "")[:200],
            status=status,
            owner=query.get("owner", "").replace("\x00", "")[:150],
            shelf=query.get("shelf", "all"),
            organization_id=_tenant(query.get("organization", "")),
        )
        return self.page(sessions_listed_for(self.actor, wanted), field="id")

    @extend_schema(request=shapes.SessionInput, responses={201: shapes.SessionOutput})
    def post(self, request: Request) -> Response:
        """Make a session."""
        given = self.given(shapes.SessionInput)
        if given.get("project"):
            raise InvalidError.at("/project", "There is no such project.")
        spec = creation.SessionSpec(
            name=given["name"],
            runtime=given.get("runtime", "embedded"),
            sdk_options=given.get("sdk_options", {}),
            mcp_servers=given.get("mcp_servers", []),
            working_directory=given.get("working_directory", ""),
        )
        organization = self._organization(given.get("organization"))
        made = creation.create_session(self.actor, organization, spec=spec)
        return Response(shapes.SessionOutput(made).data, status=201)

    def _organization(self, named: UUID | None) -> Organization:
        found = self.one(Organization, named) if named else home_of(self.actor)
        if found is None:
            raise InvalidError.at("/organization", "You are in no organization.")
        return found


def _tenant(text: str) -> UUID | None:
    found = uuid_or_none(text)
    if text and found is None:
        raise InvalidError.at("/organization", "This is not an id.")
    return found


class SessionView(ApiView):
    """`/sessions/{id}`."""

    @extend_schema(responses=shapes.SessionOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One session."""
        return Response(shapes.SessionOutput(self.one(AgentSession, pk)).data)

    @extend_schema(request=shapes.SessionPatch, responses=shapes.SessionOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Rename or configure."""
        given = self.given(shapes.SessionPatch)
        session = self.one(AgentSession, pk)
        if "sdk_options" in given:
            session = lifecycle.configure(self.actor, session, sdk_options=given["sdk_options"])
        if "name" in given:
            session = lifecycle.rename(self.actor, session, name=given["name"])
        return Response(shapes.SessionOutput(session).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Put it into the trash."""
        lifecycle.trash(self.actor, self.one(AgentSession, pk))
        return Response(status=204)


class PromptView(ApiView):
    """`/sessions/{id}/messages` (POST) and `/query`."""

    @extend_schema(request=shapes.MessageInput, responses={202: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """Prompt the session; queues while a run is active."""
        given = self.given(shapes.MessageInput)
        posted = prompting.prompt(
            self.actor,
            self.one(AgentSession, pk),
            content=given["content"],
            attachments=[str(one) for one in given.get("attachments", [])],
        )
        body = {"id": str(posted.pk), "run_id": str(posted.run_id), "seq": posted.seq}
        return Response(body, status=202)


class CancelView(ApiView):
    """`/sessions/{id}/cancel`."""

    @extend_schema(request=shapes.Empty, responses={202: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """End the active run."""
        self.given(shapes.Empty)
        run = runs.cancel(self.actor, self.one(AgentSession, pk))
        return Response({"run_id": str(run.pk), "status": run.status}, status=202)


class ResumeView(ApiView):
    """`/sessions/{id}/resume`."""

    @extend_schema(request=shapes.Empty, responses={202: dict})
    def post(self, request: Request, pk: UUID) -> Response:
        """Repeat the last cancelled or failed run, or unarchive."""
        self.given(shapes.Empty)
        run = runs.resume(self.actor, self.one(AgentSession, pk))
        session = self.one(AgentSession, pk)
        body = {"run_id": str(run.pk) if run else None, "status": session.status}
        return Response(body, status=202)


class ForkView(ApiView):
    """`/sessions/{id}/fork`."""

    @extend_schema(request=shapes.ForkInput, responses={201: shapes.SessionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Make a session of one's own from this one."""
        given = self.given(shapes.ForkInput)
        copy = forking.fork(
            self.actor, self.one(AgentSession, pk), message_id=given.get("message_id")
        )
        return Response(shapes.SessionOutput(copy).data, status=201)


class ArchiveView(ApiView):
    """`/sessions/{id}/archive`."""

    @extend_schema(request=shapes.Empty, responses=shapes.SessionOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Put it away."""
        self.given(shapes.Empty)
        session = lifecycle.archive(self.actor, self.one(AgentSession, pk))
        return Response(shapes.SessionOutput(session).data)


class RestoreView(ApiView):
    """`/sessions/{id}/restore`."""

    @extend_schema(request=shapes.Empty, responses=shapes.SessionOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take it out of the trash."""
        self.given(shapes.Empty)
        session = lifecycle.restore(self.actor, self.one(AgentSession, pk))
        return Response(shapes.SessionOutput(session).data)
