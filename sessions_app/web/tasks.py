"""Pages of tasks and executions, and what people do on them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from identity.public import Organization
from kernel import clock, schedule
from kernel.errors import DomainError, NotFoundError
from kernel.http.pages import deed, page
from kernel.http.pagination import paginate
from kernel.http.undo import offer_undo
from kernel.policies import policy_of, visible_to
from sessions_app.enums import ExecutionStatus
from sessions_app.models import Task
from sessions_app.selectors.tasks import (
    ExecutionFilter,
    executions_visible_to,
    shown,
    tasks_visible_to,
    variables_of,
)
from sessions_app.services import executions, tasks
from sessions_app.web.task_forms import ExecuteForm, TaskForm, initial_of
from sessions_app.web.who import actor_of, place_of

HISTORY = 20
_FIELDS = {"schedule": "cron"}


def _page(pk: UUID) -> str:
    return reverse("tasks:detail", args=[pk])


@page
def task_list(request: HttpRequest) -> HttpResponse:
    """The tasks, or those in the trash; the URL holds the whole state."""
    actor, place = actor_of(request), _place(request)
    trashed = request.GET.get("tab") == "trash"
    text = request.GET.get("q", "").replace("\x00", "")[:200]
    rows = tasks_visible_to(actor, text=text, trashed=trashed, organization_id=place.pk)
    found = paginate(request.GET, rows, field="id")
    context = {
        "tab": "trash" if trashed else "tasks",
        "tasks": shown(found.rows),
        "page": {"next": found.next, "previous": found.previous},
        "filters": {"q": text},
        "can_create": policy_of(Organization).allows(actor, "tasks.create", place),
    }
    return render(request, "sessions_app/tasks.html", context)


@page
def task_new(request: HttpRequest) -> HttpResponse:
    """Define a task."""
    form = TaskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = tasks.create_task(actor_of(request), _place(request), spec=form.spec())
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            return redirect("tasks:detail", made.pk)
    return _edit_page(request, form)


@page
def task_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change a definition."""
    task = _task(request, pk)
    before = tasks.spec_of(task)
    form = TaskForm(request.POST or None, initial=initial_of(before))
    if request.method == "POST" and form.is_valid():
        try:
            changes = vars(form.spec(is_paused=task.is_paused))
            tasks.change_task(actor_of(request), task, changes=changes)
        except DomainError as refusal:
            _tell(form, refusal)
        else:
            return redirect("tasks:detail", task.pk)
    return _edit_page(request, form, task=task)


@page
def task_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One task: execute it, when it is due, what came of it."""
    return _detail(request, _task(request, pk))


@page
def execute(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Execute and go to the session; a refusal comes back with all that was typed."""
    task = _task(request, pk)
    if request.method != "POST":
        return redirect(_page(pk))
    form = ExecuteForm(variables_of(task), request.POST)
    if form.is_valid():
        try:
            made = executions.execute_task(actor_of(request), task, variables=form.values())
        except NotFoundError:
            raise
        except DomainError as refusal:
            faults = refusal.extra.get("errors") or [{"pointer": "", "detail": refusal.detail}]
            for fault in faults:
                form.tell(fault["pointer"], fault["detail"])
            return _detail(request, task, form=form, status=refusal.status)
        return redirect(reverse("sessions:detail", args=[made.session_id]) + "#latest")
    return _detail(request, task, form=form, status=400)


@deed(_page)
def pause(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the schedule rest."""
    tasks.pause_task(actor_of(request), _task(request, pk))
    messages.success(request, "The schedule rests. Executing by hand goes on.")
    return redirect(_page(pk))


@deed(_page)
def resume(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Let the schedule go on."""
    tasks.resume_task(actor_of(request), _task(request, pk))
    return redirect(_page(pk))


@deed(_page)
def trash(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Into the trash."""
    tasks.trash_task(actor_of(request), _task(request, pk))
    offer_undo(request, "Moved to the trash.", reverse("tasks:restore", args=[pk]))
    return redirect("tasks:list")


@deed(_page)
def restore(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Out of the trash."""
    tasks.restore_task(actor_of(request), _task(request, pk))
    return redirect(_page(pk))


@page
def execution_list(request: HttpRequest) -> HttpResponse:
    """The executions; the URL holds task and status."""
    actor, place = actor_of(request), _place(request)
    status = request.GET.get("status", "")
    status = status if status in ExecutionStatus.values else ""
    wanted = ExecutionFilter(status=status, organization_id=place.pk)
    found = paginate(request.GET, executions_visible_to(actor, wanted), field="id")
    context = {
        "tab": "executions",
        "executions": found.rows,
        "page": {"next": found.next, "previous": found.previous},
        "filters": {"status": status},
        "statuses": ExecutionStatus.values,
    }
    return render(request, "sessions_app/executions.html", context)


@page
def execution_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One execution, its session and its report."""
    rows = executions_visible_to(actor_of(request), ExecutionFilter())
    found = rows.select_related("session").filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    waiting = found.status == "running" or bool(found.made and found.made.status == "queued")
    context = {"execution": found, "report": found.made, "waiting": waiting}
    return render(request, "sessions_app/execution.html", context)


def _detail(
    request: HttpRequest, task: Task, *, form: ExecuteForm | None = None, status: int = 200
) -> HttpResponse:
    actor, policy = actor_of(request), policy_of(Task)
    (task,) = shown([task])
    history = executions_visible_to(actor, ExecutionFilter(task_id=task.pk)).order_by("-id")
    firing = task.cron and not task.is_paused and not task.trashed_at
    context = {
        "task": task,
        "form": form or ExecuteForm(variables_of(task)),
        "executions": list(history[:HISTORY]),
        "upcoming": schedule.upcoming(task.cron, task.timezone, clock.now(), 3) if firing else [],
        "can": {
            verb: policy.allows(actor, f"tasks.{verb}", task)
            for verb in ("execute", "change", "pause", "trash")
        },
    }
    return render(request, "sessions_app/task.html", context, status=status)


def _edit_page(request: HttpRequest, form: TaskForm, task: Task | None = None) -> HttpResponse:
    status = 400 if form.errors else 200
    context = {"form": form, "task": task}
    return render(request, "sessions_app/task_edit.html", context, status=status)


def _tell(form: Any, refusal: DomainError) -> None:
    """Put every fault at the field it belongs to, else at the top."""
    if isinstance(refusal, NotFoundError):
        raise refusal
    faults = refusal.extra.get("errors") or [{"pointer": "", "detail": refusal.detail}]
    for fault in faults:
        parts = fault["pointer"].split("/")[1:]
        name = "schedule_values" if parts[:2] == ["schedule", "variables"] else "".join(parts[:1])
        field = _FIELDS.get(name, name)
        form.add_error(field if field in form.fields else None, fault["detail"])


def _task(request: HttpRequest, pk: UUID) -> Task:
    rows = visible_to(Task, actor_of(request)).select_related("owner", "organization")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFoundError
    return found


def _place(request: HttpRequest) -> Organization:
    """The organization chosen in this browser; without any there are no tasks."""
    found = place_of(request)
    if found is None:
        raise NotFoundError
    return found
