"""Reading servers: for people by their rights, for the gateway by id."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from kernel.actors import Actor
from kernel.policies import policy_of, visible_to
from marketplace.enums import SurfaceStatus
from marketplace.models import MCPServer, Tool


def servers_visible_to(actor: Actor, text: str = "") -> QuerySet[MCPServer]:
    """The servers one may know of, with their values' names; `text` also looks at their tools."""
    rows = visible_to(MCPServer, actor).select_related("created_by")
    if text:
        said = Q(name__icontains=text) | Q(description__icontains=text)
        tools = Tool.objects.filter(
            said, surface__server=OuterRef("pk"), surface__status=SurfaceStatus.APPROVED
        )
        rows = rows.filter(said | Q(title__icontains=text) | Exists(tools))
    return rows.prefetch_related("variables__secret")


def usable_servers(actor: Actor, organization_id: UUID, ids: Iterable[UUID]) -> list[MCPServer]:
    """Those of the given servers which this actor may use in sessions of the organization."""
    rows = visible_to(MCPServer, actor).filter(organization_id=organization_id, pk__in=list(ids))
    policy = policy_of(MCPServer)
    return [row for row in rows if policy.allows(actor, "marketplace.use_server", row)]
