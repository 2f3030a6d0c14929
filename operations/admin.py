"""Operators' periodic tasks in the admin, by verbs; Celery beat's own pages are put away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from kernel import duties
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.http.admin import VerbAdmin, bulk
from kernel.policies import visible_to
from operations.services import periodic

for _model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(_model)

_FIELDS = ("name", "duty", "cron", "timezone", "enabled", "description")


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    """What runs when."""

    duty = forms.ChoiceField(choices=lambda: [(name, name) for name in sorted(duties.registry)])
    cron = forms.CharField(
        max_length=200, help_text="Minute, hour, day, month, day of the week: 30 4 * * 1"
    )
    timezone = forms.CharField(max_length=64, initial="UTC")

    class Meta:
        model = PeriodicTask
        fields = ("name", "enabled", "description")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        stored = kwargs.get("instance")
        if stored is not None:
            kwargs["initial"] = {**periodic.plan_of(stored), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)

    def _post_clean(self) -> None:
        """The verb checks the whole; Django would miss the schedule that the verb makes."""


def _switch(*, on: bool) -> Any:
    def switch(actor: Actor, task: PeriodicTask) -> None:
        known = periodic.plan_of(task)
        if not known.get("duty"):
            raise InvalidError("This task was made elsewhere; it has no plan of ours.")
        plan = periodic.Plan(name=task.name, description=task.description, enabled=on, **known)
        periodic.change_periodic_task(actor, task, plan=plan)

    return switch


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(VerbAdmin):
    """Duties of the product at times of the operators' choosing."""

    may_add = may_change = may_delete = True
    form = PlanForm
    list_display = ("name", "duty", "crontab", "enabled", "last_run_at", "total_run_count")
    list_filter = ("enabled", "last_run_at")
    search_fields = ("name", "description")
    ordering = ("name",)
    list_select_related = ("crontab", "interval", "solar", "clocked")
    fields = _FIELDS
    actions = (bulk("Enable", _switch(on=True)), bulk("Disable", _switch(on=False)))

    def rows(self, actor: Actor) -> QuerySet[PeriodicTask]:
        """All plans."""
        return visible_to(PeriodicTask, actor)

    def duty(self, row: PeriodicTask) -> str:
        """What it runs."""
        return str(periodic.plan_of(row).get("duty") or row.task)

    def make(self, actor: Actor, draft: PeriodicTask, given: Mapping[str, Any]) -> PeriodicTask:
        """Plan a duty."""
        return periodic.create_periodic_task(actor, PeriodicTask(), plan=_plan(given))

    def change(self, actor: Actor, stored: PeriodicTask, given: Mapping[str, Any]) -> None:
        """Change the plan as a whole."""
        before = {"name": stored.name, "enabled": stored.enabled}
        known = {**before, "description": stored.description, **periodic.plan_of(stored)}
        periodic.change_periodic_task(actor, stored, plan=_plan({**known, **given}))

    def remove(self, actor: Actor, stored: PeriodicTask) -> None:
        """End a plan."""
        periodic.delete_periodic_task(actor, stored)


def _plan(given: Mapping[str, Any]) -> periodic.Plan:
    missing = [name for name in _FIELDS if name not in given]
    if missing:
        raise InvalidError.at(f"/{missing[0]}", "This field is required.")
    return periodic.Plan(**{name: given[name] for name in _FIELDS})
