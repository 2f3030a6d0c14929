"""Pages of MCP servers: the list, a new one, and one of them."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from identity.public import Organization, User, is_manager
from kernel.errors import DomainError, NotFoundError
from kernel.http import problems
from kernel.http.pages import page
from kernel.http.pagination import paginate
from kernel.policies import visible_to
from marketplace.engine.spec import Value
from marketplace.models import MCPServer
from marketplace.selectors.servers import servers_visible_to
from marketplace.selectors.tools import surfaces_of
from marketplace.selectors.usage import usage_of
from marketplace.services import documents, listings, servers
from marketplace.services.servers import spec_of
from marketplace.web import shown
from marketplace.web.forms import ImportForm, ServerForm

_STATUS = {"created": "ok", "replaced": "ok", "skipped": "idle", "invalid": "refused"}
_FIELDS = {"args": "arguments", "env": "environment", "domains": "network"}


@page
def server_list(request: HttpRequest) -> HttpResponse:
    """The servers of the organization one works in; `?export=1` is their `.mcp.json`."""
    actor, organization = _who(request), _where(request)
    if request.GET.get("export"):
        document = documents.export_servers(actor, organization)
        headers = {"Content-Disposition": 'attachment; filename=".mcp.json"'}
        return JsonResponse(document, headers=headers, json_dumps_params={"indent": 2})
    text = request.GET.get("q", "").replace("\x00", "")[:200]
    rows = servers_visible_to(actor, text).filter(organization=organization)
    found = paginate(request.GET, rows)
    used_by = usage_of(server.pk for server in found.rows)
    context = {
        "servers": [shown.row(server, used_by) for server in found.rows],
        "filters": {"q": text},
        "page": {"next": found.next, "previous": found.previous},
        "can_register": is_manager(actor, organization.pk),
    }
    return render(request, "marketplace/servers.html", context)


@page
def server_new(request: HttpRequest) -> HttpResponse:
    """Register one server, or import a document."""
    if request.method == "POST":
        return _import(request) if "import" in request.POST else _register(request)
    return _new_page(request)


@page
def server(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One server; posts name an action."""
    actor = _who(request)
    found = servers_visible_to(actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    problem = None
    if request.method == "POST":
        try:
            return _act(request, actor, found)
        except NotFoundError:
            raise
        except DomainError as refusal:
            problem = refusal
    context = {
        "server": shown.full(found, usage_of([found.pk]), surfaces_of(found)),
        "can_manage": is_manager(actor, found.organization_id),
        "problem": problems.of_domain(problem) if problem else None,
    }
    status = problem.status if problem else 200
    return render(request, "marketplace/server.html", context, status=status)


def _act(request: HttpRequest, actor: User, found: MCPServer) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == "remove":
        servers.remove_server(actor, found)
        messages.success(request, f"{found.name} is removed.")
        return redirect("marketplace:servers")
    if action == "refresh":
        listings.refresh_tools(actor, found)
        messages.success(request, "The gateway lists the tools again.")
    elif action == "enable":
        servers.enable_server(actor, found)
    elif action == "disable":
        servers.disable_server(actor, found)
    elif action == "approve":
        listings.approve_tools(actor, found, digest=request.POST.get("digest", "")[:64])
        messages.success(request, "The changed tools are approved.")
    elif action == "set":
        servers.update_server(actor, found, changes=_given_values(request, found))
    else:
        raise NotFoundError
    return redirect("marketplace:server", found.pk)


def _given_values(request: HttpRequest, found: MCPServer) -> dict[str, Any]:
    """Values for names that had none; all others stay as they are."""
    now = spec_of(found)
    changes = {"env": dict(now.env), "headers": dict(now.headers)}
    for name, text in request.POST.items():
        place = shown.place_of(found, name)
        if place is not None and text:
            changes[place][name] = Value(text=str(text))
    return changes


def _register(request: HttpRequest) -> HttpResponse:
    form = ServerForm(request.POST)
    if form.is_valid():
        try:
            made = servers.register_server(_who(request), _where(request), spec=form.spec())
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            return redirect("marketplace:server", made.pk)
    return _new_page(request, form=form, status=400)


def _import(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST)
    if not form.is_valid():
        return _new_page(request, import_form=form, status=400)
    try:
        report = documents.import_servers(
            _who(request), _where(request), document=form.cleaned_data["document"]
        )
    except DomainError as refusal:
        _tell(form, refusal)
        return _new_page(request, import_form=form, status=refusal.status)
    for line in report:
        for text in (line.detail, *line.warnings):
            if text:
                messages.info(request, f"{line.name}: {text}")
    imported = [{**vars(line), "status": _STATUS[line.outcome]} for line in report]
    return _new_page(request, imported=imported)


def _new_page(request: HttpRequest, *, status: int = 200, **given: Any) -> HttpResponse:
    context = {"form": ServerForm(), "import_form": ImportForm(), **given}
    return render(request, "marketplace/server_new.html", context, status=status)


def _tell(form: Any, refusal: DomainError) -> None:
    """Put every fault at the field it belongs to, else at the top."""
    faults = refusal.extra.get("errors") or [{"pointer": "", "detail": refusal.detail}]
    for fault in faults:
        name = fault["pointer"].split("/")[1] if fault["pointer"] else ""
        field = _FIELDS.get(name, name)
        form.add_error(field if field in form.fields else None, fault["detail"])


def _who(request: HttpRequest) -> User:
    return cast("User", request.user)


def _where(request: HttpRequest) -> Organization:
    """The organization chosen in this browser; without any there is nothing to see."""
    chosen = getattr(request, "organization", None)
    if not chosen:
        raise NotFoundError
    return visible_to(Organization, _who(request)).get(pk=chosen.pk)
