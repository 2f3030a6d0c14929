"""Versions people read (django-simple-history) that know their deed.

A configuration model that people edit keeps its versions with `history = edits(without=[…])`.
Every version carries the transaction and the causal chain it was made in; the ledger's row of the
same transaction carries both too, so that version and deed find each other without either being
written twice. Versions hold no personal field, so that erasure need not look for any here; they
live as long as their ledger entry is worth explaining.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.apps import apps
from django.apps.registry import Apps
from django.db import models
from django.db.models import BigIntegerField, Func, TextField
from django.db.models.functions import Cast
from simple_history.models import HistoricalRecords

from kernel.context import current
from kernel.ids import uuid7


def chain_id() -> UUID:
    """The causal chain of whatever is being done."""
    return current().correlation_id


class DeedLinked(models.Model):
    """What every version has besides the copy: the transaction and the chain that made it."""

    residency = "cell"

    xid = models.BigIntegerField(
        editable=False,
        db_default=Cast(Cast(Func(function="pg_current_xact_id"), TextField()), BigIntegerField()),
    )
    correlation_id = models.UUIDField(editable=False, default=chain_id, db_index=True)

    class Meta:
        abstract = True


def edits(*, without: Sequence[str] = ()) -> HistoricalRecords:
    """Versions of a model; `without` names secrets, and what machines write, which is no edit."""
    return HistoricalRecords(
        bases=[DeedLinked],
        excluded_fields=list(without),
        history_id_field=models.UUIDField(default=uuid7, editable=False),
        history_user_id_field=models.UUIDField(null=True),
        history_user_getter=_editor,
        history_user_setter=_set_editor,
        get_user=_acting,
    )


def linked_models(registry: Apps = apps) -> list[type[DeedLinked]]:
    """Every history model of the house that knows its deed."""
    return [model for model in registry.get_models() if issubclass(model, DeedLinked)]


def _editor(version: Any) -> Any:
    return version.history_user_id


def _set_editor(version: Any, editor_id: UUID | None) -> None:
    version.history_user_id = editor_id


def _acting(**_kwargs: Any) -> UUID | None:
    actor = current().actor
    return actor.on_behalf_of_id or actor.actor_id
