"""The page of a terminal. With scripts an island draws it; without them a command box types."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.public import User
from kernel.errors import NotFoundError
from kernel.http.pages import deed, page, valid
from kernel.policies import policy_of, visible_to
from kernel.sandbox import typed
from sessions_app.enums import TerminalStatus
from sessions_app.models import AgentSession, Terminal
from sessions_app.selectors.terminals import text_of
from sessions_app.services import terminals
from sessions_app.web.forms import CommandForm
from sessions_app.web.pages import readable

ENDINGS = {
    "closed": "It was closed.",
    "exited": "The shell ended.",
    "idle": "Nobody typed for half an hour.",
    "too_long": "It was open for eight hours.",
    "output_limit": "It showed as much as one terminal may.",
    "access_gone": "Who opened it may no longer work here.",
    "session_closed": "The session was put away.",
    "stopped": "Work here was stopped; it waits until an owner or admin resumes.",
    "runner_lost": "The process that ran it was lost.",
    "runner_stopped": "The process that ran it was stopped.",
    "unavailable": "No terminal can be opened here.",
}


@page
def terminal_page(request: HttpRequest, pk: UUID, terminal: UUID) -> HttpResponse:
    """One terminal: what it showed, and where to type for whoever opened it."""
    session = readable(request, pk)
    found = _one(session, terminal)
    actor = _actor(request)
    living = found.status != TerminalStatus.ENDED
    policy = policy_of(Terminal)
    context = {
        "session": session,
        "terminal": found,
        "living": living,
        "text": text_of(found),
        "why": ENDINGS.get(found.reason, "A limit of the sandbox ended it."),
        "can_type": living and policy.allows(actor, "terminals.give", found),
        "can_close": living and policy.allows(actor, "terminals.close", found),
        "can_open": policy_of(AgentSession).allows(actor, "terminals.open", session),
    }
    return render(request, "sessions_app/terminal.html", context)


def _session_page(pk: UUID, *_rest: Any, **_named: Any) -> str:
    return reverse("sessions:detail", args=[pk])


def _page(pk: UUID, terminal: UUID) -> str:
    return reverse("sessions:terminal", args=[pk, terminal])


@deed(_session_page)
def open_(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Open a terminal and go there."""
    made = terminals.open_terminal(_actor(request), _session(request, pk), rows=24, columns=80)
    return redirect(_page(pk, made.pk) + "#end")


@deed(_page)
def type_(request: HttpRequest, pk: UUID, terminal: UUID) -> HttpResponse:
    """Type a line, as the command box sends it."""
    line = valid(CommandForm(request.POST))["command"]
    found = _one(_session(request, pk), terminal)
    terminals.give(_actor(request), found, frame=typed(f"{line}\r".encode()))
    return redirect(_page(pk, terminal) + "#end")


@deed(_page)
def close(request: HttpRequest, pk: UUID, terminal: UUID) -> HttpResponse:
    """End it."""
    terminals.close(_actor(request), _one(_session(request, pk), terminal))
    return redirect(_page(pk, terminal))


def _one(session: AgentSession, key: UUID) -> Terminal:
    rows = Terminal.objects.select_related("opened_by").filter(session=session)
    found = rows.filter(pk=key).first()
    if found is None:
        raise NotFoundError
    return found


def _session(request: HttpRequest, pk: UUID) -> AgentSession:
    found = visible_to(AgentSession, _actor(request)).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def _actor(request: HttpRequest) -> User:
    return cast("User", request.user)
