"""Pages: signed-in views that show a refusal where it happened, with the API's own text."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http import problems

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
    known = {400, 403, 404, 429, 500}
    status = refusal.status if refusal.status in known else 400
    context: dict[str, Any] = {"problem": problems.of_domain(refusal)}
    return render(request, f"{status}.html", context, status=refusal.status)


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


def uuid_or_none(text: str) -> UUID | None:
    """A UUID from a form, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None
