"""Driving work as the runner process does, until nothing is left to drive."""

from __future__ import annotations

import asyncio

from kernel.jobs import claim_next
from kernel.threads import threaded
from sessions_app.runner import driving
from sessions_app.runner.sandboxing import choose


async def drive() -> None:
    """Take every turn and change that waits, in the real sandbox."""
    enclosure = await choose("test")
    while True:
        lease = await threaded(claim_next)("runner", "test", seconds=6)
        if lease is None:
            return
        await driving.drive(lease, enclosure)


def drive_all() -> None:
    """The same, from a test without a loop."""
    asyncio.run(drive())
