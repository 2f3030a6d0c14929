"""What operators see: accounts and tenants as rows to be run, and counts; no tenant's content."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from identity.models import ApiToken, Membership, Organization, Team, User
from identity.policies.roles import is_operator
from kernel.actors import Actor
from kernel.errors import InvalidError, NotAllowedError
from kernel.policies import visible_to
from kernel.statistics import counts

M = TypeVar("M", bound=Model)
_OPERATED: frozenset[type[Model]] = frozenset({User, Organization, Membership, Team, ApiToken})


def operated(model: type[M], actor: Actor) -> QuerySet[M]:
    """All rows of a model that operators run; nothing for anybody else."""
    rows = model._default_manager.all()
    return rows if model in _OPERATED and is_operator(actor) else rows.none()


def account_named(actor: Actor, username: str) -> User:
    """An account by its user name: any for operators, only visible ones for others."""
    rows = operated(User, actor) if is_operator(actor) else visible_to(User, actor)
    found = rows.filter(username=username).first()
    if found is None:
        raise InvalidError.at("/owner", "There is no such account.")
    return found


def statistics(actor: Actor) -> dict[str, int]:
    """The counts of the whole installation, for operators."""
    if not is_operator(actor):
        raise NotAllowedError
    return counts()
