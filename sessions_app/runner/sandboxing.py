"""Which sandbox this runner uses, chosen once by a self-test, and where workspaces lie."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

from django.conf import settings

from kernel.egress import Guard
from kernel.sandbox import (
    BubblewrapSandbox,
    Chosen,
    ContainerSandbox,
    Identity,
    LandlockSandbox,
    Limits,
    Sandbox,
    StrayRegistry,
    Supervisor,
    UidRange,
    Unavailable,
    prepare_workspace,
    select,
)


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """The chosen level; without one every sandboxed tool is refused with reason and remedy."""

    found: Chosen | Unavailable
    strays: StrayRegistry

    @property
    def level(self) -> str:
        """The level's name as pages, API and ledger show it."""
        return self.found.sandbox.name if isinstance(self.found, Chosen) else "none"

    @cached_property
    def supervisor(self) -> Supervisor | None:
        """Starts sandboxed commands; None when no level works."""
        if isinstance(self.found, Unavailable):
            return None
        return Supervisor(
            self.found.sandbox, strays=self.strays, guard=Guard(allow=settings.EGRESS_ALLOW)
        )

    @property
    def unavailable(self) -> str:
        """Why nothing can run, and what to do, or ""."""
        if isinstance(self.found, Chosen):
            return ""
        return f"{self.found.reason} {self.found.remedy}".strip()


def _backends() -> list[Sandbox]:
    return [ContainerSandbox(image=settings.SANDBOX_IMAGE), BubblewrapSandbox(), LandlockSandbox()]


async def choose(name: str) -> Enclosure:
    """Sweep what an earlier process of this name left behind, then probe from the top down."""
    strays = StrayRegistry(Path(settings.DATA_DIR) / "run" / name)
    strays.sweep()
    wanted = settings.SANDBOX_BACKEND
    candidates = [one for one in _backends() if not wanted or one.name == wanted]
    return Enclosure(found=await select(candidates), strays=strays)


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
