"""Refusals are deeds too: each is recorded in a short transaction of its own.

Refusals of somebody unknown are counted and become one summary fact a minute per verb and
origin, so that a stranger cannot flood the ledger.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import models, transaction

from kernel import clock
from kernel.actors import Actor
from kernel.context import current, entered
from kernel.duties import duty
from kernel.errors import RefusedError
from kernel.events import Fact, publish
from kernel.models.denials import DenialCount


@dataclass(frozen=True, kw_only=True)
class ActionDenied(Fact):
    """Somebody known tried a verb and was refused; `reason` is the error's code."""

    denied_verb: str
    reason: str
    outcome: str = "denied"


@dataclass(frozen=True, kw_only=True)
class StrangersDenied(Fact):
    """How often somebody unknown was refused one verb from one origin in one minute."""

    denied_verb: str
    origin_digest: str
    refusals: int
    outcome: str = "denied"


def record(actor: Actor, verb: str, target: models.Model, refusal: RefusedError) -> None:
    """Record one refusal after the verb's own transaction has been rolled back."""
    with entered(actor=actor, verb=verb), transaction.atomic():
        if actor.actor_kind == "nobody":
            _count(verb)
            return
        publish(
            ActionDenied(
                organization_id=organization_of(target),
                target_type=target._meta.model_name or "",
                target_id=target.pk if isinstance(target.pk, UUID) else None,
                denied_verb=verb,
                reason=refusal.code,
            )
        )


def organization_of(target: models.Model) -> UUID | None:
    """The tenant a row belongs to: its `organization_id`, or its own id if it is the tenant."""
    value = getattr(target, "organization_id", None)
    return value if isinstance(value, UUID) else None


def _count(verb: str) -> None:
    origin = current().origin
    digest = hashlib.sha256(f"{origin.channel}|{origin.address}".encode()).hexdigest()[:16]
    minute = clock.now().replace(second=0, microsecond=0)
    DenialCount.objects.bulk_create(
        [DenialCount(verb=verb, origin_digest=digest, minute=minute)],
        ignore_conflicts=True,
    )
    DenialCount.objects.filter(verb=verb, origin_digest=digest, minute=minute).update(
        refusals=models.F("refusals") + 1
    )


@duty("kernel.denials", every_seconds=20)
def summarize() -> None:
    """Turn the counts of past minutes into facts."""
    past = clock.now().replace(second=0, microsecond=0) - timedelta(seconds=1)
    with transaction.atomic():
        rows = DenialCount.objects.select_for_update(skip_locked=True).filter(minute__lte=past)
        for row in rows:
            publish(
                StrangersDenied(
                    organization_id=None,
                    target_id=None,
                    denied_verb=row.verb,
                    origin_digest=row.origin_digest,
                    refusals=row.refusals,
                )
            )
            row.delete()
