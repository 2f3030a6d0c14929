"""An installation with a database of its own, made from the template: no server to start."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from audit.services import subject_keys
from identity.services.accounts import update_profile
from launcher.keys import keys_directory, write_secret
from tests import database
from tests.factories.cast import make_cast

TENANT = "0198a2b0-0000-7000-8000-000000000001"
CONTENT = b"a long output\n" * 1000


@dataclass(frozen=True)
class Site:
    """A data directory and the name of its database."""

    data_dir: Path
    name: str
    key: str

    def ask(self, query: str) -> Any:
        """The first value a query answers."""
        with psycopg.connect(database.owner_url(self.name)) as connection:
            row = connection.execute(query).fetchone()
        return row[0] if row else None

    def enter(self, patch: pytest.MonkeyPatch) -> None:
        """Make this the installation of the environment."""
        patch.setenv("DATABASE_URL", database.runtime_url(self.name))
        patch.setenv("DATABASE_OWNER_URL", database.owner_url(self.name))


def _named(word: str) -> str:
    return f"qd_{word}_{os.getpid()}_{secrets.token_hex(3)}"


@pytest.fixture
def empty(
    django_db_setup: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Site]]:
    """Makes places to restore into; what the environment says of keys is out of the way."""
    monkeypatch.delenv("QUARTERDECK_MASTER_KEY", raising=False)
    monkeypatch.delenv("QUARTERDECK_SECRET_KEY", raising=False)
    names: list[str] = []

    def make() -> Site:
        name = _named("empty")
        with psycopg.connect(database.owner_url("postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        names.append(name)
        return Site(tmp_path / name, name, "")

    yield make
    for name in names:
        database.drop(name)


@pytest.fixture
def site(
    empty: Callable[[], Site],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    django_db_blocker: Any,
) -> Iterator[Site]:
    """The cast, a stored content, a workspace and keys; the environment leads to it."""
    name, key = _named("site"), settings.MASTER_KEY
    database.copy(name)
    site = Site(tmp_path / "site", name, key)
    write_secret(keys_directory(site.data_dir) / "master", key)
    blob = site.data_dir / "blobs" / TENANT / "ab" / ("ab" + "0" * 62)
    blob.parent.mkdir(parents=True)
    blob.write_bytes(CONTENT)
    work = site.data_dir / "work" / "one"
    work.mkdir(parents=True)
    (work / "log").write_text("ran\n")
    (work / "log").chmod(0o666)
    (work / "link").symlink_to("/etc/hostname")
    subject_keys._known.clear()
    with django_db_blocker.unblock(), database.as_role(database.runtime_url(name)):
        bob = make_cast().bob
        update_profile(bob, bob, full_name="Robert")
    subject_keys._known.clear()  # they lie in that database only
    site.enter(monkeypatch)
    yield site
    database.drop(name)
