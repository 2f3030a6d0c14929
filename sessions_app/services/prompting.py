"""Prompting: the prompt is stored, takes its place in the one order, and a turn is enqueued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F

from identity.public import User, require_going
from kernel import clock
from kernel.actions import action
from kernel.errors import InvalidError
from kernel.events import publish
from kernel.ids import uuid7
from kernel.jobs import enqueue
from kernel.streams import Entry, append
from sessions_app.enums import ACTIVE_RUNS, MessageRole, RunStatus, SessionStatus
from sessions_app.errors import SessionQuotaError
from sessions_app.events import PromptPosted
from sessions_app.models import AgentSession, Message, Run
from sessions_app.services.attachments import attach, given, shown
from sessions_app.services.creation import serialize_person
from sessions_app.services.seeing import note_seen
from sessions_app.services.shelf import require_open
from sessions_app.streams import SESSIONS

TURN = "sessions.turn"
LONGEST = 500_000


@dataclass(frozen=True)
class Posted:
    """Where a prompt went: `seq` is that of its stored end event."""

    pk: UUID
    run_id: UUID
    seq: int


@action("sessions.prompt")
def prompt(
    actor: User, session: AgentSession, *, content: str, attachments: Sequence[str] = ()
) -> Posted:
    """Prompt a session; while a run is active the prompt queues behind it."""
    return post(actor, session, content=content, attachments=attachments)


def post(
    actor: User, session: AgentSession, *, content: str, attachments: Sequence[Any] = ()
) -> Posted:
    """Store a prompt and let it have its turn, for every verb that prompts; inside it."""
    require_open(session)
    require_going(session.organization_id, people={actor.actor_id, session.owner_id})
    _check(content)
    files = given(actor, session, attachments)
    waiting = session.runs.filter(status__in=ACTIVE_RUNS).exists()
    if not waiting:
        check_quota(session)
    message_id, run_id = uuid7(), uuid7()
    spoken = _spoken(message_id, run_id, content, shown(files))
    if waiting:
        spoken.append(_queued(spoken[-1], content))
    seq = append(SESSIONS, session.pk, actor, spoken)[2]
    author = User.objects.get(pk=actor.actor_id)
    run = Run.objects.create(id=run_id, session=session, requested_by=author, message_id=message_id)
    message = Message.objects.create(
        id=message_id,
        session=session,
        run=run,
        role=MessageRole.USER,
        content=content,
        author=author,
        author_name=author.display_name,
        attachments=shown(files),
        seq=seq,
    )
    attach(message, files)
    _touch(session)
    note_seen(session.pk, author.pk, session.total_messages + 1)
    if not waiting:
        start_turn(session, run)
    publish(
        PromptPosted(
            organization_id=session.organization_id,
            target_id=session.pk,
            message_id=message_id,
            run_id=run_id,
            queued=waiting,
        )
    )
    return Posted(message_id, run_id, seq)


def _check(content: str) -> None:
    if not content.strip():
        raise InvalidError.at("/content", "A prompt may not be blank.")
    if len(content) > LONGEST:
        raise InvalidError.at("/content", f"A prompt may have at most {LONGEST} characters.")


def start_turn(session: AgentSession, run: Run) -> None:
    """Write the intent that a runner drives this run; inside a verb that holds the session.
    Whose run it is drives the session."""
    session.status, session.driver_id = SessionStatus.QUEUED, run.requested_by_id
    session.save(update_fields=["status", "driver"])
    enqueue(
        TURN,
        {"run_id": str(run.pk)},
        queue="runner",
        key=f"turn:{run.pk}:{run.attempt + 1}",
        organization_id=session.organization_id,
    )


def set_status(session: AgentSession, status: str) -> None:
    """Change what the session is doing."""
    session.status = status
    session.save(update_fields=["status"])


def check_quota(session: AgentSession) -> None:
    """At most so many sessions per person with work under way."""
    serialize_person(session.owner_id)
    busy = AgentSession.objects.filter(
        owner_id=session.owner_id,
        runs__status__in=ACTIVE_RUNS,
    )
    current = busy.exclude(pk=session.pk).distinct().count()
    limit: int = settings.SESSIONS_PER_PERSON
    if current >= limit:
        raise SessionQuotaError(
            limit=limit,
            current=current,
            remedy="Wait for one of them to end, cancel one, or ask your operator for more.",
        )


def next_in_queue(session: AgentSession) -> Run | None:
    """The oldest queued run."""
    return session.runs.filter(status=RunStatus.QUEUED).order_by("created_at", "id").first()


def _spoken(
    message_id: UUID, run_id: UUID, content: str, attachments: list[dict[str, Any]]
) -> list[Entry]:
    known: dict[str, Any] = {"message_id": str(message_id), "role": MessageRole.USER.value}
    if attachments:
        known = {**known, "attachments": attachments}
    return [
        Entry(type="TEXT_MESSAGE_START", run_id=run_id, data=known),
        Entry(type="TEXT_MESSAGE_CONTENT", run_id=run_id, data={**known, "delta": content}),
        Entry(type="TEXT_MESSAGE_END", run_id=run_id, data={**known, "text": content}),
    ]


def _queued(end: Entry, content: str) -> Entry:
    known = {name: end.data[name] for name in ("message_id", "role")}
    data = {"name": "prompt.queued", **known, "run_id": str(end.run_id), "content": content}
    return Entry(type="CUSTOM", run_id=end.run_id, data=data)


def _touch(session: AgentSession) -> None:
    AgentSession.objects.filter(pk=session.pk).update(
        total_messages=F("total_messages") + 1, active_at=clock.now()
    )
