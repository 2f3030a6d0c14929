"""Links with one-time codes, as people get them by mail, from a page or from the API."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.urls import reverse


def invitation_link(code: str) -> str:
    """Where an invitation is accepted."""
    return _public(reverse("identity:accept_invitation", args=[code]))


def password_link(user_id: UUID, code: str) -> str:
    """Where a password is set."""
    return _public(reverse("identity:set_password", args=[user_id, code]))


def _public(path: str) -> str:
    return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
