"""Reading tasks and executions: for lists, for their pages, for what executes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.models.schedule import ScheduleRow
from kernel.policies import visible_to
from marketplace.public import MCPServer, servers_visible_to, usable_servers
from sessions_app.engine import variables as engine
from sessions_app.models import Task, TaskExecution
from sessions_app.runtimes.embedded.filling import names_in

_RULE = re.compile(r"(?:(?P<server>[\w-]+)\.)?[\w.*?-]+(?:\(.*\))?\Z", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class ExecutionFilter:
    """Which executions somebody looks for."""

    task_id: UUID | None = None
    status: str = ""
    organization_id: UUID | None = None


def tasks_visible_to(
    actor: Actor, *, text: str = "", trashed: bool = False, organization_id: UUID | None = None
) -> QuerySet[Task]:
    """Tasks one may know of; the trash shows one's own."""
    rows = visible_to(Task, actor).filter(trashed_at__isnull=not trashed).select_related("owner")
    if text:
        rows = rows.filter(name__icontains=text)
    return rows.filter(organization_id=organization_id) if organization_id else rows


def executions_visible_to(actor: Actor, wanted: ExecutionFilter) -> QuerySet[TaskExecution]:
    """Executions one may know of, with what their line shows."""
    rows = visible_to(TaskExecution, actor).select_related("task", "requested_by", "report")
    given = {
        "task_id": wanted.task_id,
        "status": wanted.status,
        "organization_id": wanted.organization_id,
    }
    return rows.filter(**{name: value for name, value in given.items() if value})


def shown(tasks: Sequence[Task]) -> list[Task]:
    """These tasks with all their variables and the state of their schedules, in one query."""
    rows = timings_of(tasks)
    for task in tasks:
        task.known_variables = variables_of(task)  # type: ignore[attr-defined]
        task.timing = _timing(task, rows.get(task.schedule_key))  # type: ignore[attr-defined]
    return list(tasks)


def _timing(task: Task, row: ScheduleRow | None) -> dict[str, Any] | None:
    if not task.cron:
        return None
    return {
        "cron": task.cron,
        "timezone": task.timezone,
        "variables": task.schedule_values,
        "paused": task.is_paused,
        "next_due_at": row.next_due_at if row and row.enabled else None,
        "last_due_at": row.last_fired_at if row else None,
    }


def variables_of(task: Task) -> list[engine.Variable]:
    """Every variable an execution takes: declared ones, then those that are only used."""
    return engine.completed(engine.stored(task.variables), names_in(task.prompt_template))


def timings_of(tasks: Iterable[Task]) -> Mapping[str, ScheduleRow]:
    """The kernel's rows of these tasks by their key, in one query."""
    keys = [task.schedule_key for task in tasks if task.cron]
    return {row.key: row for row in ScheduleRow.objects.filter(key__in=keys)} if keys else {}


def servers_of(actor: Actor, organization_id: UUID, tools: Sequence[str]) -> list[MCPServer]:
    """The MCP servers that the rules of a task name; one the person may not use is refused."""
    named: dict[str, int] = {}
    for place, text in enumerate(tools):
        match = _RULE.match(text)
        if match is None:
            raise InvalidError.at(f"/tools/{place}", "A tool's name, or server.tool.")
        if match["server"]:
            named.setdefault(match["server"], place)
    if not named:
        return []
    rows = servers_visible_to(actor).filter(organization_id=organization_id, name__in=named)
    usable = usable_servers(actor, organization_id, [row.pk for row in rows])
    known = {server.name for server in usable}
    for name, place in named.items():
        if name not in known:
            detail = f"There is no MCP server {name} that you may use."
            raise InvalidError.at(f"/tools/{place}", detail)
    return usable
