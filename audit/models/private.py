"""The erasable side of the ledger: salts, ciphertext, and the keys whose loss erases."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from kernel.crypto import sealed_field
from kernel.ids import uuid7


def key_place(key_id: UUID) -> str:
    """Where a wrapped data key stands."""
    return f"audit_subject_key|{key_id}|wrapped"


class SubjectKey(models.Model):
    """A data key of one person (or tenant), wrapped by the master key. A subject may have several:
    two transactions that both find none make one each, so that neither waits for the other."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject_id = models.UUIDField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "audit_subject_key"

    def __str__(self) -> str:
        return f"key of {self.subject_id}"


class PrivateField(models.Model):
    """One personal field of one fact: the salt of its commitment and the encrypted text."""

    residency = "cell"

    pk = models.CompositePrimaryKey("fact_id", "field")
    fact_id = models.UUIDField()
    field = models.TextField()
    key_id = models.UUIDField()
    salt = models.BinaryField()
    ciphertext = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audit_private"

    def __str__(self) -> str:
        return f"{self.field} of {self.fact_id}"


sealed_field(SubjectKey, "wrapped", key_place)
