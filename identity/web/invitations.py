"""Accepting an invitation, with or without an account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from identity.errors import AlreadyMemberError, InvitationGoneError
from identity.models import Invitation, User
from identity.selectors.tokens import invitation_of
from identity.services import accounts
from identity.services.invitations import NewPerson, accept_invitation
from identity.web.accounts import BACKEND
from identity.web.current import CHOICE, me
from identity.web.forms import JoinForm, tell
from kernel import clock
from kernel.actors import NOBODY
from kernel.errors import DomainError


@sensitive_post_parameters()
@never_cache
def accept(request: HttpRequest, code: str) -> HttpResponse:
    """Join: a signed-in person confirms, somebody new chooses a name and a password."""
    invitation = invitation_of(code)
    if invitation is None or not invitation.is_open(clock.now()):
        return _gone(request)
    stranger = not isinstance(request.user, User)
    form = JoinForm(request.POST or None) if stranger else None
    if request.method != "POST" or (form is not None and not form.is_valid()):
        return _page(request, invitation, form)
    try:
        user = _join(request, invitation, code, form)
    except AlreadyMemberError as refusal:
        messages.info(request, refusal.detail)
        return redirect("home")
    except InvitationGoneError:
        return _gone(request)
    except DomainError as refusal:
        if form is None:
            raise
        tell(form, refusal, {"/password": "password1"})
        return _page(request, invitation, form)
    if stranger:
        accounts.sign_in(user, user)
        login(request, user, backend=BACKEND)
    request.session[CHOICE] = invitation.organization.slug
    messages.success(request, f"Welcome to {invitation.organization.name}.")
    return redirect("home")


def _join(request: HttpRequest, invitation: Invitation, code: str, form: JoinForm | None) -> User:
    if form is None:
        return accept_invitation(me(request), invitation, code=code)
    given = form.cleaned_data
    person = NewPerson(
        username=given["username"], password=given["password1"], full_name=given["full_name"]
    )
    return accept_invitation(NOBODY, invitation, code=code, person=person)


def _page(request: HttpRequest, invitation: Invitation, form: JoinForm | None) -> HttpResponse:
    context = {"invitation": invitation, "form": form}
    status = 400 if form is not None and form.errors else 200
    return render(request, "identity/accept_invitation.html", context, status=status)


def _gone(request: HttpRequest) -> HttpResponse:
    context = {"invitation": None, "form": None}
    return render(request, "identity/accept_invitation.html", context, status=410)
