"""Who asks for a page, and for which organization."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest

from identity.public import Organization, User
from kernel.policies import visible_to


def actor_of(request: HttpRequest) -> User:
    """The signed-in person."""
    return cast("User", request.user)


def place_of(request: HttpRequest) -> Organization | None:
    """The organization chosen in this browser; an operator may belong to none."""
    chosen = getattr(request, "organization", None)
    if not chosen:
        return None
    return visible_to(Organization, actor_of(request)).filter(pk=chosen.pk).first()
