"""Lists: `{results, next, previous}` by opaque cursor over (time, id), newest first."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

from kernel.errors import InvalidError
from kernel.policies import merged

DEFAULT, MOST = 50, 200


@dataclass(frozen=True)
class Cut:
    """Where a page starts: after or before one row, in the order of the list."""

    at: str
    pk: str
    backwards: bool


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursors of its neighbours, None at the ends."""

    rows: list[Any]
    next: str | None
    previous: str | None


def paginate(
    query: QueryDict,
    rows: QuerySet[Any] | Sequence[QuerySet[Any]],
    *,
    field: str = "created_at",
    ascending: bool = False,
) -> Page:
    """One page of rows. `field` must be indexed together with the key.

    Several querysets of one model are the ways into one list: each is cut by its own index, so
    that a page costs the same however many rows there are and however few one may see.
    """
    limit, cut = limit_of(query), _cut(query)
    forward = not (cut and cut.backwards)
    down = forward != ascending
    order = [f"-{field}", "-pk"] if down else [field, "pk"]
    ways = [rows] if isinstance(rows, QuerySet) else list(rows)
    if cut:
        ways = [way.filter(_beyond(way, field, cut, down=down)) for way in ways]
    found = list(merged(ways, order, limit + 1))
    more = len(found) > limit
    found = found[:limit]
    if not forward:
        found.reverse()
    has_next, has_previous = (more, cut is not None) if forward else (True, more)
    return Page(
        rows=found,
        next=_cursor(field, found[-1], back=False) if found and has_next else None,
        previous=_cursor(field, found[0], back=True) if found and has_previous else None,
    )


def link(path: str, query: QueryDict, cursor: str | None) -> str | None:
    """The address of a neighbouring page, with every other parameter kept."""
    return f"{path}?{urlencode({**query.dict(), 'cursor': cursor})}" if cursor else None


def _beyond(rows: QuerySet[Any], field: str, cut: Cut, *, down: bool) -> Q:
    word = "lt" if down else "gt"
    value: Any = _moment(cut.at) if field.endswith("_at") else cut.at
    try:
        rows.model._meta.get_field(field).to_python(value)
        rows.model._meta.pk.to_python(cut.pk)
        rows.model._meta.get_field(field).to_python(value)
    except Exception as wrong:
        raise bad_cursor() from wrong
    past = Q(**{f"{field}__{word}": value}) | Q(**{field: value, f"pk__{word}": cut.pk})
    # Says the same once more as one bound, from which the index can start.
    return Q(**{f"{field}__{word}e": value}) & past


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise bad_cursor()
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as wrong:
        raise bad_cursor() from wrong


def limit_of(query: QueryDict) -> int:
    """How many rows a page is asked to have."""
    text = query.get("limit", str(DEFAULT))
    short = text.isascii() and text.isdigit() and len(text) < 9
    if not short or not 1 <= int(text) <= MOST:
        raise InvalidError.at("/limit", f"A whole number from 1 to {MOST}.")
    return int(text)


def _cut(query: QueryDict) -> Cut | None:
    text = query.get("cursor")
    if not text:
        return None
    try:
        at, pk, backwards = json.loads(base64.urlsafe_b64decode(text.encode()))
        return Cut(str(at), str(pk), bool(backwards))
    except (ValueError, binascii.Error, TypeError, RecursionError) as wrong:
        raise bad_cursor() from wrong


def bad_cursor() -> InvalidError:
    """The refusal of a cursor that we did not make."""
    return InvalidError.at("/cursor", "This cursor is not one of ours.")


def _cursor(field: str, row: Model, *, back: bool) -> str:
    value = getattr(row, field)
    at = value.isoformat() if isinstance(value, datetime) else str(value)
    return base64.urlsafe_b64encode(json.dumps([at, str(row.pk), back]).encode()).decode()
