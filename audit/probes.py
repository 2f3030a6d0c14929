"""Probes of the ledger: none is fatal, each says one sentence."""

from __future__ import annotations

from django.conf import settings
from prometheus_client import Gauge

from audit.selectors import health
from kernel.health.probes import probe


@probe("append_only")
def append_only() -> str:
    """Whether the database itself keeps this process from changing the ledger."""
    return health.append_only_warning()


@probe("transaction_age")
def transaction_age() -> str:
    """A write transaction that stays open holds back every reader of the ledger."""
    age = health.oldest_write_seconds() * 1000
    if age <= settings.TRANSACTION_AGE_ALARM_MS:
        return ""
    return f"A write transaction has been open for {age:.0f} ms; readers of the ledger wait for it."


@probe("ledger_delivery")
def ledger_delivery() -> str:
    """Facts that a listener failed to take again and again."""
    parked = health.parked_by_listener()
    if not parked:
        return ""
    lists = ", ".join(f"{listener} ({count})" for listener, count in sorted(parked.items()))
    return f"Facts could not be delivered and are tried again: {lists}."


@probe("ledger_months")
def ledger_months() -> str:
    """Whether the months were made in time."""
    month = health.misplaced_month()
    if month is None:
        return ""
    return f"Ledger rows of {month:%Y-%m} wait in the default partition for the keeper."


Gauge(
    "quarterdeck_oldest_write_seconds", "Age of the oldest open writing transaction"
).set_function(health.oldest_write_seconds)
