"""Sessions by API: list, make, read, change, and what people do with them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.public import Organization, Project, home_of
from kernel.errors import InvalidError
from kernel.http.schema import PAGING, one_of, page_of
from kernel.http.serializers import Empty, Strict
from kernel.http.views import ApiView
from kernel.policies import visible_to
from sessions_app.api import serializers as shapes
from sessions_app.enums import SessionStatus
from sessions_app.models import AgentSession
from sessions_app.selectors.sessions import SessionFilter, sessions_listed_for
from sessions_app.services import creation, forking, lifecycle, prompting, runs

_SHELVES = ["open", "archive", "trash", "all"]
_FILTERS = [
    OpenApiParameter("q", str, description="Words of the name or of what was said."),
    one_of("status", SessionStatus.values),
    OpenApiParameter("owner", str, description="A user name, an id, `me` or `others`."),
    OpenApiParameter("project", UUID),
    one_of("shelf", _SHELVES, "All but the trash unless asked."),
    OpenApiParameter("organization", UUID),
    *PAGING,
]


class SessionsView(ApiView):
    """`/sessions`."""

    output = shapes.SessionOutput

    @extend_schema(parameters=_FILTERS, responses=page_of(shapes.SessionOutput))
    def get(self, request: Request) -> Response:
        """The sessions one may know of, newest first."""
        query = request.query_params
        wanted = SessionFilter(
            text=query.get("q", "").replace("\x00", "")[:200],
            status=self.word("status", SessionStatus.values),
            owner=query.get("owner", "").replace("\x00", "")[:150],
            shelf=self.word("shelf", _SHELVES) or "all",
            organization_id=self.key("organization"),
            project_id=self.key("project"),
        )
        return self.page(sessions_listed_for(self.actor, wanted), field="id")

    @extend_schema(request=shapes.SessionInput, responses={201: shapes.SessionOutput})
    def post(self, request: Request) -> Response:
        """Make a session."""
        given = self.given(shapes.SessionInput)
        spec = creation.SessionSpec(
            name=given["name"],
            runtime=given.get("runtime", ""),
            project_id=given.get("project"),
            sdk_options=given.get("sdk_options", {}),
            mcp_servers=given.get("mcp_servers", []),
            working_directory=given.get("working_directory", ""),
        )
        organization = place_for(self, given.get("organization"), given.get("project"))
        made = creation.create_session(self.actor, organization, spec=spec)
        return shown(self, made.pk, status=201)


class SessionView(ApiView):
    """`/sessions/{id}`."""

    @extend_schema(responses=shapes.SessionOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One session."""
        return shown(self, pk)

    @extend_schema(request=shapes.SessionPatch, responses=shapes.SessionOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Rename or configure."""
        given = self.given(shapes.SessionPatch)
        session = self.one(AgentSession, pk)
        if "sdk_options" in given:
            session = lifecycle.configure(self.actor, session, sdk_options=given["sdk_options"])
        if "name" in given:
            lifecycle.rename(self.actor, session, name=given["name"])
        return shown(self, pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Put it into the trash."""
        lifecycle.trash(self.actor, self.one(AgentSession, pk))
        return Response(status=204)


class PromptView(ApiView):
    """`/sessions/{id}/messages` (POST)."""

    accepts: ClassVar[type[Strict]] = shapes.MessageInput

    @extend_schema(request=shapes.MessageInput, responses={202: shapes.PostedOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Prompt the session; queues while a run is active."""
        given = self.given(self.accepts)
        posted = prompting.prompt(
            self.actor,
            self.one(AgentSession, pk),
            content=given["content"],
            attachments=[str(one) for one in given.get("attachments", [])],
        )
        return Response(shapes.PostedOutput(posted).data, status=202)


class QueryView(PromptView):
    """`/sessions/{id}/query`."""

    accepts = shapes.QueryInput

    @extend_schema(request=shapes.QueryInput, responses={202: shapes.PostedOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Prompt the session; the same as posting a message."""
        return super().post(request, pk)


class CancelView(ApiView):
    """`/sessions/{id}/cancel`."""

    @extend_schema(request=Empty, responses={202: shapes.RunOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """End the active run."""
        self.given(Empty)
        run = runs.cancel(self.actor, self.one(AgentSession, pk))
        return Response(shapes.RunOutput(run).data, status=202)


class ResumeView(ApiView):
    """`/sessions/{id}/resume`."""

    @extend_schema(request=Empty, responses={202: shapes.ResumedOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Repeat the last cancelled or failed run, or unarchive."""
        self.given(Empty)
        run = runs.resume(self.actor, self.one(AgentSession, pk))
        session = self.one(AgentSession, pk)
        body: dict[str, Any] = {"run_id": run and run.pk, "status": session.status}
        return Response(shapes.ResumedOutput(body).data, status=202)


class ForkView(ApiView):
    """`/sessions/{id}/fork`."""

    @extend_schema(request=shapes.ForkInput, responses={201: shapes.SessionOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Make a session of one's own from this one."""
        given = self.given(shapes.ForkInput)
        copy = forking.fork(
            self.actor, self.one(AgentSession, pk), message_id=given.get("message_id")
        )
        return shown(self, copy.pk, status=201)


class ArchiveView(ApiView):
    """`/sessions/{id}/archive`."""

    @extend_schema(request=Empty, responses=shapes.SessionOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Put it away."""
        self.given(Empty)
        lifecycle.archive(self.actor, self.one(AgentSession, pk))
        return shown(self, pk)


class RestoreView(ApiView):
    """`/sessions/{id}/restore`."""

    @extend_schema(request=Empty, responses=shapes.SessionOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take it out of the trash."""
        self.given(Empty)
        lifecycle.restore(self.actor, self.one(AgentSession, pk))
        return shown(self, pk)


def shown(view: ApiView, pk: UUID, status: int = 200) -> Response:
    """The session as it is now: a verb's own copy does not know what it appended."""
    return Response(shapes.SessionOutput(view.one(AgentSession, pk)).data, status=status)


def place_for(view: ApiView, named: UUID | None, project: UUID | None = None) -> Organization:
    """The organization in which something is to be made: the named one, else the project's, else
    one's home."""
    mine = visible_to(Project, view.actor).filter(pk=project).first() if project else None
    named = named or (mine.organization_id if mine else None)
    found = view.one(Organization, named) if named else home_of(view.actor)
    if found is None:
        raise InvalidError.at("/organization", "You are in no organization.")
    return found
