"""The probes behind /readyz: only fatal ones refuse traffic, the others are listed as degraded."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from kernel import draining

registry: dict[str, Probe] = {}
_cache: dict[str, tuple[float, str]] = {}
_FRESH_SECONDS = 0.5


@dataclass(frozen=True)
class Probe:
    """A question with the answer "" when all is well, else one sentence."""

    name: str
    ask: Callable[[], str]
    fatal: bool


def probe(name: str, *, fatal: bool = False) -> Callable[[Callable[[], str]], Callable[[], str]]:
    """Register a probe."""

    def register(ask: Callable[[], str]) -> Callable[[], str]:
        registry[name] = Probe(name, ask, fatal)
        return ask

    return register


def answers() -> dict[str, str]:
    """Every probe's answer, at most half a second old."""
    return {name: _ask(probe) for name, probe in registry.items()}


def fatal(found: dict[str, str]) -> bool:
    """Whether an answer means that no traffic should come here."""
    return any(text and registry[name].fatal for name, text in found.items())


def _ask(probe: Probe) -> str:
    at, text = _cache.get(probe.name, (0.0, ""))
    if time.monotonic() - at < _FRESH_SECONDS:
        return text
    try:
        text = probe.ask()
    except Exception as fault:
        text = f"{probe.name} probe failed: {type(fault).__name__}"
    _cache[probe.name] = (time.monotonic(), text)
    return text


@probe("database", fatal=True)
def database() -> str:
    """Whether PostgreSQL answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "The database does not answer."
    return ""


@probe("draining", fatal=True)
def leaving() -> str:
    """Whether this process takes new traffic at all."""
    return "This process is about to stop." if draining.begun() else ""


_migrated = False


@probe("migrations", fatal=True)
def migrations() -> str:
    """Whether the schema is the one this code was written for."""
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "Migrations are pending; run ./quarterdeck up or manage.py migrate."
        _migrated = True
    return ""
