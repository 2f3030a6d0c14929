"""The ledger as Django sees it: read only. Its table is made by SQL and written by one function."""

from __future__ import annotations

from typing import Any

from django.db import models


class TransactionId(models.BigIntegerField):  # type: ignore[type-arg]
    """PostgreSQL's xid8: read as a number, written only by the database."""

    def db_type(self, connection: Any) -> str:
        """The column's type."""
        return "xid8"

    def from_db_value(self, value: str | None, *_: Any) -> int | None:
        """Psycopg reads xid8 as text."""
        return None if value is None else int(value)


class LedgerEntry(models.Model):
    """One deed. Ids, enums and commitments; whatever is personal stands in `PrivateField`.

    The table's key is (id, recorded_at); people and clients know an entry by its `fact_id`.
    """

    residency = "cell"

    fact_id = models.UUIDField(primary_key=True, editable=False)
    number = models.BigIntegerField(db_column="id")
    era = models.IntegerField()
    xid = TransactionId()
    recorded_at = models.DateTimeField()
    name = models.TextField()
    version = models.IntegerField()
    region = models.TextField()
    organization_id = models.UUIDField(null=True)
    actor_kind = models.TextField()
    actor_id = models.UUIDField(null=True)
    on_behalf_of_id = models.UUIDField(null=True)
    verb = models.TextField()
    target_type = models.TextField()
    target_id = models.UUIDField(null=True)
    outcome = models.TextField()
    policy_version = models.IntegerField()
    causation_id = models.UUIDField(null=True)
    correlation_id = models.UUIDField(null=True)
    data = models.JSONField()
    commitments = models.JSONField()

    class Meta:
        managed = False
        db_table = "audit_ledger"

    def __str__(self) -> str:
        return f"{self.name} {self.fact_id}"


class Era(models.Model):
    """A stretch of the ledger within which transaction ids grow: one cluster, one timeline."""

    residency = "cell"

    era = models.IntegerField(primary_key=True)
    system_identifier = models.BigIntegerField()
    timeline = models.IntegerField()
    database_oid = models.BigIntegerField()
    reason = models.TextField()
    opened_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "audit_era"

    def __str__(self) -> str:
        return f"era {self.era}"
