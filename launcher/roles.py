"""Roles and database: who owns and migrates, who runs and owns nothing."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import psycopg
from psycopg import sql

OWNER = "quarterdeck_owner"
RUNTIME = "quarterdeck_runtime"
DATABASE = "quarterdeck"


@dataclass(frozen=True)
class DatabaseUrls:
    """How to reach the database: `owner` migrates, `runtime` runs and owns nothing."""

    owner: str
    runtime: str


def socket_url(user: str, password: str, socket_directory: str, database: str = DATABASE) -> str:
    """Builds the libpq URL of a database behind a Unix socket."""
    return f"postgresql://{user}:{password}@/{database}?host={quote(socket_directory, safe='')}"


def ensure_roles(superuser_url: str, passwords: dict[str, str]) -> None:
    """Makes both roles and the database, and sets the passwords that we hold.

    What the runtime role may touch is granted by `manage.py migrate`, as the owner.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        _ensure_role(connection, OWNER, passwords[OWNER], "CREATEDB")
        _ensure_role(connection, RUNTIME, passwords[RUNTIME], "NOCREATEDB")
        _ensure_database(connection)


def _ensure_role(connection: psycopg.Connection, name: str, password: str, right: str) -> None:
    found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    statement = (
        f"{'ALTER' if found else 'CREATE'} ROLE {{}} LOGIN NOSUPERUSER {right} PASSWORD {{}}"
    )
    connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Literal(password)))


def _ensure_database(connection: psycopg.Connection) -> None:
    found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
    if found.fetchone() is None:
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        connection.execute(statement.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))
