"""A sample of any declared fact, made from its annotations."""

from __future__ import annotations

import enum
import types
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from kernel.events import Fact, Private
from kernel.ids import uuid7

F = TypeVar("F", bound=Fact)
_PLAIN: dict[type, Any] = {
    str: "a.word",
    int: 42,
    bool: True,
    UUID: uuid7(),
    Decimal: Decimal("1.50"),
    datetime: datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
    Private: Private("Grüße, 世界 \N{PERSONAL COMPUTER}"),
}


def sample(kind: type[F]) -> F:
    """A fact with a value in every field."""
    hints = get_type_hints(kind)
    return kind(**{field.name: _value(hints[field.name]) for field in fields(kind)})


def _value(hint: Any) -> Any:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return next(iter(hint))
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {types.UnionType, Union}:
        return _value(inner[0])
    if origin is Literal:
        return inner[0]
    if origin in {tuple, list} or getattr(origin, "__name__", "") == "Sequence":
        return tuple(_value(one) for one in inner if one is not Ellipsis)
    message = f"no sample for {hint}"
    raise TypeError(message)
