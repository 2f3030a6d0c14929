"""What the pump reads: how far the ledger is settled, and a listener's facts up to there.

A row is settled when no transaction that began earlier can still add rows before it: its xid lies
below every running one, or its era is over.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from audit.positions import START, Position
from kernel.events import Delivered

_SETTLED = """
SELECT era, xid::text::bigint, id FROM audit_ledger
 WHERE xid < pg_snapshot_xmin(pg_current_snapshot()) OR era < (SELECT audit_current_era())
 ORDER BY era DESC, xid DESC, id DESC LIMIT 1
"""
_FIELDS = """fact_id, name, version, recorded_at, organization_id, actor_kind, actor_id,
 target_type, target_id, outcome, data - 'origin', causation_id, correlation_id, on_behalf_of_id"""
_BETWEEN = f"""
SELECT era, xid::text::bigint, id, {_FIELDS} FROM audit_ledger
 WHERE (era, xid, id) > (%(after_era)s, %(after_xid)s::text::xid8, %(after_id)s)
   AND (era, xid, id) <= (%(to_era)s, %(to_xid)s::text::xid8, %(to_id)s)
   AND (%(names)s::text[] IS NULL OR name = ANY(%(names)s::text[]))
 ORDER BY era, xid, id LIMIT %(limit)s
"""  # noqa: S608
_ONE = f"SELECT {_FIELDS} FROM audit_ledger WHERE fact_id = %s"  # noqa: S608
_CURSORS = "SELECT name, era, xid::text::bigint, id, failures, retry_at FROM audit_cursor"


@dataclass(frozen=True)
class CursorState:
    """How far a listener is, how often it failed at the next fact, and when it is tried again."""

    position: Position = START
    failures: int = 0
    retry_at: datetime | None = None


def settled() -> Position:
    """The last settled row; everything up to it is visible now and nothing can come before it."""
    with connection.cursor() as cursor:
        cursor.execute(_SETTLED)
        row = cursor.fetchone()
    return Position(*row) if row else START


def last() -> Position:
    """The last row this transaction can see, settled or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT era, xid::text::bigint, id FROM audit_ledger"
            " ORDER BY era DESC, xid DESC, id DESC LIMIT 1"
        )
        row = cursor.fetchone()
    return Position(*row) if row else START


def cursors() -> dict[str, CursorState]:
    """Every listener's place by its key."""
    with connection.cursor() as cursor:
        cursor.execute(_CURSORS)
        rows = cursor.fetchall()
    return {
        name: CursorState(Position(era, xid, number), failures, retry_at)
        for name, era, xid, number, failures, retry_at in rows
    }


def facts_between(
    after: Position, to: Position, names: Sequence[str] | None, limit: int
) -> list[tuple[Position, Delivered]]:
    """Facts in order, of these names only (None for all); `after` is exclusive."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BETWEEN,
            {
                "after_era": after.era,
                "after_xid": str(after.xid),
                "after_id": after.number,
                "to_era": to.era,
                "to_xid": str(to.xid),
                "to_id": to.number,
                "names": list(names) if names is not None else None,
                "limit": limit,
            },
        )
        rows = cursor.fetchall()
    return [(Position(*row[:3]), _delivered(row[3:])) for row in rows]


def fact(fact_id: UUID) -> Delivered | None:
    """One fact as listeners get it; None when its month was dropped."""
    with connection.cursor() as cursor:
        cursor.execute(_ONE, [fact_id])
        row = cursor.fetchone()
    return _delivered(row) if row else None


def _delivered(row: Sequence[Any]) -> Delivered:
    data = row[10]
    return Delivered(
        fact_id=row[0],
        name=row[1],
        version=row[2],
        recorded_at=row[3],
        organization_id=row[4],
        actor_kind=row[5],
        actor_id=row[6],
        target_type=row[7],
        target_id=row[8],
        outcome=row[9],
        data=json.loads(data) if isinstance(data, str) else data,
        causation_id=row[11],
        correlation_id=row[12],
        on_behalf_of_id=row[13],
    )
