"""Reads that must be recorded."""

from __future__ import annotations

from identity.public import User, role_in
from kernel.actions import action
from kernel.events import publish
from sessions_app.events import SessionContentRead
from sessions_app.models import AgentSession


@action("sessions.read_content", reads=True, locks=False)
def read_content(actor: User, session: AgentSession) -> AgentSession:
    """Read another person's session by office; the reading is recorded."""
    publish(
        SessionContentRead(
            organization_id=session.organization_id,
            target_id=session.pk,
            by_office=role_in(actor, session.organization_id) or "",
        )
    )
    return session
