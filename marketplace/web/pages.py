"""Pages of MCP servers."""

from __future__ import annotations

import json
from typing import Any, cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from identity.public import Organization, User, home_of
from kernel.errors import DomainError, InvalidError, NotFoundError
from kernel.http import problems
from kernel.http.pages import page
from kernel.http.pagination import paginate
from kernel.policies import policy_of
from marketplace.models import MCPServer
from marketplace.selectors.servers import servers_visible_to
from marketplace.selectors.tools import tools_of
from marketplace.services import documents, listings, servers
from marketplace.web.forms import ImportForm, ServerForm

_DEEDS = {
    "refresh": listings.refresh_tools,
    "enable": servers.enable_server,
    "disable": servers.disable_server,
    "remove": servers.remove_server,
}


@page
def server_list(request: HttpRequest) -> HttpResponse:
    """The servers of the organization, or all of them as `.mcp.json`."""
    actor = cast("User", request.user)
    organization = home_of(actor)
    if request.GET.get("export") and organization:
        found = documents.export_servers(actor, organization)
        return JsonResponse(found, headers={"Content-Disposition": "attachment"})
    text = request.GET.get("q", "").replace("\x00", "")[:200]
    rows = paginate(request.GET, servers_visible_to(actor, text))
    context = {
        "servers": [_row(server) for server in rows.rows],
        "filters": {"q": text},
        "page": {"next": rows.next, "previous": rows.previous},
        "can_register": _may(actor, organization),
    }
    return render(request, "marketplace/servers.html", context)


@page
def server_new(request: HttpRequest) -> HttpResponse:
    """Register a server, or import a document."""
    actor = cast("User", request.user)
    importing = bool(request.POST.get("import"))
    form = ServerForm(request.POST if request.POST and not importing else None)
    import_form = ImportForm(request.POST if importing else None)
    context: dict[str, Any] = {"form": form, "import_form": import_form}
    try:
        if importing and import_form.is_valid():
            context["imported"] = _import(actor, import_form.cleaned_data["document"])
        elif not importing and form.is_valid():
            made = servers.register_server(actor, _home(actor), spec=form.spec())
            return redirect("marketplace:server", made.pk)
    except DomainError as refusal:
        context["problem"] = problems.of_domain(refusal)
    return render(request, "marketplace/server_new.html", context)


@page
def server_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One server and what an admin does with it."""
    actor = cast("User", request.user)
    server = servers_visible_to(actor).filter(pk=pk).first()
    if server is None:
        raise NotFoundError
    problem = None
    deed = _DEEDS.get(request.POST.get("action", ""))
    if deed is not None:
        try:
            deed(actor, server)
            gone = request.POST["action"] == "remove"
            return redirect("marketplace:servers") if gone else redirect(request.path)
        except DomainError as refusal:
            problem = problems.of_domain(refusal)
    context = {
        "server": _whole(server),
        "can_manage": policy_of(MCPServer).allows(actor, "marketplace.update_server", server),
        "problem": problem,
    }
    return render(request, "marketplace/server.html", context)


def _home(actor: User) -> Organization:
    found = home_of(actor)
    if found is None:
        raise InvalidError.at("/organization", "You are in no organization.")
    return found


def _may(actor: User, organization: Organization | None) -> bool:
    verb = "marketplace.register_server"
    return organization is not None and policy_of(Organization).allows(actor, verb, organization)


def _import(actor: User, document: Any) -> list[dict[str, str]]:
    report = documents.import_servers(actor, _home(actor), document=document)
    return [{"name": one.name, "outcome": one.outcome} for one in report]


def _status(server: MCPServer) -> str:
    if not server.enabled:
        return "disabled"
    if server.error_code:
        return "failed"
    return "ready" if server.checked_at else "idle"


def _row(server: MCPServer) -> dict[str, Any]:
    return {
        "id": server.pk,
        "name": server.name,
        "description": server.description,
        "transport": server.transport,
        "status": _status(server),
        "tools": range(server.tools_count),
        "protocol": server.protocol_revision,
        "last_used_at": server.checked_at,
        "error": server.error,
    }


def _whole(server: MCPServer) -> dict[str, Any]:
    tools = [
        {
            "name": tool.name,
            "description": tool.description,
            "schema_json": json.dumps(tool.input_schema, indent=2, ensure_ascii=False),
        }
        for tool in tools_of([server.pk])
    ]
    return {
        **_row(server),
        "tools": tools,
        "command": " ".join([server.command, *server.args]).strip(),
        "url": server.url,
        "network": ", ".join(server.domains),
        "secrets": list(server.variables.values_list("name", flat=True)),
        "created_by": server.created_by,
        "created_at": server.created_at,
    }
