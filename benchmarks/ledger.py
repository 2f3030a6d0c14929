"""What the ledger costs: one verb with its fact recorded against the same verb without.

Both run in the same process on the same database, in blocks that take turns, so that whatever else
the machine does hits both alike. The verb is an ordinary one: it locks a row, asks its policy,
writes, publishes a fact with two private fields and commits.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from identity.models import User  # noqa: E402
from identity.services.accounts import update_profile  # noqa: E402
from kernel import events  # noqa: E402
from kernel.context import Origin, entered  # noqa: E402
from tests import database  # noqa: E402
from tests.factories.cast import make_cast  # noqa: E402

BLOCKS, VERBS = 40, 50
ORIGIN = Origin(channel="api", address="192.0.2.7", device="Mozilla/5.0 (X11; Linux x86_64)")


def milliseconds(person: User, names: itertools.count[int]) -> float:
    """Wall time of one verb, over a block."""
    started = time.perf_counter()
    for _ in range(VERBS):
        update_profile(person, person, full_name=f"Bob {next(names)}")
    return (time.perf_counter() - started) / VERBS * 1000


def measure() -> dict[str, float]:
    """Medians with and without the ledger, in milliseconds, and their ratio."""
    person, names = make_cast().bob, itertools.count()
    ledger = list(events._with_commit)
    ways: dict[str, tuple[list[Callable[..., None]], list[float]]] = {
        "with": (ledger, []),
        "without": ([], []),
    }
    with entered(actor=person, origin=ORIGIN):
        milliseconds(person, names)
        for _ in range(BLOCKS):
            for listeners, times in ways.values():
                events._with_commit[:] = listeners
                times.append(milliseconds(person, names))
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
        print(json.dumps({"name": "ledger", "verbs": BLOCKS * VERBS, **measure(), "target": 1.3}))
    finally:
        connections.close_all()
        database.drop(name)


if __name__ == "__main__":
    main()
