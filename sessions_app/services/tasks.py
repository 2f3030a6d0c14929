"""Defining tasks: what they prompt, what they may use, when they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings

from identity.public import Organization, User
from kernel import clock, schedule
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.events import Private, publish
from kernel.schedule.rows import Timing
from sessions_app.engine import variables as engine
from sessions_app.engine.variables import Variable
from sessions_app.enums import RuntimeName, TaskVisibility
from sessions_app.errors import NoScheduleError, TaskNotInTrashError, TaskTrashedError
from sessions_app.events import (
    TaskChanged,
    TaskCreated,
    TaskPaused,
    TaskPurged,
    TaskRestored,
    TaskResumed,
    TaskTrashed,
)
from sessions_app.models import Task
from sessions_app.runtimes.embedded.filling import TemplateError, check_template, names_in
from sessions_app.selectors.tasks import servers_of

DUE = "sessions.task_due"


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """When a task is due, and the values it is then executed with."""

    cron: str
    timezone: str = "UTC"
    values: Mapping[str, Any] = field(default_factory=dict)
    is_paused: bool = False


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """What a task shall be."""

    name: str
    prompt_template: str
    report_format: str
    variables: Sequence[Variable] = ()
    tools: Sequence[str] = ()
    runtime: str = RuntimeName.EMBEDDED.value
    visibility: str = TaskVisibility.PRIVATE.value
    schedule: Schedule | None = None


@action("tasks.create", locks=False)
def create_task(actor: User, organization: Organization, *, spec: TaskSpec) -> Task:
    """Define a task in an organization; its schedule, if it has one, begins at once."""
    task = Task(organization=organization, owner_id=actor.actor_id)
    _write(actor, task, spec)
    _plan(task)
    publish(
        TaskCreated(
            organization_id=organization.pk,
            target_id=task.pk,
            runtime=task.runtime,
            visibility=task.visibility,
            scheduled=bool(task.cron),
            task_name=Private(task.name, actor.actor_id),
        )
    )
    return task


@action("tasks.change")
def change_task(actor: User, task: Task, *, changes: Mapping[str, Any]) -> Task:
    """Change fields of the definition, named as `TaskSpec` names them; executions under way keep
    what they began with."""
    _require_kept(task)
    before = spec_of(task)
    after = replace(before, **changes)
    fields = sorted(name for name in changes if getattr(before, name) != getattr(after, name))
    if not fields:
        return Unchanged(task)  # type: ignore[return-value]
    _write(actor, task, after)
    if "schedule" in fields:
        # Not otherwise: a due time of this very moment would be passed over.
        _plan(task)
    publish(TaskChanged(organization_id=task.organization_id, target_id=task.pk, fields=fields))
    return task


@action("tasks.pause")
def pause_task(actor: User, task: Task) -> Task:
    """Let the schedule rest; what is executed by hand goes on."""
    return _rest(task, is_paused=True)


@action("tasks.resume")
def resume_task(actor: User, task: Task) -> Task:
    """Let the schedule go on from now; what was due meanwhile is not made up for."""
    return _rest(task, is_paused=False)


@action("tasks.trash", dangerous=True)
def trash_task(actor: User, task: Task) -> Task:
    """Put a task into the trash; nothing of it is due until restore undoes that."""
    if task.trashed_at:
        return Unchanged(task)  # type: ignore[return-value]
    task.trashed_at = clock.now()
    task.save(update_fields=["trashed_at", "updated_at"])
    _plan(task)
    publish(TaskTrashed(organization_id=task.organization_id, target_id=task.pk))
    return task


@action("tasks.restore")
def restore_task(actor: User, task: Task) -> Task:
    """Take a task out of the trash; its schedule goes on as it was."""
    if task.trashed_at is None or task.purged_at:
        raise TaskNotInTrashError
    task.trashed_at = None
    task.save(update_fields=["trashed_at", "updated_at"])
    _plan(task)
    publish(TaskRestored(organization_id=task.organization_id, target_id=task.pk))
    return task


@action("tasks.purge", internal=True)
def purge_task(actor: Actor, task: Task) -> Task:
    """The trash's retention ended: the definition is emptied; executions go with their sessions."""
    limit = clock.now() - timedelta(days=settings.TRASH_DAYS)
    if task.trashed_at is None or task.trashed_at >= limit or task.purged_at:
        return Unchanged(task)  # type: ignore[return-value]
    task.name, task.prompt_template, task.cron = "[purged]", "", ""
    task.variables, task.tools, task.schedule_values = [], [], {}
    task.purged_at = clock.now()
    task.save()
    task.executions.filter(session=None).update(values={})
    schedule.remove(task.schedule_key)
    publish(TaskPurged(organization_id=task.organization_id, target_id=task.pk))
    return task


def spec_of(task: Task) -> TaskSpec:
    """The definition as it stands."""
    timing = Schedule(
        cron=task.cron,
        timezone=task.timezone,
        values=task.schedule_values,
        is_paused=task.is_paused,
    )
    return TaskSpec(
        name=task.name,
        prompt_template=task.prompt_template,
        report_format=task.report_format,
        variables=engine.stored(task.variables),
        tools=task.tools,
        runtime=task.runtime,
        visibility=task.visibility,
        schedule=timing if task.cron else None,
    )


def _write(actor: User, task: Task, spec: TaskSpec) -> None:
    """Check a definition as a whole and store it."""
    engine.check(spec.variables)
    try:
        check_template(spec.prompt_template, frozenset(one.name for one in spec.variables))
    except TemplateError as wrong:
        raise InvalidError.at("/prompt_template", f"{wrong}.") from wrong
    servers_of(actor, task.organization_id, spec.tools)
    timing = spec.schedule or Schedule(cron="")
    if spec.schedule:
        known = engine.completed(spec.variables, names_in(spec.prompt_template))
        engine.resolve(known, timing.values, at="/schedule/variables")
    task.name, task.prompt_template = spec.name, spec.prompt_template
    task.report_format, task.runtime = spec.report_format, spec.runtime
    task.variables = [one.document() for one in spec.variables]
    task.tools, task.visibility = list(spec.tools), spec.visibility
    task.cron, task.timezone = timing.cron, timing.timezone
    task.schedule_values, task.is_paused = dict(timing.values), timing.is_paused
    task.save()


def _plan(task: Task) -> None:
    """Bring the kernel's row in line with the definition."""
    if not task.cron:
        schedule.remove(task.schedule_key)
        return
    timing = Timing(
        kind=DUE,
        cron=task.cron,
        timezone=task.timezone,
        payload={"task_id": str(task.pk)},
        organization_id=task.organization_id,
        enabled=not task.is_paused and task.trashed_at is None,
    )
    try:
        schedule.put(task.schedule_key, timing)
    except schedule.InvalidScheduleError as wrong:
        raise InvalidError.at("/schedule/cron", wrong.detail) from wrong


def _rest(task: Task, *, is_paused: bool) -> Task:
    _require_kept(task)
    if not task.cron:
        raise NoScheduleError
    if task.is_paused == is_paused:
        return Unchanged(task)  # type: ignore[return-value]
    task.is_paused = is_paused
    task.save(update_fields=["is_paused", "updated_at"])
    _plan(task)
    fact = TaskPaused if is_paused else TaskResumed
    publish(fact(organization_id=task.organization_id, target_id=task.pk))
    return task


def _require_kept(task: Task) -> None:
    if task.trashed_at:
        raise TaskTrashedError
