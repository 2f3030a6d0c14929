"""What people do on the page: each POST calls one verb and comes back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from identity.public import Secret, Team, User
from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http.pages import deed, uuid_or_none, valid
from kernel.http.undo import offer_undo
from kernel.policies import visible_to
from kernel.text import storable
from sessions_app.errors import UnknownSecretError
from sessions_app.models import AgentSession, Approval
from sessions_app.services import (
    approvals,
    forking,
    lifecycle,
    prompting,
    runs,
    secrets,
    sharing,
)
from sessions_app.web.forms import NameForm, PromptForm, ShareForm
from sessions_app.web.pages import refused_prompt
from sessions_app.web.uploads import keep_upload, uploads
from sessions_app.web.who import actor_of


def _page(pk: UUID, *_rest: Any, **_named: Any) -> str:
    return reverse("sessions:detail", args=[pk]) + "#latest"


def _list(*_args: Any, **_named: Any) -> str:
    return reverse("sessions:list")


def _session(request: HttpRequest, pk: UUID) -> AgentSession:
    found = visible_to(AgentSession, actor_of(request)).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


@deed(_page)
def prompt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Post a prompt; a refused one comes back with the person's text."""
    session = _session(request, pk)
    try:
        given = valid(PromptForm(request.POST))
        sent = [keep_upload(actor_of(request), session, one) for one in uploads(request)]
        ids = [str(one.pk) for one in sent]
        prompting.prompt(actor_of(request), session, content=given["content"], attachments=ids)
    except DomainError as refusal:
        return refused_prompt(request, pk, refusal)
    return redirect(_page(pk))


@deed(_page)
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End the active run."""
    runs.cancel(actor_of(request), _session(request, pk))
    return redirect(_page(pk))


@deed(_page)
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Repeat the last run, or unarchive."""
    runs.resume(actor_of(request), _session(request, pk))
    return redirect(_page(pk))


@deed(_page)
def fork(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Fork, at a message if one is named."""
    message_id = uuid_or_none(request.POST.get("message_id", ""))
    copy = forking.fork(actor_of(request), _session(request, pk), message_id=message_id)
    return redirect(_page(copy.pk))


@deed(_page)
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give another name."""
    given = valid(NameForm(request.POST))
    lifecycle.rename(actor_of(request), _session(request, pk), name=given["name"])
    return redirect(_page(pk))


@deed(_page)
def archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put away."""
    lifecycle.archive(actor_of(request), _session(request, pk))
    messages.success(request, "Archived. Resume brings it back.")
    return redirect(_page(pk))


@deed(_page)
def trash(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Into the trash."""
    lifecycle.trash(actor_of(request), _session(request, pk))
    offer_undo(request, "Moved to the trash.", reverse("sessions:restore", args=[pk]))
    return redirect(_list())


@deed(_page)
def restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Out of the trash."""
    lifecycle.restore(actor_of(request), _session(request, pk))
    return redirect(_page(pk))


@deed(_page)
def share(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Give somebody a role."""
    given = valid(ShareForm(request.POST))
    session = _session(request, pk)
    subject = _subject(actor_of(request), session, given["user"])
    sharing.share(actor_of(request), session, subject=subject, role=given["role"])
    messages.success(request, f"Shared with {subject} as {given['role']}.")
    return redirect(_page(pk))


@deed(_page)
def unshare(request: HttpRequest, pk: UUID, share_id: UUID) -> HttpResponse:
    """Take a role away."""
    sharing.unshare(actor_of(request), _session(request, pk), share_id=share_id)
    return redirect(_page(pk))


@deed(_page)
def attach_secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the session use a secret."""
    key = uuid_or_none(request.POST.get("secret", ""))
    secret = visible_to(Secret, actor_of(request)).filter(pk=key).first() if key else None
    if secret is None:
        raise UnknownSecretError
    name = storable(request.POST.get("name", "")).strip()
    row = secrets.attach_secret(actor_of(request), _session(request, pk), secret=secret, name=name)
    messages.success(request, f"{secret.name} is attached as {row.name}.")
    return redirect(_page(pk))


@deed(_page)
def detach_secret(request: HttpRequest, pk: UUID, attachment_id: UUID) -> HttpResponse:
    """Take a secret from the session."""
    session = _session(request, pk)
    secrets.detach_secret(actor_of(request), session, attachment_id=attachment_id)
    return redirect(_page(pk))


def _subject(actor: User, session: AgentSession, name: str) -> User | Team:
    """A person by user name, else a team by its short name."""
    if person := visible_to(User, actor).filter(username=name).first():
        return person
    teams = visible_to(Team, actor).filter(organization_id=session.organization_id)
    if team := teams.filter(slug=name).first():
        return team
    raise InvalidError.at("/user", f"No person or team of this organization is called {name}.")


def _approval(request: HttpRequest, pk: UUID) -> Approval:
    found = visible_to(Approval, actor_of(request)).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


@deed(_list)
def approve(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let a call run."""
    done = approvals.approve(actor_of(request), _approval(request, pk))
    return redirect(_page(done.session_id))


@deed(_list)
def deny(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Refuse a call."""
    reason = storable(request.POST.get("reason", ""))[:1000]
    done = approvals.deny(actor_of(request), _approval(request, pk), reason=reason)
    return redirect(_page(done.session_id))
