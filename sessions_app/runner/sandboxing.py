"""Which sandbox this runner uses, and where workspaces lie."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.egress import Guard
from kernel.sandbox import Enclosure, Identity, Limits, UidRange, enclose, prepare_workspace


async def choose(name: str) -> Enclosure:
    """The sandbox of the process of this name."""
    return await enclose(
        Path(settings.DATA_DIR) / "run" / name,
        wanted=settings.SANDBOX_BACKEND,
        image=settings.SANDBOX_IMAGE,
        guard=Guard(allow=settings.EGRESS_ALLOW),
    )


def workspace_of(directory_id: UUID) -> Path:
    """Where a working directory lies."""
    return Path(settings.DATA_DIR) / "work" / str(directory_id)


def identity_of(session_id: UUID) -> Identity | None:
    """The unprivileged user of a session; None when this process is not root."""
    return UidRange(base=settings.SANDBOX_UID).identity(str(session_id))


def limits(seconds: float) -> Limits:
    """The bounds of one call."""
    return Limits(wall_seconds=seconds, disk_bytes=settings.WORKSPACE_BYTES)


def make_workspace(directory_id: UUID, seed: str, session_id: UUID) -> Path:
    """Make a working directory once: empty, or a copy of its seed; half a copy never counts."""
    path = workspace_of(directory_id)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        if seed and Path(seed).is_dir():
            half = path.with_suffix(".half")
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(seed, half, symlinks=True, ignore=shutil.ignore_patterns(".home"))
            half.rename(path)
    prepare_workspace(path, identity_of(session_id))
    return path
