"""The session's stream by HTTP: polling and SSE."""

from __future__ import annotations

from uuid import UUID

from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.http.stream_views import PollView, SseView, StreamView
from kernel.policies import visible_to
from sessions_app.models import AgentSession
from sessions_app.services import reading
from sessions_app.streams import SESSIONS, by_office_only


class _SessionStream(StreamView):
    kind = SESSIONS

    @classmethod
    def opened(cls, actor: Actor, pk: UUID) -> None:
        """404 for what one may not see; a reading by office alone is recorded."""
        session = visible_to(AgentSession, actor).filter(pk=pk, trashed_at=None).first()
        if session is None:
            raise NotFoundError
        if by_office_only(actor, pk):
            reading.read_content(actor, session)


class EventsView(_SessionStream, PollView):
    """`/sessions/{id}/events`."""


class EventStreamView(_SessionStream, SseView):
    """`/sessions/{id}/stream`."""
