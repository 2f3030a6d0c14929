"""Operators' periodic tasks: a duty of the product at the times of a cron expression."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from kernel import clock, duties
from kernel.actions import action
from kernel.actors import Actor
from kernel.errors import ConflictError, InvalidError
from kernel.events import Private, publish
from kernel.schedule import upcoming
from operations.events import PeriodicTaskChanged, PeriodicTaskCreated, PeriodicTaskDeleted

RUN_DUTY = "kernel.run_duty"
_CRON = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


class PlanExistsError(ConflictError):
    """There is a periodic task of this name already."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What runs when."""

    name: str
    duty: str
    cron: str
    timezone: str = "UTC"
    enabled: bool = True
    description: str = ""


@action("operations.create_periodic_task", locks=False)
def create_periodic_task(actor: Actor, task: PeriodicTask, *, plan: Plan) -> PeriodicTask:
    """Plan a duty."""
    if PeriodicTask.objects.filter(name=plan.name).exists():
        raise PlanExistsError
    _write(task, plan)
    publish(
        PeriodicTaskCreated(
            organization_id=None,
            target_id=None,
            task_id=task.pk,
            duty=plan.duty,
            title=Private(plan.name),
        )
    )
    return task


@action("operations.change_periodic_task")
def change_periodic_task(actor: Actor, task: PeriodicTask, *, plan: Plan) -> PeriodicTask:
    """Change what runs when, or switch it."""
    if PeriodicTask.objects.filter(name=plan.name).exclude(pk=task.pk).exists():
        raise PlanExistsError
    _write(task, plan)
    publish(
        PeriodicTaskChanged(
            organization_id=None,
            target_id=None,
            task_id=task.pk,
            duty=plan.duty,
            enabled=plan.enabled,
        )
    )
    return task


@action("operations.delete_periodic_task", dangerous=True)
def delete_periodic_task(actor: Actor, task: PeriodicTask) -> None:
    """End a plan; a duty that runs already goes on."""
    publish(PeriodicTaskDeleted(organization_id=None, target_id=None, task_id=task.pk))
    task.delete()


def plan_of(task: PeriodicTask) -> dict[str, Any]:
    """A stored plan in a form's words."""
    if task.crontab is None:
        return {}
    parts = [str(getattr(task.crontab, name)) for name in _CRON]
    return {
        "cron": " ".join(parts),
        "timezone": str(task.crontab.timezone),
        "duty": json.loads(task.kwargs or "{}").get("name", ""),
    }


def _write(task: PeriodicTask, plan: Plan) -> None:
    if plan.duty not in duties.registry:
        raise InvalidError.at("/duty", "There is no such duty.")
    task.name, task.description = plan.name, plan.description
    task.task, task.kwargs = RUN_DUTY, json.dumps({"name": plan.duty})
    task.crontab, task.interval, task.solar, task.clocked = _crontab(plan), None, None, None
    task.enabled = plan.enabled
    task.save()


def _crontab(plan: Plan) -> CrontabSchedule:
    upcoming(plan.cron, plan.timezone, clock.now(), 1)
    parts = plan.cron.split()
    if len(parts) != len(_CRON):
        raise InvalidError.at("/cron", "Five fields: minute, hour, day, month, day of the week.")
    row = CrontabSchedule(timezone=plan.timezone, **dict(zip(_CRON, parts, strict=True)))
    try:
        row.full_clean()
    except ValidationError as wrong:
        raise InvalidError.at("/cron", " ".join(wrong.messages)) from wrong
    same = {name: getattr(row, name) for name in (*_CRON, "timezone")}
    return CrontabSchedule.objects.filter(**same).first() or _saved(row)


def _saved(row: CrontabSchedule) -> CrontabSchedule:
    row.save()
    return row
