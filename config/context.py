"""What the shell of every page shows, gathered from the storeys."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest

from identity.public import organizations_of, stops_in_force
from kernel.http.undo import offered
from sessions_app.public import pending_approvals, running_sessions


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell`: organizations (one chosen), work under way, what waits for me, what is halted;
    `undo_offer`: the way back after the last deed."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"shell": {"organizations": [], "organization": None}}
    rows = list(organizations_of(user).order_by("created_at")[:50])
    chosen = getattr(request, "organization", None)
    current = next((row for row in rows if chosen and row.pk == chosen.pk), None)
    return {
        "shell": {
            "organizations": rows,
            "organization": current,
            "running_count": running_sessions(user, current.pk) if current else 0,
            "inbox_count": pending_approvals(user, current.pk) if current else 0,
            "stops": stops_in_force(user, current.pk) if current else [],
            "can_stop": getattr(current, "role", None) in {"owner", "admin"},
            "can_see_audit": getattr(current, "role", None) in {"owner", "auditor"},
        },
        "undo_offer": partial(offered, request),
    }
