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
from sessions_app.models import AgentSession, Report, ReportFile, WorkingDirectory
from sessions_app.streams import SESSIONS

CLEAR = "sessions.clear_workspace"
ERASED = {"erased": True}


@action("sessions.pause", internal=True)
def pause(actor: Actor, session: AgentSession) -> AgentSession:
    """Nobody worked here for so long that its processes may go; the next prompt wakes it."""
    limit = clock.now() - timedelta(hours=settings.SESSION_IDLE_HOURS)
    if session.status != SessionStatus.IDLE or session.active_at >= limit or _away(session):
        return Unchanged(session)  # type: ignore[return-value]
    _become(actor, session, SessionStatus.PAUSED, "session.paused")
    publish(SessionPaused(organization_id=session.organization_id, target_id=session.pk))
    return session


@action("sessions.archive_old", internal=True)
def archive_old(actor: Actor, session: AgentSession) -> AgentSession:
    """Put away what nobody touched for months."""
    limit = clock.now() - timedelta(days=settings.ARCHIVE_DAYS)
    if session.status != SessionStatus.PAUSED or session.active_at >= limit or _away(session):
        return Unchanged(session)  # type: ignore[return-value]
    session.archived_at = clock.now()
    _become(actor, session, SessionStatus.ARCHIVED, "session.archived")
    publish(SessionArchived(organization_id=session.organization_id, target_id=session.pk))
    return session


@action("sessions.purge", internal=True)
def purge(actor: Actor, session: AgentSession) -> AgentSession:
    """The trash's retention ended: content is emptied, the stream keeps its numbers."""
    limit = clock.now() - timedelta(days=settings.TRASH_DAYS)
    kept = session.trashed_at is None or session.trashed_at >= limit
    if kept or session.purged_at is not None:
        return Unchanged(session)  # type: ignore[return-value]
    blobs = _erase(session)
    enqueue(
        CLEAR,
        {"directory_id": str(session.working_directory_id), "blob_ids": blobs},
        key=f"clear:{session.working_directory_id}",
        organization_id=session.organization_id,
    )
    publish(SessionPurged(organization_id=session.organization_id, target_id=session.pk))
    return session


def _erase(session: AgentSession) -> list[str]:
    """Empty every row that holds what was said, written or computed; answers the blobs let go."""
    calls = session.tool_calls.all()
    changes, attached = session.file_changes.all(), session.attachments.all()
    reports = ReportFile.objects.filter(report__execution__session=session)
    kept = [*calls.values_list("output_blob_id", flat=True)]
    for rows in (changes, attached, reports):
        kept += rows.values_list("blob_id", flat=True)
    let_go = sorted({str(blob) for blob in kept if blob})
    Report.objects.filter(execution__session=session).delete()
    session.executions.update(values={}, error="")
    session.events.update(data=ERASED, actor_name="")
    session.messages.update(content="", author_name="", attachments=[])
    calls.update(input={}, content="", reasons=[], targets=[], output_blob_id=None)
    attached.update(name="", path="", blob_id=None)
    changes.update(path="", actor_name="", problem="", blob_id=None)
    session.secrets.all().delete()
    session.approvals.update(reason="", decision_reason="")
    session.runs.update(state=None, error="")
    WorkingDirectory.objects.filter(pk=session.working_directory_id).update(seed="")
    session.purged_at, session.name = clock.now(), "[purged]"
    session.runtime_state = None
    session.sdk_options = {**session.sdk_options, "system_prompt": ""}
    session.save(update_fields=["purged_at", "name", "runtime_state", "sdk_options"])
    return let_go


def _away(session: AgentSession) -> bool:
    return session.archived_at is not None or session.trashed_at is not None


def _become(actor: Actor, session: AgentSession, status: str, word: str) -> None:
    session.status = status
    session.save(update_fields=["status", "archived_at"])
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": word})])
