"""A second PostgreSQL server of its own, for restores into another cluster."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from launcher.cluster import SUPERUSER
from launcher.postgres import PrivateServer, start_private
from launcher.roles import OWNER, socket_url


class SecondCluster:
    """A fresh server with the two roles; its methods say how to reach a database as whom."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.server = folder, start_private(folder)

    def superuser(self, name: str) -> str:
        """The DSN of the superuser."""
        cluster = self.server.cluster
        host = str(cluster.socket_directory)
        return socket_url(SUPERUSER, cluster.superuser_password, host, name)

    def runtime(self, name: str) -> str:
        """The DSN of the runtime role."""
        return urlunsplit(urlsplit(self.server.urls.runtime)._replace(path=f"/{name}"))

    def restore(self, source_url: str, name: str) -> None:
        """pg_dump the source and pg_restore it here as a new database."""
        dump, tools = self.folder / f"{name}.dump", self.server.cluster.binaries
        _run([tools / "pg_dump", "-Fc", "-f", dump, source_url])
        with psycopg.connect(self.superuser("postgres"), autocommit=True) as session:
            names = sql.Identifier(name), sql.Identifier(OWNER)
            session.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
        _run([tools / "pg_restore", "--exit-on-error", "-d", self.superuser(name), dump])

    def promote(self) -> None:
        """Recover and open a new timeline, as after a restore to a moment in time."""
        self.server.close()
        data = self.server.cluster.data
        with (data / "postgresql.auto.conf").open("a") as settings:
            settings.write("restore_command = 'false'\nhot_standby = off\n")
        (data / "recovery.signal").touch()
        (data / "recovery.signal").chmod(0o644)
        self.server = PrivateServer(self.server.cluster)


def _run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, timeout=300)


@contextmanager
def second_cluster(folder: Path) -> Iterator[SecondCluster]:
    """Start it, and stop it afterwards."""
    cluster = SecondCluster(folder)
    try:
        yield cluster
    finally:
        cluster.server.close()
