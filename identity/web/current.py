"""Who looks at a page, and in which organization."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from identity.models import Organization, User
from identity.selectors.people import current_of
from kernel.errors import NotFoundError
from kernel.http.pages import plain

CHOICE = "organization"


def me(request: HttpRequest) -> User:
    """The signed-in person of a page."""
    return cast("User", plain(request.user))


def here(request: HttpRequest) -> Organization:
    """The organization one works in; without any there is nothing to see here."""
    found = getattr(request, "organization", None)
    if not found:
        raise NotFoundError
    return cast("Organization", plain(found))


def current(request: HttpRequest) -> Organization | None:
    """The organization chosen in this browser while one belongs to it, else the first joined."""
    if not isinstance(request.user, User):
        return None
    return current_of(me(request), str(request.session.get(CHOICE, "")))
