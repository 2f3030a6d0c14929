"""What the marketplace owes to sessions: servers started for one of them end when it does."""

from __future__ import annotations

from kernel.events import Record, hint
from marketplace.gateway.farewells import ring


@hint(
    "sessions.session_archived",
    "sessions.session_paused",
    "sessions.session_trashed",
    "sessions.session_purged",
)
def end_servers(record: Record) -> None:
    """Nobody works in the session any more."""
    if record.fact.target_id is not None:
        ring(record.fact.target_id)


@hint("sessions.run_finished")
def end_servers_of_cancelled(record: Record) -> None:
    """A person said stop: whatever the call set going in its server stops too."""
    if record.fact.target_id is not None and getattr(record.fact, "status", "") == "cancelled":
        ring(record.fact.target_id)
