"""What is in a session: messages, tool calls, output, approvals. Read by role, or by office
with a record."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import blobs
from kernel.errors import NotFoundError
from kernel.http.schema import PAGING, one_of, page_of
from kernel.http.views import ApiView
from kernel.models import Blob
from sessions_app.api import serializers as shapes
from sessions_app.api.sessions import PromptView
from sessions_app.enums import ApprovalStatus
from sessions_app.models import AgentSession, Approval, ToolCall
from sessions_app.policies import access
from sessions_app.selectors.approvals import approvals_to_decide
from sessions_app.services import approvals, reading


class ContentView(ApiView):
    """The base of endpoints on what is in a session."""

    def readable(self, pk: UUID) -> AgentSession:
        """The session, its reading recorded when it is by office alone."""
        session = self.one(AgentSession, pk)
        if session.trashed_at:
            raise NotFoundError
        if not access.has_role(self.actor, session, "viewer"):
            return reading.read_content(self.actor, session)
        return session


class MessagesView(ContentView, PromptView):
    """`/sessions/{id}/messages`."""

    output = shapes.MessageOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.MessageOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """The messages in order."""
        rows = self.readable(pk).messages.all()
        return self.page(rows, field="seq", ascending=True)


class ToolCallsView(ContentView):
    """`/sessions/{id}/tool-calls`."""

    output = shapes.ToolCallOutput

    @extend_schema(parameters=PAGING, responses=page_of(shapes.ToolCallOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """The calls in order."""
        return self.page(self.readable(pk).tool_calls.all(), field="seq", ascending=True)


class ToolOutputView(ContentView):
    """`/sessions/{id}/tool-calls/{call}/output`: the whole output of a call that was capped."""

    @extend_schema(responses={(200, "text/plain"): str})
    def get(self, request: Request, pk: UUID, call: UUID) -> HttpResponse:
        """The whole output of a call as plain text."""
        session = self.readable(pk)
        found = ToolCall.objects.filter(session=session, pk=call).first()
        if found is None:
            raise NotFoundError
        blob = Blob.objects.filter(
            pk__in=[found.output_blob_id], organization_id=session.organization_id
        ).first()
        content = blobs.read(blob) if blob else found.content.encode()
        return HttpResponse(content, content_type="text/plain; charset=utf-8")


class ApprovalsView(ApiView):
    """`/approvals`."""

    output = shapes.ApprovalOutput

    @extend_schema(
        parameters=[
            one_of("status", ApprovalStatus.values, "Pending ones unless asked."),
            *PAGING,
        ],
        responses=page_of(shapes.ApprovalOutput),
    )
    def get(self, request: Request) -> Response:
        """Those I may decide; pending ones unless another status is asked for."""
        status = self.word("status", ApprovalStatus.values) or ApprovalStatus.PENDING
        return self.page(approvals_to_decide(self.actor, status), field="requested_at")


class ApprovalView(ApiView):
    """`/approvals/{id}`."""

    @extend_schema(responses=shapes.ApprovalOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One approval."""
        return Response(shapes.ApprovalOutput(self.one(Approval, pk)).data)


class ApproveView(ApiView):
    """`/approvals/{id}/approve`."""

    @extend_schema(request=shapes.DecisionInput, responses=shapes.ApprovalOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the call run."""
        given = self.given(shapes.DecisionInput)
        found = approvals.approve(self.actor, self.one(Approval, pk), **given)
        return Response(shapes.ApprovalOutput(found).data)


class DenyView(ApiView):
    """`/approvals/{id}/deny`."""

    @extend_schema(request=shapes.DecisionInput, responses=shapes.ApprovalOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Refuse the call."""
        given = self.given(shapes.DecisionInput)
        found = approvals.deny(self.actor, self.one(Approval, pk), **given)
        return Response(shapes.ApprovalOutput(found).data)
