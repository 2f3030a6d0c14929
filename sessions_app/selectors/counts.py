"""Small numbers for the shell: at most a hundred is counted."""

from __future__ import annotations

from uuid import UUID

from kernel.actors import Actor
from kernel.policies import visible_to
from sessions_app.enums import RunStatus
from sessions_app.models import AgentSession, Run
from sessions_app.selectors.approvals import approvals_to_decide

_MOST = 100


def running_sessions(actor: Actor, organization_id: UUID) -> int:
    """Visible sessions of an organization at work now."""
    rows = visible_to(AgentSession, actor).filter(
        organization_id=organization_id, status__in=["queued", "running"], trashed_at=None
    )
    return len(rows.values_list("pk")[:_MOST])


def pending_approvals(actor: Actor, organization_id: UUID) -> int:
    """Approvals of an organization that one may decide."""
    rows = approvals_to_decide(actor).filter(organization_id=organization_id)
    return len(rows.values_list("pk")[:_MOST])


def runs_under_way() -> list[Run]:
    """Every run a runner drives, for the product itself: all tenants, with their sessions."""
    return list(Run.objects.filter(status=RunStatus.RUNNING).select_related("session"))
