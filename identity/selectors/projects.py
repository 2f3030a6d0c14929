"""Projects as somebody who asks may see them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from identity.models import Project
from kernel.actors import Actor
from kernel.policies import visible_to

runtimes: set[str] = set()


def runtimes_known(words: Iterable[str]) -> None:
    """The storey above says which runtimes a session may begin with."""
    runtimes.update(words)


def projects_of(actor: Actor, organization_id: UUID | None = None) -> QuerySet[Project]:
    """The projects one works in or manages, of one organization or of all one's own."""
    rows = visible_to(Project, actor)
    return rows.filter(organization_id=organization_id) if organization_id else rows
