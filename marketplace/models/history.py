"""Who changed a registration, and when: versions for people to compare, linked to their deed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from simple_history.models import HistoricalRecords

from kernel.context import current
from kernel.history import DeedLinked
from kernel.ids import uuid7


def edits(*, without: list[str]) -> HistoricalRecords:
    """History of a model; `without` names what machines write, which is no edit."""
    return HistoricalRecords(
        bases=[DeedLinked],
        excluded_fields=without,
        history_id_field=models.UUIDField(default=uuid7, editable=False),
        history_user_id_field=models.UUIDField(null=True),
        history_user_getter=_editor,
        history_user_setter=_set_editor,
        get_user=_acting,
    )


def _acting(**_kwargs: Any) -> UUID | None:
    actor = current().actor
    return actor.on_behalf_of_id or actor.actor_id


def _editor(version: Any) -> Any:
    return version.history_user_id


def _set_editor(version: Any, user_id: Any) -> None:
    version.history_user_id = user_id
