"""Which work of the runner's queue is driven how."""

from __future__ import annotations

from kernel.jobs import Lease
from kernel.sandbox import Enclosure
from sessions_app.runner.files import FileWork
from sessions_app.runner.turn import Turn
from sessions_app.services.files import CHANGE


async def drive(lease: Lease, enclosure: Enclosure) -> None:
    """Drive one lease to its end."""
    if lease.kind == CHANGE:
        await FileWork(lease).drive()
    else:
        await Turn(lease=lease, enclosure=enclosure).drive()
