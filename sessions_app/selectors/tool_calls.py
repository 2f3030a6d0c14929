"""Finding a call of a run again."""

from __future__ import annotations

from uuid import UUID

from sessions_app.enums import ApprovalStatus, SessionRole, ToolStatus
from sessions_app.models import Approval, ToolCall
from sessions_app.policies.access import has_role


def find_call(run_id: UUID, call_id: str) -> ToolCall | None:
    """The call a runtime named so before."""
    rows = ToolCall.objects.select_related("approval")
    return rows.filter(run_id=run_id, call_id=call_id).first()


def asked_calls(run_id: UUID) -> list[str]:
    """What a runtime called the calls of a run, in the order in which it asked for them."""
    rows = ToolCall.objects.filter(run_id=run_id).order_by("created_at", "id")
    return list(rows.values_list("call_id", flat=True))


def find_decided(run_id: UUID, tool: str, input_hash: str) -> ToolCall | None:
    """A decided call with the same input that has not been used up: a repeated turn may name it
    differently."""
    return (
        ToolCall.objects.select_related("approval")
        .filter(run_id=run_id, tool=tool, input_hash=input_hash, status=ToolStatus.WAITING)
        .filter(approval__status=ApprovalStatus.APPROVED)
        .order_by("created_at")
        .first()
    )


def still_stands(given: Approval) -> bool:
    """Whether whoever approved a call could do so now: role and rules as they are."""
    approval = Approval.objects.select_related("decided_by", "run", "session", "organization").get(
        pk=given.pk
    )
    decider = approval.decided_by
    if decider is None or not has_role(decider, approval.session, SessionRole.APPROVER):
        return False
    own = approval.run.requested_by_id == decider.pk
    return not (own and approval.organization.separate_approver)
