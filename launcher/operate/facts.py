"""What a manifest says of a database: read in the very snapshot that is dumped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from launcher.failure import LauncherError
from launcher.operate.sealing import Probe

_SIZE = "SELECT pg_database_size(current_database())"
_MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY app, name"
_LEDGER = """
SELECT era, xid::text::bigint, id FROM audit_ledger ORDER BY era DESC, xid DESC, id DESC LIMIT 1
"""
_BLOBS = "SELECT organization_id::text || '/' || digest FROM kernel_blob"
_SEALED = (
    ("audit_subject_key", "wrapped", "created_at DESC"),
    ("identity_secret", "sealed", "created_at DESC"),
)
"""Tables whose values the master key seals, each with its column; their place is named by both."""


@dataclass(frozen=True)
class Snapshot:
    """A moment of the database that stays visible while writes go on."""

    name: str
    connection: psycopg.Connection[Any]

    @property
    def size(self) -> int:
        """Bytes the database takes on its disk."""
        return int(self._row(_SIZE)[0])

    def facts(self) -> dict[str, Any]:
        """Says what the dump of this moment holds."""
        found = self._row("SELECT to_regclass('django_migrations')")
        if found[0] is None:
            raise LauncherError("The database is empty: there is nothing to back up yet.")
        era, xid, number = self._row(_LEDGER, (0, 0, 0))
        return {
            "postgres": self.connection.info.server_version,
            "migrations": [list(row) for row in self.connection.execute(_MIGRATIONS)],
            "ledger": {"era": era, "xid": xid, "id": number},
        }

    def blobs(self) -> set[str]:
        """Tenant and digest of every content the database knows of."""
        return {str(row[0]) for row in self.connection.execute(_BLOBS)}

    def sealed(self) -> list[Probe]:
        """The newest value of every table that holds sealed ones."""
        return sealed(self.connection)

    def _row(self, query: str, otherwise: tuple[Any, ...] = ()) -> tuple[Any, ...]:
        return self.connection.execute(query).fetchone() or otherwise


@contextmanager
def frozen(url: str) -> Iterator[Snapshot]:
    """Yields a snapshot that `pg_dump` can use too. It writes nothing, so it holds nobody up."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        yield Snapshot(str(row[0]) if row else "", connection)
        connection.rollback()


def sealed(connection: psycopg.Connection[Any]) -> list[Probe]:
    """The newest value of every table that holds sealed ones."""
    found = []
    for table, column, order in _SEALED:
        query = f"SELECT id::text, {column} FROM {table} ORDER BY {order} LIMIT 1"
        for key, value in connection.execute(query):
            place = f"{table}|{key}|{'value' if table == 'identity_secret' else column}"
            found.append(Probe(place, bytes(value)))
    return found
