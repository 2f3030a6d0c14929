"""Secrets of a session by API: names and places, never values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identity.public import Secret
from kernel.errors import InvalidError
from kernel.http.schema import page_of
from kernel.http.serializers import Strict, Text
from kernel.http.views import ApiView
from kernel.policies import visible_to
from sessions_app.enums import SecretPlace
from sessions_app.models import AgentSession, SessionSecret
from sessions_app.selectors.secrets import attached_to
from sessions_app.services.secrets import attach_secret, detach_secret


class SessionSecretInput(Strict):
    """Which secret, under which name, as a variable or a file."""

    secret = serializers.UUIDField()
    name = Text(
        max_length=64, required=False, help_text="The variable; made of its name if absent."
    )
    place = serializers.ChoiceField(SecretPlace.choices, required=False)


class SessionSecretOutput(serializers.ModelSerializer[SessionSecret]):
    """A secret a session may use. A file's variable holds its path; a password has two variables,
    `…_USERNAME` and `…_PASSWORD`."""

    secret_id = serializers.UUIDField(allow_null=True)
    attached_by = serializers.UUIDField(source="attached_by_id")

    class Meta:
        model = SessionSecret
        fields = ("id", "secret_id", "name", "place", "attached_by", "attached_at")


class SessionSecretsView(ApiView):
    """`/sessions/{id}/secrets`."""

    output = SessionSecretOutput

    @extend_schema(responses=page_of(SessionSecretOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """The secrets the session may use, by name."""
        rows = attached_to(self.one(AgentSession, pk))
        results = SessionSecretOutput(rows, many=True).data
        return Response({"results": results, "next": None, "previous": None})

    @extend_schema(request=SessionSecretInput, responses={201: SessionSecretOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the session use a secret that I may use."""
        given: dict[str, Any] = self.given(SessionSecretInput)
        session = self.one(AgentSession, pk)
        secret = visible_to(Secret, self.actor).filter(pk=given.pop("secret")).first()
        if secret is None:
            raise InvalidError.at("/secret", "There is no such secret that you may use.")
        made = attach_secret(self.actor, session, secret=secret, **given)
        return Response(SessionSecretOutput(made).data, status=201)


class SessionSecretView(ApiView):
    """`/sessions/{id}/secrets/{attachment}`."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID, attachment: UUID) -> Response:
        """Take it from the session; a run under way keeps what it has."""
        detach_secret(self.actor, self.one(AgentSession, pk), attachment_id=attachment)
        return Response(status=204)
