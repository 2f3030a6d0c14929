"""What time does to sessions: pause, archive, purge."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.events import publish
from kernel.jobs import enqueue
from kernel.streams import Entry, append
from sessions_app.enums import SessionStatus
from sessions_app.events import SessionArchived, SessionPaused, SessionPurged
from sessions_app.models import AgentSession
from sessions_app.streams import SESSIONS

CLEAR = "sessions.clear_workspace"
ERASED = {"erased": True}


@action("sessions.pause", internal=True)
def pause(actor: Actor, session: AgentSession) -> AgentSession:
    """Nobody worked here for so long that its processes may go; the next prompt wakes it."""
    limit = clock.now() - timedelta(hours=settings.SESSION_IDLE_HOURS)
    if session.status != SessionStatus.IDLE or session.active_at >= limit:
        return Unchanged(session)  # type: ignore[return-value]
    _become(actor, session, SessionStatus.PAUSED, "session.paused")
    publish(SessionPaused(organization_id=session.organization_id, target_id=session.pk))
    return session


@action("sessions.archive_old", internal=True)
def archive_old(actor: Actor, session: AgentSession) -> AgentSession:
    """Put away what nobody touched for months."""
    if session.status != SessionStatus.PAUSED or session.archived_at:
        return Unchanged(session)  # type: ignore[return-value]
    session.archived_at = clock.now()
    _become(actor, session, SessionStatus.ARCHIVED, "session.archived")
    publish(SessionArchived(organization_id=session.organization_id, target_id=session.pk))
    return session


@action("sessions.purge", internal=True)
def purge(actor: Actor, session: AgentSession) -> AgentSession:
    """The trash's retention ended: content is emptied, the stream keeps its numbers."""
    if session.trashed_at is None or session.purged_at is not None:
        return Unchanged(session)  # type: ignore[return-value]
    session.events.update(data=ERASED, actor_name="")
    session.messages.update(content="", author_name="", attachments=[])
    session.tool_calls.update(input={}, content="", reasons=[], targets=[])
    session.approvals.update(reason="", decision_reason="")
    session.purged_at, session.name = clock.now(), "[purged]"
    session.runtime_state = None
    session.save(update_fields=["purged_at", "name", "runtime_state"])
    enqueue(
        CLEAR,
        {"directory_id": str(session.working_directory_id)},
        key=f"clear:{session.working_directory_id}",
        organization_id=session.organization_id,
    )
    publish(SessionPurged(organization_id=session.organization_id, target_id=session.pk))
    return session


def _become(actor: Actor, session: AgentSession, status: str, word: str) -> None:
    session.status = status
    session.save(update_fields=["status", "archived_at"])
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": word})])
