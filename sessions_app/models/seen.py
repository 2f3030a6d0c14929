"""How much of a session somebody has seen."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from sessions_app.models.sessions import AgentSession


class SessionSeen(models.Model):
    """How many of a session's messages one person had before their eyes; the rest is unread."""

    residency = "cell"

    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="+")
    # The constraint's index begins with the person, who is asked for together with sessions.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    messages = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "session"], name="session_seen_once")
        ]

    def __str__(self) -> str:
        return f"{self.messages} of {self.session_id}"
