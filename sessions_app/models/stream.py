"""The session's stream."""

from __future__ import annotations

from django.db import models

from kernel.models.streams import StreamEvent
from sessions_app.models.sessions import AgentSession


class SessionEvent(StreamEvent):
    """One event of a session; gapless from 1, never deleted, never renumbered."""

    residency = "cell"

    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="events")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "seq"], name="session_event_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
