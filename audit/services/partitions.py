"""Months of the ledger: made ahead by functions of the owner role, dropped only when sealed."""

from __future__ import annotations

from datetime import date

from django.db import connection

from audit.selectors.health import misplaced_month
from kernel import clock

AHEAD = 3


def make_ahead(today: date | None = None) -> list[date]:
    """Make the partitions of this month and the next ones; which were new.

    A row whose month is missing is kept in the default partition, which turns into that month's
    partition here, so that writing never fails at the turn of a month.
    """
    start = (today or clock.now().date()).replace(day=1)
    months = [_later(start, count) for count in range(AHEAD + 1)]
    late = misplaced_month()
    if late:
        months.append(late)
    return [month for month in months if make_month(month)]


def make_month(month: date) -> bool:
    """Make one month's partition; False when it exists."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_make_month(%s)", [month])
        row = cursor.fetchone()
    return bool(row and row[0])


def _later(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + years, month=month + 1)
