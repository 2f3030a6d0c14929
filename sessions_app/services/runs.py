"""What happens to a run. People cancel and resume; the runner's verbs are internal and fenced."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from identity.public import User, require_going, stop_over
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.events import publish
from kernel.ids import uuid7
from kernel.jobs import hold
from kernel.models import Job
from kernel.streams import Entry, append
from sessions_app.enums import ACTIVE_RUNS, RunStatus, SessionStatus
from sessions_app.errors import (
    FencedError,
    NothingToCancelError,
    NothingToResumeError,
    TrashedError,
)
from sessions_app.events import (
    RunFinished,
    RunResumed,
    RunStarted,
    RunSuspended,
    SessionUnarchived,
    UsageMetered,
)
from sessions_app.models import AgentSession, Message, Run
from sessions_app.runtimes.base import TurnOutcome, Usage
from sessions_app.services.closing import close_open_calls, store_message
from sessions_app.services.prompting import check_quota, next_in_queue, set_status, start_turn
from sessions_app.streams import SESSIONS

UNDRIVEN, LOST, RESTORED = "undriven", "runner_lost", "restored"
STOPPED = "stopped"
GIVEN_UP = {
    UNDRIVEN: "No runner could drive this turn; resume repeats it.",
    LOST: "The process that drove this turn was lost; resume repeats it.",
    RESTORED: "The backup this was restored from is from amid this turn; resume repeats it.",
}


@action("sessions.cancel", dangerous=True)
def cancel(actor: User, session: AgentSession) -> Run:
    """End the active run now; the session is idle, or goes on with the next queued prompt."""
    run = (
        session.runs.filter(status__in=ACTIVE_RUNS)
        .order_by("status", "created_at")
        .exclude(status=RunStatus.QUEUED)
        .first()
    ) or next_in_queue(session)
    if run is None:
        raise NothingToCancelError
    end_run(actor, session, run, status=RunStatus.CANCELLED)
    return run


@action("sessions.resume")
def resume(actor: User, session: AgentSession) -> Run | None:
    """Repeat the last cancelled or failed run; an archived session is opened again."""
    if session.trashed_at:
        raise TrashedError
    if session.archived_at:
        _unarchive(actor, session)
        return None
    last = session.runs.order_by("-created_at", "-id").first()
    if last is None or last.status not in {RunStatus.CANCELLED, RunStatus.FAILED}:
        raise NothingToResumeError
    require_going(session.organization_id, people={actor.actor_id, session.owner_id})
    check_quota(session)
    again = Run.objects.create(
        id=uuid7(), session=session, requested_by_id=actor.actor_id, message_id=last.message_id
    )
    told = {
        "name": "run.resumed",
        "run_id": str(again.pk),
        "former_run_id": str(last.pk),
        "message_id": str(last.message_id),
    }
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", run_id=again.pk, data=told)])
    start_turn(session, again)
    publish(
        RunResumed(
            organization_id=session.organization_id,
            target_id=session.pk,
            run_id=again.pk,
            former_run_id=last.pk,
        )
    )
    return again


def _unarchive(actor: Actor, session: AgentSession) -> None:
    session.archived_at, session.active_at = None, clock.now()
    session.status = SessionStatus.IDLE
    session.save(update_fields=["archived_at", "active_at", "status"])
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": "session.unarchived"})])
    publish(SessionUnarchived(organization_id=session.organization_id, target_id=session.pk))


@action("runs.start", internal=True)
def start_run(
    actor: Actor,
    session: AgentSession,
    *,
    run_id: UUID,
    job_id: UUID,
    job_epoch: int,
    sandbox_level: str,
) -> Run | None:
    """A runner took the lease: None when there is nothing left to drive."""
    run = session.runs.get(pk=run_id)
    holds = Job.objects.filter(pk=job_id, epoch=job_epoch, finished_at=None).exists()
    if run.status not in ACTIVE_RUNS or not holds:
        return Unchanged(None)  # type: ignore[return-value]
    if run.status != RunStatus.RUNNING and stop_over(
        session.organization_id, people={run.requested_by_id, session.owner_id}, lock=True
    ):
        hold(job_id, job_epoch)
        return Unchanged(None)  # type: ignore[return-value]
    first = run.attempt == 0
    run.status, run.epoch, run.attempt = RunStatus.RUNNING, run.epoch + 1, run.attempt + 1
    run.started_at = run.started_at or clock.now()
    run.sandbox_level = sandbox_level
    run.save()
    set_status(session, SessionStatus.RUNNING)
    word = Entry(type="RUN_STARTED", run_id=run.pk, data={"sandbox": sandbox_level})
    again = Entry(type="CUSTOM", run_id=run.pk, data={"name": "run.continued"})
    append(SESSIONS, session.pk, actor, [word if first else again])
    publish(
        RunStarted(
            organization_id=session.organization_id,
            target_id=session.pk,
            run_id=run.pk,
            attempt=run.attempt,
            sandbox_level=sandbox_level,
        )
    )
    return run


@action("runs.emit", internal=True)
def emit(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, entries: Sequence[Entry]
) -> Sequence[int]:
    """Append output to the stream. Output is content, not a deed: the ledger need not know."""
    fenced(session, run_id, epoch)
    return Unchanged(append(SESSIONS, session.pk, actor, entries))  # type: ignore[return-value]


@action("runs.speak", internal=True)
def speak(
    actor: Actor,
    session: AgentSession,
    *,
    run_id: UUID,
    epoch: int,
    message: Message,
    entries: Sequence[Entry],
) -> Message:
    """Store a whole message of the agent together with its last events."""
    store_message(actor, session, fenced(session, run_id, epoch), message, entries)
    return Unchanged(message)  # type: ignore[return-value]


@action("runs.meter", internal=True)
def meter(
    actor: Actor,
    session: AgentSession,
    *,
    run_id: UUID,
    epoch: int,
    usage: Usage,
    cost: Decimal | None,
) -> None:
    """Add one model request to run and session; an unknown price adds nothing, never 0."""
    run = fenced(session, run_id, epoch)
    for row in (run, session):
        row.input_tokens += usage.input_tokens
        row.output_tokens += usage.output_tokens
        if cost is not None:
            row.cost_usd = (row.cost_usd or Decimal()) + cost
    run.model, run.provider = usage.model[:120], usage.provider[:60]
    session.context_tokens = usage.input_tokens + usage.output_tokens
    session.context_window = usage.context_window
    run.save(update_fields=["input_tokens", "output_tokens", "cost_usd", "model", "provider"])
    session.save(
        update_fields=[
            "input_tokens",
            "output_tokens",
            "cost_usd",
            "context_tokens",
            "context_window",
        ]
    )
    append(SESSIONS, session.pk, actor, [_usage_entry(run, usage, cost)])
    publish(
        UsageMetered(
            organization_id=session.organization_id,
            target_id=session.pk,
            run_id=run.pk,
            model=_word(usage.model),
            provider=_word(usage.provider),
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cost_micros=None if cost is None else int(cost * 1_000_000),
        )
    )


@action("runs.suspend", internal=True)
def suspend(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, state: bytes | None
) -> Run:
    """Leave the run waiting for a person; a decision that came meanwhile continues it at once."""
    run = fenced(session, run_id, epoch)
    run.state, run.resuming = state, True
    pending = run.approvals.filter(status="pending").exists()
    run.status = RunStatus.WAITING
    run.save(update_fields=["state", "resuming", "status"])
    set_status(session, SessionStatus.WAITING)
    append(
        SESSIONS,
        session.pk,
        actor,
        [Entry(type="CUSTOM", run_id=run.pk, data={"name": "run.waiting"})],
    )
    publish(
        RunSuspended(organization_id=session.organization_id, target_id=session.pk, run_id=run.pk)
    )
    if not pending:
        start_turn(session, run)
    return run


@action("runs.finish", internal=True)
def finish(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, state: bytes | None
) -> Run:
    """The runtime ended the turn well."""
    run = fenced(session, run_id, epoch)
    session.runtime_state = state
    session.save(update_fields=["runtime_state"])
    end_run(actor, session, run, status=RunStatus.COMPLETED)
    return run


@action("runs.fail", internal=True)
def fail(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, outcome: TurnOutcome
) -> Run:
    """The turn could not be ended well; its error is already redacted, its state is kept."""
    run = fenced(session, run_id, epoch)
    if outcome.state is not None:
        session.runtime_state = outcome.state
        session.save(update_fields=["runtime_state"])
    run.error_code = (outcome.error_code or "runtime_failed")[:60]
    run.error = outcome.error[:1000]
    run.save(update_fields=["error_code", "error"])
    end_run(actor, session, run, status=RunStatus.FAILED)
    return run


@action("runs.halt", internal=True)
def halt(actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, reason: str) -> Run:
    """A stop cut the turn off: it is cancelled, and its end says why."""
    run = fenced(session, run_id, epoch)
    run.error_code, run.error = STOPPED, reason[:1000]
    run.save(update_fields=["error_code", "error"])
    end_run(actor, session, run, status=RunStatus.CANCELLED)
    return run


@action("runs.give_up", internal=True)
def give_up(actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, code: str) -> Run:
    """No runner drives this run any more; it ends with a reason instead of hanging."""
    run = session.runs.get(pk=run_id)
    if run.status not in ACTIVE_RUNS or run.epoch != epoch:
        return Unchanged(run)  # type: ignore[return-value]
    run.error_code, run.error = code, GIVEN_UP[code]
    run.save(update_fields=["error_code", "error"])
    end_run(actor, session, run, status=RunStatus.FAILED)
    return run


def end_run(actor: Actor, session: AgentSession, run: Run, *, status: str) -> None:
    """Close what is open, end the run in exactly one event, and let the next prompt begin."""
    close_open_calls(actor, session, run)
    run.status, run.finished_at = status, clock.now()
    run.epoch += 1
    run.save(update_fields=["status", "finished_at", "epoch"])
    append(SESSIONS, session.pk, actor, [_ending(run)])
    session.active_at = clock.now()
    session.save(update_fields=["active_at"])
    following = next_in_queue(session)
    if following:
        start_turn(session, following)
    elif not session.runs.filter(status__in=ACTIVE_RUNS).exists():
        set_status(session, SessionStatus.IDLE)
    publish(
        RunFinished(
            organization_id=session.organization_id,
            target_id=session.pk,
            run_id=run.pk,
            status=status,
            error_code=_word(run.error_code),
        )
    )


def fenced(session: AgentSession, run_id: UUID, epoch: int) -> Run:
    """The run, if this worker still holds it."""
    run = session.runs.filter(pk=run_id, epoch=epoch, status=RunStatus.RUNNING).first()
    if run is None:
        raise FencedError(str(run_id))
    return run


def _ending(run: Run) -> Entry:
    if run.status == RunStatus.FAILED:
        data = {"code": run.error_code, "message": run.error}
        return Entry(type="RUN_ERROR", run_id=run.pk, data=data)
    outcome = "success" if run.status == RunStatus.COMPLETED else "cancelled"
    why = {"reason": run.error} if run.error else {}
    return Entry(type="RUN_FINISHED", run_id=run.pk, data={"outcome": outcome, **why})


def _usage_entry(run: Run, usage: Usage, cost: Decimal | None) -> Entry:
    data = {
        "name": "usage",
        "model": usage.model,
        "provider": usage.provider,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "context_window": usage.context_window,
        "cost_usd": None if cost is None else str(cost),
    }
    return Entry(type="CUSTOM", run_id=run.pk, data=data)


def _word(text: str) -> str:
    """A model's or error's name as an identifier."""
    return "".join(c if c.isalnum() or c in "_.:/@+-" else "-" for c in text)[:200]
