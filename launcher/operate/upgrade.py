"""`upgrade`: from the data of an older Quarterdeck to this one, with a way back until the end.

The new code is tried on a copy first: the backup is restored beside, migrated, started, and an
agent runs a command there. Only then are the real tables touched; if that fails they come back.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from launcher.address import base_url, claim_port, unready_reason
from launcher.arguments import ROOT, Options
from launcher.client import Client
from launcher.environment import for_services, server_environment
from launcher.failure import LauncherError
from launcher.instance import UNFINISHED, Instance
from launcher.leash import die_with_parent
from launcher.notices import Meter, Progress, say
from launcher.operate.archive import MIB, read
from launcher.operate.backup import make_backup, product_version
from launcher.operate.checks.base import Site
from launcher.operate.doctor import connected, examine
from launcher.operate.place import is_made, manage, started
from launcher.operate.restore import load
from launcher.private import running
from launcher.processes import MANAGE
from launcher.roles import DatabaseUrls
from launcher.schema import applied, files, packages, refuse_newer, state
from launcher.strays import tree_name

STEPS = 4
NEEDED = ("data directory", "embedded database", "disk", "append-only", "master key")
"""What must be well before anything is touched."""
READY_SECONDS = 120.0
ELSEWHERE = ("DATABASE_", "REDIS_URL", "CELERY_BROKER_URL", "QUARTERDECK_ALLOWED_HOSTS")
"""What would lead a copy to the servers and names of the original."""
COPY = "rehearsal-"
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def run_upgrade(options: Options) -> int:
    """Checks, backs up, rehearses, migrates, starts; backs out when that does not come up."""
    data_dir = options.data_dir
    if not is_made(data_dir):
        raise LauncherError(f"There is no installation in {data_dir}: nothing to upgrade.")
    instance = Instance(data_dir, what="An upgrade")
    try:
        with started(data_dir) as urls:
            return _upgrade(options, urls)
    finally:
        instance.release()


def _upgrade(options: Options, urls: DatabaseUrls) -> int:
    data_dir = options.data_dir
    refuse_newer(urls.owner)
    pending = sorted(files(ROOT) - applied(urls.owner, packages(ROOT)))
    if not pending:
        say(f"      nothing to do: the data are those of Quarterdeck {product_version()}")
        return 0
    progress = Progress(STEPS + options.rehearsal)
    with progress.step(f"Checks before {len(pending)} migrations"):
        _check(data_dir, urls, copies=3 if options.rehearsal else 1)
    with progress.step("Backup"):
        archive = make_backup(data_dir)
    if options.rehearsal:
        with progress.step("Rehearsal on a copy"):
            _rehearse(data_dir, archive)
    try:
        with progress.step("Migrations"):
            manage(data_dir, urls, "migrate", "--no-input", owner=True)
        with progress.step("Start"):
            _start(data_dir, urls)
    except (LauncherError, KeyboardInterrupt) as failure:
        _back_out(data_dir, urls, archive)
        why = str(failure) or "interrupted"
        message = f"The upgrade failed: {why} The data are as they were (backup {archive})"
        raise LauncherError(f"{message}: start the former version.") from failure
    (data_dir / "migrated").write_text(state(urls.owner))
    say(f"      upgraded to {product_version()}: start it with ./quarterdeck up")
    return 0


def _check(data_dir: Path, urls: DatabaseUrls, *, copies: int) -> None:
    with connected(urls.runtime) as connection:
        site = Site(data_dir, urls=urls, database=connection)
        found = [one for findings in examine(site, NEEDED).values() for one in findings]
        size = site.ask("SELECT pg_database_size(current_database())")
    if found:
        raise LauncherError(f"{found[0].text} {found[0].remedy} Nothing was changed.")
    needed, free = copies * size, shutil.disk_usage(data_dir).free
    if free < needed:
        message = (
            f"The backup and the rehearsal may need {needed // MIB} MiB, {free // MIB} are free"
        )
        raise LauncherError(f"{message}: make room. Nothing was changed.")


def _rehearse(data_dir: Path, archive: Path) -> None:
    """Restores the backup beside, with the new code, and lets an agent run a command there."""
    scratch = Path(tempfile.mkdtemp(prefix=COPY, dir=data_dir))
    copy = scratch / "d"
    alone = {name: one for name, one in os.environ.items() if not name.startswith(ELSEWHERE)}
    try:
        _quietly(alone, "restore", str(archive), "--data-dir", str(copy))
        with _by_itself(), started(copy) as urls:
            token = manage(copy, urls, "rehearse").split()[-1]
        with running(copy, environment=alone) as url:
            _try(Client(url, token))
    except LauncherError as failure:
        message = f"The rehearsal on a copy failed: {failure} Nothing was changed."
        raise LauncherError(message) from failure
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _try(client: Client) -> None:
    """A turn may end well though its tool could not run: both are asked for."""
    events = list(client.ask("/sh true"))
    results = [event["data"] for event in events if event["type"] == "TOOL_CALL_RESULT"]
    outcomes = [event["data"].get("outcome") for event in events if event["type"] == "RUN_FINISHED"]
    if [one["status"] for one in results] != ["ok"] or outcomes != ["success"]:
        said = results[0]["content"] if results else events[-1]["data"].get("message", "")
        raise LauncherError(f"An agent could not run a command there: {said}")


def _start(data_dir: Path, urls: DatabaseUrls) -> None:
    """Starts the pages alone, so that no work begins, and asks whether they are ready."""
    port = claim_port("127.0.0.1", 0)
    url = base_url("127.0.0.1", port)
    environment = for_services(server_environment(data_dir, url, urls), tree_name(data_dir))
    environment.pop("QUARTERDECK_ALLOWED_HOSTS", None)  # we ask by our own address
    command = [*MANAGE, "web", "--bind", "127.0.0.1", "--port", str(port)]
    (data_dir / "logs").mkdir(exist_ok=True)
    with (data_dir / "logs" / "upgrade.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
        )
    deadline = time.monotonic() + READY_SECONDS
    try:
        while reason := unready_reason(url):
            if process.poll() is not None or time.monotonic() > deadline:
                raise LauncherError(f"The pages do not become ready ({reason}).")
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait()


def _back_out(data_dir: Path, urls: DatabaseUrls, archive: Path) -> None:
    """Puts the tables back as the backup holds them; the files were never touched."""
    say("      backing out: the tables come back from the backup")
    marker = data_dir / UNFINISHED
    marker.touch()
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute(EMPTY)
    load(read(archive), urls, Meter())
    marker.unlink()


def _quietly(environment: dict[str, str], *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "launcher.inside", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    if done.returncode != 0:
        raise LauncherError(done.stderr.strip().splitlines()[-1].removeprefix("quarterdeck: "))


@contextmanager
def _by_itself() -> Iterator[None]:
    """The copy stands by itself, also beside a database and a broker of yours."""
    given = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(ELSEWHERE)}
    try:
        yield
    finally:
        os.environ.update(given)
