"""Terminals by API. What they show comes by the session's stream (`terminal.output`)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import NotFoundError
from kernel.http.schema import PAGING, page_of
from kernel.http.serializers import Strict, Text
from kernel.sandbox import resized, typed
from sessions_app.api.content import ContentView
from sessions_app.enums import TerminalStatus
from sessions_app.models import AgentSession, Terminal
from sessions_app.services import terminals

_ROWS, _COLUMNS = 24, 80
_MOST = 16_000


class SizeInput(Strict):
    """How large the window is, in characters."""

    rows = serializers.IntegerField(min_value=2, max_value=500)
    columns = serializers.IntegerField(min_value=2, max_value=500)


class TerminalInput(Strict):
    """A new terminal; 24 by 80 unless said otherwise."""

    rows = serializers.IntegerField(min_value=2, max_value=500, required=False)
    columns = serializers.IntegerField(min_value=2, max_value=500, required=False)


class TypedInput(Strict):
    """What was typed, control characters included; `enter` is a carriage return."""

    data = Text(max_length=_MOST, trim_whitespace=False)  # type: ignore[assignment]


class TerminalOutput(serializers.ModelSerializer[Terminal]):
    """A terminal; what it showed stands in the stream after `opened_seq`."""

    status = serializers.ChoiceField(TerminalStatus.choices)

    class Meta:
        model = Terminal
        fields = (
            "id", "session", "opened_by", "status", "reason", "rows", "columns", "opened_seq",
            "output_bytes", "exit_code", "created_at", "started_at", "ended_at",
        )  # fmt: skip


class TerminalsView(ContentView):
    """`/sessions/{id}/terminals`."""

    output = TerminalOutput

    @extend_schema(parameters=PAGING, responses=page_of(TerminalOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """The terminals of a session, the latest first."""
        return self.page(self.readable(pk).terminals.all(), field="id")

    @extend_schema(request=TerminalInput, responses={201: TerminalOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Open a shell of one's own in the session's sandbox."""
        given: dict[str, Any] = {"rows": _ROWS, "columns": _COLUMNS, **self.given(TerminalInput)}
        made = terminals.open_terminal(self.actor, self.one(AgentSession, pk), **given)
        return Response(TerminalOutput(made).data, status=HTTPStatus.CREATED)


class _OneView(ContentView):
    """The base of endpoints on one terminal."""

    def terminal(self, pk: UUID, key: UUID) -> Terminal:
        """A terminal of a session that the actor reads, else 404."""
        found = Terminal.objects.filter(session=self.one(AgentSession, pk), pk=key).first()
        if found is None:
            raise NotFoundError
        return found


class TerminalView(_OneView):
    """`/sessions/{id}/terminals/{terminal}`."""

    @extend_schema(responses=TerminalOutput)
    def get(self, request: Request, pk: UUID, terminal: UUID) -> Response:
        """One terminal."""
        self.readable(pk)
        return Response(TerminalOutput(self.terminal(pk, terminal)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, terminal: UUID) -> Response:
        """End it and everything that runs in it."""
        terminals.close(self.actor, self.terminal(pk, terminal))
        return Response(status=HTTPStatus.NO_CONTENT)


class TypingView(_OneView):
    """`/sessions/{id}/terminals/{terminal}/input`."""

    @extend_schema(request=TypedInput, responses={204: None})
    def post(self, request: Request, pk: UUID, terminal: UUID) -> Response:
        """Type into one's own terminal."""
        data = self.given(TypedInput)["data"].encode()
        terminals.give(self.actor, self.terminal(pk, terminal), frame=typed(data))
        return Response(status=HTTPStatus.NO_CONTENT)


class ResizeView(_OneView):
    """`/sessions/{id}/terminals/{terminal}/resize`."""

    @extend_schema(request=SizeInput, responses={204: None})
    def post(self, request: Request, pk: UUID, terminal: UUID) -> Response:
        """Tell it how large its window is."""
        frame = resized(**self.given(SizeInput))
        terminals.give(self.actor, self.terminal(pk, terminal), frame=frame)
        return Response(status=HTTPStatus.NO_CONTENT)
