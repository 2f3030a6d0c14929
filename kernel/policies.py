"""Who may do what: one policy per model, asked by verbs, pages, API and sockets alike.

`allows` answers for one object, `visible_to` for all of them as a query; a test proves that they
agree. You cannot list without asking as someone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, Generic, TypeVar

from django.db.models import Model, QuerySet

from kernel.actors import Actor
from kernel.errors import NotAllowedError, NotFoundError, NotSignedInError

M = TypeVar("M", bound=Model)
_policies: dict[type[Model], Policy[Any]] = {}
# Raised by hand whenever the meaning of a rule changes; every ledger row carries it.
VERSION = 1


class Policy(Generic[M]):
    """The rules of one model."""

    model: ClassVar[type[Model]]

    def allows(self, actor: Actor, verb: str, target: M) -> bool:
        """Whether this actor may do this to this object."""
        raise NotImplementedError

    def visible_to(self, actor: Actor) -> QuerySet[M]:
        """The objects this actor may know of."""
        raise NotImplementedError

    def ways(self, actor: Actor) -> list[QuerySet[M]]:
        """`visible_to` as parts whose union it is, each walked newest first by one index.

        A page of a long list is cut from these: one condition with OR has no order of its own.
        """
        return [self.visible_to(actor)]

    def sees(self, actor: Actor, target: M) -> bool:
        """Whether this object is one of the visible ones."""
        return self.visible_to(actor).filter(pk=target.pk).exists()


def register(policy: type[Policy[M]]) -> type[Policy[M]]:
    """Declare the policy of a model; a model has exactly one."""
    if policy.model in _policies:
        message = f"{policy.model.__name__} has a policy already"
        raise ValueError(message)
    _policies[policy.model] = policy()
    return policy


def policy_of(model: type[M]) -> Policy[M]:
    """The policy of a model; an undeclared one is a fault of the code, never a way in."""
    return _policies[model]


def declared() -> dict[type[Model], Policy[Any]]:
    """Every policy of the house, for the tests that prove them."""
    return dict(_policies)


def visible_to(model: type[M], actor: Actor) -> QuerySet[M]:
    """The start of every list."""
    return policy_of(model).visible_to(actor)


def ways_to(model: type[M], actor: Actor) -> list[QuerySet[M]]:
    """The start of a list that grows without end; its parts may overlap."""
    return policy_of(model).ways(actor)


def merged(ways: list[QuerySet[M]], order: list[str], most: int) -> Iterable[M]:
    """The first rows of the union of all ways, in one query."""
    if len(ways) < 2:
        return ways[0].order_by(*order)[:most] if ways else []
    first, *others = (way.order_by(*order).values("pk")[:most] for way in ways)
    manager = ways[0].model._base_manager
    rows: QuerySet[M] = manager.filter(pk__in=first.union(*others, all=True))
    rows.query.select_related = ways[0].query.select_related
    return rows.order_by(*order)[:most]


def require(actor: Actor, verb: str, target: Model) -> None:
    """Let the verb pass or refuse it: unseen is 404, seen but not allowed is 403, unknown 401."""
    if actor.actor_kind == "system":
        return
    policy = policy_of(type(target))
    if policy.allows(actor, verb, target):
        return
    if actor.actor_kind == "nobody":
        raise NotSignedInError
    if policy.sees(actor, target):
        raise NotAllowedError(verb=verb)
    raise NotFoundError
