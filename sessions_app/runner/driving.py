"""Which work of the runner's queues is driven how."""

from __future__ import annotations

from kernel.jobs import Lease
from kernel.sandbox import Enclosure
from sessions_app.runner.files import FileWork
from sessions_app.runner.terminals import Bells, TerminalWork
from sessions_app.runner.turn import Turn
from sessions_app.services.files import CHANGE
from sessions_app.services.terminals import TERMINAL


async def drive(lease: Lease, enclosure: Enclosure, bells: Bells | None = None) -> None:
    """Drive one lease to its end."""
    if lease.kind == CHANGE:
        await FileWork(lease).drive()
    elif lease.kind == TERMINAL:
        await TerminalWork(lease, enclosure, bells or Bells()).drive()
    else:
        await Turn(lease=lease, enclosure=enclosure).drive()
