"""Bringing everything sealed under the newest master key: row by row, to be ended at any moment.

The version stands in every ciphertext, so that nothing else has to be remembered: whoever begins
again goes on with what is still old. A row that changed meanwhile keeps its newer value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models, transaction

from kernel.crypto.keyring import keyring, resealed, version_of
from kernel.events import Fact, publish

_BATCH = 200


@dataclass(frozen=True)
class SealedField:
    """A column sealed by the master key, and how its place is called."""

    model: type[models.Model]
    field: str
    place: Callable[[UUID], str]


@dataclass(frozen=True, kw_only=True)
class KeysRotated(Fact):
    """Sealed values were brought under the newest master key."""

    key_version: int
    values: int


_fields: list[SealedField] = []


def sealed_field(model: type[models.Model], field: str, place: Callable[[UUID], str]) -> None:
    """Declare a column that the master key seals; what is not declared would be lost with it."""
    _fields.append(SealedField(model, field, place))


def declared() -> list[SealedField]:
    """Every sealed column of the house."""
    return list(_fields)


def left_behind() -> dict[int, int]:
    """How many values each older master key still opens."""
    found: dict[int, int] = {}
    for one in _fields:
        for _pk, sealed in _rows(one):
            version = version_of(sealed)
            if version != keyring().newest:
                found[version] = found.get(version, 0) + 1
    return found


def reseal(on_batch: Callable[[int], None] = lambda _done: None) -> int:
    """Bring everything older under the newest key; answers how many values it changed."""
    done = 0
    for one in _fields:
        waiting: list[tuple[UUID, bytes]] = []
        for row in _rows(one):
            if version_of(row[1]) != keyring().newest:
                waiting.append(row)
            if len(waiting) == _BATCH:
                done += _reseal(one, waiting)
                on_batch(done)
                waiting = []
        done += _reseal(one, waiting)
    if done:
        with transaction.atomic():
            publish(
                KeysRotated(
                    organization_id=None,
                    target_id=None,
                    key_version=keyring().newest,
                    values=done,
                )
            )
    return done


def _reseal(one: SealedField, rows: list[tuple[UUID, bytes]]) -> int:
    done = 0
    with transaction.atomic():
        for pk, sealed in rows:
            new = resealed(sealed, one.place(pk))
            same: dict[str, Any] = {"pk": pk, one.field: sealed}
            done += one.model._base_manager.filter(**same).update(**{one.field: new})
    return done


def _rows(one: SealedField) -> Iterator[tuple[UUID, bytes]]:
    """All rows in the order of their keys, some at a time."""
    rows = one.model._base_manager.order_by("pk").values_list("pk", one.field)
    last: Any = None
    while True:
        part = list((rows if last is None else rows.filter(pk__gt=last))[:_BATCH])
        if not part:
            return
        yield from ((pk, bytes(sealed)) for pk, sealed in part)
        last = part[-1][0]
