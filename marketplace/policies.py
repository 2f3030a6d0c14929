"""Who may do what with MCP servers."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from identity.enums import OrganizationRole
from identity.public import Membership, is_manager, known_id, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register
from marketplace.models import MCPServer

_SEES = (
    OrganizationRole.OWNER,
    OrganizationRole.ADMIN,
    OrganizationRole.MEMBER,
    OrganizationRole.AUDITOR,
)
# What the gateway saw is nobody else's to say.
_BY_GATEWAY = frozenset({"marketplace.record_tools", "marketplace.record_failure"})
_USES = (OrganizationRole.OWNER, OrganizationRole.ADMIN, OrganizationRole.MEMBER)


@register
class MCPServerPolicy(Policy[MCPServer]):
    """Owners and admins register and change servers; members see and use them; no guests."""

    model = MCPServer

    def allows(self, actor: Actor, verb: str, target: MCPServer) -> bool:
        """Whoever may use a server may also have its tools listed anew."""
        if verb in _BY_GATEWAY:
            return False
        if verb in {"marketplace.use_server", "marketplace.refresh_tools"}:
            return role_in(actor, target.organization_id) in _USES
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[MCPServer]:
        """The servers of one's organizations."""
        who = known_id(actor)
        if who is None:
            return MCPServer.objects.none()
        mine = Membership.objects.filter(
            organization_id=OuterRef("organization_id"),
            user_id=who,
            user__is_active=True,
            role__in=_SEES,
        )
        return MCPServer.objects.filter(Exists(mine))
