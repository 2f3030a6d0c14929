"""When work is due: the one scheduler's rows. Upper apps own what a row is for."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


class ScheduleRow(models.Model):
    """A cron expression in a time zone that enqueues a job of `kind` at each due time."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=120)
    key = models.CharField(max_length=200, unique=True)
    organization_id = models.UUIDField(null=True)
    cron = models.CharField(max_length=120)
    timezone = models.CharField(max_length=64, default="UTC")
    payload = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    next_due_at = models.DateTimeField(db_index=True)
    last_fired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.key} {self.cron} {self.timezone}"
