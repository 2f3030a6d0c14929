"""/livez, /readyz, /startupz, /health and /metrics."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from kernel.health import probes
from kernel.http import problems
from kernel.http.middleware import address_of

# Whether a bearer text may read metrics; the app that owns tokens registers here.
metrics_readers: list[Callable[[str], bool]] = []


def livez(_request: HttpRequest) -> HttpResponse:
    """The process answers; no dependency is touched."""
    return JsonResponse({"status": "ok"})


def readyz(_request: HttpRequest) -> HttpResponse:
    """Whether traffic should come here; degraded features are listed and not fatal."""
    found = probes.answers()
    bad = probes.fatal(found)
    body = {
        "status": "unavailable" if bad else "ready",
        "degraded": {name: text for name, text in found.items() if text},
    }
    return JsonResponse(body, status=503 if bad else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, to loopback, with the operator's metrics token or a token that may."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token: str = settings.METRICS_TOKEN
    known = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    known = known or any(reads(given) for reads in metrics_readers)
    forwarded = "HTTP_X_FORWARDED_FOR" in request.META
    if not known and (forwarded or address_of(request.META) not in {"127.0.0.1", "::1"}):
        return problems.plain(403, "not_allowed", "Metrics are for loopback or a metrics token.")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
