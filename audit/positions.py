"""Where something stands in the ledger: (era, xid, id), the only order in which nothing is lost.

Ids commit out of order, so a reader that moves by id alone skips a lower one that commits later;
transaction ids count per cluster, so a restore or move opens a new era.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Position:
    """A place in the ledger; comparable."""

    era: int = 0
    xid: int = 0
    number: int = 0


START = Position()
