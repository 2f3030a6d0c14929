"""Terminals: a person's shell in the session's sandbox. What it shows is content of the stream;
what is typed is kept nowhere, for people type passwords.

Everybody who reads the session watches; only who opened a terminal types into it.
"""

from __future__ import annotations

from uuid import UUID

from django.db.models import F

from identity.public import User, require_going
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.commit import after_commit
from kernel.errors import ConflictError, InvalidError
from kernel.events import publish
from kernel.jobs import enqueue
from kernel.jobs.hints import notify
from kernel.models import Job
from kernel.streams import Entry, append
from sessions_app.enums import TerminalStatus
from sessions_app.errors import FencedError, TerminalEndedError, TerminalQuotaError
from sessions_app.events import TerminalEnded, TerminalOpened, TerminalStarted
from sessions_app.models import AgentSession, Terminal, TerminalInput
from sessions_app.services.shelf import require_open
from sessions_app.streams import SESSIONS

TERMINAL, QUEUE = "sessions.terminal", "terminals"
EACH, IN_SESSION = 2, 6
MOST_INPUT, UNREAD = 64 << 10, 200
SIZES = range(2, 501)


@action("terminals.open")
def open_terminal(actor: User, session: AgentSession, *, rows: int, columns: int) -> Terminal:
    """Open a shell of one's own in the session's sandbox."""
    require_open(session)
    require_going(session.organization_id, people={actor.actor_id, session.owner_id})
    _check_size(rows, columns)
    living = session.terminals.exclude(status=TerminalStatus.ENDED)
    mine = living.filter(opened_by_id=actor.actor_id).count()
    if mine >= EACH or living.count() >= IN_SESSION:
        limit = EACH if mine >= EACH else IN_SESSION
        raise TerminalQuotaError(
            limit=limit, current=max(mine, living.count()), remedy="Close one of them first."
        )
    made = Terminal(
        session=session, opened_by_id=actor.actor_id, rows=rows, columns=columns, opened_seq=0
    )
    data = {"name": "terminal.opened", "terminal_id": str(made.pk)}
    made.opened_seq = append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data=data)])[0]
    made.save(force_insert=True)
    enqueue(
        TERMINAL,
        {"terminal_id": str(made.pk)},
        queue=QUEUE,
        key=f"terminal:{made.pk}",
        organization_id=session.organization_id,
    )
    publish(
        TerminalOpened(
            organization_id=session.organization_id, target_id=session.pk, terminal_id=made.pk
        )
    )
    return made


@action("terminals.give", locks=False)
def give(actor: User, terminal: Terminal, *, frame: bytes) -> None:
    """Type into one's own terminal, or tell it its size."""
    if terminal.status == TerminalStatus.ENDED:
        raise TerminalEndedError
    if len(frame) > MOST_INPUT:
        raise InvalidError.at("/data", f"At most {MOST_INPUT} bytes at once.")
    if terminal.inputs.count() >= UNREAD:
        raise ConflictError("The shell does not read what is typed; wait for it.")
    TerminalInput.objects.create(terminal=terminal, frame=frame)
    Terminal.objects.filter(pk=terminal.pk).update(input_at=clock.now())
    after_commit(notify, f"terminal:{terminal.pk}")
    return Unchanged(None)  # type: ignore[return-value]


@action("terminals.close", locks=False)
def close(actor: User, terminal: Terminal) -> Terminal:
    """End a terminal and everything that runs in it."""
    return _end(actor, terminal, "closed", None)


@action("terminals.start", internal=True, locks=False)
def start(
    actor: Actor, terminal: Terminal, *, job_id: UUID, job_epoch: int, level: str
) -> Terminal | None:
    """A runner took it: None when there is nothing to run. One that was running before was lost."""
    found = _held(terminal)
    holds = Job.objects.filter(pk=job_id, epoch=job_epoch, finished_at=None).exists()
    if found.status == TerminalStatus.ENDED or not holds:
        return Unchanged(None)  # type: ignore[return-value]
    if found.status == TerminalStatus.OPEN:
        _end(actor, found, "runner_lost", None)
        return None
    found.status, found.epoch, found.started_at = TerminalStatus.OPEN, job_epoch, clock.now()
    found.save(update_fields=["status", "epoch", "started_at"])
    data = {"name": "terminal.started", "terminal_id": str(found.pk), "sandbox": level}
    append(SESSIONS, found.session_id, found.opened_by, [Entry(type="CUSTOM", data=data)])
    publish(
        TerminalStarted(
            organization_id=found.session.organization_id,
            target_id=found.session_id,
            terminal_id=found.pk,
            sandbox_level=level,
        )
    )
    return found


@action("terminals.emit", internal=True, locks=False)
def emit(actor: Actor, terminal: Terminal, *, epoch: int, delta: str) -> None:
    """Append what it shows; its content is no deed."""
    found = _fenced(_held(terminal), epoch)
    data = {"name": "terminal.output", "terminal_id": str(found.pk), "delta": delta}
    append(SESSIONS, found.session_id, found.opened_by, [Entry(type="CUSTOM", data=data)])
    Terminal.objects.filter(pk=found.pk).update(output_bytes=F("output_bytes") + len(delta))
    return Unchanged(None)  # type: ignore[return-value]


@action("terminals.take", internal=True, locks=False)
def take(actor: Actor, terminal: Terminal, *, epoch: int) -> bytes:
    """What was typed since, once."""
    _fenced(terminal, epoch)
    rows = list(terminal.inputs.order_by("id").values_list("id", "frame"))
    TerminalInput.objects.filter(pk__in=[key for key, _frame in rows]).delete()
    return Unchanged(b"".join(bytes(frame) for _key, frame in rows))  # type: ignore[return-value]


@action("terminals.end", internal=True, locks=False)
def end(actor: Actor, terminal: Terminal, *, reason: str, exit_code: int | None = None) -> Terminal:
    """Write down that it ended and why; the first reason stays."""
    return _end(actor, terminal, reason, exit_code)


def _end(actor: Actor, terminal: Terminal, reason: str, exit_code: int | None) -> Terminal:
    found = _held(terminal)
    if found.status == TerminalStatus.ENDED:
        return Unchanged(found)  # type: ignore[return-value]
    found.status, found.reason, found.exit_code = TerminalStatus.ENDED, reason, exit_code
    found.ended_at = clock.now()
    found.save(update_fields=["status", "reason", "exit_code", "ended_at"])
    found.inputs.all().delete()
    data = {
        "name": "terminal.ended",
        "terminal_id": str(found.pk),
        "reason": reason,
        "exit_code": exit_code,
    }
    append(SESSIONS, found.session_id, actor, [Entry(type="CUSTOM", data=data)])
    publish(
        TerminalEnded(
            organization_id=found.session.organization_id,
            target_id=found.session_id,
            terminal_id=found.pk,
            reason=reason,
            exit_code=exit_code,
            output_bytes=found.output_bytes,
        )
    )
    after_commit(notify, f"terminal:{found.pk}")
    return found


def _held(terminal: Terminal) -> Terminal:
    """The terminal as it is once its session is held: every verb takes the session first."""
    AgentSession.objects.select_for_update(no_key=True).get(pk=terminal.session_id)
    return Terminal.objects.select_related("session", "opened_by").get(pk=terminal.pk)


def _fenced(terminal: Terminal, epoch: int) -> Terminal:
    if terminal.status != TerminalStatus.OPEN or terminal.epoch != epoch:
        raise FencedError(str(terminal.pk))
    return terminal


def _check_size(rows: int, columns: int) -> None:
    for name, value in (("rows", rows), ("columns", columns)):
        if value not in SIZES:
            raise InvalidError.at(f"/{name}", f"From {SIZES.start} to {SIZES.stop - 1}.")
