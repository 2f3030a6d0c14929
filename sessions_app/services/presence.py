"""Presence and typing: unlogged rows with an expiry and a doorbell; no deed, no fact."""

from __future__ import annotations

from datetime import timedelta

from identity.public import User
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.commit import after_commit
from kernel.streams.doorbell import ring_presence
from sessions_app.models import AgentSession, SessionPresence
from sessions_app.services.seeing import note_seen

HERE_FOR = timedelta(seconds=60)
TYPING_FOR = timedelta(seconds=6)


@action("sessions.look", internal=True, locks=False)
def look(
    actor: User, session: AgentSession, *, connection: str, what: str, seq: int | None = None
) -> None:
    """Note that somebody came, went, types or looks at an event."""
    rows = SessionPresence.objects.filter(connection=connection)
    if what == "left":
        rows.delete()
    else:
        _note(actor, session, connection, what, seq)
        if what == "looking":
            note_seen(session.pk, actor.actor_id, session.total_messages)
    after_commit(ring_presence, "sessions", session.pk)
    return Unchanged(None)  # type: ignore[return-value]


def _note(actor: User, session: AgentSession, connection: str, what: str, seq: int | None) -> None:
    now = clock.now()
    values: dict[str, object] = {
        "session_id": session.pk,
        "user_id": actor.actor_id,
        "expires_at": now + HERE_FOR,
    }
    if what == "typing":
        values["typing_until"] = now + TYPING_FOR
    if seq is not None:
        values["looking_seq"] = seq
    SessionPresence.objects.update_or_create(connection=connection, defaults=values)
