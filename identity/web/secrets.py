"""The page of secrets: one's own, one's teams', the organization's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.enums import MANAGERS, ProjectRole, SecretGrant, SecretScope, TeamRole
from identity.models import Secret, Team
from identity.policies.projects import role_in_project
from identity.policies.roles import role_in
from identity.selectors.projects import projects_of
from identity.selectors.secrets import secrets_of, with_usage
from identity.services.secrets import (
    SecretChanges,
    SecretSpec,
    change_secret,
    create_secret,
    delete_secret,
    rotate_secret,
)
from identity.web.current import here, me
from identity.web.forms import SecretChangeForm, SecretForm, tell, typed_value
from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http.pages import deed, page, uuid_or_none, valid
from kernel.policies import policy_of, visible_to

_SHOWN = 500


def _back(*_given: Any, **_named: Any) -> str:
    return reverse("identity:secrets")


@page
def secret_list(request: HttpRequest) -> HttpResponse:
    """All secrets one may know of, without their values."""
    return _secrets_page(request)


@page
def secret_create(request: HttpRequest) -> HttpResponse:
    """Store a secret; a fault brings the form back without the value."""
    if request.method != "POST":
        return redirect("identity:secrets")
    form = SecretForm(request.POST, scopes=_scopes(request))
    if form.is_valid():
        given = form.cleaned_data
        scope, _, circle = given["scope"].partition(":")
        spec = SecretSpec(
            name=given["name"],
            kind=given["type"],
            value=typed_value(given["type"], given["value"]),
            scope=scope,
            team_id=uuid_or_none(circle) if scope == SecretScope.TEAM else None,
            project_id=uuid_or_none(circle) if scope == SecretScope.PROJECT else None,
            description=given["description"],
            granted_to=given["granted_to"],
        )
        try:
            create_secret(me(request), here(request), spec=spec)
        except DomainError as refusal:
            tell(form, refusal, {f"/value/{part}": "value" for part in _parts(refusal)})
        else:
            messages.success(request, f"{spec.name} is stored.")
            return redirect("identity:secrets")
    return _secrets_page(request, form=form.without_value())


@deed(_back)
def secret_change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Another name or description, or what may use it."""
    given = valid(SecretChangeForm(request.POST))
    change_secret(me(request), _one(request, pk), changes=SecretChanges(**given))
    return redirect("identity:secrets")


@deed(_back)
def secret_rotate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace the value."""
    secret = _one(request, pk)
    typed = request.POST.get("value", "")
    if not typed:
        raise InvalidError.at("/value", "Give the new value.")
    rotate_secret(me(request), secret, value=typed_value(secret.type, typed))
    messages.success(request, f"{secret.name} has a new value; the next run gets it.")
    return redirect("identity:secrets")


@deed(_back)
def secret_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Delete it."""
    secret = _one(request, pk)
    delete_secret(me(request), secret)
    messages.success(request, f"{secret.name} is deleted.")
    return redirect("identity:secrets")


def _one(request: HttpRequest, pk: UUID) -> Secret:
    rows = visible_to(Secret, me(request)).filter(organization=here(request), pk=pk)
    found = rows.first()
    if found is None:
        raise NotFoundError
    return found


def _parts(refusal: DomainError) -> list[str]:
    pointers = [str(fault["pointer"]) for fault in refusal.extra.get("errors", [])]
    return [one.removeprefix("/value/") for one in pointers if one.startswith("/value/")]


def _scopes(request: HttpRequest) -> list[tuple[str, str]]:
    """For whom this person may store one."""
    actor, organization = me(request), here(request)
    manages = role_in(actor, organization.pk) in MANAGERS
    teams = visible_to(Team, actor).filter(organization=organization).order_by("name")
    if not manages:
        teams = teams.filter(members__user=actor, members__role=TeamRole.LEAD)
    projects = [
        project
        for project in projects_of(actor, organization.pk).order_by("name")
        if role_in_project(actor, project) == ProjectRole.LEAD
    ]
    everybody = [(SecretScope.ORGANIZATION.value, organization.name)] if manages else []
    return [
        (SecretScope.PERSONAL.value, "Only me"),
        *((f"{SecretScope.TEAM.value}:{team.pk}", f"Team {team.name}") for team in teams),
        *((f"{SecretScope.PROJECT.value}:{p.pk}", f"Project {p.name}") for p in projects),
        *everybody,
    ]


def _secrets_page(request: HttpRequest, *, form: SecretForm | None = None) -> HttpResponse:
    actor, organization, policy = me(request), here(request), policy_of(Secret)
    rows = secrets_of(actor).filter(organization=organization).order_by("name", "id")
    secrets = with_usage(rows[:_SHOWN])
    for row in secrets:
        row.can_change = policy.allows(actor, "identity.rotate_secret", row)
        row.uses = sum(row.used_by.values())
    context = {
        "groups": [
            {"scope": scope, "secrets": [row for row in secrets if row.scope == scope]}
            for scope in SecretScope.values
        ],
        "count": len(secrets),
        "grants": SecretGrant.choices,
        "form": form or SecretForm(scopes=_scopes(request)),
        "can_create": policy_of(type(organization)).allows(
            actor, "identity.create_secret", organization
        ),
    }
    response = render(request, "identity/secrets.html", context, status=400 if form else 200)
    response["Cache-Control"] = "no-store"
    return response
