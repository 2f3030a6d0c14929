"""The one clock of the house: aware UTC, and movable, so that five days pass in a test at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class _Shift:
    """How far the clock of this process is moved from the machine's."""

    by = timedelta()


def now() -> datetime:
    """The present moment in UTC, shifted when a test moved the clock."""
    return datetime.now(UTC) + _Shift.by  # noqa: TID251


@contextmanager
def shifted(**amount: float) -> Iterator[None]:
    """Move the clock of this process by `timedelta(**amount)` for the length of the block."""
    before = _Shift.by
    _Shift.by = before + timedelta(**amount)
    try:
        yield
    finally:
        _Shift.by = before
