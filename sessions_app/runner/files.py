"""Making the changes that people asked for in a working directory, as its owner."""

from __future__ import annotations

import logging
from uuid import UUID

from kernel import blobs
from kernel.actors import SystemActor
from kernel.context import restored
from kernel.errors import DomainError
from kernel.jobs import Lease, LostLeaseError
from kernel.models import Blob
from kernel.sandbox import FileChangedError, Workspace
from kernel.threads import threaded
from sessions_app.enums import FileDeed, FileStatus, RunStatus
from sessions_app.errors import RunWritesError
from sessions_app.models import FileChange
from sessions_app.runner.workspaces import check_room, make_workspace
from sessions_app.services import files

log = logging.getLogger(__name__)


class FileWork:
    """One change, from lease to outcome. Made twice it is made once: see `editing.replace_in`."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    async def drive(self) -> None:
        """Make the change and say what became of it; a fault of ours is tried again."""
        with restored(self._lease.context, causation_id=self._lease.job_id):
            change_id = UUID(str(self._lease.run.payload["change_id"]))
            try:
                await threaded(_carry_out)(change_id)
                await threaded(self._lease.finish)()
            except LostLeaseError:
                log.info("change was taken over", extra={"job": str(self._lease.job_id)})
            except Exception as fault:
                log.exception("change failed", extra={"job": str(self._lease.job_id)})
                await threaded(self._lease.fail)(type(fault).__name__)


def _carry_out(change_id: UUID) -> None:
    change = (
        FileChange.objects.select_related("session__working_directory")
        .filter(pk=change_id, status=FileStatus.PENDING)
        .first()
    )
    if change is None:
        return
    runner = SystemActor("runner", on_behalf_of_id=change.actor_id)
    ending = _ending(change)
    files.finish_change(runner, change.session, change_id=change.pk, ending=ending)


def _ending(change: FileChange) -> files.Ending:
    refused = FileStatus.REFUSED.value
    try:
        return files.Ending(status=FileStatus.DONE, size_before=_make(change))
    except FileChangedError as refusal:
        return files.Ending(status=FileStatus.CONFLICT, problem=refusal.detail)
    except DomainError as refusal:
        return files.Ending(status=refused, problem=refusal.detail, reason=refusal.code)
    except OSError as failure:
        text = failure.strerror or "The file cannot be written."
        return files.Ending(status=refused, problem=f"{text}.", reason="os_error")


def _make(change: FileChange) -> int | None:
    """Do it; answers the size the file had."""
    session = change.session
    if session.runs.filter(status=RunStatus.RUNNING).exists():
        raise RunWritesError
    expected = change.expected or None
    place = make_workspace(session.working_directory, session.pk)
    with Workspace(place) as workspace:
        if change.deed == FileDeed.REMOVE:
            return workspace.remove_file(change.path, expected=expected)
        content = blobs.read(Blob.objects.get(pk__in=[change.blob_id]))
        check_room(workspace, len(content))
        part = f".{change.pk}.part"
        return workspace.replace(change.path, content, expected=expected, part=part)
