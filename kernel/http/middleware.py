"""The context every request starts with: origin and correlation id."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from kernel.context import Origin, entered
from kernel.ids import uuid7


def address_of(meta: dict[str, str]) -> str:
    """The caller's address; forwarded headers count only behind as many proxies as configured."""
    hops = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",") if part]
    proxies: int = settings.TRUSTED_PROXIES
    if proxies and len(hops) >= proxies:
        return hops[-proxies]
    return meta.get("REMOTE_ADDR", "")


def client_address(request: HttpRequest) -> str:
    """The caller's address, for libraries that ask by request."""
    return address_of(request.META)


def request_context(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Enter the kernel's context around the request and answer with its correlation id."""

    def middleware(request: HttpRequest) -> HttpResponse:
        correlation = _correlation(request.headers.get("X-Request-ID", ""))
        origin = Origin(
            channel="api" if request.path.startswith("/api/") else "web",
            address=address_of(request.META),
            device=request.headers.get("User-Agent", "")[:200],
        )
        with entered(origin=origin, correlation_id=correlation):
            response = get_response(request)
        response["X-Request-ID"] = str(correlation)
        return response

    return middleware


def _correlation(given: str) -> UUID:
    try:
        return UUID(given)
    except ValueError:
        return uuid7()
