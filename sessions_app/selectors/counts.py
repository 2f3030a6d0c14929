"""Small numbers for the shell: at most a hundred is counted."""

from __future__ import annotations

from kernel.actors import Actor
from kernel.policies import visible_to
from sessions_app.enums import ApprovalStatus
from sessions_app.models import AgentSession, Approval
from sessions_app.policies.access import sessions_with_role

_MOST = 100


def running_sessions(actor: Actor) -> int:
    """Visible sessions at work now."""
    rows = visible_to(AgentSession, actor).filter(status__in=["queued", "running"], trashed_at=None)
    return len(rows.values_list("pk")[:_MOST])


def pending_approvals(actor: Actor) -> int:
    """Approvals one may decide."""
    rows = Approval.objects.filter(
        status=ApprovalStatus.PENDING,
        session__in=sessions_with_role(actor, "approver").filter(trashed_at=None),
    )
    return len(rows.values_list("pk")[:_MOST])
