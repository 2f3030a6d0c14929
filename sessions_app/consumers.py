"""The session's socket."""

from __future__ import annotations

from typing import Any

from kernel.streams.consumer import StreamConsumer
from sessions_app.models import AgentSession
from sessions_app.services import presence, reading
from sessions_app.streams import by_office_only, looking


class SessionConsumer(StreamConsumer):
    """`/ws/sessions/{id}?after=N`."""

    kind_name = "sessions"

    def opened(self) -> None:
        """Reading another's session by office alone is a recorded read."""
        if by_office_only(self.actor, self.owner_id):
            reading.read_content(self.actor, AgentSession(pk=self.owner_id))

    def looked(self, what: str, detail: dict[str, Any]) -> None:
        """Presence of this connection."""
        presence.look(
            self.actor,
            AgentSession(pk=self.owner_id),
            connection=detail["connection"],
            what=what,
            seq=looking(detail),
        )
