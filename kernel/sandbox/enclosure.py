"""The sandbox one process uses for everything it runs: chosen once, by self-test, at start."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kernel.egress import Guard
from kernel.sandbox.backend import Sandbox
from kernel.sandbox.bubblewrap import BubblewrapSandbox
from kernel.sandbox.container import ContainerSandbox
from kernel.sandbox.landlock import LandlockSandbox
from kernel.sandbox.selection import Chosen, Unavailable, select
from kernel.sandbox.strays import StrayRegistry
from kernel.sandbox.supervisor import Supervisor


@dataclass(frozen=True, kw_only=True)
class Enclosure:
    """The chosen level; without one everything sandboxed is refused with reason and remedy."""

    found: Chosen | Unavailable
    strays: StrayRegistry
    guard: Guard

    @property
    def level(self) -> str:
        """The level's name as pages, API and ledger show it."""
        return self.found.sandbox.name if isinstance(self.found, Chosen) else "none"

    @cached_property
    def supervisor(self) -> Supervisor | None:
        """Starts sandboxed commands; None when no level works."""
        if isinstance(self.found, Unavailable):
            return None
        return Supervisor(self.found.sandbox, strays=self.strays, guard=self.guard)

    @property
    def unavailable(self) -> str:
        """Why nothing can run, and what to do, or ""."""
        if isinstance(self.found, Chosen):
            return ""
        return f"{self.found.reason} {self.found.remedy}".strip()


async def enclose(run: Path, *, wanted: str, image: str, guard: Guard) -> Enclosure:
    """Sweep what an earlier process of this directory left, then probe from the top down.

    `wanted` names one level and rules the others out; `image` is the container's, "" for none.
    """
    strays = StrayRegistry(run)
    strays.sweep()
    every: list[Sandbox] = [ContainerSandbox(image=image), BubblewrapSandbox(), LandlockSandbox()]
    found = await select([one for one in every if not wanted or one.name == wanted])
    return Enclosure(found=found, strays=strays, guard=guard)
