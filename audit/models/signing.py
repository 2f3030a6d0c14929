"""Keys with which the ledger signs what leaves the house."""

from __future__ import annotations

from uuid import UUID

from django.db import models

from kernel.crypto import sealed_field
from kernel.ids import uuid7


def signing_place(key_id: UUID) -> str:
    """Where a sealed private half stands."""
    return f"audit_signing_key|{key_id}|sealed"


class SigningKey(models.Model):
    """An Ed25519 key pair for one purpose; the private half is sealed by the master key."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    purpose = models.TextField(unique=True)
    public_key = models.BinaryField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        managed = False
        db_table = "audit_signing_key"

    def __str__(self) -> str:
        return self.purpose


sealed_field(SigningKey, "sealed", signing_place)
