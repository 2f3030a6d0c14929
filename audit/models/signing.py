"""Keys with which the ledger signs what leaves the house."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


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
