"""The session's stream by HTTP: polling and SSE, authenticated like every API view."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase

from kernel.actors import Actor
from kernel.errors import NotFoundError
from kernel.http.streams import answered, poll, sse
from kernel.policies import visible_to
from sessions_app.models import AgentSession
from sessions_app.services import reading
from sessions_app.streams import SESSIONS, by_office_only


def _open(actor: Actor, pk: UUID) -> None:
    """404 for what one may not see; a reading by office alone is recorded."""
    session = visible_to(AgentSession, actor).filter(pk=pk, trashed_at=None).first()
    if session is None:
        raise NotFoundError
    if by_office_only(actor, pk):
        reading.read_content(actor, session)


async def events(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """`GET /sessions/{id}/events?after=N&wait=25`."""
    return await answered(request, pk, _open, partial(poll, request, SESSIONS, pk))


async def stream(request: HttpRequest, pk: UUID) -> HttpResponseBase:
    """`GET /sessions/{id}/stream` as server-sent events."""
    return await answered(request, pk, _open, partial(sse, request, SESSIONS, pk))
