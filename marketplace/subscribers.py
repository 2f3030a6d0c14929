"""What the marketplace owes to others: servers started for a session end when it does, and which
servers use a secret is counted here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Count

from identity.public import counts_secrets
from kernel.events import Record, hint
from marketplace.gateway.farewells import ring
from marketplace.models import ServerVariable


@counts_secrets("servers")
def servers_using(secret_ids: list[UUID]) -> Mapping[UUID, int]:
    """How many servers are started with each secret."""
    rows: Any = ServerVariable.objects.filter(secret_id__in=secret_ids).values_list("secret_id")
    return dict(rows.annotate(Count("server", distinct=True)))


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
