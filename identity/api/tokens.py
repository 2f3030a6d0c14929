"""API tokens, by API."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.api.people import me
from identity.models import ApiToken
from identity.services.tokens import TokenSpec, create_token, revoke_token
from kernel.http.schema import PAGING, page_of
from kernel.http.views import ApiView
from kernel.policies import visible_to


class TokensView(ApiView):
    """`/tokens`."""

    output = shapes.TokenOutput
    shown_once = frozenset({"token"})

    @extend_schema(parameters=PAGING, responses=page_of(shapes.TokenOutput))
    def get(self, request: Request) -> Response:
        """My tokens, newest first, revoked ones too."""
        mine = visible_to(ApiToken, self.actor).filter(user=me(request))
        return self.page(mine)

    @extend_schema(request=shapes.TokenInput, responses={201: shapes.NewTokenOutput})
    def post(self, request: Request) -> Response:
        """Make a token for myself; the answer holds its text, this once."""
        given = self.given(shapes.TokenInput)
        spec = TokenSpec(
            name=given["name"],
            scopes=given.get("scopes", ()),
            expires_at=given.get("expires_at"),
            organization_id=given.get("organization"),
        )
        issued = create_token(self.actor, me(request), spec=spec)
        row: Any = issued.token
        row.token = issued.text
        return Response(shapes.NewTokenOutput(row).data, status=201)


class TokenView(ApiView):
    """`/tokens/{id}`."""

    @extend_schema(responses=shapes.TokenOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One token."""
        return Response(shapes.TokenOutput(self.one(ApiToken, pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Revoke it at once."""
        revoke_token(self.actor, self.one(ApiToken, pk))
        return Response(status=204)
