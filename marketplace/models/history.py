"""Who changed a registration, and when: rows of django-simple-history, for people to compare."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import models
from simple_history.models import HistoricalRecords

from kernel.context import current
from kernel.ids import uuid7


class Edited(models.Model):
    """What every history row has besides the copy: the chain that leads to its ledger entry."""

    residency = "cell"

    correlation_id = models.UUIDField(null=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Note the chain of the deed that is being done."""
        self.correlation_id = current().correlation_id
        super().save(*args, **kwargs)


def _editor(historical_instance: Any) -> Any:
    return historical_instance.history_user_id


def _set_editor(historical_instance: Any, user: Any) -> None:
    historical_instance.history_user_id = user


def _acting(**_kwargs: Any) -> UUID | None:
    actor = current().actor
    return actor.on_behalf_of_id or actor.actor_id


def edits(*, without: list[str]) -> HistoricalRecords:
    """History of a model; `without` names what machines write, which is no edit."""
    return HistoricalRecords(
        bases=[Edited],
        excluded_fields=without,
        history_id_field=models.UUIDField(default=uuid7, editable=False),
        history_user_id_field=models.UUIDField(null=True),
        history_user_getter=_editor,
        history_user_setter=_set_editor,
        get_user=_acting,
    )
