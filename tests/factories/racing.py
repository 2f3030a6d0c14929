"""Several deeds at the same moment, each in a thread and a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from kernel.errors import DomainError


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each deed returned, in order; a refusal is answered by its class."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        try:
            gate.wait(10)
            return deed()
        except DomainError as refusal:
            return type(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(run, deeds))


def refusals(results: list[Any]) -> list[type[DomainError]]:
    """Those that were refused."""
    return [one for one in results if isinstance(one, type) and issubclass(one, DomainError)]
