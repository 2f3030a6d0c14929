"""Whether a turn that is under way is halted."""

from __future__ import annotations

from uuid import UUID

from identity.public import stop_over, stopped
from sessions_app.enums import ToolStatus
from sessions_app.errors import FencedError
from sessions_app.models import Run, ToolCall


def require_under_way(run_id: UUID, epoch: int) -> None:
    """Raise `FencedError` when somebody else holds the run, `StoppedError` when it is halted.

    A halted tool cuts off the turn that is calling it; other turns go on without it.
    """
    rows = Run.objects.filter(pk=run_id, epoch=epoch, status="running")
    found = rows.values_list(
        "requested_by_id", "session__owner_id", "session__organization_id"
    ).first()
    if found is None:
        raise FencedError(str(run_id))
    *people, organization_id = found
    calling = ToolCall.objects.filter(run_id=run_id, status=ToolStatus.RUNNING)
    tools = list(calling.values_list("tool", flat=True))
    if stop := stop_over(organization_id, people=people, tools=tools):
        raise stopped(stop)
