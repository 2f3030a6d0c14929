"""What sessions owe to storeys below: counting, for the marketplace, who uses a server."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Count

from marketplace.public import counts_usage
from sessions_app.models import SessionServer


@counts_usage
def sessions_with(server_ids: list[UUID]) -> Mapping[UUID, int]:
    """Sessions, not in the trash, that may call each server."""
    rows = SessionServer.objects.filter(server_id__in=server_ids, session__trashed_at=None)
    return dict(rows.values_list("server_id").annotate(Count("pk")))
