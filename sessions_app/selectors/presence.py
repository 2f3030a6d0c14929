"""Who is here now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kernel import clock
from sessions_app.models import SessionPresence


def people_in(session_id: UUID) -> list[dict[str, Any]]:
    """One entry per person: where they look and whether they type."""
    now = clock.now()
    rows = SessionPresence.objects.filter(session_id=session_id, expires_at__gt=now)
    people: dict[UUID, dict[str, Any]] = {}
    for row in rows.select_related("user").order_by("connection"):
        entry = people.setdefault(
            row.user_id,
            {"id": str(row.user_id), "name": row.user.display_name, "typing": False, "seq": None},
        )
        entry["typing"] = entry["typing"] or bool(row.typing_until and row.typing_until > now)
        if row.looking_seq is not None:
            entry["seq"] = max(entry["seq"] or 0, row.looking_seq)
    return sorted(people.values(), key=lambda person: person["name"])
