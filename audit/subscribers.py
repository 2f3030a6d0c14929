"""The ledger listens to every fact in the transaction that publishes it."""

from __future__ import annotations

from audit.services import ledger
from kernel.events import Record, with_commit


@with_commit
def record_fact(record: Record) -> None:
    """Deed and record commit or vanish together."""
    ledger.append(record)
