"""The index of settings and the organization's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from identity.enums import MANAGERS
from identity.models import Organization
from identity.policies.roles import role_in
from identity.services.organizations import OrganizationChanges, change_organization
from identity.web.current import here, me
from identity.web.forms import OrganizationForm, tell
from kernel.errors import DomainError, NotAllowedError
from kernel.http.pages import page


@page
def index(request: HttpRequest) -> HttpResponse:
    """What can be set, by whom one is."""
    return render(request, "settings.html", {})


@page
def organization(request: HttpRequest) -> HttpResponse:
    """Name and rules of the organization, for its owners and admins."""
    actor, tenant = me(request), here(request)
    if role_in(actor, tenant.pk) not in MANAGERS:
        raise NotAllowedError
    form = OrganizationForm(request.POST or None, initial=_initial(tenant))
    if request.method == "POST" and form.is_valid():
        try:
            change_organization(actor, tenant, changes=OrganizationChanges(**form.cleaned_data))
        except DomainError as refusal:
            tell(form, refusal)
        else:
            messages.success(request, "The rules are changed; they hold from the next call on.")
            return redirect("identity:organization")
    status = 400 if form.errors else 200
    return render(request, "identity/organization.html", {"form": form}, status=status)


def _initial(tenant: Organization) -> dict[str, object]:
    return {
        "name": tenant.name,
        "separate_approver": tenant.separate_approver,
        "forbid_bypass": tenant.forbid_bypass,
        "denied_tools": "\n".join(tenant.denied_tools),
        "allowed_domains": "\n".join(tenant.allowed_domains),
    }
