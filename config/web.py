"""The first page, and the pages for what went wrong; under /api/ the same as problem+json."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from kernel.errors import StaleFormError
from kernel.http import problems
from kernel.http.pages import error_page, failed


def home(request: HttpRequest) -> HttpResponse:
    """Work starts in the list of sessions."""
    if not request.user.is_authenticated:
        return redirect("identity:sign_in")
    return redirect("sessions:list")


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problems.plain(status, code, detail)
    return error_page(request, problems.body(status, code, detail))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the reason is the size."""
    if isinstance(exception, RequestDataTooBig):
        return _answer(request, 413, "too_large", "The body is larger than 1 MiB.")
    return _answer(request, 400, "invalid", "The request is not valid.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _answer(request, 403, "not_allowed", "Your role does not allow this.")


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without its token."""
    return failed(request, StaleFormError())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _answer(request, 404, "not_found", "There is nothing here that you may see.")


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    return _answer(request, 500, "server_error", "Something failed on our side; it is logged.")
