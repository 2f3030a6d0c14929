"""Fixtures every test may use: a database of its own, the cast, a fake clock."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import flush
from django.db import connection, connections
from django.db.backends.postgresql.operations import DatabaseOperations

from tests import database
from tests.factories.cast import Cast, make_cast

# One private embedded server for the whole run when none is given.
pytest_plugins: list[str] = ["tests.installation"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any, worker_id: str) -> Iterator[None]:
    """Clone the template; connect as the runtime role; flush as the owner."""
    with django_db_blocker.unblock():
        name = database.clone(f"{worker_id}_{os.getpid()}")
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = name
        settings.DATABASES["default"]["NAME"] = name
        settings.DATABASE_DIRECT_URL = database.runtime_url(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "execute_sql_flush", _flush_as_owner(name))
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_, **__: None)
        yield
    with django_db_blocker.unblock():
        connections.close_all()
        database.drop(name)


def _flush_as_owner(name: str) -> Any:
    def execute_sql_flush(self: Any, sql_list: list[str]) -> None:
        connection.close()
        database.empty(name, re.findall(r'"(\w+)"', " ".join(sql_list)))

    return execute_sql_flush


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """This worker's name, also without xdist."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session", autouse=True)
def data_dir() -> Iterator[Path]:
    """A data directory of this run, short enough for sockets, searchable by the sandbox's uid."""
    with tempfile.TemporaryDirectory(prefix="qd", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o711)
        settings.DATA_DIR = path
        yield path


@pytest.fixture
def cast(db: None) -> Cast:
    """alice, bob, charlie, dora, olga, anna, as the contract introduces them."""
    return make_cast()
