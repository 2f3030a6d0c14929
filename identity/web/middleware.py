"""The signed-in person as the kernel's actor, and the organization they look at, for every page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from identity.models import User
from identity.web.current import CHOICE, current, me
from kernel.actors import NOBODY
from kernel.context import entered


def actor_context(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Enter the actor around the view; `?organization=<slug>` chooses where one works."""

    def middleware(request: HttpRequest) -> HttpResponse:
        actor = me(request) if isinstance(request.user, User) else NOBODY
        request.organization = SimpleLazyObject(lambda: current(request))  # type: ignore[attr-defined]
        if CHOICE in request.GET and isinstance(actor, User):
            request.session[CHOICE] = request.GET[CHOICE][:60]
        with entered(actor=actor):
            return get_response(request)

    return middleware
