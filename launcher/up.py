"""`up`: everything of one installation in one process tree, until somebody asks it to stop."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

from launcher.address import base_url, claim_port, unready_reason
from launcher.arguments import Options, is_loopback
from launcher.cluster import Cluster, prepare
from launcher.environment import for_migrations, for_services, server_environment
from launcher.external import external_urls
from launcher.failure import LauncherError
from launcher.frontend import ensure_frontend
from launcher.instance import UNFINISHED, Instance
from launcher.keys import keys_directory
from launcher.notices import Progress, say, warn
from launcher.postgres import (
    START_SECONDS,
    ensure_urls,
    is_ready,
    last_complaint,
    postgres_program,
    size_of,
    stop_stale,
)
from launcher.processes import (
    Program,
    manage_program,
    max_connections,
    sandbox_check,
    service_programs,
)
from launcher.roles import DatabaseUrls
from launcher.schema import refuse_newer, state
from launcher.strays import end_strays, tree_name
from launcher.supervisor import StopRequested, Supervisor
from launcher.system import ensure_sandbox

READY_SECONDS = 300.0
SANDBOX_SECONDS = 30.0
STEPS = 5


def run_up(options: Options) -> int:
    """Starts everything, prints the ready line, and stays until SIGINT or SIGTERM."""
    _warn(options)
    _make(options.data_dir)
    port = claim_port(options.bind, options.port)
    url = base_url(options.bind, port)
    instance = Instance(options.data_dir, url)
    progress = Progress(STEPS + options.demo)
    try:
        _refuse_half(options.data_dir)
        with progress.step("Front end"):
            ensure_frontend(options.data_dir)
        with progress.step("Sandbox"):
            ensure_sandbox(allowed=options.system)
        return Up(options, port, url, progress).run()
    finally:
        instance.release()


class Up:
    """The part of `up` that has processes to look after, from the database to the end."""

    def __init__(self, options: Options, port: int, url: str, progress: Progress) -> None:
        self._options = options
        self._data = options.data_dir
        self._port = port
        self._url = url
        self._tree = tree_name(self._data)
        self._progress = progress
        echo = options.verbose or sys.stderr.isatty()
        if strays := end_strays(self._data):
            say(f"      ended {strays} processes left behind by an earlier run")
        self._supervisor = Supervisor(self._data / "logs", self._tree, echo=echo)

    def run(self) -> int:
        """Returns the exit code: 0 when we were asked to stop."""
        try:
            self._prepare()
            print(f"ready {self._url}", flush=True)
            self._supervisor.serve()
        except StopRequested:
            pass
        finally:
            say("stopping")
            self._supervisor.stop()
        say("stopped")
        return 0

    def _prepare(self) -> None:
        step = self._progress.step
        sandbox = self._supervisor.start(sandbox_check())
        with step("Database"):
            urls = self._database()
            refuse_newer(urls.owner)
        table = server_environment(self._data, self._url, urls)
        environment = for_services(table, self._tree)
        with step("Migrations"):
            self._migrate(urls, for_migrations(environment, urls))
        programs = service_programs(self._options.bind, self._port, environment)
        self._start(programs[True])
        if self._options.demo:
            with step("Demo organization and its cast"):
                demo = str(self._data / "demo.json")
                self._manage("demo", "--out", demo, environment=environment)
        with step("Processes"):
            self._await_ready()
            self._start(programs[False])
        self._supervisor.wait_until(lambda: sandbox.ended is not None, SANDBOX_SECONDS)
        if sandbox.ended is not None and sandbox.ended.code != 0:
            warn(f"agents can run no tool here. {sandbox.log.last_words()}")

    def _database(self) -> DatabaseUrls:
        given = os.environ.get("DATABASE_URL")
        keys = keys_directory(self._data)
        if not given:
            return self._embedded(keys)
        urls, warning = external_urls(given, os.environ.get("DATABASE_OWNER_URL", ""), keys)
        if warning:
            warn(warning)
        return urls

    def _embedded(self, keys: Path) -> DatabaseUrls:
        cluster = Cluster(self._data / "pg", keys, max_connections=max_connections())
        if (self._data / "migrated").exists() and not (cluster.data / "PG_VERSION").exists():
            warn(
                f"the database in {cluster.data} is gone: an empty one is made; "
                "to get the data back, stop and restore a backup."
            )
        if stop_stale(cluster):
            say("      stopped the PostgreSQL of an earlier run")
        prepare(cluster)
        log_begins = size_of(self._data / "logs" / "postgres.log")
        child = self._supervisor.start(postgres_program(cluster))
        if not self._supervisor.wait_until(
            lambda: child.pid is not None and is_ready(cluster, child.pid), START_SECONDS
        ):
            raise LauncherError(
                f"PostgreSQL does not start: {last_complaint(child.log.path, log_begins)}"
            )
        return ensure_urls(cluster)

    def _migrate(self, urls: DatabaseUrls, environment: dict[str, str]) -> None:
        """Migrates, unless code, packages and database are as the last run left them."""
        stamp = self._data / "migrated"
        if stamp.exists() and stamp.read_text() == state(urls.owner):
            return
        stamp.unlink(missing_ok=True)
        self._manage("migrate", "--no-input", environment=environment)
        stamp.write_text(state(urls.owner))

    def _manage(self, *arguments: str, environment: dict[str, str]) -> None:
        child = self._supervisor.run(
            manage_program(*arguments[:1], *arguments, environment=environment)
        )
        if child.ended is None or child.ended.code != 0:
            reason = f"{child.log.last_words()} (see {child.log.path})"
            raise LauncherError(f"`manage.py {arguments[0]}` failed: {reason}")

    def _start(self, programs: Iterable[Program]) -> None:
        for program in programs:
            self._supervisor.start(program)

    def _await_ready(self) -> None:
        if not self._supervisor.wait_until(lambda: not unready_reason(self._url), READY_SECONDS):
            reason = unready_reason(self._url)
            raise LauncherError(f"Quarterdeck does not become ready ({reason}).")


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LauncherError(f"{data_dir} cannot be made: {error.strerror}.") from error
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise LauncherError(f"{data_dir} is not writable: choose another --data-dir.")


def _refuse_half(data_dir: Path) -> None:
    if (data_dir / UNFINISHED).exists():
        message = f"A restore into {data_dir} did not come to its end: run it again."
        raise LauncherError(message)


def _warn(options: Options) -> None:
    if not is_loopback(options.bind):
        warn(f"{options.bind} is reachable from other machines: put TLS and a firewall before it.")
    if os.geteuid() == 0:
        warn("running as root: fine in a container, better as a user of its own elsewhere.")
