"""Jobs of sessions that Celery's workers do."""

from __future__ import annotations

from uuid import UUID

from kernel import blobs
from kernel.jobs import JobRun, job
from kernel.models import Blob
from sessions_app.models import AgentSession, Attachment, FileChange, ToolCall
from sessions_app.runner.workspaces import make_workspace, remove_workspace
from sessions_app.services.attachments import FORGET
from sessions_app.services.forking import COPY
from sessions_app.services.retention import CLEAR


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
    )


@job(COPY, lease_seconds=600)
def copy_workspace_task(run: JobRun) -> None:
    """Copy the parent's files for a fork, as they are now."""
    session = AgentSession.objects.select_related("working_directory").filter(
        pk=run.payload["session_id"], purged_at=None
    )
    if found := session.first():
        make_workspace(found.working_directory, found.pk)
