"""A PostgreSQL of yours: is it there, is it new enough, and are there two roles?"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from launcher.failure import LauncherError
from launcher.keys import password, write_secret
from launcher.processes import needed_connections
from launcher.roles import RUNTIME, DatabaseUrls

OLDEST = 15
CONNECT_SECONDS = 10
UNENFORCED = "the ledger's append-only rule is not enforced by the database"


def external_urls(url: str, owner_url: str, keys: Path) -> tuple[DatabaseUrls, str]:
    """Checks the servers given; returns both URLs and one sentence of warning, or ""."""
    _check_server(url, "DATABASE_URL")
    _check_connections(url)
    if owner_url:
        _check_server(owner_url, "DATABASE_OWNER_URL")
        return DatabaseUrls(owner=owner_url, runtime=url), _same_role_warning(url, owner_url)
    return _split_roles(url, keys)


def _check_server(url: str, variable: str) -> None:
    try:
        with _connect(url) as connection:
            found = connection.info.server_version // 10000
    except psycopg.Error as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[-1]
        raise LauncherError(f"The database of {variable} cannot be used: {reason}") from error
    if found < OLDEST:
        message = f"The database of {variable} is PostgreSQL {found}: {OLDEST} or newer is needed."
        raise LauncherError(message)


def _check_connections(url: str) -> None:
    query = "SELECT current_setting('max_connections')::int"
    with _connect(url) as connection:
        row = connection.execute(query).fetchone()
    offered, needed = (row[0] if row else 0), needed_connections()
    if offered < needed:
        message = (
            f"The database offers {offered} connections and Quarterdeck may need {needed}: "
            "raise max_connections there or set DATABASE_POOL lower here."
        )
        raise LauncherError(message)


def _split_roles(url: str, keys: Path) -> tuple[DatabaseUrls, str]:
    """Makes the runtime role with the one URL we have, if that role may."""
    both = DatabaseUrls(owner=url, runtime=url)
    kept = keys / f"external-{RUNTIME}"
    with _connect(url) as connection:
        if not _may_make_roles(connection):
            return both, f"DATABASE_URL is the only role and may not make another: {UNENFORCED}."
        if not _has_runtime_role(connection):
            write_secret(kept, password())
            _make_runtime_role(connection, kept.read_text().strip())
    runtime = _with_login(url, RUNTIME, kept.read_text().strip()) if kept.exists() else ""
    if runtime and _opens(runtime):
        return DatabaseUrls(owner=url, runtime=runtime), ""
    message = f"{RUNTIME} exists with a password unknown here (set DATABASE_OWNER_URL too)"
    return both, f"{message}: {UNENFORCED}."


def _may_make_roles(connection: psycopg.Connection) -> bool:
    query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def _has_runtime_role(connection: psycopg.Connection) -> bool:
    query = "SELECT 1 FROM pg_roles WHERE rolname = %s"
    return connection.execute(query, [RUNTIME]).fetchone() is not None


def _make_runtime_role(connection: psycopg.Connection, secret: str) -> None:
    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
    connection.execute(statement.format(sql.Identifier(RUNTIME), sql.Literal(secret)))


def _same_role_warning(url: str, owner_url: str) -> str:
    with _connect(url) as runtime, _connect(owner_url) as owner:
        same = runtime.info.user == owner.info.user
    return f"DATABASE_URL and DATABASE_OWNER_URL are one role: {UNENFORCED}." if same else ""


def _opens(url: str) -> bool:
    try:
        _connect(url).close()
    except psycopg.Error:
        return False
    return True


def _with_login(url: str, user: str, secret: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{secret}@{host}"))


def _connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
