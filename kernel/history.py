"""Versions people read (django-simple-history) that know their deed.

A configuration model keeps its history with `HistoricalRecords(bases=[DeedLinked])`. Every version
then carries the transaction and the causal chain it was made in; the ledger's row of the same
transaction carries both too, so that version and deed find each other without either being
written twice.
"""

from __future__ import annotations

from uuid import UUID

from django.apps import apps
from django.apps.registry import Apps
from django.db import models
from django.db.models import BigIntegerField, Func, TextField
from django.db.models.functions import Cast

from kernel.context import current


def _chain() -> UUID:
    return current().correlation_id


class DeedLinked(models.Model):
    """Base of a history model: which transaction and which causal chain made this version."""

    deed_xid = models.BigIntegerField(
        editable=False,
        db_default=Cast(Cast(Func(function="pg_current_xact_id"), TextField()), BigIntegerField()),
    )
    deed_correlation_id = models.UUIDField(editable=False, default=_chain)

    class Meta:
        abstract = True


def linked_models(registry: Apps = apps) -> list[type[DeedLinked]]:
    """Every history model of the house that knows its deed."""
    return [model for model in registry.get_models() if issubclass(model, DeedLinked)]
