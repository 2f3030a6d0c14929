"""Oneself, by API."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.api import serializers as shapes
from identity.api.people import me
from identity.models import ApiToken, User
from identity.selectors.people import organizations_of
from identity.services import accounts, passwords
from kernel.http.views import ApiView


class MeView(ApiView):
    """`/me`."""

    @extend_schema(responses=shapes.MeOutput)
    def get(self, request: Request) -> Response:
        """Who I am, where I belong, and with which token I came."""
        return self._answer(request, me(request))

    @extend_schema(request=shapes.ProfileInput, responses=shapes.MeOutput)
    def patch(self, request: Request) -> Response:
        """Change my name or address."""
        given = self.given(shapes.ProfileInput)
        return self._answer(request, accounts.update_profile(self.actor, me(request), **given))

    def _answer(self, request: Request, user: User) -> Response:
        row: Any = user
        row.organizations = organizations_of(self.actor).order_by("created_at")[:200]
        row.token = request.auth if isinstance(request.auth, ApiToken) else None
        return Response(shapes.MeOutput(row).data)


class PasswordView(ApiView):
    """`/me/password`."""

    @extend_schema(request=shapes.PasswordInput, responses={204: None})
    def post(self, request: Request) -> Response:
        """Change my password; every browser session ends, tokens stay."""
        given = self.given(shapes.PasswordInput)
        passwords.change_password(self.actor, me(request), **given)
        return Response(status=204)
