"""The way in that somebody came by, asked again while they stay connected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Credential:
    """A token or a browser's session: whether it still stands, and when it ends by itself."""

    holds: Callable[[], bool] = _always
    ends_at: datetime | None = None
