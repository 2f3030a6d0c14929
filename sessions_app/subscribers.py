"""What sessions owe: counting, for the marketplace, who uses a server; a report when the run of a
task's execution ends."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Count

from kernel.actors import SystemActor
from kernel.events import Delivered, listen
from marketplace.public import counts_usage
from sessions_app.models import SessionServer, TaskExecution
from sessions_app.services import executions


@counts_usage
def sessions_with(server_ids: list[UUID]) -> Mapping[UUID, int]:
    """Sessions, not in the trash, that may call each server."""
    rows = SessionServer.objects.filter(server_id__in=server_ids, session__trashed_at=None)
    return dict(rows.values_list("server_id").annotate(Count("pk")))


@listen("sessions.run_finished", key="sessions.executions")
def end_execution(fact: Delivered) -> None:
    """Most runs answer no task; the verb does nothing the second time."""
    execution = TaskExecution.objects.filter(run_id=fact.data["run_id"]).first()
    if execution is not None:
        executions.end_execution(SystemActor("pump"), execution)
