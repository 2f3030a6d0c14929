"""Secrets as people see them: names, scope, age and what uses them, never a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from identity.enums import SecretScope
from identity.models import Secret
from kernel.actors import Actor
from kernel.policies import visible_to

Counter = Callable[[list[UUID]], Mapping[UUID, int]]
_counters: dict[str, Counter] = {}
_SCOPES: Mapping[str, Q] = {
    SecretScope.PERSONAL: Q(owner__isnull=False),
    SecretScope.TEAM: Q(team__isnull=False),
    SecretScope.PROJECT: Q(project__isnull=False),
    SecretScope.ORGANIZATION: Q(owner=None, team=None, project=None),
}


def counts_secrets(what: str) -> Callable[[Counter], Counter]:
    """Register a storey above that counts, for given secrets, how many of `what` use them."""

    def register(counter: Counter) -> Counter:
        _counters[what] = counter
        return counter

    return register


def secrets_of(actor: Actor, scope: str = "") -> QuerySet[Secret]:
    """The secrets one may know of, or those of one scope."""
    rows = visible_to(Secret, actor).select_related("owner", "team", "project")
    return rows.filter(_SCOPES[scope]) if scope else rows


def with_usage(secrets: Iterable[Secret]) -> list[Any]:
    """Each secret with `used_by`, how many of what use it; one query for each kind of user."""
    rows: list[Any] = list(secrets)
    ids = [row.pk for row in rows]
    found = {what: counter(ids) for what, counter in _counters.items()} if ids else {}
    for row in rows:
        row.used_by = {what: counts.get(row.pk, 0) for what, counts in found.items()}
    return rows
