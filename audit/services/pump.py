"""The pump: every durable listener gets every fact it asked for, at least once, in commit order.

A listener's failure stops only that listener, for a growing while; a fact it fails at again and
again becomes a dead letter, which is published, shown by a probe and tried on hourly.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from audit.models import DeadLetter
from audit.positions import Position
from audit.selectors import delivery
from audit.selectors.delivery import CursorState
from audit.services import cursors
from kernel import clock, events
from kernel.actors import SystemActor
from kernel.context import Origin, entered
from kernel.events import Delivered

log = logging.getLogger(__name__)
BATCH = 100
ACTOR = SystemActor("pump")
Handlers = Mapping[str, Sequence[Callable[[Delivered], None]]]


def run(budget_seconds: float = 1.0) -> int:
    """Deliver what is settled until nothing is left or the time is up; how many were delivered."""
    until = time.monotonic() + budget_seconds
    total = 0
    while True:
        delivered = deliver_once()
        total += delivered
        if not delivered or time.monotonic() > until:
            return total


def deliver_once() -> int:
    """One batch to every listener that is behind."""
    settled = delivery.settled()
    states = delivery.cursors()
    return sum(
        _serve(key, handlers, states.get(key, CursorState()), settled)
        for key, handlers in listeners().items()
    )


def listeners() -> dict[str, Handlers]:
    """Listener key → fact name (or "*") → what to call."""
    found: dict[str, dict[str, list[Callable[[Delivered], None]]]] = {}
    for name, registered in events.durable.items():
        for one in registered:
            found.setdefault(one.key, defaultdict(list))[name].append(one.handle)
    return dict(found)


def retry_dead_letters() -> None:
    """Try parked facts again; what succeeds is struck off."""
    known = listeners()
    due = DeadLetter.objects.filter(retry_at__lte=clock.now(), listener__in=known)
    for letter in due.order_by("retry_at")[:BATCH]:
        fact = delivery.fact(letter.fact_id)
        error = _handle(known[letter.listener], fact) if fact else ""
        if error:
            letter.failures, letter.error = letter.failures + 1, error
            letter.retry_at = clock.now() + cursors.wait_after(letter.failures)
            letter.save()
        else:
            letter.delete()


def _serve(key: str, handlers: Handlers, state: CursorState, settled: Position) -> int:
    if state.position >= settled or (state.retry_at and state.retry_at > clock.now()):
        return 0
    names = None if "*" in handlers else list(handlers)
    facts = delivery.facts_between(state.position, settled, names, BATCH)
    for taken, (position, fact) in enumerate(facts):
        error = _handle(handlers, fact)
        if error:
            if taken:
                cursors.advance(key, facts[taken - 1][0])
            _failed(key, fact, error, position, 1 if taken else state.failures + 1)
            return taken
    # A full batch may have more behind it; otherwise nothing else waits up to `settled`.
    cursors.advance(key, facts[-1][0] if len(facts) == BATCH else settled)
    return len(facts)


def _failed(key: str, fact: Delivered, error: str, at: Position, failures: int) -> None:
    if failures >= cursors.TRIES:
        cursors.park(key, fact, error, at)
    else:
        cursors.note_failure(key, failures, error)


def _handle(handlers: Handlers, fact: Delivered) -> str:
    """Call the handlers within the fact's causal chain; the error's name, or ""."""
    chain = {"causation_id": fact.fact_id}
    if fact.correlation_id:
        chain["correlation_id"] = fact.correlation_id
    try:
        with entered(actor=ACTOR, verb="audit.deliver", origin=Origin(), **chain):
            for handle in dict.fromkeys((*handlers.get(fact.name, ()), *handlers.get("*", ()))):
                handle(fact)
    except Exception as fault:
        log.exception("listener failed", extra={"fact": str(fact.fact_id)})
        return type(fault).__name__
    return ""
