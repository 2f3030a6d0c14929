"""Whose a workspace is: made for, and reachable by, the user its commands run as."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

from kernel.sandbox.errors import SandboxError
from kernel.sandbox.jail import HOME_NAME, Identity


class WorkspaceUnreachableError(SandboxError):
    """The sandbox's user cannot enter the directories above this path."""


def prepare_workspace(path: Path, identity: Identity | None) -> None:
    """Make the workspace and its home, private to `identity`; idempotent, cheap when done.

    A workspace that belongs to somebody else (restored, or an earlier uid range) is handed over
    whole. Raises `WorkspaceUnreachableError` when a parent is closed to the user: open it for
    passage only (`chmod o+x`).
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    home = path / HOME_NAME
    if not home.is_symlink():
        home.mkdir(mode=0o700, exist_ok=True)
    if identity is None:
        return
    if path.stat().st_uid != identity.uid or home.lstat().st_uid != identity.uid:
        hand_over(path, identity)
    check_reachable(path, identity)


def hand_over(root: Path, identity: Identity) -> None:
    """Give a whole tree to the user, links themselves included, never what they point to.

    By chown(1): its walk has no limit of depth, which ours in Python would have.
    """
    owner = f"{identity.uid}:{identity.gid}"
    command = ["chown", "--recursive", "--no-dereference", owner, "--", str(root)]
    subprocess.run(command, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})  # noqa: S603


def check_reachable(path: Path, identity: Identity) -> None:
    """Raise unless every directory above `path` lets the user pass."""
    for parent in path.resolve().parents:
        if not _may_pass(parent.stat(), identity):
            raise WorkspaceUnreachableError(
                f"The sandbox's user {identity.uid} may not pass through {parent}.",
                remedy=f"Run: chmod o+x {parent}",
            )


def _may_pass(found: os.stat_result, identity: Identity) -> bool:
    if found.st_uid == identity.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == identity.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
