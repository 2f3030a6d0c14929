"""What a session may do at most: its own options, its project's rules, its organization's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from identity.public import Organization, Project
from sessions_app.broker import rules
from sessions_app.enums import PermissionMode
from sessions_app.models import AgentSession


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """Gathered from session, project and organization."""

    mode: str = PermissionMode.DEFAULT.value
    allowed_tools: Sequence[str] = ()
    denied_tools: Sequence[str] = ()
    allowed_domains: Sequence[str] = ()
    project_tools: Sequence[str] = ()
    project_id: UUID | None = None

    @property
    def denied_domains(self) -> tuple[str, ...]:
        """Domains that no opened pattern reaches."""
        return rules.domains_of(self.denied_tools)


def ceiling_of(session: AgentSession, organization: Organization) -> Ceiling:
    """The ceiling a turn begins with."""
    tools = session.options["allowed_tools"]
    own = Ceiling(
        mode=session.permission_mode, allowed_tools=tuple(tools), project_id=session.project_id
    )
    return _below(own, organization)


def as_of_now(ceiling: Ceiling, organization_id: UUID) -> Ceiling:
    """The organization's rules hold at the moment of a call, not as the turn found them."""
    return _below(ceiling, Organization.objects.get(pk=organization_id))


def _below(ceiling: Ceiling, organization: Organization) -> Ceiling:
    project = Project.objects.filter(pk=ceiling.project_id).first() if ceiling.project_id else None
    forbidden = organization.forbid_bypass and ceiling.mode == PermissionMode.BYPASS
    return replace(
        ceiling,
        mode=PermissionMode.DEFAULT.value if forbidden else ceiling.mode,
        denied_tools=(*organization.denied_tools, *(project.denied_tools if project else ())),
        allowed_domains=_opened(organization, project),
        project_tools=tuple(project.allowed_tools) if project else (),
    )


def _opened(organization: Organization, project: Project | None) -> tuple[str, ...]:
    """What the organization opens; a project that names domains keeps to those of them."""
    opened = tuple(organization.allowed_domains)
    if project is None or not project.allowed_domains:
        return opened
    wanted = project.allowed_domains
    narrower = (one for one in wanted if any(_within(one, pattern) for pattern in opened))
    wider = (one for one in opened if any(_within(one, pattern) for pattern in wanted))
    return tuple(dict.fromkeys((*narrower, *wider)))


def _within(one: str, pattern: str) -> bool:
    """Whether all that a pattern of domains opens is opened by another."""
    if one == pattern:
        return True
    if one.startswith("*."):
        return pattern.startswith("*.") and one.endswith(pattern[1:])
    return rules.domain_matches(pattern, one)
