"""Trying a verb as somebody: what they got, and whether anything changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import connection, transaction

from kernel.actions import Action
from kernel.actors import NOBODY, Actor
from kernel.errors import RefusedError
from tests.factories.cast import Cast
from tests.factories.targets import Case

EXPECTED = Path(__file__).with_name("expected.yaml")
OK = "ok"
# The record of a refusal, and what only counts or hints.
_RECORDS = ("audit_", "kernel_denialcount", "django_migrations")


@dataclass(frozen=True)
class Outcome:
    """`ok` or the code of the refusal; the tables a refusal changed."""

    code: str
    changed: tuple[str, ...]


def actors(cast: Cast) -> dict[str, Actor]:
    """The cast and somebody unknown, by name."""
    return {**cast.people(), "nobody": NOBODY}


def expected() -> dict[str, dict[str, str]]:
    """The table that was reviewed by eye: verb → who → outcome."""
    found: dict[str, dict[str, str]] = yaml.safe_load(EXPECTED.read_text())
    return found


def attempt(verb: Action, actor: Actor, case: Case) -> Outcome:
    """Run a verb as somebody and look at every table before and after."""
    target, before = deepcopy(case.target), fingerprints()
    try:
        verb.run(actor, target, **case.given)
    except RefusedError as refusal:
        after = fingerprints()
        return Outcome(refusal.code, tuple(t for t in before if before[t] != after[t]))
    return Outcome(OK, ())


@contextmanager
def undone() -> Iterator[None]:
    """Take everything back at the end; a verb inside still counts as the outermost."""
    block: Any = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def fingerprints() -> dict[str, tuple[int, int]]:
    """Every table's number of rows and a hash over their content, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_query())
        return {name: (rows, int(digest)) for name, rows, digest in cursor.fetchall()}


@cache
def _query() -> str:
    names = connection.introspection.table_names()
    watched = [n for n in names if not n.startswith(_RECORDS)]
    return " UNION ALL ".join(
        f"SELECT '{n}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{n}\" t"
        for n in watched
    )
