"""Lists of sessions: each starts at the policy and costs the same number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.search import SearchQuery
from django.db.models import Exists, OuterRef, Q, QuerySet

from kernel.actors import Actor
from kernel.policies import merged, visible_to, ways_to
from sessions_app.models import AgentSession, Message

WINDOW = 1000
"""Sessions of one organization among which the latest active are looked for first."""


@dataclass(frozen=True, kw_only=True)
class SessionFilter:
    """What somebody looks for; `shelf` is open, archive or trash."""

    text: str = ""
    status: str = ""
    owner: str = ""
    shelf: str = "open"
    organization_id: UUID | None = None
    project_id: UUID | None = None


def sessions_visible_to(actor: Actor, wanted: SessionFilter) -> QuerySet[AgentSession]:
    """Sessions one may know of, filtered; the trash shows only one's own."""
    return wanted_of(visible_to(AgentSession, actor), actor, wanted)


def sessions_listed_for(actor: Actor, wanted: SessionFilter) -> list[QuerySet[AgentSession]]:
    """The same as ways into one list, for pages in the order of the key (which is of time)."""
    return [wanted_of(way, actor, wanted) for way in ways_to(AgentSession, actor)]


def sessions_lately(actor: Actor, organization_id: UUID, most: int) -> list[AgentSession]:
    """Open sessions of one organization that one may know of, the latest active first.

    Grants know nothing of activity. So those among the organization's latest are looked for first,
    which for somebody who sees many is enough; somebody who sees few has few to sort.
    """
    wanted, order = SessionFilter(organization_id=organization_id), ["-active_at", "-pk"]
    if since := _since(organization_id):
        rows = sessions_visible_to(actor, wanted).filter(active_at__gte=since)
        if len(found := list(rows.order_by(*order)[:most])) == most:
            return found
    return list(merged(sessions_listed_for(actor, wanted), order, most))


def _since(organization_id: UUID) -> datetime | None:
    """When the last of so many latest sessions was active; None while there are not so many."""
    rows = AgentSession.objects.filter(
        organization_id=organization_id, trashed_at=None, archived_at=None
    )
    moments = rows.order_by("-active_at").values_list("active_at", flat=True)
    return next(iter(moments[WINDOW : WINDOW + 1]), None)


def wanted_of(
    rows: QuerySet[AgentSession], actor: Actor, wanted: SessionFilter
) -> QuerySet[AgentSession]:
    """Those of some rows that somebody looks for, with the people they name."""
    rows = rows.select_related("owner", "driver").filter(_shelf(actor, wanted))
    if wanted.status:
        rows = rows.filter(status=wanted.status)
    if wanted.organization_id:
        rows = rows.filter(organization_id=wanted.organization_id)
    if wanted.project_id:
        rows = rows.filter(project_id=wanted.project_id)
    if wanted.owner:
        rows = rows.filter(_owner(actor, wanted.owner))
    if wanted.text:
        rows = rows.filter(_matching(actor, wanted.text))
    return rows


def _shelf(actor: Actor, wanted: SessionFilter) -> Q:
    if wanted.shelf == "trash":
        return Q(trashed_at__isnull=False, purged_at=None, owner_id=actor.actor_id)
    if wanted.status == "archived" or wanted.shelf == "archive":
        return Q(trashed_at=None, archived_at__isnull=False)
    if wanted.shelf == "all":
        return Q(trashed_at=None)
    return Q(trashed_at=None, archived_at=None)


def _owner(actor: Actor, owner: str) -> Q:
    if owner == "me":
        return Q(owner_id=actor.actor_id)
    if owner == "others":
        return ~Q(owner_id=actor.actor_id)
    try:
        return Q(owner_id=UUID(owner))
    except ValueError:
        return Q(owner__username=owner)


def _matching(actor: Actor, text: str) -> Q:
    """By name, or by what was said in sessions whose content one may read."""
    query = SearchQuery(text, config="simple", search_type="websearch")
    said = visible_to(Message, actor).filter(session=OuterRef("pk"), search=query)
    return Q(search=query) | Q(name__icontains=text) | Q(Exists(said))
