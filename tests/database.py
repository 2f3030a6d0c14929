"""Test databases: made and migrated once by the owner role, then cloned; tests run as runtime."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from config.settings.env import database_parts

ROOT = Path(__file__).resolve().parents[1]
STAYING = {"auth_permission", "django_content_type", "django_migrations"}
"""What migrating fills, and no test."""


def owner_url(name: str) -> str:
    """The owner's DSN of one database of the server under test."""
    split = urlsplit(settings.DATABASE_OWNER_URL or settings.DATABASE_DIRECT_URL)
    return urlunsplit(split._replace(path=f"/{name}"))


def runtime_url(name: str) -> str:
    """The runtime role's DSN of one database."""
    return urlunsplit(urlsplit(settings.DATABASE_DIRECT_URL)._replace(path=f"/{name}"))


def schema_digest() -> str:
    """Changes when any migration changes, so that a stale template is never cloned."""
    files = sorted(p for p in ROOT.glob("*/migrations/*.py"))
    text = "".join(f"{p.name}{p.read_text()}" for p in files)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def clone(worker: str) -> str:
    """A fresh database for this worker, cloned from the migrated template."""
    base = re.sub(r"\W", "_", str(settings.DATABASES["default"]["NAME"]))[:20]
    template = f"qd_{base}_{schema_digest()}"
    name = f"{template}_{worker}"
    with psycopg.connect(owner_url("postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_advisory_lock(%s)", [0x7E57])
        if not _exists(admin, template):
            _build(admin, template)
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return name


def copy(name: str) -> None:
    """Another fresh database beside this worker's own, from the same template."""
    template = str(settings.DATABASES["default"]["NAME"]).rsplit("_", 2)[0]
    with psycopg.connect(owner_url("postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )


def empty(name: str, tables: Iterable[str]) -> None:
    """Delete what a test wrote, from the few tables that it wrote to: to truncate all of them and
    make their permissions anew would take longer than most tests."""
    wanted = sorted(set(tables) - STAYING)
    question = sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
    ask = sql.SQL(" UNION ALL ").join(
        question.format(sql.Literal(one), sql.Identifier(one)) for one in wanted
    )
    with psycopg.connect(owner_url(name)) as owner:
        for (table,) in owner.execute(ask).fetchall():
            owner.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def drop(name: str) -> None:
    """Remove a worker's database; one that somebody still holds goes with its server."""
    with (
        psycopg.connect(owner_url("postgres"), autocommit=True) as admin,
        contextlib.suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse),
    ):
        admin.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def _exists(admin: Any, name: str) -> bool:
    row = admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
    return row is not None


def _build(admin: Any, template: str) -> None:
    making = f"{template}_making"
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(making)))
    admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(making)))
    with as_role(owner_url(making)):
        call_command("migrate", verbosity=0, interactive=False)
    admin.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(making), sql.Identifier(template)
        )
    )


class as_role:  # noqa: N801
    """Point Django's default connection at another DSN for the length of the block."""

    def __init__(self, url: str) -> None:
        self.parts = database_parts(url)

    def __enter__(self) -> None:
        self.before = dict(connections["default"].settings_dict)
        connections["default"].close()
        connections["default"].settings_dict.update(self.parts)

    def __exit__(self, *_: object) -> None:
        connections["default"].close()
        connections["default"].settings_dict.update(self.before)
