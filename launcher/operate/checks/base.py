"""What every check is given and what it answers."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from launcher.arguments import ROOT
from launcher.roles import DatabaseUrls


@dataclass(frozen=True)
class Finding:
    """What is wrong and what to do about it, a sentence each."""

    text: str
    remedy: str


@dataclass(frozen=True)
class Site:
    """The installation under examination; without `database` only its files can be asked."""

    data_dir: Path
    bind: str = "127.0.0.1"
    port: int = 8000
    note: Mapping[str, Any] | None = None
    """Who runs it: the content of `up.json`; None when nobody does."""
    urls: DatabaseUrls | None = None
    database: psycopg.Connection[Any] | None = None
    """Connected as the runtime role."""
    given: Mapping[str, str] = field(default_factory=lambda: os.environ)
    root: Path = ROOT

    def ask(self, query: str, *values: object) -> Any:
        """Returns the first value a query answers."""
        if self.database is None:
            return None
        row = self.database.execute(query, values).fetchone()
        return row[0] if row else None
