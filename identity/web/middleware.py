"""The signed-in person as the kernel's actor, for everything the request calls."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from identity.models import User
from kernel.actors import NOBODY
from kernel.context import entered


def actor_context(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Enter the actor around the view."""

    def middleware(request: HttpRequest) -> HttpResponse:
        actor = request.user if isinstance(request.user, User) else NOBODY
        with entered(actor=actor):
            return get_response(request)

    return middleware
