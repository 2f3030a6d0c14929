"""`Idempotency-Key`: the key is kept in the verb's own transaction, so a repeated request can
never do the deed twice, whenever the process died.

The answer itself is stored by the edge right after; when it is missing the deed was done and the
caller is told so.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from kernel import clock
from kernel.context import current
from kernel.duties import duty
from kernel.errors import ConflictError
from kernel.models.idempotency import IdempotencyKey

KEPT = timedelta(hours=24)


class IdempotencyMismatchError(ConflictError):
    """This Idempotency-Key was used before with a different request."""


class IdempotencyDoneError(ConflictError):
    """A request with this Idempotency-Key was carried out; its answer was not kept."""


def keep(result: object) -> None:
    """Inside a verb: remember that the request's key has done its deed."""
    here = current()
    if here.idempotency is None:
        return
    key, digest = here.idempotency
    result_id = getattr(getattr(result, "value", result), "pk", None)
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(
                actor_id=here.actor.actor_id,
                key=key,
                request_digest=digest,
                result_id=result_id if isinstance(result_id, UUID) else None,
            )
    except IntegrityError as taken:
        raise IdempotencyDoneError from taken


def recall(actor_id: UUID | None, key: str, digest: str) -> IdempotencyKey | None:
    """The earlier request with this key, or None; raises when it was a different one."""
    row = IdempotencyKey.objects.filter(actor_id=actor_id, key=key).first()
    if row is None:
        return None
    if row.request_digest != digest:
        raise IdempotencyMismatchError
    if row.status is None:
        raise IdempotencyDoneError(result_id=str(row.result_id) if row.result_id else None)
    return row


def answer(actor_id: UUID | None, key: str, *, status: int, body: Any) -> None:
    """Keep the answer for later repetitions of the same request."""
    IdempotencyKey.objects.filter(actor_id=actor_id, key=key).update(status=status, body=body)


@duty("kernel.idempotency", every_seconds=600)
def forget() -> None:
    """Drop keys older than a day."""
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - KEPT).delete()
