"""The Celery tasks of the house: look at one job; run a duty that an operator planned."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from kernel import duties
from kernel.jobs.work import run_job


@shared_task(name="kernel.run_job", ignore_result=True)  # type: ignore[untyped-decorator]
def run_job_task(job_id: str) -> None:
    """Do the job if it is still to be done; a stale hint is a no-op."""
    run_job(UUID(job_id))


@shared_task(name="kernel.run_duty", ignore_result=True)  # type: ignore[untyped-decorator]
def run_duty_task(name: str) -> None:
    """Run one round of a duty now, besides the keeper's own rounds; duties are safe to repeat."""
    if name in duties.registry:
        duties.registry[name].run()
