"""How far each durable listener has come, and what it could not take."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


class Cursor(models.Model):
    """A listener's place in the ledger, (era, xid, id), and its present trouble, if any."""

    residency = "cell"

    name = models.TextField(primary_key=True)
    failures = models.IntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    updated_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "audit_cursor"

    def __str__(self) -> str:
        return self.name


class DeadLetter(models.Model):
    """A fact that a listener failed to take again and again: tried on, apart from the others."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    listener = models.TextField()
    fact_id = models.UUIDField()
    failures = models.IntegerField()
    error = models.TextField()
    retry_at = models.DateTimeField()
    parked_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "audit_dead_letter"

    def __str__(self) -> str:
        return f"{self.listener} {self.fact_id}"
