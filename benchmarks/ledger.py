"""What the ledger costs: one verb with its fact recorded against the same verb without.

Both run in the same process on the same database, in blocks that take turns, so that whatever else
the machine does hits both alike. Every verb locks, asks its policy, writes, publishes and
commits; what a commit costs depends on the server's durability.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from identity.services.accounts import update_profile  # noqa: E402
from kernel import events  # noqa: E402
from kernel.context import Origin, entered  # noqa: E402
from sessions_app.services.creation import SessionSpec, create_session  # noqa: E402
from tests import database  # noqa: E402
from tests.factories.cast import Cast, make_cast  # noqa: E402

BLOCKS, VERBS = 30, 40
ORIGIN = Origin(channel="api", address="192.0.2.7", device="Mozilla/5.0 (X11; Linux x86_64)")
Listener = Callable[[Any], None]
Deed = Callable[[int], object]


def deeds(cast: Cast) -> dict[str, Deed]:
    """The smallest verb there is with four private fields, and an ordinary one."""
    person, acme = cast.bob, cast.acme
    return {
        "update_profile": lambda n: update_profile(person, person, full_name=f"Bob {n}"),
        "create_session": lambda n: create_session(person, acme, spec=SessionSpec(name=f"s {n}")),
    }


def milliseconds(deed: Deed, numbers: itertools.count[int]) -> float:
    """Wall time of one verb, over a block."""
    started = time.perf_counter()
    for _ in range(VERBS):
        deed(next(numbers))
    return (time.perf_counter() - started) / VERBS * 1000


def measure(deed: Deed) -> dict[str, float]:
    """Medians with and without the ledger, in milliseconds, and their ratio."""
    numbers, ledger = itertools.count(), list(events._with_commit)
    ways: dict[str, tuple[list[Listener], list[float]]] = {
        "with": (ledger, []),
        "without": ([], []),
    }
    milliseconds(deed, numbers)
    for _ in range(BLOCKS):
        for listeners, times in ways.values():
            events._with_commit[:] = listeners
            times.append(milliseconds(deed, numbers))
    events._with_commit[:] = ledger
    recorded, bare = (statistics.median(times) for _, times in ways.values())
    return {
        "with_ms": round(recorded, 3),
        "without_ms": round(bare, 3),
        "ratio": round(recorded / bare, 3),
    }


def main() -> None:
    """Print one JSON line; the target is a ratio of at most 1.3."""
    name = database.clone(f"bench_{os.getpid()}")
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
    try:
        cast = make_cast()
        with entered(actor=cast.bob, origin=ORIGIN):
            figures = {verb: measure(deed) for verb, deed in deeds(cast).items()}
        print(json.dumps({"name": "ledger", "target": 1.3, **figures}))
    finally:
        connections.close_all()
        database.drop(name)


if __name__ == "__main__":
    main()
