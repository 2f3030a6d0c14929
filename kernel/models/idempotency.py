"""Keys of requests already carried out."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """One key of one actor, with the digest of its request and, once known, the answer."""

    residency = "cell"

    actor_id = models.UUIDField(null=True)
    key = models.CharField(max_length=255)
    request_digest = models.CharField(max_length=64)
    result_id = models.UUIDField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["actor_id", "key"],
                name="idempotency_key_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.key
