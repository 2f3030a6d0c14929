"""Cron in a time zone, right across daylight saving (cronsim follows Debian's rules)."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from kernel.errors import DomainError


class InvalidScheduleError(DomainError):
    """This is not a cron expression in a known time zone."""


def upcoming(cron: str, timezone: str, after: datetime, count: int = 5) -> list[datetime]:
    """The next due times after a moment, in UTC."""
    try:
        local = after.astimezone(ZoneInfo(timezone))
        return [due.astimezone(UTC) for due in islice(CronSim(cron, local), count)]
    except (CronSimError, ZoneInfoNotFoundError, ValueError) as wrong:
        detail = f"{cron!r} in {timezone!r} is not a cron expression in a known time zone."
        raise InvalidScheduleError(detail) from wrong


def next_due(cron: str, timezone: str, after: datetime) -> datetime:
    """The first due time after a moment; raises when there is none."""
    found = upcoming(cron, timezone, after, 1)
    if not found:
        raise InvalidScheduleError
    return found[0]
