"""Jobs of sessions that Celery's workers do."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from kernel import blobs
from kernel.actors import SystemActor
from kernel.errors import DomainError
from kernel.jobs import JobRun, job
from kernel.models import Blob
from kernel.plugins import load
from sessions_app.enums import ReportStatus
from sessions_app.models import (
    AgentSession,
    Attachment,
    FileChange,
    Report,
    ReportFile,
    Task,
    ToolCall,
)
from sessions_app.runner.workspaces import make_workspace, remove_workspace
from sessions_app.selectors.reports import document_of
from sessions_app.services import executions, reports
from sessions_app.services.attachments import FORGET
from sessions_app.services.forking import COPY
from sessions_app.services.retention import CLEAR
from sessions_app.services.tasks import DUE


@job(CLEAR)
def clear_workspace_task(run: JobRun) -> None:
    """Delete the files of a purged session, and the content that no other row has."""
    remove_workspace(UUID(str(run.payload["directory_id"])))
    _let_go(run)


@job(FORGET)
def forget_blobs_task(run: JobRun) -> None:
    """Delete uploads that nobody used."""
    _let_go(run)


def _let_go(run: JobRun) -> None:
    for blob in Blob.objects.filter(pk__in=run.payload.get("blob_ids", [])):
        if not _is_used(blob):
            blobs.remove(blob)


def _is_used(blob: Blob) -> bool:
    """Content is stored once in a tenant, whoever refers to it."""
    return (
        ToolCall.objects.filter(output_blob_id=blob.pk).exists()
        or FileChange.objects.filter(blob_id=blob.pk).exists()
        or Attachment.objects.filter(blob_id=blob.pk).exists()
        or ReportFile.objects.filter(blob_id=blob.pk).exists()
    )


@job(COPY, lease_seconds=600)
def copy_workspace_task(run: JobRun) -> None:
    """Copy the parent's files for a fork, as they are now."""
    session = AgentSession.objects.select_related("working_directory").filter(
        pk=run.payload["session_id"], purged_at=None
    )
    if found := session.first():
        make_workspace(found.working_directory, found.pk)


@job(DUE)
def fire_due_task(run: JobRun) -> None:
    """A task is due. What its owner may not do now is refused, and the refusal recorded."""
    task = Task.objects.filter(pk=run.payload["task_id"]).first()
    if task is None:
        return
    actor = SystemActor("schedule", on_behalf_of_id=task.owner_id)
    due_at = datetime.fromisoformat(str(run.payload["due_at"]))
    try:
        executions.fire_task(actor, task, due_at=due_at)
    except DomainError as refusal:
        executions.refuse_task(actor, task, due_at=due_at, refusal=refusal)


@job(executions.MAKE)
def make_report_task(run: JobRun) -> None:
    """Gather and write a report, then store it; done again, the same bytes are stored once."""
    rows = Report.objects.select_related("execution__requested_by")
    report = rows.filter(pk=run.payload["report_id"], status=ReportStatus.QUEUED).first()
    if report is None:
        return
    # The writers bring the typesetter along, which no other process needs.
    write_all = load("sessions_app.engine.reports.files:write_all")
    files = {
        name: blobs.write(report.organization_id, content)
        for name, content in write_all(document_of(report)).items()
    }
    reports.store_report(SystemActor("worker"), report, files=files)
