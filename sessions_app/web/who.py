"""Who asks for a page, and for which organization."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from identity.public import Organization, User
from kernel.http.pages import plain


def actor_of(request: HttpRequest) -> User:
    """The signed-in person."""
    return cast("User", request.user)


def place_of(request: HttpRequest) -> Organization | None:
    """The organization chosen in this browser; an operator may belong to none."""
    chosen: Organization | None = plain(getattr(request, "organization", None))
    return chosen
