"""Refuses a database that a newer Quarterdeck has migrated: this code does not know its tables."""

from __future__ import annotations

from pathlib import Path

import psycopg

from launcher.arguments import ROOT
from launcher.failure import LauncherError


def refuse_newer(owner_url: str, root: Path = ROOT) -> None:
    """Compares the migrations applied to the packages of the house with the files we have."""
    unknown = sorted(applied(owner_url, packages(root)) - files(root))
    if unknown:
        message = (
            f"The database was migrated by a newer Quarterdeck ({'.'.join(unknown[0])} is unknown "
            "here): start that version, or restore a backup made before it."
        )
        raise LauncherError(message)


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
        exists = connection.execute("SELECT to_regclass('django_migrations')").fetchone()
        if exists is None or exists[0] is None:
            return set()
        return {(app, name) for app, name in connection.execute(query, [sorted(apps)])}
