"""Making, removing and firing schedule rows. A due time fires once: its job's key says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.duties import duty
from kernel.jobs import enqueue, kinds
from kernel.models.schedule import ScheduleRow
from kernel.schedule.cron import next_due


@dataclass(frozen=True, kw_only=True)
class Timing:
    """What is due, and when."""

    kind: str
    cron: str
    timezone: str = "UTC"
    payload: Mapping[str, Any] = field(default_factory=dict)
    organization_id: UUID | None = None
    enabled: bool = True


def put(key: str, timing: Timing) -> ScheduleRow:
    """Create or change the row known by `key`."""
    row, _made = ScheduleRow.objects.update_or_create(
        key=key,
        defaults={
            "kind": timing.kind,
            "cron": timing.cron,
            "timezone": timing.timezone,
            "payload": dict(timing.payload),
            "organization_id": timing.organization_id,
            "enabled": timing.enabled,
            "next_due_at": next_due(timing.cron, timing.timezone, clock.now()),
        },
    )
    return row


def remove(key: str) -> None:
    """Take the row away; a job it fired already goes on."""
    ScheduleRow.objects.filter(key=key).delete()


@duty("kernel.schedule", every_seconds=1)
def fire_due() -> None:
    """Enqueue what is due. Times missed while nobody kept watch fire once, as the latest one."""
    now = clock.now()
    with transaction.atomic():
        rows = ScheduleRow.objects.select_for_update(skip_locked=True).filter(
            enabled=True, next_due_at__lte=now
        )
        for row in rows[:200]:
            enqueue(
                row.kind,
                {**row.payload, "due_at": row.next_due_at.isoformat()},
                queue=kinds[row.kind].queue if row.kind in kinds else "default",
                key=f"schedule:{row.pk}:{row.next_due_at.isoformat()}",
                organization_id=row.organization_id,
            )
            row.last_fired_at = row.next_due_at
            row.next_due_at = next_due(row.cron, row.timezone, now)
            row.save(update_fields=["last_fired_at", "next_due_at"])
