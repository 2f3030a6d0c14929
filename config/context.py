"""What the shell of every page shows, gathered from the storeys."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from identity.public import Organization, role_in
from kernel.policies import visible_to
from sessions_app.public import pending_approvals, running_sessions


def shell(request: HttpRequest) -> dict[str, Any]:
    """`shell`: organizations (the first is the current one), work under way, what waits for me."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"shell": {"organizations": [], "organization": None}}
    rows = list(visible_to(Organization, user).order_by("memberships__created_at").distinct()[:50])
    current = rows[0] if rows else None
    role = role_in(user, current.pk) if current else None
    return {
        "shell": {
            "organizations": rows,
            "organization": current,
            "running_count": running_sessions(user),
            "inbox_count": pending_approvals(user),
            "can_see_audit": role in {"owner", "auditor"},
        }
    }
