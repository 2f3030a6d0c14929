"""Who asks: a bearer token first (so that nobody is 401), then the session cookie with CSRF."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from identity.errors import ScopeMissingError
from identity.models import ApiToken, User
from identity.selectors.credentials import of_browser, of_token
from identity.selectors.tokens import token_of
from kernel import context
from kernel.errors import StaleFormError

_SAFE = {"GET", "HEAD", "OPTIONS"}


class Nobody(AnonymousUser):
    """A request without a person, in the kernel's words."""

    actor_kind = "nobody"
    actor_id = None
    on_behalf_of_id = None


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer qd_pat_…`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's owner, or None without the header; a bad token is 401."""
        kind, _, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = token_of(text.strip())
        if token is None:
            message = "This token is not valid, has expired or was revoked."
            raise AuthenticationFailed(message)
        _check_scopes(token, request.method or "GET")
        origin = replace(context.current().origin, token_id=token.pk)
        context._current.set(replace(context.current(), origin=origin, actor=token.user))
        request._request.credential = of_token(token)  # type: ignore[attr-defined]
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        """Makes DRF answer 401 instead of 403."""
        return 'Bearer realm="quarterdeck"'


class CookieAuthentication(SessionAuthentication):
    """The browser's session, CSRF enforced."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """The signed-in person."""
        user = getattr(request._request, "user", None)
        if user is None or isinstance(user, AnonymousUser) or not user.is_active:
            return None
        self.enforce_csrf(request)
        key = request._request.session.session_key
        request._request.credential = of_browser(key)  # type: ignore[attr-defined]
        return user, None

    def enforce_csrf(self, request: Any) -> None:
        """As a page says it."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refused:
            raise StaleFormError from refused


def _check_scopes(token: ApiToken, method: str) -> None:
    """No scopes: everything its owner may. `read` reads; `write` also writes."""
    scopes = set(token.scopes)
    if not scopes or "write" in scopes:
        return
    if method in _SAFE and "read" in scopes:
        return
    raise ScopeMissingError
