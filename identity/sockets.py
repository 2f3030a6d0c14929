"""Who opens a socket: the session cookie with an Origin check, or subprotocol `bearer.<token>`."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from channels.sessions import CookieMiddleware, SessionMiddleware
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from identity.models import User
from identity.selectors.tokens import token_of
from kernel import context
from kernel.actors import NOBODY, Actor
from kernel.http.middleware import address_of

_BEARER = "bearer."
_READING = {"read", "write"}


class SocketActor:
    """ASGI middleware that puts `actor` into the scope, and `identify` to ask who it is now;
    strangers are refused by the consumer."""

    def __init__(self, inner: Any) -> None:
        self._cookies = CookieMiddleware(SessionMiddleware(_ByCookie(inner)))
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Decide by which way the socket came in."""
        scope = dict(scope)
        origin = context.Origin(channel="socket", address=_address(scope))
        bearer = next((p for p in scope.get("subprotocols", []) if p.startswith(_BEARER)), "")
        context._current.set(replace(context.current(), origin=origin))
        if not bearer:
            return await self._cookies(scope, receive, send)
        text = bearer.removeprefix(_BEARER)
        scope["actor"] = await database_sync_to_async(_by_token)(text)
        scope["identify"] = partial(_by_token, text)
        scope["accepted_subprotocol"] = bearer
        return await self._inner(scope, receive, send)


class _ByCookie:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        scope["actor"] = NOBODY
        if _same_origin(scope):
            session = scope["session"]
            scope["actor"] = await database_sync_to_async(_signed_in)(session)
            scope["identify"] = partial(_by_session, session.session_key)
        return await self._inner(scope, receive, send)


def _by_token(text: str) -> Actor:
    """The owner of a token that may read; asked again when something was taken away."""
    token = token_of(text)
    if token is None or (token.scopes and not _READING & set(token.scopes)):
        return NOBODY
    return token.user


def _by_session(key: str | None) -> Actor:
    """The person signed in with this session now; nobody once it is ended."""
    return _signed_in(import_module(settings.SESSION_ENGINE).SessionStore(key))


def _signed_in(session: Any) -> Actor:
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return NOBODY
    user = User.objects.filter(pk=session.get(SESSION_KEY), is_active=True).first()
    expected = user.get_session_auth_hash() if user else ""
    if user and constant_time_compare(session.get(HASH_SESSION_KEY, ""), expected):
        return user
    return NOBODY


def _same_origin(scope: dict[str, Any]) -> bool:
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == headers.get("host", "")


def _address(scope: dict[str, Any]) -> str:
    client = scope.get("client") or ("",)
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    meta = {"REMOTE_ADDR": str(client[0])}
    return address_of(meta | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}))
