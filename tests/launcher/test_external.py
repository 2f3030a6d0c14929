"""A PostgreSQL of yours: too old, away, one role, two roles; and a database from the future."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from launcher import external
from launcher.cluster import SUPERUSER
from launcher.external import external_urls
from launcher.failure import LauncherError
from launcher.keys import keys_directory
from launcher.postgres import PrivateServer, start_private
from launcher.roles import socket_url
from launcher.schema import applied, files, packages, refuse_newer, state


@pytest.fixture
def server() -> Iterator[PrivateServer]:
    directory = Path(tempfile.mkdtemp(prefix="qd-"))
    with start_private(directory) as running:
        yield running
    shutil.rmtree(directory)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return keys_directory(tmp_path)


def superuser_url(server: PrivateServer) -> str:
    cluster = server.cluster
    host = str(cluster.socket_directory)
    return socket_url(SUPERUSER, cluster.superuser_password, host, "quarterdeck")


def drop_runtime_role(server: PrivateServer) -> None:
    with psycopg.connect(superuser_url(server), autocommit=True) as connection:
        connection.execute("DROP ROLE quarterdeck_runtime")


def test_two_urls_are_taken_as_they_are(server: PrivateServer, keys: Path) -> None:
    urls, warning = external_urls(server.urls.runtime, server.urls.owner, keys)

    assert (urls, warning) == (server.urls, "")


def test_the_same_role_twice_is_said(server: PrivateServer, keys: Path) -> None:
    _, warning = external_urls(server.urls.owner, server.urls.owner, keys)

    assert warning == (
        "DATABASE_URL and DATABASE_OWNER_URL are one role: the ledger's append-only rule is not "
        "enforced by the database."
    )


def test_with_one_url_the_runtime_role_is_made_when_that_role_may(
    server: PrivateServer, keys: Path
) -> None:
    drop_runtime_role(server)
    one = superuser_url(server)

    urls, warning = external_urls(one, "", keys)
    again, _ = external_urls(one, "", keys)

    assert warning == ""
    assert urls.owner == one
    assert again == urls
    assert urlsplit(urls.runtime).username == "quarterdeck_runtime"
    with psycopg.connect(urls.runtime) as connection:
        query = "SELECT current_user::text || rolsuper FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(query).fetchone() == ("quarterdeck_runtimefalse",)


def test_with_one_humble_url_it_is_said_that_append_only_is_unenforced(
    server: PrivateServer, keys: Path
) -> None:
    urls, warning = external_urls(server.urls.owner, "", keys)

    assert urls.runtime == urls.owner == server.urls.owner
    assert warning == (
        "DATABASE_URL is the only role and may not make another: the ledger's append-only rule is "
        "not enforced by the database."
    )


def test_a_runtime_role_of_somebody_else_is_left_alone(server: PrivateServer, keys: Path) -> None:
    one = superuser_url(server)

    urls, warning = external_urls(one, "", keys)

    assert urls.runtime == one
    assert "exists with a password unknown here" in warning
    with psycopg.connect(server.urls.runtime) as still_works:
        assert still_works.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_is_too_old_is_refused(
    server: PrivateServer, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external, "OLDEST", 99)

    with pytest.raises(LauncherError) as refusal:
        external_urls(server.urls.runtime, "", keys)

    assert str(refusal.value) == (
        "The database of DATABASE_URL is PostgreSQL 18: 99 or newer is needed."
    )


def test_a_server_with_too_few_connections_is_refused(
    server: PrivateServer, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_POOL", "100")

    with pytest.raises(LauncherError) as refusal:
        external_urls(server.urls.runtime, "", keys)

    assert str(refusal.value) == (
        "The database offers 200 connections and Quarterdeck may need 418: raise max_connections "
        "there or set DATABASE_POOL lower here."
    )


def test_a_server_that_is_away_is_told_without_its_password(keys: Path, tmp_path: Path) -> None:
    url = f"postgresql://me:secret@/q?host={quote(str(tmp_path), safe='')}"

    with pytest.raises(LauncherError, match="The database of DATABASE_URL cannot be used") as told:
        external_urls(url, "", keys)

    assert "secret" not in str(told.value)
    assert "\n" not in str(told.value)


def house(root: Path, *migrations: str) -> Path:
    (root / "identity" / "migrations").mkdir(parents=True)
    for path in (root / "identity" / "__init__.py", root / "identity" / "migrations/__init__.py"):
        path.touch()
    for name in migrations:
        (root / "identity" / "migrations" / f"{name}.py").touch()
    return root


def migrate_to(url: str, *migrations: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute(
            "CREATE TABLE django_migrations (id int GENERATED ALWAYS AS IDENTITY,"
            " app text, name text, applied timestamptz DEFAULT now())"
        )
        for name in migrations:
            owner.execute(
                "INSERT INTO django_migrations (app, name) VALUES ('identity', %s)", [name]
            )
        owner.execute("INSERT INTO django_migrations (app, name) VALUES ('axes', '0099')")


def test_a_database_migrated_by_a_newer_version_is_refused(
    server: PrivateServer, tmp_path: Path
) -> None:
    root = house(tmp_path, "0001_people")
    migrate_to(server.urls.owner, "0001_people", "0002_teams")

    with pytest.raises(LauncherError) as refusal:
        refuse_newer(server.urls.owner, root)

    assert str(refusal.value) == (
        "The database was migrated by a newer Quarterdeck (identity.0002_teams is unknown here): "
        "start that version, or restore a backup made before it."
    )


def test_an_older_or_empty_database_is_fine(server: PrivateServer, tmp_path: Path) -> None:
    root = house(tmp_path, "0001_people", "0002_teams")

    refuse_newer(server.urls.owner, root)
    migrate_to(server.urls.owner, "0001_people")
    refuse_newer(server.urls.owner, root)

    assert applied(server.urls.owner, packages(root)) == {("identity", "0001_people")}
    assert files(root) == {("identity", "0001_people"), ("identity", "0002_teams")}


def test_the_state_changes_with_code_packages_and_database(
    server: PrivateServer, tmp_path: Path
) -> None:
    root = house(tmp_path, "0001_people")
    states = [state(server.urls.owner, root), state(server.urls.owner, root)]
    assert states[0] == states[1]

    migrate_to(server.urls.owner, "0001_people")
    states.append(state(server.urls.owner, root))
    (root / "identity" / "migrations" / "0002_teams.py").touch()
    states.append(state(server.urls.owner, root))
    (root / "requirements").mkdir()
    (root / "requirements" / "base.txt").write_text("django==5.2")
    states.append(state(server.urls.owner, root))

    assert len(set(states)) == 4
