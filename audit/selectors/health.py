"""How the ledger does: whether append-only is enforced, how old writes are, who lags."""

from __future__ import annotations

from datetime import date

from django.db import connection

from audit.models import DeadLetter

# The owner, and whoever may become the owner, could switch the triggers off.
_OWNS = """
SELECT pg_has_role(current_user, relowner, 'USAGE')
    OR has_table_privilege('audit_ledger', 'UPDATE, DELETE, TRUNCATE')
  FROM pg_class WHERE oid = 'audit_ledger'::regclass
"""
_OLDEST = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
  FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""
UNENFORCED = (
    "Append-only is not enforced: this process connects as a role that owns the ledger;"
    " set DATABASE_OWNER_URL to the owner and DATABASE_URL to a role that owns nothing."
)


def append_only_warning() -> str:
    """One sentence when the role of this process could undo append-only, else nothing."""
    return UNENFORCED if _scalar(_OWNS) else ""


def oldest_write_seconds() -> float:
    """Age of the oldest open writing transaction of any database this role may see."""
    found = _scalar(_OLDEST)
    return found if isinstance(found, float) else 0.0


def parked_by_listener() -> dict[str, int]:
    """Dead letters by listener."""
    found: dict[str, int] = {}
    for listener in DeadLetter.objects.values_list("listener", flat=True):
        found[listener] = found.get(listener, 0) + 1
    return found


def misplaced_month() -> date | None:
    """A month whose rows lie in the default partition, because it was not made in time."""
    found = _scalar("SELECT audit_misplaced_month()")
    return found if isinstance(found, date) else None


def _scalar(statement: str) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        row = cursor.fetchone()
    return row[0] if row else None
