"""The page of one's API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.models import ApiToken
from identity.services.tokens import TokenSpec, create_token, revoke_token
from identity.web.current import me
from identity.web.forms import TokenForm, tell
from kernel import clock
from kernel.errors import DomainError, NotFoundError
from kernel.http.pages import deed, page
from kernel.policies import visible_to

_SHOWN = 200


@page
def token_list(request: HttpRequest) -> HttpResponse:
    """My tokens, newest first."""
    return _tokens_page(request)


@page
def token_create(request: HttpRequest) -> HttpResponse:
    """Make a token; its text stands on this one answer and nowhere else."""
    if request.method != "POST":
        return redirect("identity:tokens")
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _tokens_page(request, form=form)
    given, organization = form.cleaned_data, getattr(request, "organization", None)
    days = given["expires_in_days"]
    spec = TokenSpec(
        name=given["name"],
        scopes=given["scopes"],
        expires_at=clock.now() + timedelta(days=days) if days else None,
        organization_id=organization.pk if organization else None,
    )
    try:
        issued = create_token(me(request), me(request), spec=spec)
    except DomainError as refusal:
        tell(form, refusal)
        return _tokens_page(request, form=form)
    return _tokens_page(request, new_token=issued.text)


@deed(back=lambda **_given: reverse("identity:tokens"))
def token_revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Revoke a token at once."""
    token = visible_to(ApiToken, me(request)).filter(pk=pk).first()
    if token is None:
        raise NotFoundError
    revoke_token(me(request), token)
    messages.success(request, f"{token.name} is revoked.")
    return redirect("identity:tokens")


def _tokens_page(
    request: HttpRequest, *, form: TokenForm | None = None, new_token: str = ""
) -> HttpResponse:
    now = clock.now()
    rows: list[Any] = list(
        visible_to(ApiToken, me(request)).filter(user=me(request)).order_by("-created_at")[:_SHOWN]
    )
    for row in rows:
        row.status = "revoked" if row.revoked_at else "active" if row.is_live(now) else "expired"
    context = {"tokens": rows, "form": form or TokenForm(), "new_token": new_token}
    response = render(request, "identity/tokens.html", context, status=400 if form else 200)
    response["Cache-Control"] = "no-store"
    return response
