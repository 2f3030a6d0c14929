"""The operating-system account PostgreSQL runs as, and the way it is let in.

PostgreSQL refuses to run as root. As root the server gets its own account, which must be able to
traverse the parents of its data directory and to read its binaries; nothing else is opened.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from launcher.failure import LauncherError

NAME = "pgserver"


@dataclass(frozen=True)
class Account:
    """Numeric identity of the server's account; None means: whoever runs the launcher."""

    uid: int
    gid: int


def server_account() -> Account | None:
    """Returns the account to run the server as, making it when root has none yet."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        entry = _make_account()
    return Account(entry.pw_uid, entry.pw_gid)


def _make_account() -> pwd.struct_passwd:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:
        message = "PostgreSQL cannot run as root and `useradd` is missing: start as another user."
        raise LauncherError(message)
    command = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", NAME]
    subprocess.run(command, check=True, capture_output=True)
    return pwd.getpwnam(NAME)


def let_through(path: Path) -> None:
    """Lets others traverse (not list) every parent of `path` that lacks it: 0700 → 0711."""
    for parent in path.resolve().parents:
        mode = parent.stat().st_mode
        if not mode & 0o001:
            parent.chmod((mode & 0o7777) | 0o011)


def let_read(tree: Path) -> None:
    """Makes an installed tree readable when a strict umask hid it (a no-op otherwise)."""
    if (tree / "bin" / "postgres").stat().st_mode & 0o005 == 0o005:
        return
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        path.chmod((mode & 0o7777) | 0o044 | (0o011 if mode & 0o100 else 0))


def give(path: Path, account: Account | None) -> None:
    """Hands a file or directory over to the server's account."""
    if account is not None:
        os.chown(path, account.uid, account.gid)
