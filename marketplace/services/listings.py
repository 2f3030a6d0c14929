"""What the gateway saw of a server, and what administrators say to it.

The first listing is approved: whoever registered the server asked for it. Any later one that
differs waits, and the tools that differ are refused until an administrator has looked.
"""

from __future__ import annotations

from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.events import publish
from marketplace.engine.surface import Listing, compare
from marketplace.enums import SurfaceStatus, ToolsState
from marketplace.errors import ServerDisabledError, SurfaceGoneError, ValuesMissingError
from marketplace.events import (
    ServerCheckFailed,
    ToolsApproved,
    ToolsChanged,
    ToolsRecorded,
    ToolsRefreshRequested,
)
from marketplace.models import MCPServer, Tool, ToolSurface
from marketplace.services.servers import want_listing

_LONGEST_ERROR = 4000


@action("marketplace.refresh_tools")
def refresh_tools(actor: Actor, server: MCPServer) -> MCPServer:
    """Have the gateway start the server and list its tools anew."""
    if not server.enabled:
        raise ServerDisabledError
    if not want_listing(server):
        raise ValuesMissingError
    publish(ToolsRefreshRequested(organization_id=server.organization_id, target_id=server.pk))
    return server


@action("marketplace.record_tools", internal=True)
def record_tools(
    actor: Actor, server: MCPServer, *, listing: Listing
) -> ToolSurface | Unchanged[ToolSurface]:
    """Keep a listing: approve the first, let one that differs wait for an administrator."""
    in_force = {s.status: s for s in server.surfaces.exclude(status=SurfaceStatus.REPLACED)}
    approved = in_force.get(SurfaceStatus.APPROVED.value)
    pending = in_force.get(SurfaceStatus.PENDING.value)
    news = bool(server.error_code) or server.protocol_revision != listing.protocol_revision
    if approved is None:
        approved = _keep(server, listing, SurfaceStatus.APPROVED)
        return _seen(server, approved, listing, ToolsState.APPROVED, news=True)
    if approved.digest == listing.digest:
        if pending is not None:
            pending.delete()
        return _seen(server, approved, listing, ToolsState.APPROVED, news=news or bool(pending))
    if pending is not None and pending.digest == listing.digest:
        _observe(server, listing, ToolsState.CHANGED)
        return Unchanged(pending)
    if pending is not None:
        pending.delete()
    return _changed(server, approved, listing)


@action("marketplace.record_failure", internal=True)
def record_failure(
    actor: Actor, server: MCPServer, *, code: str, detail: str
) -> MCPServer | Unchanged[MCPServer]:
    """Keep why a server could not be started or listed; `detail` is redacted already."""
    known = server.error_code == code
    server.error_code, server.error = code[:40], detail[:_LONGEST_ERROR]
    server.checked_at = clock.now()
    _write(server, "error_code", "error", "checked_at")
    if known:
        return Unchanged(server)
    publish(
        ServerCheckFailed(organization_id=server.organization_id, target_id=server.pk, reason=code)
    )
    return server


@action("marketplace.approve_tools")
def approve_tools(actor: Actor, server: MCPServer, *, digest: str) -> ToolSurface:
    """Put the waiting listing in force; `digest` names the one that was looked at."""
    pending = server.surfaces.filter(status=SurfaceStatus.PENDING).first()
    if pending is None or pending.digest != digest:
        raise SurfaceGoneError
    server.surfaces.filter(status=SurfaceStatus.APPROVED).update(status=SurfaceStatus.REPLACED)
    pending.status = SurfaceStatus.APPROVED
    pending.approved_at, pending.approved_by_id = clock.now(), actor.actor_id
    pending.save()
    server.tools_state, server.tools_count = ToolsState.APPROVED, pending.tools.count()
    _write(server, "tools_state", "tools_count")
    publish(
        ToolsApproved(
            organization_id=server.organization_id,
            target_id=server.pk,
            surface_id=pending.pk,
            digest=digest,
            tools=server.tools_count,
        )
    )
    return pending


def _seen(
    server: MCPServer, surface: ToolSurface, listing: Listing, state: ToolsState, *, news: bool
) -> ToolSurface | Unchanged[ToolSurface]:
    server.tools_count = len(listing.tools)
    _observe(server, listing, state)
    if not news:
        return Unchanged(surface)
    publish(
        ToolsRecorded(
            organization_id=server.organization_id,
            target_id=server.pk,
            surface_id=surface.pk,
            digest=surface.digest,
            tools=len(listing.tools),
            protocol_revision=listing.protocol_revision,
        )
    )
    return surface


def _changed(server: MCPServer, approved: ToolSurface, listing: Listing) -> ToolSurface:
    before = dict(approved.tools.values_list("name", "digest"))
    difference = compare(before, {tool.name: tool.digest for tool in listing.tools})
    pending = _keep(server, listing, SurfaceStatus.PENDING)
    _observe(server, listing, ToolsState.CHANGED)
    publish(
        ToolsChanged(
            organization_id=server.organization_id,
            target_id=server.pk,
            surface_id=pending.pk,
            digest=pending.digest,
            approved_digest=approved.digest,
            added=len(difference.added),
            removed=len(difference.removed),
            changed=len(difference.changed),
        )
    )
    return pending


def _keep(server: MCPServer, listing: Listing, status: SurfaceStatus) -> ToolSurface:
    now = clock.now()
    surface = ToolSurface.objects.create(
        server=server,
        status=status,
        digest=listing.digest,
        protocol_revision=listing.protocol_revision,
        server_name=listing.server_name,
        server_version=listing.server_version,
        instructions=listing.instructions,
        listed_at=now,
        approved_at=now if status == SurfaceStatus.APPROVED else None,
    )
    Tool.objects.bulk_create(Tool(surface=surface, **vars(tool)) for tool in listing.tools)
    return surface


def _observe(server: MCPServer, listing: Listing, state: ToolsState) -> None:
    server.tools_state, server.protocol_revision = state, listing.protocol_revision
    server.error_code = server.error = ""
    server.checked_at = clock.now()
    _write(
        server,
        "tools_state",
        "tools_count",
        "protocol_revision",
        "error_code",
        "error",
        "checked_at",
    )


def _write(server: MCPServer, *names: str) -> None:
    """By query, not `save`: what a machine saw is no edit for the history of people's edits."""
    values = {name: getattr(server, name) for name in names}
    MCPServer.objects.filter(pk=server.pk).update(**values)
