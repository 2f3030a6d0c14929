"""Pages of sessions: the list, the session, a new one, a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.public import Organization, User
from kernel.errors import InvalidError, NotFoundError, QuotaError
from kernel.http import problems
from kernel.http.pages import page, valid
from kernel.http.pagination import paginate
from kernel.policies import policy_of, visible_to
from marketplace.public import servers_visible_to
from sessions_app.enums import SessionStatus
from sessions_app.errors import BypassForbiddenError, SeedNotAllowedError, UnknownServerError
from sessions_app.models import AgentSession
from sessions_app.policies import access
from sessions_app.selectors import files
from sessions_app.selectors import page as shown
from sessions_app.selectors.sessions import SessionFilter, sessions_listed_for
from sessions_app.services import creation, prompting, reading
from sessions_app.web.forms import NewSessionForm

TABS = {
    "mine": SessionFilter(owner="me"),
    "shared": SessionFilter(owner="others"),
    "archive": SessionFilter(shelf="archive"),
    "trash": SessionFilter(shelf="trash"),
}
# What a new session may be refused for; the form comes back with the reason and all that was typed.
REFUSALS = (QuotaError, InvalidError, BypassForbiddenError, SeedNotAllowedError, UnknownServerError)


@page
def session_list(request: HttpRequest) -> HttpResponse:
    """The list; the URL holds its whole state."""
    actor, organization = _actor(request), _where(request)
    tab = request.GET.get("tab", "mine")
    tab = tab if tab in TABS else "mine"
    filters = {name: request.GET.get(name, "").replace("\x00", "") for name in ("q", "status")}
    status = filters["status"] if filters["status"] in SessionStatus.values else ""
    wanted = replace(TABS[tab], text=filters["q"][:200], status=status)
    wanted = replace(wanted, organization_id=organization.pk if organization else None)
    ways = sessions_listed_for(actor, wanted) if organization else []
    found = paginate(request.GET, ways, field="id")
    context = {
        "tab": tab,
        "counts": {},
        "sessions": shown.rows_of(found.rows),
        "page": {"next": found.next, "previous": found.previous},
        "filters": {**filters, "owner": ""},
        "statuses": [s for s in SessionStatus.values if s != SessionStatus.ARCHIVED],
        "owners": [],
        "can_create": _can_create(actor, organization),
    }
    return render(request, "sessions_app/list.html", context)


@page
def session_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The session: conversation, context, list."""
    actor, session = _actor(request), readable(request, pk)
    if request.headers.get("HX-Target") == "context-files":
        part = {
            "session": session,
            "files": files.brief_list(session),
            "can": shown.can(actor, session),
        }
        return render(request, "sessions_app/_files.html", part)
    before = request.GET.get("before", "0")
    context = shown.page_of(
        actor, session, int(before) if before.isascii() and before.isdigit() else 0
    )
    earlier = context.pop("earlier")
    context["earlier_url"] = f"?before={earlier}" if earlier else ""
    context["files"] = files.brief_list(session)
    return render(request, "sessions_app/detail.html", context)


@page
def session_new(request: HttpRequest) -> HttpResponse:
    """A new session with its first prompt."""
    actor, organization = _actor(request), _where(request)
    if organization is None:
        raise NotFoundError
    servers = list(servers_visible_to(actor).filter(organization=organization)[:50])
    form = NewSessionForm(request.POST or None, servers=servers)
    problem: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(_start(actor, organization, form))
        except REFUSALS as refusal:
            problem = problems.of_domain(refusal)
    return render(request, "sessions_app/new.html", {"form": form, "problem": problem})


def readable(request: HttpRequest, pk: UUID) -> AgentSession:
    """The session, its reading recorded when it is by office alone."""
    actor = _actor(request)
    session = visible_to(AgentSession, actor).select_related("owner").filter(pk=pk).first()
    if session is None:
        raise NotFoundError
    if session.trashed_at and session.owner_id != actor.pk:
        raise NotFoundError
    if not access.has_role(actor, session, "viewer"):
        reading.read_content(actor, session)
    return session


def _start(actor: User, organization: Organization, form: NewSessionForm) -> str:
    given = valid(form)
    spec = creation.SessionSpec(
        name=given["name"],
        runtime=given["runtime"],
        sdk_options=form.options(),
        mcp_servers=[UUID(one) for one in given.get("mcp_servers", [])],
        working_directory=given.get("working_directory", ""),
    )
    session = creation.create_session(actor, organization, spec=spec)
    if given["prompt"].strip():
        prompting.prompt(actor, session, content=given["prompt"])
    return reverse("sessions:detail", args=[session.pk]) + "#latest"


def _can_create(actor: User, where: Organization | None) -> bool:
    return where is not None and policy_of(Organization).allows(actor, "sessions.create", where)


def _actor(request: HttpRequest) -> User:
    return cast("User", request.user)


def _where(request: HttpRequest) -> Organization | None:
    """The organization chosen in this browser; an operator may belong to none."""
    chosen = getattr(request, "organization", None)
    if not chosen:
        return None
    return visible_to(Organization, _actor(request)).filter(pk=chosen.pk).first()
