"""Enqueue: a row in the caller's transaction; after commit a hint that may be lost."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from kernel import clock
from kernel.commit import after_commit
from kernel.context import snapshot
from kernel.jobs import hints
from kernel.models.jobs import Job

# Queues whose processes listen to PostgreSQL; all others are Celery's.
LISTENING = frozenset({"runner", "terminals", "gateway"})


def enqueue(
    kind: str,
    payload: Mapping[str, Any],
    *,
    queue: str = "default",
    key: str | None = None,
    run_at: datetime | None = None,
    organization_id: UUID | None = None,
) -> bool:
    """Write down work to be done; False when `key` says it is written down already."""
    if not connection.in_atomic_block:
        message = f"{kind} enqueued outside a transaction"
        raise RuntimeError(message)
    row = Job(
        kind=kind,
        payload=dict(payload),
        queue=queue,
        key=key,
        run_at=run_at or clock.now(),
        organization_id=organization_id,
        context=snapshot(),
    )
    if key is not None and Job.objects.filter(key=key).exists():
        return False
    Job.objects.bulk_create([row], ignore_conflicts=key is not None)
    after_commit(ring, queue, row.pk)
    return True


def ring(queue: str, job_id: UUID) -> None:
    """Hint that work waits; losing the hint costs a sweep's delay."""
    if queue in LISTENING:
        hints.notify(queue)
    else:
        hints.send(queue, job_id)
