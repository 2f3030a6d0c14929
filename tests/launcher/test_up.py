"""`./quarterdeck up` as people run it: the whole tree, killed and stopped in every way."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from launcher.arguments import ROOT
from launcher.processes import SERVICES
from tests.launcher.trees import marked, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.kill, pytest.mark.xdist_group("up")]

OURS = ("DATABASE_", "QUARTERDECK_", "REDIS_", "CELERY_", "DJANGO_SETTINGS_MODULE", "PYTEST_")

NO_SANDBOX = {"QUARTERDECK_SANDBOX": "container"}
"""Nothing here runs a tool, so the missing sandbox is only said: a container without an image."""


class Installation:
    """A running `up`."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        self.data_dir = data_dir
        with (data_dir / "stderr").open("a") as stderr:
            self.process = subprocess.Popen(
                [*command("--data-dir", str(data_dir), "--port", "0", *arguments)],
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        assert self.first_line.startswith("ready http://127.0.0.1:"), self.told()
        self.url = self.first_line.split()[1]

    def told(self) -> str:
        return (self.data_dir / "stderr").read_text()

    def status(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def pid_of(self, *words: str) -> int:
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                if set(words) <= set(child.cmdline()):
                    return child.pid
        return 0

    def postgres(self) -> int:
        path = self.data_dir / "pg" / "postmaster.pid"
        return int(path.read_text().split()[0]) if path.exists() else 0


def kill(find: Callable[[], int]) -> int:
    """Kills a process once it is found. Zero would mean our own group: never that."""
    wait_for(lambda: find() > 1, "the process to kill is there")
    pid = find()
    assert pid > 1
    os.kill(pid, signal.SIGKILL)
    return pid


def command(*arguments: str) -> list[str]:
    return [str(ROOT / "quarterdeck"), "up", "--no-system", *arguments]


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"QUARTERDECK_PYTHON": sys.executable, **NO_SANDBOX}


def run_up(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(), capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    data_dir = Path(tempfile.mkdtemp(prefix="qd-"))
    (data_dir / "migrated").write_text("by an earlier run, whose database is gone")
    running = Installation(data_dir)
    yield running
    running.process.kill()
    running.process.communicate()
    wait_for(lambda: not marked(data_dir), "nothing is left")
    shutil.rmtree(data_dir)


def test_everything_runs_and_the_ready_line_is_true(installation: Installation) -> None:
    logs = {path.stem for path in (installation.data_dir / "logs").iterdir()}

    assert installation.first_line == f"ready {installation.url}\n"
    assert installation.status("/readyz") == 200
    assert logs >= {"postgres", "migrate", *(service.name for service in SERVICES)}


def test_a_database_that_is_gone_is_made_anew_and_said_in_one_sentence(
    installation: Installation,
) -> None:
    said = [line for line in installation.told().splitlines() if " is gone" in line]

    assert said == [
        f"warning: the database in {installation.data_dir / 'pg'} is gone: an empty one is made; "
        "to get the data back, stop and restore a backup."
    ]


def test_without_a_sandbox_it_starts_and_says_so_in_one_sentence(
    installation: Installation,
) -> None:
    said = [line for line in installation.told().splitlines() if "sandbox works" in line]

    assert said == [
        "warning: agents can run no tool here. No sandbox works on this machine. container: No "
        "container image is configured. Configure an image that holds the tools the sessions need."
    ]


def test_a_second_up_on_the_same_data_says_who_runs(installation: Installation) -> None:
    second = run_up("--data-dir", str(installation.data_dir), "--port", "0")

    assert (second.returncode, second.stdout) == (1, "")
    assert f"already runs on {installation.data_dir} at {installation.url} " in second.stderr
    assert installation.status("/readyz") == 200


def test_a_port_in_use_is_told_before_anything_is_made(installation: Installation) -> None:
    port = installation.url.rsplit(":", 1)[1]
    with tempfile.TemporaryDirectory() as other:
        second = run_up("--data-dir", f"{other}/D", "--port", port)

        assert list(Path(other, "D").iterdir()) == []
    assert (second.returncode, second.stdout) == (1, "")
    assert f"quarterdeck: Port {port} on 127.0.0.1 is in use" in second.stderr


def test_a_killed_server_process_comes_back(installation: Installation) -> None:
    before = kill(lambda: installation.pid_of("manage.py", "web"))

    wait_for(
        lambda: installation.pid_of("manage.py", "web") not in {0, before}, "web is started again"
    )
    wait_for(lambda: installation.status("/readyz") == 200, "it is ready again")
    assert "web ended (SIGKILL): starting it again" in installation.told()


def test_a_killed_database_comes_back(installation: Installation) -> None:
    before = kill(installation.postgres)

    wait_for(lambda: installation.postgres() not in {0, before}, "PostgreSQL is started again")
    wait_for(lambda: installation.status("/readyz") == 200, "it is ready again")


def test_secrets_are_closed_and_not_on_any_command_line(installation: Installation) -> None:
    keys = {path.name: path.read_text().strip() for path in installation.data_dir.glob("keys/*")}

    assert {"django", "master", "postgres-superuser"} < set(keys)
    family = psutil.Process(installation.process.pid).children(recursive=True)
    lines = [" ".join(process.cmdline()) for process in family]
    said = installation.told() + "".join(
        path.read_text() for path in installation.data_dir.glob("logs/*.log")
    )
    assert not [secret for secret in keys.values() if secret in said + "".join(lines)]


def test_no_service_knows_how_to_reach_the_database_as_its_owner(
    installation: Installation,
) -> None:
    password = (installation.data_dir / "keys" / "postgres-quarterdeck_owner").read_text().strip()

    told = [json.dumps(process.environ()) for process in marked(installation.data_dir)]

    assert len(told) > len(SERVICES) - 2
    assert not [text for text in told if password in text]


def test_killed_and_stopped_it_leaves_nothing_and_starts_again(home: Path) -> None:
    first = Installation(home)

    first.process.kill()
    first.process.communicate()
    second = Installation(home)
    second.process.terminate()
    output, _ = second.process.communicate()

    assert (second.process.returncode, output) == (0, "")
    assert marked(home) == []
    assert not (home / "pg" / "postmaster.pid").exists()
    assert "database system is shut down" in (home / "logs" / "postgres.log").read_text()
