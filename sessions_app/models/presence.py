"""Who is here: unlogged rows that expire; nothing durable hangs on them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sessions_app.models.sessions import AgentSession


class SessionPresence(models.Model):
    """One open connection of one person."""

    residency = "cell"

    connection = models.CharField(primary_key=True, max_length=200)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    looking_seq = models.PositiveBigIntegerField(null=True)
    typing_until = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.connection
