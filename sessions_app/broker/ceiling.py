"""What a session may do at most: its own options below its organization's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from identity.public import Organization
from sessions_app.broker import rules
from sessions_app.enums import PermissionMode
from sessions_app.models import AgentSession


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """Gathered from session and organization."""

    mode: str = PermissionMode.DEFAULT.value
    allowed_tools: Sequence[str] = ()
    denied_tools: Sequence[str] = ()
    allowed_domains: Sequence[str] = ()

    @property
    def denied_domains(self) -> tuple[str, ...]:
        """Domains that no opened pattern reaches."""
        return rules.domains_of(self.denied_tools)


def ceiling_of(session: AgentSession, organization: Organization) -> Ceiling:
    """The ceiling a turn begins with."""
    tools = session.options["allowed_tools"]
    own = Ceiling(mode=session.permission_mode, allowed_tools=tuple(tools))
    return _below(own, organization)


def as_of_now(ceiling: Ceiling, organization_id: UUID) -> Ceiling:
    """The organization's rules hold at the moment of a call, not as the turn found them."""
    return _below(ceiling, Organization.objects.get(pk=organization_id))


def _below(ceiling: Ceiling, organization: Organization) -> Ceiling:
    forbidden = organization.forbid_bypass and ceiling.mode == PermissionMode.BYPASS
    return replace(
        ceiling,
        mode=PermissionMode.DEFAULT.value if forbidden else ceiling.mode,
        denied_tools=tuple(organization.denied_tools),
        allowed_domains=tuple(organization.allowed_domains),
    )
