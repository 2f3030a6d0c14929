"""People and teams as their pages show them: frozen lines, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from identity.enums import MANAGERS, OrganizationRole, TeamRole
from identity.models import Invitation, Membership, Organization, Team, TeamMember, User
from identity.policies.roles import known_id
from identity.selectors.people import members_of, teams_of
from kernel import clock
from kernel.actors import Actor
from kernel.policies import visible_to


@dataclass(frozen=True)
class MemberLine:
    """A row of the people page."""

    id: UUID
    user: User
    role: str
    teams: Sequence[str]
    last_seen_at: datetime | None
    is_me: bool
    can_change: bool
    is_break_glass: bool
    can_be_break_glass: bool


@dataclass(frozen=True)
class TeamLine:
    """A tile of the teams page."""

    id: UUID
    name: str
    slug: str
    members: Sequence[User]
    can_change: bool


def members_matching(actor: Actor, organization: Organization, text: str) -> QuerySet[Membership]:
    """Members whose name, user name or address contains every word."""
    rows = members_of(actor, organization)
    for word in text.split()[:5]:
        name = Q(user__username__icontains=word) | Q(user__full_name__icontains=word)
        rows = rows.filter(name | Q(user__email__icontains=word))
    return rows


def member_lines(actor: Actor, role: str | None, rows: Sequence[Membership]) -> list[MemberLine]:
    """Members with their teams; `role` is the viewer's own."""
    teams, gives = _teams_of(rows), _holds_break_glass(actor, rows)
    return [
        MemberLine(
            id=row.pk,
            user=row.user,
            role=row.role,
            teams=teams[row.user_id],
            last_seen_at=row.user.last_login,
            is_me=row.user_id == actor.actor_id,
            can_change=_can_change(actor, role, row),
            is_break_glass=row.is_break_glass,
            can_be_break_glass=(
                gives and row.role == OrganizationRole.OWNER and not row.is_break_glass
            ),
        )
        for row in rows
    ]


def _teams_of(rows: Sequence[Membership]) -> dict[UUID, list[str]]:
    teams: dict[UUID, list[str]] = defaultdict(list)
    inside = TeamMember.objects.filter(
        user__in=[row.user_id for row in rows],
        team__organization_id__in={row.organization_id for row in rows},
    )
    for user_id, name in inside.order_by("team__name").values_list("user_id", "team__name"):
        teams[user_id].append(name)
    return teams


def _holds_break_glass(actor: Actor, rows: Sequence[Membership]) -> bool:
    """Only its holder gives the mark away."""
    who = known_id(actor)
    if who is None:
        return False
    here = Membership.objects.filter(organization_id__in={row.organization_id for row in rows})
    return here.filter(user_id=who, is_break_glass=True).exists()


def open_invitations(actor: Actor, organization: Organization) -> QuerySet[Invitation]:
    """Invitations that still work, newest first."""
    rows = visible_to(Invitation, actor).filter(organization=organization)
    waiting = rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=clock.now())
    return waiting.select_related("invited_by").order_by("-created_at")


def team_lines(actor: Actor, role: str | None, organization: Organization) -> list[TeamLine]:
    """The teams of an organization with their members, by name."""
    rows = teams_of(actor).filter(organization=organization).order_by("name")
    teams: list[Team] = list(rows.prefetch_related("members__user")[:500])
    return [_team_line(actor, role, team) for team in teams]


def _team_line(actor: Actor, role: str | None, team: Team) -> TeamLine:
    inside = list(team.members.all())
    leads = {one.user_id for one in inside if one.role == TeamRole.LEAD}
    people = sorted((one.user for one in inside), key=lambda user: user.display_name.lower())
    may = role in MANAGERS or actor.actor_id in leads
    return TeamLine(id=team.pk, name=team.name, slug=team.slug, members=people, can_change=may)


def _can_change(actor: Actor, role: str | None, row: Membership) -> bool:
    """What the verbs would allow, so that no button is offered in vain."""
    if row.user_id == actor.actor_id or row.is_break_glass:
        return False
    if row.role == OrganizationRole.OWNER:
        return role == OrganizationRole.OWNER
    return role in MANAGERS
