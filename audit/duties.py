"""What the keeper does for the ledger: pump, dead letters, months ahead."""

from __future__ import annotations

from audit.services import partitions, pump
from kernel.duties import duty


@duty("audit.pump", every_seconds=0.2)
def deliver() -> None:
    """Give durable listeners what has settled."""
    pump.run()


@duty("audit.dead_letters", every_seconds=30)
def retry_dead_letters() -> None:
    """Try parked facts again."""
    pump.retry_dead_letters()


@duty("audit.partitions", every_seconds=3600)
def make_months() -> None:
    """Have the next months ready."""
    partitions.make_ahead()
