"""Who was granted what on one object: the one reading of grants, for policies and share dialogs.

A shared model has two grant tables (person, team). A role is the permission `<model>_<role>`;
an expired grant, a deactivated person and somebody who left the team count for nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from identity.models import Team, TeamGrant, User, UserGrant
from identity.policies.roles import known_id
from kernel import clock
from kernel.actors import Actor


@dataclass(frozen=True, kw_only=True)
class Access:
    """One line of a share dialog: a person or a team, its role and until when."""

    grant_id: UUID
    subject: User | Team
    role: str
    created_at: datetime
    expires_at: datetime | None
    granted_by_id: UUID | None

    @property
    def is_team(self) -> bool:
        """Whether a whole team has this role."""
        return isinstance(self.subject, Team)

    @property
    def kind(self) -> str:
        """`team` or `user`."""
        return "team" if self.is_team else "user"


@cache
def grant_tables(model: type[Model]) -> tuple[type[UserGrant], type[TeamGrant]]:
    """The two grant tables of a shared model; raises LookupError when it is not shared."""
    found: dict[type[Model], type[Model]] = {}
    for table in apps.get_models():
        for base in (UserGrant, TeamGrant):
            if issubclass(table, base) and _shared(table) is model:
                found[base] = table
    if len(found) != 2:
        message = f"{model.__name__} has no grant tables"
        raise LookupError(message)
    return found[UserGrant], found[TeamGrant]  # type: ignore[return-value]


def shared_models() -> list[type[Model]]:
    """Every model of the house that can be shared."""
    return [_shared(t) for t in apps.get_models() if issubclass(t, UserGrant)]


def granted(
    user_grants: type[UserGrant],
    team_grants: type[TeamGrant],
    actor: Actor,
    roles: Sequence[str],
    outer: str = "pk",
) -> Q:
    """Rows on which the actor holds one of `roles`, by person or by team: one EXISTS each.

    `outer` names the key of the shared object in the outer query (`pk`, `session_id`, …).
    """
    who = known_id(actor)
    if who is None:
        return Q(pk__in=[])
    here = Q(content_object=OuterRef(outer))
    mine, teams = _held(user_grants, team_grants, who, roles)
    active = User.objects.filter(pk=who, is_active=True)
    return Q(Exists(active)) & (Q(Exists(mine.filter(here))) | Q(Exists(teams.filter(here))))


def granted_ways(
    user_grants: type[UserGrant],
    team_grants: type[TeamGrant],
    actor: Actor,
    roles: Sequence[str],
) -> list[Q]:
    """`granted` as joins from the shared model, one for the person and one for each team.

    Each has its object keys in the order of one index, so that a page ends after a few rows.
    """
    who = known_id(actor)
    if who is None:
        return []
    groups = User.groups.through._default_manager.filter(user_id=who)
    mine = _joined(user_grants, roles, user_id=who)
    teams = (
        _joined(team_grants, roles, group_id=group)
        for group in groups.values_list("group_id", flat=True).order_by("group_id")
    )
    return [mine, *teams]


def level_of(
    user_grants: type[UserGrant],
    team_grants: type[TeamGrant],
    actor: Actor,
    roles: Sequence[str],
    target_id: UUID,
) -> str | None:
    """The highest of `roles` (weakest first) the actor was granted on one object, in one query."""
    who = known_id(actor)
    if who is None:
        return None
    codes = ("permission__codename",)
    mine, teams = (
        rows.filter(content_object=target_id).values_list(*codes)
        for rows in _held(user_grants, team_grants, who, roles)
    )
    active = Q(Exists(User.objects.filter(pk=who, is_active=True)))
    held = {code for (code,) in mine.filter(active).union(teams.filter(active))}
    prefix = _prefix(user_grants)
    return next((role for role in reversed(roles) if prefix + role in held), None)


def holders_among(
    people: Collection[UUID],
    user_grants: type[UserGrant],
    team_grants: type[TeamGrant],
    roles: Sequence[str],
    target_id: UUID,
) -> set[UUID]:
    """Which of these people were granted one of `roles` on one object, in two queries."""
    codes = [_prefix(user_grants) + role for role in roles]
    wanted = _live() & Q(permission__codename__in=codes, content_object=target_id)
    groups = team_grants._default_manager.filter(wanted).values("group_id")
    fellows = User.groups.through._default_manager.filter(group_id__in=groups)
    mine = user_grants._default_manager.filter(wanted)
    return {
        who
        for rows in (mine, fellows)
        for who in rows.filter(user_id__in=people).values_list("user_id", flat=True)
    }


def people_with_access(shared: Model) -> list[Access]:
    """Everybody and every team with a live grant on one object, oldest first, in two queries."""
    user_grants, team_grants = grant_tables(type(shared))
    people = user_grants._default_manager.select_related("user", "permission")
    teams = team_grants._default_manager.select_related("group__team", "permission")
    prefix = _prefix(user_grants)
    lines = [
        *(_line(row, row.user, prefix) for row in people.filter(_live(), content_object=shared)),
        *(
            _line(row, row.group.team, prefix)
            for row in teams.filter(_live(), content_object=shared)
        ),
    ]
    return sorted(lines, key=lambda line: (line.created_at, line.grant_id))


def role_of(grant: UserGrant | TeamGrant) -> str:
    """The role a grant gives."""
    return str(grant.permission.codename).removeprefix(_prefix(type(grant)))


def _held(
    user_grants: type[UserGrant],
    team_grants: type[TeamGrant],
    who: UUID,
    roles: Sequence[str],
) -> tuple[QuerySet[Any], QuerySet[Any]]:
    codes = [_prefix(user_grants) + role for role in roles]
    wanted = _live() & Q(permission__codename__in=codes)
    groups = User.groups.through._default_manager.filter(user_id=who)
    mine = user_grants._default_manager.filter(wanted, user_id=who)
    teams = team_grants._default_manager.filter(wanted, group_id__in=groups.values("group_id"))
    return mine, teams


def _joined(table: type[Model], roles: Sequence[str], **holder: object) -> Q:
    shared: Any = table._meta.get_field("content_object")
    name = shared.related_query_name()
    wanted = {
        **holder,
        "permission__codename__in": [_prefix(table) + role for role in roles],
    }
    expiry = {"expires_at": None}, {"expires_at__gt": clock.now()}
    never, later = (Q(**{f"{name}__{key}": v for key, v in one.items()}) for one in expiry)
    return Q(**{f"{name}__{key}": value for key, value in wanted.items()}) & (never | later)


def _live() -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=clock.now())


def _shared(table: type[Model]) -> type[Model]:
    found: type[Model] = table._meta.get_field("content_object").related_model  # type: ignore[assignment]
    return found


def _prefix(table: type[Model]) -> str:
    return f"{_shared(table)._meta.model_name}_"


def _line(grant: Any, subject: User | Team, prefix: str) -> Access:
    return Access(
        grant_id=grant.pk,
        subject=subject,
        role=grant.permission.codename.removeprefix(prefix),
        created_at=grant.created_at,
        expires_at=grant.expires_at,
        granted_by_id=grant.granted_by_id,
    )
