"""Which sandbox this runner uses, chosen once by a self-test, and where workspaces lie."""

from __future__ import annotations

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
