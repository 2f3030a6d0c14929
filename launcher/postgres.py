"""Starts and stops an embedded PostgreSQL and says how to reach it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

from launcher.cluster import SUPERUSER, Cluster, postmaster, prepare
from launcher.failure import LauncherError
from launcher.keys import keys_directory, stored
from launcher.leash import spawn
from launcher.processes import POSTGRES_GRACE_SECONDS, POSTGRES_STAGE, Program
from launcher.roles import OWNER, RUNTIME, DatabaseUrls, ensure_roles, socket_url

START_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.02
SERVER_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}


class PrivateServer:
    """A server for tests and one-shot commands; stops when closed or left."""

    def __init__(self, cluster: Cluster, *, log: Path | None = None) -> None:
        self.cluster = cluster
        self.log = log or cluster.data.parent / "postgres.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._log_begins = size_of(self.log)
        with self.log.open("ab") as output:
            self._process = spawn(postgres_program(cluster), output.fileno())
        try:
            self._wait()
            self.urls = ensure_urls(cluster)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stops the server cleanly; safe to call twice."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(STOP_SECONDS)

    def __enter__(self) -> PrivateServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(self.cluster, self._process.pid):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise LauncherError(
                    f"PostgreSQL did not start: {last_complaint(self.log, self._log_begins)}"
                )
            time.sleep(POLL_SECONDS)


def start_private(directory: Path, *, max_connections: int = 200) -> PrivateServer:
    """Starts a fast server without durability under `directory` (its data is for tests only).

    Call it from the main thread: the kernel ends the server with the thread that started it.
    """
    directory = directory.resolve()
    keys = keys_directory(directory)
    cluster = Cluster(directory / "pg", keys, max_connections=max_connections, durable=False)
    prepare(cluster)
    return PrivateServer(cluster)


def postgres_program(cluster: Cluster) -> Program:
    """Describes the server to a supervisor. SIGINT asks it for a fast, clean shutdown."""
    return Program(
        "postgres",
        tuple(cluster.command),
        SERVER_ENVIRONMENT,
        directory=Path("/"),
        stage=POSTGRES_STAGE,
        grace_seconds=POSTGRES_GRACE_SECONDS,
        stop_signal=signal.SIGINT,
        user=cluster.user,
        group=cluster.group,
    )


def is_ready(cluster: Cluster, pid: int) -> bool:
    """Says whether the server with this pid accepts connections."""
    found = postmaster(cluster)
    return found is not None and found.pid == pid and found.ready


def stop_stale(cluster: Cluster) -> bool:
    """Ends a server that a killed launcher left behind; says whether there was one."""
    found = postmaster(cluster)
    if found is None:
        return False
    for deadly in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if _ended(found.pid, deadly):
            return True
    raise LauncherError(f"A former PostgreSQL (process {found.pid}) cannot be stopped.")


def ensure_urls(cluster: Cluster) -> DatabaseUrls:
    """Sees that roles and database exist with the passwords kept in `keys`."""
    host = str(cluster.socket_directory)
    superuser = socket_url(SUPERUSER, cluster.superuser_password, host, "template1")
    ensure_roles(superuser, _passwords(cluster))
    return known_urls(cluster)


def known_urls(cluster: Cluster) -> DatabaseUrls:
    """Says how to reach a server whose roles were made before."""
    host, passwords = str(cluster.socket_directory), _passwords(cluster)
    owner, runtime = (socket_url(name, passwords[name], host) for name in (OWNER, RUNTIME))
    return DatabaseUrls(owner=owner, runtime=runtime)


def _passwords(cluster: Cluster) -> dict[str, str]:
    return {name: stored(cluster.keys / f"postgres-{name}") for name in (OWNER, RUNTIME)}


def size_of(log: Path) -> int:
    """Returns the length of a log in bytes; 0 when there is none yet."""
    return log.stat().st_size if log.exists() else 0


def last_complaint(log: Path, since: int) -> str:
    """Returns the last FATAL or PANIC line written after a position, else the last line."""
    text = log.read_bytes()[since:] if log.exists() else b""
    lines = text.decode(errors="replace").splitlines()
    wanted = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return (wanted or lines or ["it left no message"])[-1].split("] ", 1)[-1].strip()


def _ended(pid: int, deadly: signal.Signals) -> bool:
    try:
        os.kill(pid, deadly)
        psutil.Process(pid).wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        return False
    except (ProcessLookupError, psutil.NoSuchProcess):
        return True
    return True
