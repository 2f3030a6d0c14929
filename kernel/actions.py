"""One declaration per verb. API, pages, admin, command line, palette, workflows, language and
the authorization tests all read this registry, so that none repeats it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast

from django.db import models, transaction

from kernel import denials, events, idempotency, policies
from kernel.actors import Actor
from kernel.context import entered
from kernel.errors import NotFoundError, RefusedError

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound=models.Model)
registry: dict[str, Action] = {}
# Who runs internal verbs without asking a policy: the product itself and the agents it drives.
_OWN_PROCESSES = frozenset({"system", "agent"})


@dataclass(frozen=True)
class Unchanged(Generic[R]):
    """What a verb returns when nothing happened that the ledger must know."""

    value: R


@dataclass(frozen=True, kw_only=True)
class Action:
    """What a verb is called, on what it acts, what it takes, and how it is run."""

    name: str
    summary: str
    target: type[models.Model]
    dangerous: bool
    reads: bool
    internal: bool
    parameters: Mapping[str, inspect.Parameter]
    run: Callable[..., Any]


class NothingPublishedError(RuntimeError):
    """A verb ended without a fact and without saying that nothing changed."""


def action(
    name: str,
    *,
    dangerous: bool = False,
    reads: bool = False,
    locks: bool = True,
    internal: bool = False,
) -> Callable[
    [Callable[Concatenate[Any, T, P], R | Unchanged[R]]], Callable[Concatenate[Any, T, P], R]
]:
    """Declare a verb `(actor, target, **parameters)`: transaction → lock → policy → run → fact.

    `internal` verbs are for the product's own processes; no face offers them to people.
    """

    def declare(
        service: Callable[Concatenate[Any, T, P], R | Unchanged[R]],
    ) -> Callable[Concatenate[Any, T, P], R]:
        @functools.wraps(service)
        def guarded(actor: Actor, target: T, *args: P.args, **given: P.kwargs) -> R:
            try:
                with entered(actor=actor, verb=name), transaction.atomic(durable=True):
                    with events.recording() as facts:
                        subject = _fresh(target, locks=locks)
                        if not (internal and actor.actor_kind in _OWN_PROCESSES):
                            policies.require(actor, name, subject)
                        result = service(actor, subject, *args, **given)
                        idempotency.keep(result)
                    if isinstance(result, Unchanged):
                        return result.value
                    if not facts:
                        raise NothingPublishedError(name)
                    return result
            except RefusedError as refusal:
                denials.record(actor, name, target, refusal)
                raise

        registry[name] = _describe(name, service, guarded, (dangerous, reads, internal))
        return cast("Callable[Concatenate[Any, T, P], R]", guarded)

    return declare


def call(name: str, actor: Actor, target: models.Model, /, **given: Any) -> Any:
    """Run a verb by its name: the door for storeys that know words, not modules."""
    return registry[name].run(actor, target, **given)


def _fresh(target: T, *, locks: bool) -> T:
    """The target as it is now: what the caller read before may be stale. A draft, which is not
    stored yet, is the target of a verb that makes it or records its refusal."""
    rows = type(target)._base_manager.filter(pk=target.pk)
    if locks:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found = rows.first()
    if found is None and target._state.adding and not locks:
        return target
    if found is None:
        raise NotFoundError
    return found


def _describe(
    name: str,
    service: Callable[..., Any],
    guarded: Callable[..., Any],
    flags: tuple[bool, bool, bool],
) -> Action:
    if name in registry:
        message = f"the verb {name} is declared twice"
        raise ValueError(message)
    signature = inspect.signature(service, eval_str=True)
    _actor, target, *rest = signature.parameters.values()
    return Action(
        name=name,
        summary=(inspect.getdoc(service) or "").partition("\n")[0],
        target=target.annotation,
        dangerous=flags[0],
        reads=flags[1],
        internal=flags[2],
        parameters={p.name: p for p in rest},
        run=guarded,
    )
