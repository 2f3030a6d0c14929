"""Counts of the installation for its operators: every app registers its own in `probes.py`.

Numbers only, over all tenants; never a name, a text or a row.
"""

from __future__ import annotations

from collections.abc import Callable

registry: dict[str, Callable[[], int]] = {}


def statistic(name: str) -> Callable[[Callable[[], int]], Callable[[], int]]:
    """Register a count by name (`sessions.running`)."""

    def register(count: Callable[[], int]) -> Callable[[], int]:
        registry[name] = count
        return count

    return register


def counts() -> dict[str, int]:
    """Every count as it is now."""
    return {name: count() for name, count in sorted(registry.items())}
