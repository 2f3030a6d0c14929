"""Secrets a session may use: by name, as variables or files of its sandbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from kernel.ids import uuid7
from sessions_app.enums import SecretPlace
from sessions_app.models.sessions import AgentSession


class SessionSecret(models.Model):
    """A secret attached to a session by somebody who may use it; it leaves with their right.

    `noted_run_id` is the run whose use of it the ledger knows already.
    """

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="secrets")
    # A deleted secret leaves the row for a moment, so that its leaving can be told.
    secret = models.ForeignKey(
        "identity.Secret", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    place = models.CharField(max_length=4, choices=SecretPlace)
    name = models.CharField(max_length=64)
    attached_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    attached_at = models.DateTimeField(auto_now_add=True)
    noted_run_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "name"], name="session_secret_name_once"),
            models.UniqueConstraint(fields=["session", "secret"], name="session_secret_once"),
        ]

    def __str__(self) -> str:
        return self.name
