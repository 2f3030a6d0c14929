"""Which sandbox this runner uses, and where workspaces lie."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.egress import Guard
from kernel.sandbox import Enclosure, Identity, Limits, UidRange, enclose


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


def limits(seconds: float | None) -> Limits:
    """The bounds of one call, or of what runs until it is ended."""
    return Limits(wall_seconds=seconds, disk_bytes=settings.WORKSPACE_BYTES)
