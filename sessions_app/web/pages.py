"""Pages of sessions: the list, the session, a new one, a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy

from identity.public import Organization, Project, User
from kernel.errors import DomainError, InvalidError, NotFoundError, QuotaError
from kernel.http import problems
from kernel.http.pages import page, uuid_or_none, valid
from kernel.http.pagination import paginate
from kernel.policies import policy_of, visible_to
from marketplace.public import servers_visible_to
from sessions_app.enums import SessionStatus
from sessions_app.errors import BypassForbiddenError, SeedNotAllowedError, UnknownServerError
from sessions_app.models import AgentSession
from sessions_app.policies import access
from sessions_app.selectors import files
from sessions_app.selectors import page as shown
from sessions_app.selectors.tabs import TABS, Tabs
from sessions_app.services import creation, prompting, reading, seeing
from sessions_app.web.forms import NewSessionForm
from sessions_app.web.who import actor_of, place_of

# What a new session may be refused for; the form comes back with the reason and all that was typed.
REFUSALS = (QuotaError, InvalidError, BypassForbiddenError, SeedNotAllowedError, UnknownServerError)


TAB_NAMES = {
    "mine": gettext_lazy("Mine"),
    "shared": gettext_lazy("Shared with me"),
    "team": gettext_lazy("Team"),
    "archive": gettext_lazy("Archive"),
    "trash": gettext_lazy("Trash"),
}


@page
def session_list(request: HttpRequest) -> HttpResponse:
    """The list; the URL holds its whole state."""
    actor, organization = actor_of(request), place_of(request)
    tab = request.GET.get("tab", "mine")
    tab = tab if tab in TABS else "mine"
    filters = {name: request.GET.get(name, "").replace("\x00", "") for name in ("q", "status")}
    status = filters["status"] if filters["status"] in SessionStatus.values else ""
    tabs = Tabs(actor, organization.pk) if organization else None
    rows = tabs.listed(tab, filters["q"][:200], status) if tabs else []
    found = paginate(request.GET, rows, field="id")
    context = {
        "tab": tab,
        "tabs": _tabs(tabs.counts() if tabs else {}),
        "sessions": shown.rows_of(actor, found.rows),
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
    actor, session = actor_of(request), readable(request, pk)
    seeing.see(actor, session)
    if request.headers.get("HX-Target") == "sessions-column":
        part = {"session": session, "sessions": shown.column(actor, session)}
        return render(request, "sessions_app/_list_column.html", part)
    if request.headers.get("HX-Target") == "context-files":
        part = {
            "session": session,
            "files": files.brief_list(session),
            "can": shown.can(actor, session),
        }
        return render(request, "sessions_app/_files.html", part)
    return _whole_page(request, session)


def refused_prompt(request: HttpRequest, pk: UUID, refusal: DomainError) -> HttpResponse:
    """The session again with what was typed, and why it was not taken."""
    session = readable(request, pk)
    draft = request.POST.get("content", "")
    return _whole_page(request, session, problem=problems.of_domain(refusal), draft=draft)


def _whole_page(request: HttpRequest, session: AgentSession, **refused: Any) -> HttpResponse:
    before = request.GET.get("before", "0")
    context = shown.page_of(
        actor_of(request), session, int(before) if before.isascii() and before.isdigit() else 0
    )
    earlier, here = context.pop("earlier"), reverse("sessions:detail", args=[session.pk])
    context["earlier_url"] = f"{here}?before={earlier}" if earlier else ""
    context["files"] = files.brief_list(session)
    status = refused["problem"]["status"] if refused else 200
    return render(request, "sessions_app/detail.html", {**context, **refused}, status=status)


@page
def session_new(request: HttpRequest) -> HttpResponse:
    """A new session with its first prompt."""
    actor, organization = actor_of(request), place_of(request)
    if organization is None:
        raise NotFoundError
    servers = list(servers_visible_to(actor).filter(organization=organization)[:50])
    projects = list(
        visible_to(Project, actor).filter(organization=organization).order_by("name")[:200]
    )
    form = NewSessionForm(request.POST or None, servers=servers, projects=projects)
    problem: dict[str, Any] | None = None
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(_start(actor, organization, form))
        except REFUSALS as refusal:
            problem = problems.of_domain(refusal)
    return render(request, "sessions_app/new.html", {"form": form, "problem": problem})


def readable(request: HttpRequest, pk: UUID) -> AgentSession:
    """The session, its reading recorded when it is by office alone."""
    actor = actor_of(request)
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
        project_id=uuid_or_none(given.get("project", "")),
    )
    session = creation.create_session(actor, organization, spec=spec)
    if given["prompt"].strip():
        prompting.prompt(actor, session, content=given["prompt"])
    return reverse("sessions:detail", args=[session.pk]) + "#latest"


def _tabs(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "name": name, "count": counts.get(key, 0)} for key, name in TAB_NAMES.items()
    ]


def _can_create(actor: User, where: Organization | None) -> bool:
    return where is not None and policy_of(Organization).allows(actor, "sessions.create", where)
