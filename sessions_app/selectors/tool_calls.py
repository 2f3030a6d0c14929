"""Finding a call of a run again."""

from __future__ import annotations

from uuid import UUID

from sessions_app.enums import ApprovalStatus, ToolStatus
from sessions_app.models import ToolCall


def find_call(run_id: UUID, call_id: str) -> ToolCall | None:
    """The call a runtime named so before."""
    rows = ToolCall.objects.select_related("approval")
    return rows.filter(run_id=run_id, call_id=call_id).first()


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
