"""What somebody has seen of a session; no deed, no fact."""

from __future__ import annotations

from uuid import UUID

from identity.public import User
from kernel import clock
from kernel.actions import Unchanged, action
from sessions_app.models import AgentSession, SessionSeen


@action("sessions.see", internal=True, locks=False)
def see(actor: User, session: AgentSession) -> None:
    """Note that somebody has all that was said until now before their eyes."""
    note_seen(session.pk, actor.actor_id, session.total_messages)
    return Unchanged(None)  # type: ignore[return-value]


def note_seen(session_id: UUID, user_id: UUID, messages: int) -> None:
    """Write it down, in one statement whoever else does."""
    row = SessionSeen(session_id=session_id, user_id=user_id, messages=messages, at=clock.now())
    SessionSeen.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "session"],
        update_fields=["messages", "at"],
    )
