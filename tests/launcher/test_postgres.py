"""The embedded PostgreSQL for real: creation, roles, authentication, modes, stop, adoption."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest

from launcher import cluster as cluster_module
from launcher.arguments import ROOT
from launcher.cluster import Cluster, postmaster, prepare
from launcher.failure import LauncherError
from launcher.keys import keys_directory
from launcher.postgres import PrivateServer, ensure_urls, start_private, stop_stale
from tests.launcher.trees import wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateServer]:
    directory = Path(tempfile.mkdtemp(prefix="qd-"))
    with start_private(directory) as running:
        yield running
    shutil.rmtree(directory)


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def with_password(url: str, password: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username}:{password}@"))


def test_the_owner_makes_tables_and_the_runtime_role_owns_nothing(server: PrivateServer) -> None:
    with psycopg.connect(server.urls.owner) as owner:
        owner.execute("CREATE TABLE kept (id int)")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.urls.runtime, "CREATE TABLE mine (id int)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.urls.runtime, "SELECT count(*) FROM kept")
    owned = "SELECT count(*) FROM pg_class WHERE relowner = 'quarterdeck_runtime'::regrole"
    assert ask(server.urls.owner, owned) == 0


def test_neither_role_is_a_superuser_and_only_the_owner_makes_databases(
    server: PrivateServer,
) -> None:
    query = (
        "SELECT array_agg(ARRAY[rolname::text, rolsuper::text, rolcreatedb::text, "
        "rolcreaterole::text] ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'quarterdeck%'"
    )

    rights = ask(server.urls.owner, query)

    assert rights == [
        ["quarterdeck_owner", "false", "true", "false"],
        ["quarterdeck_runtime", "false", "false", "false"],
    ]


@pytest.mark.parametrize("password", ["", "wrong"])
@pytest.mark.parametrize("user", ["postgres", "quarterdeck_owner", "quarterdeck_runtime"])
def test_nobody_comes_in_without_the_password(
    server: PrivateServer, user: str, password: str
) -> None:
    url = f"postgresql://{user}:{password}@/postgres?host={server.cluster.socket_directory}"

    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url)


def test_passwords_are_stored_as_scram_and_every_line_of_the_rules_asks_for_it(
    server: PrivateServer,
) -> None:
    superuser = with_password(
        server.urls.owner.replace("quarterdeck_owner", "postgres", 1),
        server.cluster.superuser_password,
    )

    kinds = ask(
        superuser,
        "SELECT array_agg(DISTINCT left(rolpassword, 13)) FROM pg_authid WHERE rolcanlogin",
    )
    methods = ask(superuser, "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules")

    assert kinds == ["SCRAM-SHA-256"]
    assert methods == ["scram-sha-256"]


def test_the_server_listens_on_no_network_address(server: PrivateServer) -> None:
    pid = postmaster(server.cluster).pid  # type: ignore[union-attr]

    listening = [c for c in psutil.Process(pid).net_connections("inet") if c.status == "LISTEN"]

    assert listening == []
    assert ask(server.urls.runtime, "SHOW listen_addresses") == ""


def test_settings_are_computed_and_locale_does_not_depend_on_the_machine(
    server: PrivateServer,
) -> None:
    assert ask(server.urls.runtime, "SHOW max_connections") == "200"
    assert ask(server.urls.runtime, "SHOW timezone") == "UTC"
    query = (
        "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'quarterdeck'"
    )
    assert ask(server.urls.runtime, query) == "bC.UTF-8"


def test_secrets_and_data_are_closed_to_others(server: PrivateServer) -> None:
    keys = server.cluster.keys

    modes = {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()}

    assert modes == {0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.cluster.data.stat().st_mode) == 0o700
    socket = server.cluster.socket_directory / ".s.PGSQL.5432"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700


@as_root
def test_as_root_the_server_runs_as_another_account_and_parents_gain_only_traversal(
    home: Path,
) -> None:
    outer, inner = home / "outer", home / "outer" / "inner"
    inner.mkdir(parents=True)
    outer.chmod(0o700)
    inner.chmod(0o750)

    with start_private(inner) as running:
        pid = postmaster(running.cluster).pid  # type: ignore[union-attr]
        ask(running.urls.runtime, "SELECT 1")

        assert psutil.Process(pid).uids().real == running.cluster.user != 0
        assert stat.S_IMODE(outer.stat().st_mode) == 0o711
        assert stat.S_IMODE(inner.stat().st_mode) == 0o751


@as_root
def test_as_root_a_parent_closed_again_is_opened_at_the_next_start(home: Path) -> None:
    start_private(home).close()
    home.chmod(0o700)

    with start_private(home) as running:
        assert ask(running.urls.runtime, "SELECT 1") == 1


@as_root
def test_not_as_root_it_runs_as_the_caller_and_changes_no_mode(home: Path) -> None:
    inner = home / "inner"
    inner.mkdir()
    shutil.chown(home, 65534, 65534)
    shutil.chown(inner, 65534, 65534)
    home.chmod(0o700)
    code = (
        "import os, pathlib, sys, psutil; from launcher.postgres import start_private, postmaster\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "with start_private(pathlib.Path(sys.argv[1])) as running:\n"
        "    print(psutil.Process(postmaster(running.cluster).pid).uids().real)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(inner)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == "65534\n", done.stderr
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_a_second_start_keeps_data_and_passwords(home: Path) -> None:
    with start_private(home) as first:
        with psycopg.connect(first.urls.owner) as owner:
            owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        urls = first.urls

    with start_private(home) as second:
        assert second.urls == urls
        assert ask(second.urls.owner, "SELECT answer FROM kept") == 42


def test_settings_and_rules_changed_by_hand_are_put_right_at_the_next_start(
    home: Path,
) -> None:
    start_private(home).close()
    (home / "pg" / "pg_hba.conf").write_text("local all all trust\n")
    (home / "pg" / "postgresql.auto.conf").write_text("listen_addresses = '*'\n")

    with start_private(home) as running:
        assert ask(running.urls.runtime, "SHOW listen_addresses") == ""
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(with_password(running.urls.owner, "wrong"))


def test_lost_keys_are_made_anew(home: Path) -> None:
    with start_private(home) as running:
        before = running.urls
    shutil.rmtree(home / "keys")

    with start_private(home) as running:
        assert running.urls != before
        assert ask(running.urls.owner, "SELECT 1") == 1


def test_stopping_is_clean(home: Path) -> None:
    running = start_private(home)

    running.close()

    log = (home / "postgres.log").read_text()
    assert "received fast shutdown request" in log
    assert log.rstrip().endswith("database system is shut down")
    assert postmaster(running.cluster) is None


STARTS_ONE = (
    "import pathlib, sys, time; from launcher.postgres import start_private\n"
    "running = start_private(pathlib.Path(sys.argv[1]))\n"
    "print('started', flush=True); time.sleep(600)"
)


@pytest.mark.kill
def test_the_server_shuts_down_cleanly_when_its_launcher_is_killed(home: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", STARTS_ONE, str(home)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == b"started\n"
    cluster = Cluster(home / "pg", keys_directory(home))

    launcher.kill()
    launcher.communicate()

    wait_for(lambda: postmaster(cluster) is None, "the server ends by itself")
    assert "database system is shut down" in (home / "postgres.log").read_text()


@pytest.mark.kill
def test_a_server_left_running_is_stopped_and_its_data_taken_over(home: Path) -> None:
    cluster = Cluster(home / "pg", keys_directory(home), durable=False)
    prepare(cluster)
    stale = subprocess.Popen(
        cluster.command, user=cluster.user, group=cluster.group, cwd="/",
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: (found := postmaster(cluster)) and found.ready, "the stale server is up")
    with psycopg.connect(ensure_urls(cluster).owner) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    assert stop_stale(cluster)

    stale.wait()
    assert not stop_stale(cluster)
    with start_private(home) as running:
        assert ask(running.urls.owner, "SELECT answer FROM kept") == 42


@pytest.mark.kill
def test_data_survive_a_killed_server(home: Path) -> None:
    cluster = Cluster(home / "pg", keys_directory(home))
    prepare(cluster)
    first = PrivateServer(cluster)
    with psycopg.connect(first.urls.owner) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    os.kill(postmaster(cluster).pid, signal.SIGKILL)  # type: ignore[union-attr]
    first.close()

    prepare(cluster)
    wait_for(lambda: not _backends(cluster.data), "the orphaned backends are gone")
    with PrivateServer(cluster) as second:
        assert ask(second.urls.owner, "SELECT answer FROM kept") == 42


def _backends(data: Path) -> list[int]:
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd() == str(data):
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def test_a_path_too_long_for_a_socket_gets_a_short_private_directory(home: Path) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)

    with start_private(deep) as running:
        directory = running.cluster.socket_directory
        assert directory.parent == Path(tempfile.gettempdir()).resolve()
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert ask(running.urls.runtime, "SELECT 1") == 1
    shutil.rmtree(directory)


def test_data_of_another_version_are_refused_in_one_sentence(home: Path) -> None:
    (home / "pg").mkdir()
    (home / "pg" / "PG_VERSION").write_text("16\n")

    with pytest.raises(LauncherError) as refusal:
        start_private(home)

    assert str(refusal.value) == (
        f"{home}/pg was made by PostgreSQL 16, this Quarterdeck brings 18: dump it with "
        "version 16 and load it into a new data directory."
    )


def test_a_directory_of_something_else_is_refused_and_left_alone(home: Path) -> None:
    (home / "pg").mkdir()
    (home / "pg" / "holiday.jpg").write_text("precious")

    with pytest.raises(LauncherError, match="is not empty and holds no PostgreSQL data"):
        start_private(home)

    assert (home / "pg" / "holiday.jpg").read_text() == "precious"


def test_a_full_disk_is_reported_before_anything_is_made(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "FREE_BYTES_NEEDED", 2**60)

    with pytest.raises(LauncherError, match=r"^The disk that holds .* is full \(\d+ MiB free"):
        start_private(home)

    assert not (home / "pg").exists()


def test_an_interrupted_creation_is_begun_anew(home: Path) -> None:
    draft = home / "pg.new"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("18\n")

    with start_private(home) as running:
        assert ask(running.urls.runtime, "SELECT 1") == 1
    assert not draft.exists()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    start_private(home).close()
    (home / "pg" / "global" / "pg_control").unlink()

    with pytest.raises(LauncherError, match=r"PostgreSQL did not start: .*pg_control"):
        start_private(home)
