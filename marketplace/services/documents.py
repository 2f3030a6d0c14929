"""Importing and exporting `.mcp.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from identity.public import Organization
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.events import publish
from marketplace.engine import documents
from marketplace.engine.documents import Entry
from marketplace.engine.spec import ServerSpec, check
from marketplace.events import ServersExported, ServersImported
from marketplace.models import MCPServer
from marketplace.services.servers import change, create, spec_of

# What `.mcp.json` cannot say of a server.
_UNSAID = (
    "title",
    "description",
    "domains",
    "state",
    "mount_workspace",
    "read_only_paths",
    "timeout_seconds",
)


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became (or with `dry_run` would become) of one server of the document.

    `outcome` is created, replaced, skipped (the name is taken) or invalid.
    """

    name: str
    outcome: str
    detail: str = ""
    warnings: tuple[str, ...] = ()


@action("marketplace.import_servers")
def import_servers(
    actor: Actor,
    organization: Organization,
    *,
    document: Any,
    dry_run: bool = False,
    replace_existing: bool = False,
) -> list[Imported] | Unchanged[list[Imported]]:
    """Register every sound server of a `.mcp.json`; faulty ones are reported, not guessed."""
    entries = documents.read(document)
    existing = {server.name: server for server in _servers(organization)}
    report = [_judged(entry, existing, replace_existing) for entry in _once(entries)]
    if dry_run:
        return Unchanged(report)
    sound = {entry.name: entry.spec for entry in entries if entry.spec}
    for line in report:
        if line.outcome == "created":
            create(actor, organization, sound[line.name])
        elif line.outcome == "replaced":
            _replace(actor, existing[line.name], sound[line.name])
    outcomes = Counter(line.outcome for line in report)
    if not outcomes["created"] + outcomes["replaced"]:
        return Unchanged(report)
    publish(
        ServersImported(
            organization_id=organization.pk,
            target_id=organization.pk,
            created=outcomes["created"],
            replaced=outcomes["replaced"],
        )
    )
    return report


@action("marketplace.export_servers", reads=True, locks=False)
def export_servers(actor: Actor, organization: Organization) -> dict[str, Any]:
    """Read all servers as one `.mcp.json`, with placeholders in place of secrets."""
    rows = list(_servers(organization))
    publish(
        ServersExported(
            organization_id=organization.pk, target_id=organization.pk, servers=len(rows)
        )
    )
    return documents.write(spec_of(server) for server in rows)


def _servers(organization: Organization) -> Iterable[MCPServer]:
    rows = MCPServer.objects.filter(organization=organization)
    return rows.prefetch_related("variables__secret").order_by("name")


def _once(entries: list[Entry]) -> list[Entry]:
    """Two servers whose names become the same: the second is a fault."""
    seen: set[str] = set()
    found = []
    for entry in entries:
        taken = entry.name in seen
        seen.add(entry.name)
        fault = f"Two servers of the document would be named {entry.name}."
        found.append(Entry(name=entry.name, fault=fault) if taken else entry)
    return found


def _judged(entry: Entry, existing: dict[str, MCPServer], replacing: bool) -> Imported:  # noqa: FBT001
    if entry.spec is None:
        return Imported(name=entry.name, outcome="invalid", detail=entry.fault)
    try:
        check(entry.spec, roots=settings.MCP_ROOTS)
    except InvalidError as fault:
        return Imported(name=entry.name, outcome="invalid", detail=fault.detail)
    if entry.name not in existing:
        return Imported(name=entry.name, outcome="created", warnings=entry.warnings)
    if not replacing:
        detail = f"A server named {entry.name} is registered already."
        return Imported(name=entry.name, outcome="skipped", detail=detail)
    return Imported(name=entry.name, outcome="replaced", warnings=entry.warnings)


def _replace(actor: Actor, server: MCPServer, spec: ServerSpec) -> None:
    """Take over what the document says; what it cannot say stays as it is."""
    now = spec_of(server)
    unsaid = _UNSAID if spec.transport == now.transport else ("title", "description")
    kept: dict[str, Any] = {name: getattr(now, name) for name in unsaid}
    change(actor, server, replace(spec, **kept))
