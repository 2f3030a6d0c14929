"""What is halted now. Asked wherever work starts or goes on."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet

from identity.errors import StoppedError
from identity.models import Stop
from kernel.actors import Actor
from kernel.policies import visible_to


def stop_over(
    organization_id: UUID,
    *,
    people: Collection[UUID | None] = (),
    tools: Collection[str] = (),
    lock: bool = False,
) -> Stop | None:
    """The halt that covers this work, if there is one; one query, nearly always empty.

    With `lock` it stays in force to the end of the caller's transaction: who puts work off
    because of a halt must be seen by whoever ends that halt.
    """
    rows = Stop.objects.filter(organization_id=organization_id, ended_at=None)
    rows = rows.select_for_update(of=("self",), no_key=True) if lock else rows
    found = rows.select_related("person", "stopped_by").order_by("created_at")
    return next((stop for stop in found if stop.covers(people, tools)), None)


def require_going(
    organization_id: UUID, *, people: Collection[UUID | None] = (), tools: Collection[str] = ()
) -> None:
    """Refuse work that is halted, in the words of whoever halted it."""
    if stop := stop_over(organization_id, people=people, tools=tools):
        raise stopped(stop)


def stopped(stop: Stop) -> StoppedError:
    """The refusal: what is halted, by whom, why, until when."""
    by = stop.stopped_by.display_name if stop.stopped_by else "The operator"
    why = f": {stop.reason.rstrip('.')}" if stop.reason else ""
    detail = f"{by} stopped {stop.subject}{why}. It waits until an owner or admin resumes."
    return StoppedError(detail, stop_id=str(stop.pk), reason=stop.reason)


def stops_in_force(actor: Actor, organization_id: UUID | None = None) -> QuerySet[Stop]:
    """The open halts one may know of."""
    rows = visible_to(Stop, actor).filter(ended_at=None)
    rows = rows.filter(organization_id=organization_id) if organization_id else rows
    return rows.select_related("person", "stopped_by", "organization")
