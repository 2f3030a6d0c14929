"""What of the ledger somebody wants to see."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from audit.models import LedgerEntry
from kernel.errors import InvalidError


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Every field narrows; `since` is inclusive, `until` exclusive, `q` is typed by people."""

    name: str = ""
    verb: str = ""
    actor: UUID | None = None
    target: UUID | None = None
    target_type: str = ""
    outcome: str = ""
    correlation: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    q: str = ""

    def words(self) -> tuple[str, ...]:
        """`name:value` of what is set, as the ledger remembers a look; without typed text."""
        given = {name: value for name, value in vars(self).items() if value and name != "q"}
        return tuple(f"{name}:{_word(value)}" for name, value in given.items())

    def apply(self, rows: QuerySet[LedgerEntry]) -> QuerySet[LedgerEntry]:
        """Narrow the rows."""
        wanted = {
            "name": self.name,
            "verb": self.verb,
            "actor_id": self.actor,
            "target_id": self.target,
            "target_type": self.target_type,
            "outcome": self.outcome,
            "correlation_id": self.correlation,
            "recorded_at__gte": self.since,
            "recorded_at__lt": self.until,
        }
        rows = rows.filter(**{name: value for name, value in wanted.items() if value})
        return rows.filter(_typed(self.q)) if self.q else rows


def parse(query: Mapping[str, str]) -> Filters:
    """Read filters from an address; every fault is named with its place."""
    given: dict[str, Any] = {}
    faults: list[dict[str, str]] = []
    for name, (read, expected) in _PARAMETERS.items():
        text = query.get(name, "").strip()
        try:
            if text:
                given[name] = read(text)
        except (ValueError, OverflowError):
            faults.append({"pointer": f"/{name}", "detail": expected})
    if faults:
        raise InvalidError("The filters are not valid.", errors=faults)
    return Filters(**given)


def _name(text: str) -> str:
    if not re.fullmatch(r"[\w.:-]{1,120}", text):
        raise ValueError(text)
    return text


def _typed_text(text: str) -> str:
    if len(text) > 200 or not text.isprintable():
        raise ValueError(text)
    return text


def _since(text: str) -> datetime:
    day = parse_date(text)
    if day is not None:
        return _within(datetime(day.year, day.month, day.day, tzinfo=UTC))
    moment = parse_datetime(text)
    if moment is None:
        raise ValueError(text)
    return _within(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _until(text: str) -> datetime:
    """A day includes its whole length."""
    return _since(text) + timedelta(days=1 if parse_date(text) else 0)


def _within(moment: datetime) -> datetime:
    if not 1970 <= moment.year <= 9000:
        raise ValueError(moment)
    return moment


_A_NAME = _name, "A name of letters, digits, dots and underscores."
_AN_ID = UUID, "A UUID."
_A_TIME = "A date or a time, as in 2026-11-23 or 2026-11-23T08:00:00Z."
_PARAMETERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "name": _A_NAME,
    "verb": _A_NAME,
    "target_type": _A_NAME,
    "outcome": _A_NAME,
    "actor": _AN_ID,
    "target": _AN_ID,
    "correlation": _AN_ID,
    "since": (_since, _A_TIME),
    "until": (_until, _A_TIME),
    "q": (_typed_text, "At most 200 printable characters."),
}


def _word(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _typed(text: str) -> Q:
    """An id of anything in the row, else part of the fact's, verb's or target's name."""
    try:
        one = UUID(text.strip())
    except ValueError:
        return Q(name__icontains=text) | Q(verb__icontains=text) | Q(target_type__icontains=text)
    return Q(fact_id=one) | Q(target_id=one) | Q(actor_id=one) | Q(correlation_id=one)
