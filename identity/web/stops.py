"""Stop and resume: the button of the top bar, and the page that says what stands still and why."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from identity.enums import MANAGERS
from identity.models import Organization, Stop, User
from identity.policies.roles import role_in
from identity.selectors.stops import stops_in_force
from identity.services.stops import resume_work, stop
from identity.web.current import here, me
from identity.web.forms import StopForm, tell
from kernel.errors import DomainError, NotFoundError, RefusedError
from kernel.http.pages import page, uuid_or_none
from kernel.policies import visible_to

_ENDED = 20


@page
def stop_list(request: HttpRequest) -> HttpResponse:
    """What is halted; a post halts, or with `resume` ends a halt."""
    actor, organization = me(request), here(request)
    form = StopForm(_people(actor, organization), request.POST or None)
    if request.POST.get("resume"):
        return _resume(request)
    if request.method == "POST" and form.is_valid():
        try:
            stop(actor, organization, **form.cleaned_data)
        except RefusedError:
            raise
        except DomainError as refusal:
            tell(form, refusal)
        else:
            messages.success(request, "Stopped. Running turns end within seconds.")
            return redirect("identity:stops")
    ended = visible_to(Stop, actor).filter(organization=organization, ended_at__isnull=False)
    context = {
        "stops": stops_in_force(actor, organization.pk),
        "ended": ended.select_related("person", "stopped_by").order_by("-ended_at")[:_ENDED],
        "form": form,
        "can_manage": role_in(actor, organization.pk) in MANAGERS,
    }
    return render(request, "identity/stops.html", context, status=400 if form.errors else 200)


def _resume(request: HttpRequest) -> HttpResponse:
    key = uuid_or_none(request.POST["resume"])
    halt = visible_to(Stop, me(request)).filter(pk=key).first() if key else None
    if halt is None:
        raise NotFoundError
    resume_work(me(request), halt)
    messages.success(request, "Resumed. What waited goes on.")
    return redirect("identity:stops")


def _people(actor: User, organization: Organization) -> dict[str, User]:
    rows = visible_to(User, actor).filter(memberships__organization=organization)
    return {one.username: one for one in rows.order_by("full_name", "username")[:500]}
