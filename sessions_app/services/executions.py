"""Executing tasks: a session of the person's own is made, prompted, and its run is waited for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from identity.public import User
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import DomainError, InvalidError
from kernel.events import publish
from kernel.jobs import enqueue
from kernel.policies import policy_of
from sessions_app.engine import variables as engine
from sessions_app.enums import ExecutionStatus, RunStatus, RuntimeName, TaskTrigger
from sessions_app.errors import OverlappingError, OwnerRightsError, TaskTrashedError
from sessions_app.events import TaskExecuted, TaskExecutionEnded, TaskRefused
from sessions_app.models import Report, Run, Task, TaskExecution
from sessions_app.runtimes.embedded.filling import ValueRefusedError, fill, names_in
from sessions_app.selectors.tasks import servers_of
from sessions_app.services.creation import SessionSpec, make_session
from sessions_app.services.prompting import LONGEST, post

MAKE = "sessions.make_report"
_ENDED = {
    RunStatus.COMPLETED: ExecutionStatus.COMPLETED,
    RunStatus.FAILED: ExecutionStatus.FAILED,
    RunStatus.CANCELLED: ExecutionStatus.CANCELLED,
}


@action("tasks.execute")
def execute_task(
    actor: User, task: Task, *, variables: Mapping[str, Any] | None = None
) -> TaskExecution:
    """Execute a task now, in a session of one's own; its report is made when the run ends."""
    if task.trashed_at:
        raise TaskTrashedError
    return _execute(actor, task, variables or {}, TaskTrigger.MANUAL, None)


@action("tasks.fire", internal=True)
def fire_task(actor: Actor, task: Task, *, due_at: datetime) -> TaskExecution | None:
    """A due time came: execute with the rights its owner has now; None when it did already."""
    known = task.executions.filter(due_at=due_at).exists()
    if known or task.trashed_at or task.is_paused or not task.cron:
        return Unchanged(None)  # type: ignore[return-value]
    if not policy_of(Task).allows(task.owner, "tasks.execute", task):
        raise OwnerRightsError
    if task.executions.filter(due_at__isnull=False, status=ExecutionStatus.RUNNING).exists():
        raise OverlappingError
    return _execute(task.owner, task, task.schedule_values, TaskTrigger.SCHEDULE, due_at)


@action("tasks.refuse", internal=True)
def refuse_task(
    actor: Actor, task: Task, *, due_at: datetime, refusal: DomainError
) -> TaskExecution:
    """Record that a due execution was refused, and why."""
    if found := task.executions.filter(due_at=due_at).first():
        return Unchanged(found)  # type: ignore[return-value]
    refused = TaskExecution.objects.create(
        organization_id=task.organization_id,
        task=task,
        requested_by_id=task.owner_id,
        trigger=TaskTrigger.SCHEDULE,
        due_at=due_at,
        values=task.schedule_values,
        report_format=task.report_format,
        status=ExecutionStatus.REFUSED,
        error_code=refusal.code[:60],
        error=refusal.detail[:1000],
        finished_at=clock.now(),
    )
    publish(
        TaskRefused(
            organization_id=task.organization_id,
            target_id=task.pk,
            execution_id=refused.pk,
            owner_id=task.owner_id,
            reason=refusal.code,
            due_at=due_at,
        )
    )
    return refused


@action("executions.end", internal=True)
def end_execution(actor: Actor, execution: TaskExecution) -> TaskExecution:
    """Its run ended: note how, and enqueue the report; both happen once."""
    run = Run.objects.get(pk__in=[execution.run_id])
    if execution.status != ExecutionStatus.RUNNING or run.status not in _ENDED:
        return Unchanged(execution)  # type: ignore[return-value]
    execution.status, execution.finished_at = _ENDED[RunStatus(run.status)], run.finished_at
    execution.error_code, execution.error = run.error_code, run.error
    execution.save(update_fields=["status", "finished_at", "error_code", "error"])
    report = Report.objects.create(
        organization_id=execution.organization_id,
        execution=execution,
        title=execution.task.name,
    )
    enqueue(
        MAKE,
        {"report_id": str(report.pk)},
        key=f"report:{report.pk}",
        organization_id=execution.organization_id,
    )
    publish(
        TaskExecutionEnded(
            organization_id=execution.organization_id,
            target_id=execution.task_id,
            execution_id=execution.pk,
            report_id=report.pk,
            status=execution.status,
        )
    )
    return execution


def _execute(
    person: User,
    task: Task,
    given: Mapping[str, Any],
    trigger: TaskTrigger,
    due_at: datetime | None,
) -> TaskExecution:
    """Make the session, prompt it, and remember what belongs together; inside a verb."""
    values = engine.resolve(_variables(task), given)
    prompt = _prompt(task, values)
    servers = servers_of(person, task.organization_id, task.tools)
    spec = SessionSpec(
        name=task.name,
        runtime=task.runtime,
        sdk_options={"allowed_tools": list(task.tools)},
        mcp_servers=[server.pk for server in servers],
    )
    session = make_session(person, task.organization, spec)
    posted = post(person, session, content=prompt)
    execution = TaskExecution.objects.create(
        organization_id=task.organization_id,
        task=task,
        requested_by_id=person.pk,
        trigger=trigger,
        due_at=due_at,
        values=values,
        report_format=task.report_format,
        session=session,
        run_id=posted.run_id,
    )
    _tell(execution, session_id=session.pk, run_id=posted.run_id)
    return execution


def _variables(task: Task) -> list[engine.Variable]:
    return engine.completed(engine.stored(task.variables), names_in(task.prompt_template))


def _prompt(task: Task, values: Mapping[str, Any]) -> str:
    """The template with its values; a value that cannot stand where it would is refused."""
    texts = {name: engine.as_text(value) for name, value in values.items()}
    try:
        prompt = fill(task.prompt_template, texts, runs=task.runtime == RuntimeName.EMBEDDED)
    except ValueRefusedError as refused:
        pointer = f"/variables/{refused.name}" if refused.name else "/variables"
        raise InvalidError.at(pointer, f"{str(refused).capitalize()}.") from refused
    if not prompt.strip() or len(prompt) > LONGEST:
        detail = f"The prompt would be blank or longer than {LONGEST} characters."
        raise InvalidError.at("/variables", detail)
    return prompt


def _tell(execution: TaskExecution, *, session_id: UUID, run_id: UUID) -> None:
    publish(
        TaskExecuted(
            organization_id=execution.organization_id,
            target_id=execution.task_id,
            execution_id=execution.pk,
            session_id=session_id,
            run_id=run_id,
            owner_id=execution.requested_by_id,
            trigger=execution.trigger,
            due_at=execution.due_at,
        )
    )
