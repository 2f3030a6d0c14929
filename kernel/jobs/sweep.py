"""The sweep: lost hints are rung again, expired leases become claimable by being rung."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q

from kernel import clock
from kernel.duties import duty
from kernel.jobs.outbox import ring
from kernel.models.jobs import Job

GRACE = timedelta(seconds=2)
KEPT = timedelta(days=7)


@duty("kernel.jobs", every_seconds=1.5)
def sweep() -> None:
    """Ring for every due job nobody holds; give up those that used all their attempts."""
    now = clock.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Job.objects.filter(free, finished_at=None, failed_at=None, run_at__lte=now - GRACE)
    due.filter(attempts__gte=F("max_attempts")).update(failed_at=now, error="worker lost")
    for queue, job_id in due.filter(failed_at=None).values_list("queue", "id")[:500]:
        ring(queue, job_id)


@duty("kernel.jobs.forget", every_seconds=3600)
def forget() -> None:
    """Drop rows of work done a week ago."""
    Job.objects.filter(finished_at__lt=clock.now() - KEPT).delete()
