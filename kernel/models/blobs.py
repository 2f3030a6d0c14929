"""Index of large content kept as files: output too long for a row, uploads, exports."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


class Blob(models.Model):
    """One content-addressed file of one tenant; `digest` is its BLAKE3 in hex."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization_id = models.UUIDField()
    digest = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=120, default="application/octet-stream")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization_id", "digest"], name="blob_once")
        ]

    def __str__(self) -> str:
        return self.digest
