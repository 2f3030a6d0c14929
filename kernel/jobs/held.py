"""Jobs put off until somebody recalls them: what is halted keeps its place and its attempts."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import F

from kernel import clock
from kernel.commit import after_commit
from kernel.jobs.outbox import ring
from kernel.models.jobs import Job

NEVER = datetime(9000, 1, 1, tzinfo=UTC)
"""When a held job is due; a date of its own, so that the sweep and every claim pass it by."""


def hold(job_id: UUID, epoch: int) -> None:
    """Put a claimed job off. Whoever claimed it loses it, so that it is not finished either."""
    Job.objects.filter(pk=job_id, epoch=epoch, finished_at=None).update(
        run_at=NEVER, lease_until=None, epoch=F("epoch") + 1, attempts=F("attempts") - 1
    )


def recall(organization_id: UUID) -> int:
    """Make everything of a tenant that is held due again; says how many."""
    rows = Job.objects.filter(organization_id=organization_id, run_at=NEVER, finished_at=None)
    found = list(rows.select_for_update().values_list("pk", "queue"))
    rows.filter(pk__in=[pk for pk, _queue in found]).update(run_at=clock.now())
    for pk, queue in found:
        after_commit(ring, queue, pk)
    return len(found)
