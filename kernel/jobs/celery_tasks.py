"""The only Celery task of the house: look at one job."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from kernel.jobs.work import run_job


@shared_task(name="kernel.run_job", ignore_result=True)  # type: ignore[untyped-decorator]
def run_job_task(job_id: str) -> None:
    """Do the job if it is still to be done; a stale hint is a no-op."""
    run_job(UUID(job_id))
