"""What the shell of every page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from identity.models import Organization
from kernel.policies import visible_to


def shell(request: HttpRequest) -> dict[str, Any]:
    """The organizations of the signed-in person; the first is the current one."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"organizations": [], "organization": None}
    rows = list(visible_to(Organization, user).order_by("memberships__created_at").distinct()[:50])
    return {"organizations": rows, "organization": rows[0] if rows else None}
