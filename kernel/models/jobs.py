"""Work to be done: outbox and lease in one row. Celery messages and NOTIFY are hints to it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from kernel.ids import uuid7


class Job(models.Model):
    """One piece of work. `epoch` fences: every claim raises it, every write names it."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=120)
    queue = models.CharField(max_length=40)
    key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001
    payload = models.JSONField(default=dict)
    context = models.JSONField(default=dict)
    organization_id = models.UUIDField(null=True)
    run_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=5)
    owner = models.CharField(max_length=120, default="", blank=True)
    epoch = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["queue", "run_at"],
                name="job_open",
                condition=Q(finished_at=None, failed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
