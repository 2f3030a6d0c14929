"""The session's stream in the one protocol of the kernel."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from kernel.actors import Actor
from kernel.streams import StreamKind, register_kind
from sessions_app.models import AgentSession, SessionEvent
from sessions_app.policies import access
from sessions_app.selectors.presence import people_in


def may_read(actor: Actor, session_id: UUID) -> bool:
    """By role, or by office (which the opening records)."""
    session = AgentSession.objects.filter(pk=session_id, trashed_at=None).first()
    if session is None:
        return False
    return access.has_role(actor, session, "viewer") or access.holds_office(actor, session)


def exists(session_id: UUID) -> bool:
    """Whether the session is neither gone nor in the trash."""
    return AgentSession.objects.filter(pk=session_id, trashed_at=None).exists()


def readers(people: Collection[UUID], session_id: UUID) -> set[UUID]:
    """`may_read` of many people at once."""
    session = AgentSession.objects.filter(pk=session_id, trashed_at=None).first()
    return access.readers_among(people, session) if session else set()


SESSIONS = register_kind(
    StreamKind(
        name="sessions",
        owner=AgentSession,
        event=SessionEvent,
        owner_field="session",
        may_read=may_read,
        readers=readers,
        people=people_in,
        exists=exists,
    )
)


def by_office_only(actor: Actor, session_id: UUID) -> bool:
    """Whether reading would be by office alone, so that it must be recorded."""
    session = AgentSession.objects.filter(pk=session_id).first()
    return session is not None and not access.has_role(actor, session, "viewer")


def looking(detail: dict[str, Any]) -> int | None:
    """The `seq` somebody looks at, when it is one."""
    value = detail.get("seq")
    return value if isinstance(value, int) and 0 <= value < 2**62 else None
