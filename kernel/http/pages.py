"""Pages: signed-in views that show a refusal where it happened, with the API's own text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.functional import LazyObject
from django.utils.translation import gettext_lazy

from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http import problems

_ADVICE = {
    "not_allowed": gettext_lazy(
        "Whoever owns it, or administers the organization, can give you the role."
    ),
    "not_found": gettext_lazy("It does not exist, it was deleted, or it was not shared with you."),
    "too_large": gettext_lazy("Go back: what you wrote is still in the form. Send it in parts."),
    "server_error": gettext_lazy("Try again; if it stays, tell your operator when it happened."),
}
P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def page(view: View[P]) -> View[P]:
    """A page for signed-in people; a refusal becomes the error page of its status."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotFoundError as gone:
            raise Http404 from gone
        except DomainError as refusal:
            return failed(request, refusal)

    return login_required(guarded)  # type: ignore[return-value]


def deed(back: Callable[..., str]) -> Callable[[View[P]], View[P]]:
    """A POST that calls a verb; a refusal is said as a message on the page one came from."""

    def declare(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != "POST":
                return redirect(back(*args, **kwargs))
            try:
                return view(request, *args, **kwargs)
            except NotFoundError as gone:
                raise Http404 from gone
            except DomainError as refusal:
                messages.error(request, said(refusal))
                return redirect(back(*args, **kwargs))

        return login_required(guarded)  # type: ignore[return-value]

    return declare


def failed(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    """The error page of a refusal."""
    return error_page(request, problems.of_domain(refusal))


def error_page(request: HttpRequest, problem: Mapping[str, Any]) -> HttpResponse:
    """What went wrong in the API's own words. Rendered without the shell of pages, which asks the
    database: that may be what is broken."""
    advice = _ADVICE.get(problem["code"], "")
    context = {"problem": problem, "advice": advice, "request": request}
    return HttpResponse(render_to_string("error.html", context), status=problem["status"])


def said(refusal: DomainError) -> str:
    """The sentence people read, with the remedy where there is one."""
    remedy = refusal.extra.get("remedy", "")
    return f"{refusal.detail} {remedy}".strip()


def valid(form: Any) -> dict[str, Any]:
    """A form's clean values; its first fault otherwise."""
    if form.is_valid():
        return dict(form.cleaned_data)
    field, faults = next(iter(form.errors.items()))
    raise InvalidError.at(f"/{field}", f"{field}: {faults[0]}")


def plain(value: Any) -> Any:
    """The object behind Django's lazy proxy: verbs look at what a thing is."""
    if isinstance(value, LazyObject):
        bool(value)
        return value.__dict__["_wrapped"]
    return value


def uuid_or_none(text: str) -> UUID | None:
    """A UUID from a form, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
