"""Counted refusals of strangers, until the keeper turns them into one fact."""

from __future__ import annotations

from django.db import models


class DenialCount(models.Model):
    """Refusals of one verb from one origin within one minute."""

    residency = "cell"

    verb = models.CharField(max_length=120)
    origin_digest = models.CharField(max_length=32)
    minute = models.DateTimeField()
    refusals = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["verb", "origin_digest", "minute"], name="denial_count_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.verb} × {self.refusals}"
