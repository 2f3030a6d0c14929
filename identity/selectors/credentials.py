"""Whether the way in that somebody came by is still open: asked again while they stay connected."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from identity.models import ApiToken, User
from kernel import clock
from kernel.credentials import Credential


def of_token(token: ApiToken) -> Credential:
    """The way in by an API token."""
    return Credential(partial(_token_holds, token.pk), token.expires_at)


def of_browser(session_key: str | None) -> Credential:
    """The way in by a browser's session."""
    return Credential(partial(_browser_holds, session_key))


def _token_holds(token_id: UUID) -> bool:
    """Whether a token was neither revoked nor ended, and its owner is active."""
    return ApiToken.live(clock.now()).filter(pk=token_id, user__is_active=True).exists()


def _browser_holds(session_key: str | None) -> bool:
    """Whether a browser's session still stands: not signed out, not ended by its owner."""
    return session_key is not None and signed_in(SessionStore(session_key)) is not None


def signed_in(session: Any) -> User | None:
    """Whose browser session this is, or None."""
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = User.objects.filter(pk=session.get(SESSION_KEY), is_active=True).first()
    expected = user.get_session_auth_hash() if user else ""
    if user and constant_time_compare(session.get(HASH_SESSION_KEY, ""), expected):
        return user
    return None
