"""An installation at hand: its database, running or started for a while, and its commands."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from launcher.arguments import ROOT
from launcher.cluster import Cluster, postmaster, prepare
from launcher.environment import for_migrations, for_services, server_environment
from launcher.external import external_urls
from launcher.failure import LauncherError
from launcher.instance import Instance, TakenError
from launcher.keys import keys_directory
from launcher.leash import die_with_parent
from launcher.notices import warn
from launcher.postgres import PrivateServer, known_urls, stop_stale
from launcher.processes import MANAGE, max_connections
from launcher.roles import DatabaseUrls
from launcher.strays import tree_name

ADDRESS = "http://127.0.0.1:8000"


@contextmanager
def database(data_dir: Path, what: str) -> Iterator[DatabaseUrls]:
    """Yields the way to the database; one that does not run is started meanwhile.

    While we hold the data directory nobody else can start it; `what` tells them who does.
    """
    try:
        instance = Instance(data_dir, what=what)
    except TakenError:
        yield _running(data_dir)
        return
    try:
        with started(data_dir) as urls:
            yield urls
    finally:
        instance.release()


@contextmanager
def started(data_dir: Path) -> Iterator[DatabaseUrls]:
    """Yields the way to the database of an installation that we hold and that does not run."""
    if given := os.environ.get("DATABASE_URL"):
        yield _external(given, data_dir)
        return
    cluster = _cluster(data_dir)
    stop_stale(cluster)
    prepare(cluster)
    with PrivateServer(cluster, log=data_dir / "logs" / "postgres.log") as server:
        yield server.urls


def is_made(data_dir: Path) -> bool:
    """Says whether there is an installation here at all."""
    cluster = _cluster(data_dir)
    return bool(os.environ.get("DATABASE_URL")) or (cluster.data / "PG_VERSION").exists()


def manage(data_dir: Path, urls: DatabaseUrls, *arguments: str, owner: bool = False) -> str:
    """Runs one `manage.py` command of an installation; returns what it printed."""
    table = server_environment(data_dir, ADDRESS, urls)
    environment = for_services(table, tree_name(data_dir))
    done = subprocess.run(
        [*MANAGE, *arguments],
        cwd=ROOT,
        env=for_migrations(environment, urls) if owner else environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    if done.returncode != 0:
        raise LauncherError(f"`manage.py {arguments[0]}` failed: {_reason(done.stderr)}")
    return done.stdout


def master_keys(data_dir: Path) -> str:
    """Returns the text of the master keys in use; "" when there are none yet."""
    if given := os.environ.get("QUARTERDECK_MASTER_KEY"):
        return given
    path = data_dir / "keys" / "master"
    return path.read_text().strip() if path.exists() else ""


def _cluster(data_dir: Path) -> Cluster:
    return Cluster(data_dir / "pg", data_dir / "keys", max_connections=max_connections())


def _running(data_dir: Path) -> DatabaseUrls:
    if given := os.environ.get("DATABASE_URL"):
        return _external(given, data_dir)
    cluster = _cluster(data_dir)
    found = postmaster(cluster)
    if found is None or not found.ready:
        message = f"The database of {data_dir} is about to start or stop: try again in a moment."
        raise LauncherError(message)
    return known_urls(cluster)


def _external(given: str, data_dir: Path) -> DatabaseUrls:
    owner = os.environ.get("DATABASE_OWNER_URL", "")
    urls, warning = external_urls(given, owner, keys_directory(data_dir))
    if warning:
        warn(warning)
    return urls


def _reason(said: str) -> str:
    """The line a traceback ends in; PostgreSQL's context may follow it."""
    lines = [line for line in said.splitlines() if line.strip()]
    calls = [at for at, line in enumerate(lines) if line.startswith("  ")]
    ending = lines[calls[-1] + 1 :] if calls and calls[-1] + 1 < len(lines) else lines[-1:]
    return ending[0] if ending else "it left no message"
