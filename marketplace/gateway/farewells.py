"""The doorbell that says to every gateway: this session needs its servers no more.

It may be lost; then they end when they have been idle for long enough.
"""

from __future__ import annotations

import logging
from uuid import UUID

from django.db import DatabaseError, connection

log = logging.getLogger(__name__)
CHANNEL = "quarterdeck_farewells"


def ring(session_id: UUID) -> None:
    """Have the servers that were started for one session ended, wherever they run."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(session_id)])
    except DatabaseError:
        log.warning("farewell not rung", extra={"session": str(session_id)})
