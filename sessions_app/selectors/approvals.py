"""Approvals that somebody may decide."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from kernel.actors import Actor
from kernel.policies import visible_to
from sessions_app.enums import ApprovalStatus
from sessions_app.models import Approval
from sessions_app.policies.access import sessions_with_role


def approvals_to_decide(actor: Actor, status: str = ApprovalStatus.PENDING) -> QuerySet[Approval]:
    """Approvals of sessions in which one decides. A pending one waits for somebody else where the
    organization wants another than the asker to decide."""
    mine = sessions_with_role(actor, "approver").filter(trashed_at=None)
    rows = visible_to(Approval, actor).filter(status=status, session__in=mine)
    if status == ApprovalStatus.PENDING:
        own = Q(organization__separate_approver=True, run__requested_by=actor.actor_id)
        rows = rows.exclude(own)
    return rows.select_related("tool_call")
