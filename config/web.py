"""The first page, and the pages for what went wrong; under /api/ the same as problem+json."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kernel.http import problems


def home(request: HttpRequest) -> HttpResponse:
    """Work starts in the list of sessions."""
    if not request.user.is_authenticated:
        return redirect("identity:sign_in")
    return redirect("sessions:list")


def _answer(request: HttpRequest, status: int, code: str, detail: str) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problems.plain(status, code, detail)
    context = {"problem": problems.body(status, code, detail)}
    return render(request, f"{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400."""
    return _answer(request, 400, "invalid", "The request is not valid.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    return _answer(request, 403, "not_allowed", "Your role does not allow this.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    return _answer(request, 404, "not_found", "There is nothing here that you may see.")


def broken(request: HttpRequest) -> HttpResponse:
    """500."""
    return _answer(request, 500, "server_error", "Something failed on our side; it is logged.")
