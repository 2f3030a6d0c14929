"""Reading what servers showed: no process runs for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.engine.surface import Difference, compare
from marketplace.enums import SurfaceStatus
from marketplace.models import MCPServer, Tool, ToolSurface


@dataclass(frozen=True, kw_only=True)
class ToolInfo:
    """An approved tool as a session may offer it.

    `annotations` are the server's own claims (readOnlyHint, destructiveHint, …): hints, no facts.
    """

    server_id: UUID
    server: str
    name: str
    title: str
    description: str
    input_schema: Mapping[str, Any]
    annotations: Mapping[str, Any]

    @property
    def full_name(self) -> str:
        """`server.tool`, the name under which sessions call it."""
        return f"{self.server}.{self.name}"


@dataclass(frozen=True, kw_only=True)
class Surfaces:
    """What is in force for a server, what waits, and how the two differ."""

    approved: ToolSurface | None
    pending: ToolSurface | None
    difference: Difference

    @property
    def tools(self) -> Sequence[Tool]:
        """The tools in force, in name order."""
        return _by_name(self.approved)

    @property
    def waiting(self) -> Sequence[Tool]:
        """The tools that an administrator has to look at: new ones and changed ones."""
        names = {*self.difference.added, *self.difference.changed}
        return [tool for tool in _by_name(self.pending) if tool.name in names]


def tools_of(server_ids: Iterable[UUID]) -> list[ToolInfo]:
    """The callable tools of enabled servers. A tool that waits for approval is left out."""
    surfaces = ToolSurface.objects.filter(
        server__in=list(server_ids), server__enabled=True
    ).exclude(status=SurfaceStatus.REPLACED)
    rows = surfaces.select_related("server").prefetch_related("tools")
    shown: dict[UUID, dict[str, ToolSurface]] = {}
    for surface in rows:
        shown.setdefault(surface.server_id, {})[surface.status] = surface
    found = [info for by_status in shown.values() for info in _callable(by_status)]
    return sorted(found, key=lambda info: info.full_name)


def surfaces_of(server: MCPServer) -> Surfaces:
    """The listings of one server with their difference."""
    rows = server.surfaces.exclude(status=SurfaceStatus.REPLACED).prefetch_related("tools")
    by_status = {row.status: row for row in rows}
    approved = by_status.get(SurfaceStatus.APPROVED.value)
    pending = by_status.get(SurfaceStatus.PENDING.value)
    nothing = Difference(added=(), removed=(), changed=())
    difference = compare(_digests(approved), _digests(pending)) if pending else nothing
    return Surfaces(approved=approved, pending=pending, difference=difference)


def approved_digest(server_id: UUID, tool: str) -> str | None:
    """The digest of one approved tool; None when no such tool is approved."""
    rows = Tool.objects.filter(
        surface__server_id=server_id, surface__status=SurfaceStatus.APPROVED, name=tool
    )
    return rows.values_list("digest", flat=True).first()


def _callable(by_status: Mapping[str, ToolSurface]) -> list[ToolInfo]:
    approved = by_status.get(SurfaceStatus.APPROVED.value)
    pending = by_status.get(SurfaceStatus.PENDING.value)
    if approved is None:
        return []
    digests = _digests(pending or approved)
    return [
        ToolInfo(
            server_id=approved.server_id,
            server=approved.server.name,
            name=tool.name,
            title=tool.title,
            description=tool.description,
            input_schema=tool.input_schema,
            annotations=tool.annotations,
        )
        for tool in approved.tools.all()
        if digests.get(tool.name) == tool.digest
    ]


def _digests(surface: ToolSurface | None) -> dict[str, str]:
    return {tool.name: tool.digest for tool in surface.tools.all()} if surface else {}


def _by_name(surface: ToolSurface | None) -> list[Tool]:
    return sorted(surface.tools.all(), key=lambda tool: tool.name) if surface else []
