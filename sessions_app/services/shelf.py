"""Where a session stands: open, in the archive, in the trash."""

from __future__ import annotations

from sessions_app.errors import ArchivedError, TrashedError
from sessions_app.models import AgentSession


def require_open(session: AgentSession) -> None:
    """Archived and trashed sessions take no prompts, files or terminals."""
    if session.trashed_at:
        raise TrashedError
    if session.archived_at:
        raise ArchivedError
