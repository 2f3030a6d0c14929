"""The tabs of the list of sessions: what stands in each, how many, and what of it is unread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from kernel.actors import Actor
from sessions_app.models import AgentSession, SessionSeen
from sessions_app.policies import access
from sessions_app.selectors.sessions import SessionFilter, wanted_of

TABS = {
    "mine": SessionFilter(owner="me"),
    "shared": SessionFilter(owner="others"),
    "team": SessionFilter(owner="others"),
    "archive": SessionFilter(shelf="archive"),
    "trash": SessionFilter(shelf="trash"),
}
MOST = 100
"""So many are counted; where there are more, nobody wants to know how many."""


class Tabs:
    """The tabs of one person in one organization; who may see what is read once."""

    def __init__(self, actor: Actor, organization_id: UUID) -> None:
        self._actor, self._organization_id = actor, organization_id
        ways = access.ways(actor)
        self._ways = {
            "mine": ways.own,
            "shared": ways.shared,
            "team": [*ways.by_team, *ways.by_office],
            "archive": ways.all,
            "trash": ways.own,
        }

    def listed(self, tab: str, text: str = "", status: str = "") -> list[QuerySet[AgentSession]]:
        """The ways into a tab, for pages in the order of the key."""
        wanted = replace(TABS[tab], text=text, status=status, organization_id=self._organization_id)
        return [self._rows(way, wanted) for way in self._ways[tab]]

    def counts(self) -> dict[str, int]:
        """How many there are in each tab, or `MOST`; one query."""
        parts = [
            way.order_by().annotate(tab=Value(tab)).values_list("tab", "pk")[:MOST]
            for tab in TABS
            for way in self.listed(tab)
        ]
        if not parts:
            return {}
        first, *others = parts
        found = Counter(tab for tab, _pk in set(first.union(*others, all=True)))
        return {tab: min(count, MOST) for tab, count in found.items()}

    def _rows(self, way: Q, wanted: SessionFilter) -> QuerySet[AgentSession]:
        return wanted_of(AgentSession.objects.filter(way), self._actor, wanted)


def unread_of(actor: Actor, sessions: Sequence[AgentSession]) -> dict[UUID, int]:
    """Messages that somebody has not seen, of sessions whose content is theirs to read; `MOST`
    stands for more."""
    seen = SessionSeen.objects.filter(session=OuterRef("pk"), user=actor.actor_id)
    rows: Iterable[tuple[UUID, int]] = (
        access.readable_by(actor)
        .filter(pk__in=[session.pk for session in sessions])
        .annotate(new=F("total_messages") - Coalesce(Subquery(seen.values("messages")[:1]), 0))
        .values_list("pk", "new")
    )
    return {pk: min(new, MOST) for pk, new in rows if new > 0}
