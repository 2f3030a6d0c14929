"""Refuses a database that a newer Quarterdeck has migrated: this code does not know its tables."""

from __future__ import annotations

import hashlib
from pathlib import Path

import psycopg

from launcher.arguments import ROOT
from launcher.failure import LauncherError

_IDENTITY = """
SELECT system_identifier, oid, current_user::text FROM pg_control_system(), pg_database
 WHERE datname = current_database()
"""
_APPLIED = "SELECT app, name, applied FROM django_migrations ORDER BY id"


def refuse_newer(owner_url: str, root: Path = ROOT) -> None:
    """Compares the migrations applied to the packages of the house with the files we have."""
    unknown = sorted(applied(owner_url, packages(root)) - files(root))
    if unknown:
        message = (
            f"The database was migrated by a newer Quarterdeck ({'.'.join(unknown[0])} is unknown "
            "here): start that version, or restore a backup made before it."
        )
        raise LauncherError(message)


def state(owner_url: str, root: Path = ROOT) -> str:
    """Hashes what decides whether `migrate` has anything to do: code, packages, this database."""
    parts = [f"{path.relative_to(root)}" for path in sorted(root.glob("*/migrations/*.py"))]
    parts += [path.read_text() for path in sorted(root.glob("requirements/*.txt"))]
    with psycopg.connect(owner_url) as connection:
        parts += [str(row) for row in connection.execute(_IDENTITY)]
        if _has_migrations(connection):
            parts += [str(row) for row in connection.execute(_APPLIED)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def packages(root: Path) -> set[str]:
    """Returns the packages of the house that may hold migrations, with files or without."""
    return {path.parent.name for path in root.glob("*/__init__.py")}


def files(root: Path) -> set[tuple[str, str]]:
    """Returns (package, name) of every migration file."""
    found = root.glob("*/migrations/[0-9]*.py")
    return {(path.parent.parent.name, path.stem) for path in found}


def applied(url: str, apps: set[str]) -> set[tuple[str, str]]:
    """Returns (package, name) of every migration the database says was applied."""
    query = "SELECT app, name FROM django_migrations WHERE app = ANY(%s)"
    with psycopg.connect(url) as connection:
        if not _has_migrations(connection):
            return set()
        return {(app, name) for app, name in connection.execute(query, [sorted(apps)])}


def _has_migrations(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
    return row is not None and row[0] is not None
