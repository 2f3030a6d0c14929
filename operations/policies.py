"""Who operates: periodic tasks are the operators'."""

from __future__ import annotations

from django.db.models import QuerySet
from django_celery_beat.models import PeriodicTask

from identity.public import is_operator
from kernel.actors import Actor
from kernel.policies import Policy, register


@register
class PeriodicTaskPolicy(Policy[PeriodicTask]):
    """Operators plan; nobody else knows of it."""

    model = PeriodicTask

    def allows(self, actor: Actor, verb: str, target: PeriodicTask) -> bool:
        """Operators, at this moment."""
        return is_operator(actor)

    def visible_to(self, actor: Actor) -> QuerySet[PeriodicTask]:
        """All for operators."""
        rows: QuerySet[PeriodicTask] = PeriodicTask.objects.all()
        return rows if is_operator(actor) else rows.none()
