"""Moving a listener's cursor, noting its failures, parking what it cannot take.

Like leases of jobs these rows belong to the machinery and are no deeds; giving a fact up to the
dead letters is one, and is published.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection, transaction

from audit.events import DeliveryFailed
from audit.models import DeadLetter
from audit.positions import Position
from kernel import clock
from kernel.events import Delivered, publish

TRIES = 8
_LONGEST_WAIT = timedelta(hours=1)
# Two pumps at once deliver twice, which is allowed; the cursor never goes back.
_ADVANCE = """
INSERT INTO audit_cursor (name, era, xid, id, failures, retry_at, error, updated_at)
VALUES (%s, %s, %s::text::xid8, %s, 0, NULL, '', %s)
ON CONFLICT (name) DO UPDATE SET era = excluded.era, xid = excluded.xid, id = excluded.id,
  failures = 0, retry_at = NULL, error = '', updated_at = excluded.updated_at
 WHERE (audit_cursor.era, audit_cursor.xid, audit_cursor.id)
     < (excluded.era, excluded.xid, excluded.id)
"""
_FAILED = """
INSERT INTO audit_cursor (name, failures, retry_at, error, updated_at)
VALUES (%(name)s, %(failures)s, %(retry_at)s, %(error)s, %(now)s)
ON CONFLICT (name) DO UPDATE SET failures = excluded.failures, retry_at = excluded.retry_at,
  error = excluded.error, updated_at = excluded.updated_at
"""


def advance(listener: str, to: Position) -> None:
    """The listener has taken everything up to here."""
    with connection.cursor() as cursor:
        cursor.execute(_ADVANCE, [listener, to.era, str(to.xid), to.number, clock.now()])


def note_failure(listener: str, failures: int, error: str) -> None:
    """The next fact failed for the n-th time: wait before it is tried again."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _FAILED,
            {
                "name": listener,
                "failures": failures,
                "retry_at": now + wait_after(failures),
                "error": error,
                "now": now,
            },
        )


def park(listener: str, fact: Delivered, error: str, at: Position) -> None:
    """Put the fact aside as a dead letter, say so in the ledger, and let the listener go on."""
    now = clock.now()
    letter = DeadLetter(
        listener=listener,
        fact_id=fact.fact_id,
        failures=TRIES,
        error=error,
        retry_at=now + wait_after(TRIES),
        parked_at=now,
    )
    with transaction.atomic():
        DeadLetter.objects.bulk_create([letter], ignore_conflicts=True)
        if fact.name != DeliveryFailed.name:
            publish(_alarm(listener, fact, error))
        advance(listener, at)


def wait_after(failures: int) -> timedelta:
    """2, 4, 8 … seconds, at most an hour."""
    return min(timedelta(seconds=2**failures), _LONGEST_WAIT)


def _alarm(listener: str, fact: Delivered, error: str) -> DeliveryFailed:
    return DeliveryFailed(
        organization_id=fact.organization_id,
        target_type="fact",
        target_id=fact.fact_id,
        listener=listener,
        fact_name=fact.name,
        failures=TRIES,
        error=error,
    )
