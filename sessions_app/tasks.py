"""Jobs of sessions that Celery's workers do."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.jobs import JobRun, job
from sessions_app.services.retention import CLEAR


@job(CLEAR)
def clear_workspace_task(run: JobRun) -> None:
    """Delete the files of a purged session."""
    directory = UUID(str(run.payload["directory_id"]))
    shutil.rmtree(Path(settings.DATA_DIR) / "work" / str(directory), ignore_errors=True)
