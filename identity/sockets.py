"""Who opens a socket: the session cookie with an Origin check, or subprotocol `bearer.<token>`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from channels.sessions import CookieMiddleware, SessionMiddleware

from identity.selectors.credentials import of_browser, of_token, signed_in
from identity.selectors.tokens import token_of
from kernel import context
from kernel.actors import NOBODY
from kernel.http.middleware import address_of

_BEARER = "bearer."
_READING = {"read", "write"}


class SocketActor:
    """ASGI middleware that puts `actor` into the scope, and the `credential` they came by;
    strangers are refused by the consumer. `server_send` is the server's own, which Channels'
    session middleware wraps."""

    def __init__(self, inner: Any) -> None:
        self._cookies = CookieMiddleware(SessionMiddleware(_ByCookie(inner)))
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        """Decide by which way the socket came in."""
        scope = {**scope, "server_send": send}
        origin = context.Origin(channel="socket", address=_address(scope))
        bearer = next((p for p in scope.get("subprotocols", []) if p.startswith(_BEARER)), "")
        context._current.set(replace(context.current(), origin=origin))
        if not bearer:
            return await self._cookies(scope, receive, send)
        token = await database_sync_to_async(token_of)(bearer.removeprefix(_BEARER))
        reads = token is not None and (not token.scopes or bool(_READING & set(token.scopes)))
        scope["actor"] = token.user if token and reads else NOBODY
        scope["accepted_subprotocol"] = bearer
        if token:
            scope["credential"] = of_token(token)
        return await self._inner(scope, receive, send)


class _ByCookie:
    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> Any:
        scope["actor"] = NOBODY
        if _same_origin(scope):
            session = scope["session"]
            user = await database_sync_to_async(signed_in)(session)
            scope["actor"] = user or NOBODY
            scope["credential"] = of_browser(session.session_key)
        return await self._inner(scope, receive, send)


def _same_origin(scope: dict[str, Any]) -> bool:
    headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
    origin = urlsplit(headers.get("origin", ""))
    return bool(origin.netloc) and origin.netloc == headers.get("host", "")


def _address(scope: dict[str, Any]) -> str:
    client = scope.get("client") or ("",)
    forwarded = dict(scope["headers"]).get(b"x-forwarded-for", b"").decode("latin-1")
    meta = {"REMOTE_ADDR": str(client[0])}
    return address_of(meta | ({"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}))
