"""Doorbells say "more up to seq N" or "access changed". They carry no data and may be lost."""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)
CHANNEL = "quarterdeck_streams"


def ring(kind: str, owner_id: UUID, seq: int) -> None:
    """There is more in this stream."""
    _notify(f"more:{kind}:{owner_id}:{seq}")


def ring_access(kind: str, owner_id: UUID) -> None:
    """Somebody's access to this stream changed: every socket asks the policy again."""
    _notify(f"access:{kind}:{owner_id}:0")


def ring_presence(kind: str, owner_id: UUID) -> None:
    """Somebody came, went, typed or looked elsewhere."""
    _notify(f"presence:{kind}:{owner_id}:0")


def ring_actor(actor_id: UUID) -> None:
    """Somebody was signed out or deactivated: all their sockets ask again."""
    _notify(f"actor:*:{actor_id}:0")


def _notify(payload: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, payload])
    except DatabaseError:
        log.warning("doorbell not rung")
