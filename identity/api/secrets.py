"""Secrets by API. Values go in and never come out."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api.people import organization_named
from identity.api.serializers import PersonOutput
from identity.enums import SecretGrant, SecretScope, SecretType
from identity.models import Secret
from identity.selectors.secrets import secrets_of, with_usage
from identity.services.secrets import (
    SecretChanges,
    SecretSpec,
    change_secret,
    create_secret,
    delete_secret,
    rotate_secret,
)
from kernel.errors import NotFoundError
from kernel.http.pagination import link, paginate
from kernel.http.schema import PAGING, one_of, page_of
from kernel.http.serializers import Strict, Text
from kernel.http.views import ApiView


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string", "maxLength": 32768},
            {"type": "object", "additionalProperties": {"type": "string", "maxLength": 8192}},
        ],
        "writeOnly": True,
        "description": "A text; of a password `{username, password}`, of `oidc` the token exchange "
        "(`token_endpoint`, `subject_token`, `client_id`, `client_secret`, `audience`, `scope`, "
        "`resource`, `subject_token_type`), of `vault` `{address, path, field, token, mount, "
        "namespace}`.",
    }
)
class SecretValue(serializers.Field[Any, Any, Any, Any]):
    """Text or an object of texts; what each type takes is checked by its verb."""

    default_error_messages = {"invalid": "A text, or an object of texts."}

    def to_internal_value(self, data: Any) -> Any:
        """Shape only; no error repeats the value."""
        if not isinstance(data, (str, dict)):
            self.fail("invalid")
        return data

    def to_representation(self, value: Any) -> Any:
        """There is none."""
        raise NotImplementedError


def _grants() -> serializers.ListField:
    child = serializers.ChoiceField(SecretGrant.choices)
    return serializers.ListField(child=child, required=False, max_length=10)


class SecretInput(Strict):
    """A new secret; personal unless said otherwise."""

    name = Text(max_length=120)
    type = serializers.ChoiceField(SecretType.choices)
    value = SecretValue()
    scope = serializers.ChoiceField(SecretScope.choices, required=False)
    team = serializers.UUIDField(required=False, help_text="Of a team's secret.")
    project = serializers.UUIDField(required=False, help_text="Of a project's secret.")
    description = Text(max_length=300, required=False, allow_blank=True)
    granted_to = _grants()
    organization = serializers.UUIDField(required=False)


class SecretPatch(Strict):
    """What may change besides the value."""

    name = Text(max_length=120, required=False)
    description = Text(max_length=300, required=False, allow_blank=True)
    granted_to = _grants()


class RotateInput(Strict):
    """The new value."""

    value = SecretValue()


class SecretOutput(serializers.ModelSerializer[Secret]):
    """A secret without its value."""

    scope = serializers.ChoiceField(SecretScope.choices)
    owner = PersonOutput(allow_null=True)
    granted_to = serializers.ListField(child=serializers.ChoiceField(SecretGrant.choices))
    used_by = serializers.DictField(child=serializers.IntegerField())

    class Meta:
        model = Secret
        fields = (
            "id", "organization", "name", "description", "type", "scope", "owner", "team",
            "project", "granted_to", "created_at", "rotated_at", "expires_at", "last_used_at",
            "used_by",
        )  # fmt: skip


class SecretsView(ApiView):
    """`/secrets`."""

    output = SecretOutput

    @extend_schema(
        parameters=[one_of("scope", SecretScope.values, "Those of one scope."), *PAGING],
        responses=page_of(SecretOutput),
    )
    def get(self, request: Request) -> Response:
        """The secrets I may know of, newest first, without their values."""
        rows = secrets_of(self.actor, self.word("scope", SecretScope.values))
        found = paginate(request.query_params, rows)
        return Response(
            {
                "results": SecretOutput(with_usage(found.rows), many=True).data,
                "next": link(request.path, request.query_params, found.next),
                "previous": link(request.path, request.query_params, found.previous),
            }
        )

    @extend_schema(request=SecretInput, responses={201: SecretOutput})
    def post(self, request: Request) -> Response:
        """Store a secret; its value is never shown again."""
        given = self.given(SecretInput)
        spec = SecretSpec(
            kind=given["type"],
            scope=given.get("scope", SecretScope.PERSONAL),
            team_id=given.get("team"),
            project_id=given.get("project"),
            **{n: given[n] for n in ("name", "value", "description", "granted_to") if n in given},
        )
        where = organization_named(self, given.get("organization"))
        made = create_secret(self.actor, where, spec=spec)
        return Response(_shown(self, made.pk), status=201)


class SecretView(ApiView):
    """`/secrets/{id}`."""

    @extend_schema(responses=SecretOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One secret, without its value."""
        return Response(_shown(self, pk))

    @extend_schema(request=SecretPatch, responses=SecretOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Another name or description, or what may use it."""
        changes = SecretChanges(**self.given(SecretPatch))
        change_secret(self.actor, self.one(Secret, pk), changes=changes)
        return Response(_shown(self, pk))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Delete it; what used it goes on without."""
        delete_secret(self.actor, self.one(Secret, pk))
        return Response(status=204)


class RotateView(ApiView):
    """`/secrets/{id}/rotate`."""

    @extend_schema(request=RotateInput, responses=SecretOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Replace the value; the next run gets the new one."""
        given = self.given(RotateInput)
        rotate_secret(self.actor, self.one(Secret, pk), value=given["value"])
        return Response(_shown(self, pk))


def _shown(view: ApiView, pk: UUID) -> Any:
    found = secrets_of(view.actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return SecretOutput(with_usage([found])[0]).data
