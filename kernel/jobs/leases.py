"""Leases: who works on a job, until when, and the epoch that fences everybody else out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from kernel import clock
from kernel.jobs.registry import JobRun
from kernel.models.jobs import Job

_CLAIM = """
UPDATE kernel_job SET owner = %(owner)s, epoch = epoch + 1, attempts = attempts + 1,
       lease_until = %(until)s
 WHERE id = (SELECT id FROM kernel_job
              WHERE {which} AND finished_at IS NULL AND failed_at IS NULL
                AND run_at <= %(now)s AND (lease_until IS NULL OR lease_until < %(now)s)
              ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, kind, payload, context, attempts, max_attempts, epoch
"""


class LostLeaseError(RuntimeError):
    """Somebody else holds this job now; whatever this worker still does must not count."""


@dataclass(kw_only=True)
class Lease:
    """A claim on one job. Every write is fenced by `epoch`."""

    job_id: UUID
    kind: str
    run: JobRun
    context: dict[str, str]
    seconds: float
    max_attempts: int

    def _mine(self) -> dict[str, object]:
        return {"pk": self.job_id, "epoch": self.run.epoch, "finished_at": None}

    def heartbeat(self) -> None:
        """Keep the claim for another lease; raises `LostLeaseError` when it is gone."""
        until = clock.now() + timedelta(seconds=self.seconds)
        if not Job.objects.filter(**self._mine()).update(lease_until=until):
            raise LostLeaseError(str(self.job_id))

    def finish(self) -> None:
        """The work is done."""
        if not Job.objects.filter(**self._mine()).update(finished_at=clock.now(), lease_until=None):
            raise LostLeaseError(str(self.job_id))

    def release(self, *, at: datetime | None = None) -> None:
        """Give the job back, unharmed: it counts as no attempt."""
        Job.objects.filter(**self._mine()).update(
            lease_until=None, run_at=at or clock.now(), attempts=F("attempts") - 1
        )

    def fail(self, error: str) -> bool:
        """Note a failed attempt; True when it was the last one and the job is given up."""
        last = self.run.attempt >= self.max_attempts
        wait = timedelta(seconds=min(300, 2**self.run.attempt))
        Job.objects.filter(**self._mine()).update(
            error=error[:500],
            lease_until=None,
            run_at=clock.now() + wait,
            failed_at=clock.now() if last else None,
        )
        return last


def claim_next(queue: str, owner: str, *, seconds: float) -> Lease | None:
    """Take the oldest due job of a queue, or None."""
    return _claim("queue = %(queue)s", owner, seconds, {"queue": queue})


def claim_one(job_id: UUID, owner: str, *, seconds: float) -> Lease | None:
    """Take this job, or None when it is done, not due or somebody else's."""
    return _claim("id = %(id)s", owner, seconds, {"id": job_id})


def _claim(which: str, owner: str, seconds: float, extra: dict[str, UUID | str]) -> Lease | None:
    now = clock.now()
    values: dict[str, Any] = {
        "owner": owner,
        "now": now,
        "until": now + timedelta(seconds=seconds),
        **extra,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(which=which), values)
        found = cursor.fetchone()
    if found is None:
        return None
    job_id, kind, payload, context, attempts, most, epoch = found
    return Lease(
        job_id=job_id,
        kind=kind,
        context=_json(context),
        seconds=seconds,
        max_attempts=most,
        run=JobRun(job_id=job_id, payload=_json(payload), attempt=attempts, epoch=epoch),
    )


def _json(value: object) -> dict[str, str]:
    return dict(json.loads(value)) if isinstance(value, str) else dict(value)  # type: ignore[call-overload]
