"""Who has which role on a session: own, shared, or by office. One rule for all faces."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.enums import MAKERS
from identity.public import (
    Membership,
    granted,
    granted_ways,
    holders_among,
    known_id,
    level_of,
    role_in,
)
from kernel.actors import Actor
from sessions_app.enums import ROLES, SessionRole
from sessions_app.models import AgentSession, SessionTeamGrant, SessionUserGrant

OFFICES = ("owner", "admin")


def by_share(actor: Actor, minimum: str = SessionRole.VIEWER) -> Q:
    """Sessions one owns or has at least this role on."""
    enough = ROLES[ROLES.index(minimum) :]
    return Q(owner_id=actor.actor_id) | granted(SessionUserGrant, SessionTeamGrant, actor, enough)


def by_office(actor: Actor) -> Q:
    """Sessions of organizations that one owns or administers: listed, never silently read."""
    mine = _memberships(actor).filter(organization_id=OuterRef("organization_id"))
    return Q(Exists(mine.filter(role__in=OFFICES)))


@dataclass(frozen=True)
class Ways:
    """By which ways sessions may be listed, each walked by one index."""

    own: list[Q] = field(default_factory=list)
    by_office: list[Q] = field(default_factory=list)
    shared: list[Q] = field(default_factory=list)
    by_team: list[Q] = field(default_factory=list)

    @property
    def all(self) -> list[Q]:
        """Every way."""
        return [*self.own, *self.by_office, *self.shared, *self.by_team]


def ways(actor: Actor) -> Ways:
    """Own, by each office, shared with oneself, shared with each team: what may be listed."""
    mine = dict(_memberships(actor).values_list("organization_id", "role"))
    if not mine:
        return Ways()
    inside = Q(organization_id__in=list(mine))
    shares = granted_ways(SessionUserGrant, SessionTeamGrant, actor, ROLES)
    shared, *by_team = [inside & way for way in shares]
    return Ways(
        own=[inside & Q(owner_id=actor.actor_id)],
        by_office=[Q(organization_id=key) for key, role in mine.items() if role in OFFICES],
        shared=[shared],
        by_team=by_team,
    )


def belongs(actor: Actor) -> Q:
    """Sessions of organizations one is (still) a member of."""
    return Q(Exists(_memberships(actor).filter(organization_id=OuterRef("organization_id"))))


def _memberships(actor: Actor) -> QuerySet[Membership]:
    """The live memberships of a person or service account."""
    who = known_id(actor)
    if who is None:
        return Membership.objects.none()
    return Membership.objects.filter(user_id=who, user__is_active=True)


def readable_by(actor: Actor) -> QuerySet[AgentSession]:
    """Sessions whose content one may read without an office."""
    if actor.actor_kind not in {"user", "service"}:
        return AgentSession.objects.none()
    return AgentSession.objects.filter(belongs(actor)).filter(by_share(actor))


def sessions_with_role(actor: Actor, minimum: str) -> QuerySet[AgentSession]:
    """Sessions on which one has at least this role."""
    return AgentSession.objects.filter(belongs(actor)).filter(by_share(actor, minimum))


def role_on(actor: Actor, session: AgentSession) -> str | None:
    """The role on one session, or None; an office is no role."""
    if actor.actor_kind not in {"user", "service"}:
        return None
    if not _memberships(actor).filter(organization_id=session.organization_id).exists():
        return None
    if session.owner_id == actor.actor_id:
        return SessionRole.OWNER
    return level_of(SessionUserGrant, SessionTeamGrant, actor, ROLES, session.pk)


def has_role(actor: Actor, session: AgentSession, minimum: str) -> bool:
    """Whether the role is at least this one."""
    role = role_on(actor, session)
    return role is not None and ROLES.index(role) >= ROLES.index(minimum)


def readers_among(people: Collection[UUID], session: AgentSession) -> set[UUID]:
    """Which of these people have a role on the session or an office over it; three queries."""
    roles = dict(
        Membership.objects.filter(
            organization_id=session.organization_id, user_id__in=people, user__is_active=True
        ).values_list("user_id", "role")
    )
    held = holders_among(people, SessionUserGrant, SessionTeamGrant, ROLES, session.pk)
    held |= {session.owner_id} | {who for who, role in roles.items() if role in OFFICES}
    return held & roles.keys()


def may_make(actor: Actor, organization_id: UUID) -> bool:
    """Whether the actor may have sessions of their own there."""
    return role_in(actor, organization_id) in MAKERS


def holds_office(actor: Actor, session: AgentSession) -> bool:
    """Whether the actor owns or administers the session's organization."""
    mine = _memberships(actor).filter(organization_id=session.organization_id)
    return mine.filter(role__in=OFFICES).exists()
