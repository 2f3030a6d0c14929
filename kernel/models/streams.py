"""Streams: an owner counts, its events are append-only with a gapless `seq` from 1."""

from __future__ import annotations

from django.db import models


class StreamOwner(models.Model):
    """Something that has a stream. `last_seq` is raised under the row's lock."""

    last_seq = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


class StreamEvent(models.Model):
    """One event. Never deleted, never renumbered; erasure empties `data`."""

    id = models.BigAutoField(primary_key=True)
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=60)
    run_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=150, default="")
    at = models.DateTimeField()
    data = models.JSONField(default=dict)

    class Meta:
        abstract = True
